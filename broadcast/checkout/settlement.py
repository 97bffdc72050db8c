"""Settlement: what each brand is owed, channel by channel, out of what buyers paid.

A pure function of the ledger, so running it again gives the same figures. Rounding: each fee and each commission is
computed order by order and rounded half up to the minor unit; the brand gets the rest, so nothing is lost or made by
rounding. A refunded order costs its brand nothing and earns nobody a commission; the gateway keeps its fee unless its
rate says otherwise, and the house bears it.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from broadcast.checkout.ledger import LedgerEntry, SettlementMovement, settlement_entries
from broadcast.checkout.payment import Provider
from broadcast.ids import ChannelId, OrderId

BASIS_POINTS = 10_000
"""Rates are integers of this: 250 is 2.5 %."""


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What settlement needs to know of an order besides its money."""

    order: OrderId
    brand: str
    channel: ChannelId
    provider: Provider


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Who keeps how much of a sale, in basis points.

    Attributes:
        commission: the channel's, unless ``by_channel`` or (counting first) ``by_brand`` says otherwise.
        gateway_fee: the gateway's, unless ``by_provider`` says otherwise; ``gateway_fixed`` minor units come on top.
        fee_back_on_refund: whether the gateway gives its fee back with a refund.
    """

    commission: int = 0
    by_channel: Mapping[str, int] = msgspec.field(default_factory=dict)
    by_brand: Mapping[str, int] = msgspec.field(default_factory=dict)
    gateway_fee: int = 0
    by_provider: Mapping[str, int] = msgspec.field(default_factory=dict)
    gateway_fixed: int = 0
    fee_back_on_refund: bool = False

    def commission_of(self, sale: Sale) -> int:
        """Return the commission on a sale, in basis points."""
        return self.by_brand.get(sale.brand, self.by_channel.get(sale.channel, self.commission))

    def fee_of(self, sale: Sale) -> int:
        """Return the gateway's rate for a sale, in basis points."""
        return self.by_provider.get(sale.provider, self.gateway_fee)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One brand on one channel in one currency, in minor units: ``net = gross - refunds - fees - commission``.

    Attributes:
        orders: with money captured; ``refunded`` of them were given back or are owed back.
        house: fees of refunded orders that the house bears; not part of ``net``.
    """

    brand: str
    channel: ChannelId
    currency: str
    orders: int
    refunded: int
    gross: int
    refunds: int
    fees: int
    commission: int
    net: int
    house: int


class Settlement(msgspec.Struct, frozen=True):
    """The lines, by brand, channel and currency; and the entries that book them, each movement summing to zero."""

    lines: list[Line]
    entries: list[LedgerEntry]


def share(value: int, basis_points: int) -> int:
    """Return a rate's share of an amount of minor units, rounded half up."""
    return (2 * value * basis_points + BASIS_POINTS) // (2 * BASIS_POINTS)


def settle(sales: Mapping[OrderId, Sale], ledger: Iterable[LedgerEntry], rates: Rates) -> Settlement:
    """Settle all that the ledger holds.

    Raises:
        KeyError: the ledger has an order of which ``sales`` knows nothing.
    """
    captured: dict[OrderId, LedgerEntry] = {}
    owed_back: set[OrderId] = set()
    for entry in ledger:
        if entry.account == "gateway" and entry.movement in {"captured", "captured-late"}:
            captured[entry.order] = entry
        if entry.movement in {"captured-late", "cancelled", "refunded"}:
            owed_back.add(entry.order)
    booked: list[LedgerEntry] = []
    lines: dict[tuple[str, ChannelId, str], Line] = {}
    for order in sorted(captured):
        sale, money = sales[order], captured[order]
        part = _part(sale, money, back=order in owed_back, rates=rates)
        booked += _entries(order, part)
        key = (part.brand, part.channel, part.currency)
        lines[key] = _sum(lines[key], part) if key in lines else part
    return Settlement([lines[key] for key in sorted(lines)], booked)


def _part(sale: Sale, money: LedgerEntry, *, back: bool, rates: Rates) -> Line:
    value = money.value
    fee = min(value, share(value, rates.fee_of(sale)) + rates.gateway_fixed) if value else 0
    commission = 0 if back else min(value - fee, share(value, rates.commission_of(sale)))
    house = fee if back and not rates.fee_back_on_refund else 0
    return Line(
        brand=sale.brand,
        channel=sale.channel,
        currency=money.currency,
        orders=1,
        refunded=int(back),
        gross=value,
        refunds=value if back else 0,
        fees=0 if back else fee,
        commission=commission,
        net=0 if back else value - fee - commission,
        house=house,
    )


def _entries(order: OrderId, part: Line) -> list[LedgerEntry]:
    amounts: dict[SettlementMovement, int] = {
        "gateway-fee": part.fees,
        "gateway-fee-lost": part.house,
        "commission": part.commission,
        "brand-share": part.net,
    }
    return [
        entry
        for movement, value in amounts.items()
        if value
        for entry in settlement_entries(order, movement, value, part.currency)
    ]


_SUMMED: tuple[Literal["orders", "refunded", "gross", "refunds", "fees", "commission", "net", "house"], ...] = (
    "orders", "refunded", "gross", "refunds", "fees", "commission", "net", "house",
)  # fmt: skip


def _sum(one: Line, other: Line) -> Line:
    return msgspec.structs.replace(one, **{name: getattr(one, name) + getattr(other, name) for name in _SUMMED})
