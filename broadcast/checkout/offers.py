"""What is for sale, on which channel, from when.

A SKU is on sale on a channel from the programme instant its look was shown (``opens_at_ms``) plus that channel's
fence: how much later that channel's viewers see the frame. Nobody can order before their own channel has shown the
look, and nobody who has seen it is kept waiting for the slower channels.
"""

from collections.abc import Iterable, Mapping

import msgspec

from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.ids import ChannelId, Sku
from broadcast.money import Money


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU as it is sold in this show.

    Attributes:
        sku: unique in the show.
        price: of one piece.
        stock: pieces for sale when the show starts, 0 or more.
        limit_per_buyer: pieces one buyer may hold or own at a time, or None for no limit.
        title: for refusals and settlement, not for display logic.
    """

    sku: Sku
    price: Money
    stock: int
    limit_per_buyer: int | None
    title: str


class Openings:
    """Which SKUs are open for sale, since when, and each channel's fence.

    Not part of the record: the timeline is what remembers which looks were shown, and says so again at every start.
    """

    def __init__(self, fences_ms: Mapping[ChannelId, int]) -> None:
        self._fences_ms = dict(fences_ms)
        self._opens_at_ms: dict[Sku, ProgrammeMs] = {}
        self._withdrawn: set[Sku] = set()

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

    def set_fence(self, channel: ChannelId, fence_ms: int) -> None:
        """Say how much later than capture this channel's viewers see a frame."""
        self._fences_ms[channel] = fence_ms

    def refusal(self, sku: Sku, channel: ChannelId, now: WallMs) -> Refusal | None:
        """Say why the SKU may not be ordered on this channel now, or None if it may.

        Returns:
            ``not-on-sale``, with ``opens_at_ms`` (the wall instant from which this channel's taps are honoured) where
            an opening is known; ``no-such-channel`` for a channel the show is not on.
        """
        fence_ms = self._fences_ms.get(channel)
        if fence_ms is None:
            return Refusal("no-such-channel", channel=channel)
        opens_at_ms = self._opens_at_ms.get(sku)
        if opens_at_ms is None:
            return Refusal("not-on-sale", sku=sku)
        if now < opens_at_ms + fence_ms:
            return Refusal("not-on-sale", "this channel has not shown the look yet", opens_at_ms=opens_at_ms + fence_ms)
        return None


def catalogue(offers: Iterable[Offer]) -> dict[Sku, Offer]:
    """Index offers by SKU.

    Raises:
        ValueError: a SKU is offered twice, or a stock, price or limit makes no sense.
    """
    indexed: dict[Sku, Offer] = {}
    for offer in offers:
        if offer.sku in indexed:
            raise ValueError(f"SKU {offer.sku!r} is offered twice")
        if offer.stock < 0 or offer.price.value < 0:
            raise ValueError(f"SKU {offer.sku!r} has a negative stock or price")
        if offer.limit_per_buyer is not None and offer.limit_per_buyer < 1:
            raise ValueError(f"SKU {offer.sku!r} has a limit nobody can stay under")
        indexed[offer.sku] = offer
    return indexed
