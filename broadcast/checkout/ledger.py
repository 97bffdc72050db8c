"""Double-entry: every movement of money is entries that sum to zero.

Accounts, debit positive: ``gateway`` is what the payment gateway holds for us, ``sales`` what buyers paid for pieces
that are theirs, ``refunds-due`` what is owed back. Reserving moves no money. Settlement divides ``sales`` between the
gateway (``gateway-fees``), the channel (``channel-commission``) and the brand (``brand-payable``); fees of orders given
back are the house's (``house-costs``).
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from broadcast.ids import OrderId
from broadcast.money import Money

Account = Literal[
    "gateway", "sales", "refunds-due", "gateway-fees", "channel-commission", "brand-payable", "house-costs"
]
SettlementMovement = Literal["gateway-fee", "gateway-fee-lost", "commission", "brand-share"]
Movement = Literal["captured", "captured-late", "cancelled", "refunded"] | SettlementMovement

_MOVEMENTS: dict[Movement, tuple[Account, Account]] = {
    "captured": ("gateway", "sales"),
    "captured-late": ("gateway", "refunds-due"),
    "cancelled": ("sales", "refunds-due"),
    "refunded": ("refunds-due", "gateway"),
    "gateway-fee": ("sales", "gateway-fees"),
    "gateway-fee-lost": ("house-costs", "gateway-fees"),
    "commission": ("sales", "channel-commission"),
    "brand-share": ("sales", "brand-payable"),
}
"""Movement → (account debited, account credited)."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """One side of a movement. ``value`` is minor units, positive where ``account`` is debited.

    An order makes each movement at most once, so order, movement and account name an entry.
    """

    order: OrderId
    movement: Movement
    account: Account
    value: int
    currency: str


def entries(order: OrderId, movement: Movement, amount: Money) -> tuple[LedgerEntry, LedgerEntry]:
    """Return the two entries of a movement; they sum to zero."""
    debit, credit = _MOVEMENTS[movement]
    return (
        LedgerEntry(order, movement, debit, amount.value, amount.currency),
        LedgerEntry(order, movement, credit, -amount.value, amount.currency),
    )


def settlement_entries(
    order: OrderId, movement: SettlementMovement, value: int, currency: str
) -> tuple[LedgerEntry, LedgerEntry]:
    """Return the two entries by which settlement books one share of an order; they sum to zero."""
    return entries(order, movement, Money(value, currency))


def balances(of: Iterable[LedgerEntry]) -> dict[tuple[Account, str], int]:
    """Sum entries by account and currency, in minor units."""
    sums: dict[tuple[Account, str], int] = {}
    for entry in of:
        sums[entry.account, entry.currency] = sums.get((entry.account, entry.currency), 0) + entry.value
    return sums
