"""Spending limits: what one order, and one buyer, may cost before the buyer has to show anew who they are.

A viewer token lives for hours on a phone that may be in other hands. Small things go by one tap; beyond a limit the
channel has to say that it has just authenticated the buyer (RFC 9470, step-up authentication), or has to have said
that the buyer agreed to orders of this size. The sums are part of the desk: decided with the stock, in the same order,
and rebuilt from the record.
"""

import heapq
from collections.abc import Mapping

import msgspec

from broadcast.assurance import Assurance
from broadcast.checkout.orders import Order
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId
from broadcast.money import Money

STEP_UP = "step-up-required"
"""The problem of an order beyond a limit."""

CLOCKS_DIFFER_MS = 60_000
"""A channel's clock may be ahead of ours by so much; an authentication further in the future is none."""


def rests_on_all_orders(answer: Order | Refusal) -> bool:
    """Tell whether an answer rests on what the buyer ordered of other SKUs, some of which may not be durable yet."""
    return isinstance(answer, Refusal) and (answer.name == STEP_UP or answer.more.get("of") == "product")


class SpendingRule(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one channel, and what lifts them. Amounts in minor units.

    Attributes:
        url: where the buyer shows who they are.
        per_order: what one order may cost; None is no limit.
        per_buyer: what a buyer's orders may cost together, reserved and paid, without those released; None is no limit.
        window_ms: only orders placed so long ago or later count for ``per_buyer``; None: all of the show.
        max_age_ms: an authentication older than this does not count.
        acr_values: an authentication of another kind does not count; empty: every kind does.
    """

    url: str
    per_order: int | None = None
    per_buyer: int | None = None
    window_ms: int | None = None
    max_age_ms: int
    acr_values: tuple[str, ...] = ()

    def satisfied(self, assurance: Assurance | None, now: WallMs) -> bool:
        """Tell whether the buyer has just shown who they are."""
        if assurance is None or assurance.auth_time_ms is None:
            return False
        age_ms = now - assurance.auth_time_ms
        fresh = -CLOCKS_DIFFER_MS <= age_ms <= self.max_age_ms
        return fresh and (not self.acr_values or assurance.acr in self.acr_values)


class SpendingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a show.

    Attributes:
        everywhere: of every channel that has none of its own.
        by_channel: those that have.
    """

    everywhere: SpendingRule | None = None
    by_channel: Mapping[ChannelId, SpendingRule] = {}

    def of(self, channel: ChannelId) -> SpendingRule | None:
        """Return a channel's limits, or None where it has none."""
        return self.by_channel.get(channel, self.everywhere)


class _Spent:
    """What one buyer spent in one currency.

    ``ages`` is a heap by age, kept where a window ends; ``values`` are the orders that still count.
    """

    __slots__ = ("ages", "total", "values")

    def __init__(self) -> None:
        self.total = 0
        self.values: dict[OrderId, int] = {}
        self.ages: list[tuple[int, OrderId]] = []

    def drop(self, order: OrderId) -> None:
        self.total -= self.values.pop(order, 0)


_Who = tuple[ChannelId, BuyerId, str]


class Spending:
    """What every buyer of a show spent, as far as a limit asks."""

    def __init__(self, limits: SpendingLimits) -> None:
        self._limits = limits
        self._spent: dict[_Who, _Spent] = {}

    def add(self, order: Order) -> None:
        """Count an order that is reserved or paid for."""
        rule = self._limits.of(order.channel)
        if rule is None or rule.per_buyer is None:
            return
        who = (order.channel, order.buyer, order.amount.currency)
        spent = self._spent.get(who)
        if spent is None:
            spent = self._spent[who] = _Spent()
        spent.values[order.order] = order.amount.value
        spent.total += order.amount.value
        if rule.window_ms is not None:
            heapq.heappush(spent.ages, (order.placed_at_ms, order.order))

    def release(self, order: Order) -> None:
        """Count an order no longer: its buyer does not owe it any more."""
        who = (order.channel, order.buyer, order.amount.currency)
        spent = self._spent.get(who)
        if spent is not None:
            spent.drop(order.order)
            if not spent.values:
                del self._spent[who]

    def spent(self, channel: ChannelId, buyer: BuyerId, currency: str, now: WallMs) -> int:
        """Return what a buyer's orders within the window cost together, in minor units of a currency."""
        spent = self._spent.get((channel, buyer, currency))
        rule = self._limits.of(channel)
        if spent is None or rule is None:
            return 0
        if rule.window_ms is not None:
            while spent.ages and spent.ages[0][0] <= now - rule.window_ms:
                spent.drop(heapq.heappop(spent.ages)[1])
            if not spent.values:
                del self._spent[channel, buyer, currency]
        return spent.total

    def refusal(
        self, channel: ChannelId, buyer: BuyerId, amount: Money, assurance: Assurance | None, now: WallMs
    ) -> Refusal | None:
        """Say that an order of this amount needs the buyer to show who they are, or return None.

        A consent lifts the limit of one order, up to what was agreed; the sum of all is lifted only by the buyer.
        """
        rule = self._limits.of(channel)
        if rule is None:
            return None
        agreed = None if assurance is None else assurance.agreed
        consented = agreed is not None and agreed.currency == amount.currency and amount.value <= agreed.value
        if rule.per_order is not None and amount.value > rule.per_order and not consented:
            limit, of = rule.per_order, "order"
        elif (
            rule.per_buyer is not None
            and self.spent(channel, buyer, amount.currency, now) + amount.value > rule.per_buyer
        ):
            limit, of = rule.per_buyer, "buyer"
        else:
            return None
        if rule.satisfied(assurance, now):
            return None
        return Refusal(
            STEP_UP,
            "show who you are, then repeat the tap with the same key",
            url=rule.url,
            limit={"value": limit, "currency": amount.currency},
            of=of,
            amount={"value": amount.value, "currency": amount.currency},
            max_age_ms=rule.max_age_ms,
            **({"acr_values": list(rule.acr_values)} if rule.acr_values else {}),
        )
