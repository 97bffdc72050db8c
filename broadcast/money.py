"""Money: integer minor units plus an ISO 4217 currency."""

import re
from decimal import Decimal, InvalidOperation

import msgspec

MAX_MINOR_UNITS = 1_000_000_000_000
"""The largest amount the house handles: ten billion of a two-decimal currency."""

_CURRENCY = re.compile(r"^[A-Z]{3}$")

_EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "JOD": 3,
    "OMR": 3,
    "TND": 3,
}
"""Currencies whose minor unit is not a hundredth (ISO 4217)."""


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount.

    Attributes:
        value: minor units (fen, cents), never negative in an offer.
        currency: ISO 4217 code, e.g. ``CNY``.
    """

    value: int
    currency: str

    def times(self, quantity: int) -> "Money":
        """Return the price of ``quantity`` pieces."""
        return self if quantity == 1 else Money(self.value * quantity, self.currency)


def exponent(currency: str) -> int:
    """Return how many decimals the currency's major unit has."""
    return _EXPONENTS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Tell whether the text has the form of an ISO 4217 code."""
    return _CURRENCY.fullmatch(code) is not None


def parse_major(text: str, currency: str) -> Money:
    """Read an amount written in major units, as catalogues do (``"1299.00"``).

    Raises:
        ValueError: the text is no plain decimal number, is negative, is finer than the currency's minor unit,
            or exceeds ``MAX_MINOR_UNITS``.
    """
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    if amount < 0:
        raise ValueError(f"{text!r} is negative")
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{text!r} is finer than {currency} has decimals")
    if minor > MAX_MINOR_UNITS:
        raise ValueError(f"{text!r} is larger than any amount handled here")
    return Money(int(minor), currency)
