"""What is for sale, on which channel, from when until when, and at what price.

A SKU is on sale on a channel from the programme instant its look was shown (``opens_at_ms``) plus that channel's
fence: how much later that channel's viewers see the frame. Nobody can order before their own channel has shown the
look, and nobody who has seen it is kept waiting for the slower channels. Prices and sale windows are programme
instants too: what counts is the buyer's own picture. Pictures of one channel lie between its fence and its latency
behind the camera, so what begins, begins with the earliest of them, and what ends, ends with the last.
"""

import heapq
from collections.abc import Iterable, Mapping
from itertools import pairwise

import msgspec

from broadcast.checkout.shares import Shares
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.ids import ChannelId, Sku
from broadcast.money import Money
from broadcast.show import TimedPrice


class SaleWindow(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when (programme time, the end excluded) a SKU may be sold, whatever is shown; None: no bound."""

    opens_ms: ProgrammeMs | None = None
    ends_ms: ProgrammeMs | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it opens."""
        return self.opens_ms is not None and self.ends_ms is not None and self.opens_ms >= self.ends_ms


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU as it is sold in this show.

    Attributes:
        sku: unique in the show.
        price: of one piece, whenever none of ``prices`` is in force.
        stock: pieces for sale when the show starts, 0 or more.
        limit_per_buyer: pieces one buyer may hold or own at a time, or None for no limit.
        title: for refusals and settlement, not for display logic.
        prices: prices for a time; no two of them at once.
        window: when it may be sold, or None for as long as its look is on sale.
        charge_at_ms: a pre-order's payment is asked for at this instant.
        charge_after_ms: or so long after the tap; neither: at once.
        group: the product the SKU is a size of, or None.
        limit_per_group: pieces of all the group's SKUs together, or None for no limit.
        shares: what is kept for each channel, or None where all sell from one shelf.
    """

    sku: Sku
    price: Money
    stock: int
    limit_per_buyer: int | None
    title: str
    prices: tuple[TimedPrice, ...] = ()
    window: SaleWindow | None = None
    charge_at_ms: WallMs | None = None
    charge_after_ms: int | None = None
    group: str | None = None
    limit_per_group: int | None = None
    shares: Shares | None = None

    def payment_due_ms(self, now: WallMs) -> int | None:
        """Return when the payment of an order placed now is asked for; None: at once."""
        if self.charge_at_ms is not None:
            return self.charge_at_ms if now < self.charge_at_ms else None
        return None if self.charge_after_ms is None else now + self.charge_after_ms

    def price_at(self, instant: ProgrammeMs) -> Money:
        """Return the price of one piece in a picture captured at this instant."""
        for timed in self.prices:
            if timed.from_ms <= instant < timed.until_ms:
                return timed.price
        return self.price

    def price_between(self, oldest: ProgrammeMs, newest: ProgrammeMs, seen: Money | None) -> Money:
        """Return the price a buyer pays whose picture was captured between two instants.

        It is the price seen, if that was in force at any instant between them; else the newest.
        """
        if seen is not None and self.prices:
            turns = (turn for timed in self.prices for turn in (timed.from_ms, timed.until_ms))
            instants = (oldest, *(ProgrammeMs(turn) for turn in turns if oldest < turn <= newest))
            if any(self.price_at(instant) == seen for instant in instants):
                return seen
        return self.price_at(newest)


class Openings:
    """Which SKUs are open for sale, since when, and how far behind the camera each channel is.

    Not part of the record: the timeline is what remembers which looks were shown, and says so again at every start.

    Args:
        fences_ms: every channel → how much later than capture its earliest viewers see a frame.
        latencies_ms: how much later its last viewers do, where that is more.
        windows: when a SKU may be sold, where that is bounded.
    """

    def __init__(
        self,
        fences_ms: Mapping[ChannelId, int],
        latencies_ms: Mapping[ChannelId, int] | None = None,
        windows: Mapping[Sku, SaleWindow] | None = None,
    ) -> None:
        self._fences_ms = dict(fences_ms)
        self._latencies_ms = dict(latencies_ms or {})
        self._windows = dict(windows or {})
        self._opens_at_ms: dict[Sku, ProgrammeMs] = {}
        self._withdrawn: set[Sku] = set()
        self._ends = [(window.ends_ms, sku) for sku, window in self._windows.items() if window.ends_ms is not None]
        heapq.heapify(self._ends)
        self._over: set[Sku] = set()

    def open(self, sku: Sku, opens_at_ms: ProgrammeMs) -> bool:
        """Open a SKU; return whether that changed anything.

        Once opened, a SKU stays open until withdrawn: showing its look again later does not close it in between, so
        the earlier opening counts.
        """
        known = self._opens_at_ms.get(sku)
        if known is not None and known <= opens_at_ms:
            return False
        self._opens_at_ms[sku] = opens_at_ms
        self._withdrawn.discard(sku)
        return True

    def withdraw(self, sku: Sku) -> bool:
        """Take a SKU off sale; return whether that changed anything. It may be opened again."""
        if sku in self._withdrawn:
            return False
        self._withdrawn.add(sku)
        self._opens_at_ms.pop(sku, None)
        return True

    def is_withdrawn(self, sku: Sku) -> bool:
        """Tell whether the SKU was taken off sale and not opened again."""
        return sku in self._withdrawn

    def is_ended(self, sku: Sku) -> bool:
        """Tell whether the SKU was taken off sale, or ``now_over`` has named it."""
        return sku in self._withdrawn or sku in self._over

    def now_over(self, now: WallMs) -> list[Sku]:
        """Return the SKUs whose sale has ended on every channel since this was last asked."""
        over: list[Sku] = []
        while self._ends and self._ends[0][0] + self.slowest_ms <= now:
            over.append(heapq.heappop(self._ends)[1])
        self._over.update(over)
        return over

    def opened_at_ms(self, sku: Sku) -> ProgrammeMs | None:
        """Return the instant the SKU's look was first shown, or None while it is not on sale."""
        return self._opens_at_ms.get(sku)

    def set_fence(self, channel: ChannelId, fence_ms: int) -> None:
        """Say how much later than capture this channel's viewers see a frame."""
        self._fences_ms[channel] = fence_ms

    @property
    def slowest_ms(self) -> int:
        """How far behind the camera the last viewers of all channels are."""
        return max((self._behind_ms(channel) for channel in self._fences_ms), default=0)

    def picture(self, channel: ChannelId, now: WallMs) -> tuple[ProgrammeMs, ProgrammeMs]:
        """Return the oldest and the newest instant that a viewer of the channel may see now."""
        newest_ms = now - self._fences_ms.get(channel, 0)
        return ProgrammeMs(now - self._behind_ms(channel)), ProgrammeMs(newest_ms)

    def refusal(self, sku: Sku, channel: ChannelId, now: WallMs) -> Refusal | None:
        """Say why the SKU may not be ordered on this channel now, or None if it may.

        Returns:
            ``not-on-sale``, with ``opens_at_ms`` (the wall instant from which this channel's taps are honoured) where
            an opening is known, or ``ended_at_ms`` where the sale is over; ``no-such-channel`` for a channel the show
            is not on.
        """
        fence_ms = self._fences_ms.get(channel)
        if fence_ms is None:
            return Refusal("no-such-channel", channel=channel)
        opens_at_ms = self._opens_at_ms.get(sku)
        if opens_at_ms is None:
            return Refusal("not-on-sale", sku=sku)
        window = self._windows.get(sku)
        if window is not None:
            if window.opens_ms is not None and window.opens_ms > opens_at_ms:
                opens_at_ms = window.opens_ms
            ends_at_ms = self.ends_at_ms(sku, channel)
            if ends_at_ms is not None and now >= ends_at_ms:
                return Refusal("not-on-sale", "the sale has ended", ended_at_ms=ends_at_ms)
        if now < opens_at_ms + fence_ms:
            return Refusal("not-on-sale", "this channel has not shown the look yet", opens_at_ms=opens_at_ms + fence_ms)
        return None

    def ends_at_ms(self, sku: Sku, channel: ChannelId) -> WallMs | None:
        """Return the wall instant at which the sale ends on a channel, or None for never."""
        window = self._windows.get(sku)
        if window is None or window.ends_ms is None:
            return None
        return WallMs(window.ends_ms + self._behind_ms(channel))

    def _behind_ms(self, channel: ChannelId) -> int:
        """Return how far behind the camera the channel's last viewers are."""
        return max(self._fences_ms.get(channel, 0), self._latencies_ms.get(channel, 0))


def catalogue(offers: Iterable[Offer]) -> dict[Sku, Offer]:
    """Index offers by SKU.

    Raises:
        ValueError: a SKU is offered twice, or a stock, price, limit, window or share makes no sense.
    """
    indexed: dict[Sku, Offer] = {}
    for offer in offers:
        if offer.sku in indexed:
            raise ValueError(f"SKU {offer.sku!r} is offered twice")
        reason = _nonsense(offer)
        if reason is not None:
            raise ValueError(f"SKU {offer.sku!r} {reason}")
        indexed[offer.sku] = offer
    return indexed


def windows(offers: Iterable[Offer]) -> dict[Sku, SaleWindow]:
    """Return when SKUs may be sold, of those for which that is bounded."""
    return {offer.sku: offer.window for offer in offers if offer.window is not None}


def _nonsense(offer: Offer) -> str | None:
    limits = (offer.limit_per_buyer, offer.limit_per_group)
    wrong = {
        "has a negative stock or price": min(offer.stock, *(price.value for price in _prices(offer))) < 0,
        "has a limit nobody can stay under": any(limit is not None and limit < 1 for limit in limits),
        "has a limit for a group it is not in": offer.limit_per_group is not None and offer.group is None,
        "has prices in two currencies": len({price.currency for price in _prices(offer)}) > 1,
        "has two prices at once, or one that ends before it begins": not _one_at_a_time(offer.prices),
        "ends before it opens": offer.window is not None and offer.window.is_empty,
    }
    reason = next((reason for reason, is_so in wrong.items() if is_so), None)
    return reason if reason is not None or offer.shares is None else offer.shares.nonsense()


def _prices(offer: Offer) -> list[Money]:
    return [offer.price, *(timed.price for timed in offer.prices)]


def _one_at_a_time(prices: Iterable[TimedPrice]) -> bool:
    in_order = sorted(prices, key=lambda timed: timed.from_ms)
    return all(timed.from_ms < timed.until_ms for timed in in_order) and all(
        before.until_ms <= after.from_ms for before, after in pairwise(in_order)
    )
