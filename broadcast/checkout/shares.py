"""Channel shares: pieces of a scarce SKU that are kept for a channel's own viewers, for a while.

A share is a guarantee, not a wall: a channel sells from its own share first and then from what is kept for nobody.
When the shares end, whatever is left belongs to all, so nothing stays unsold on one channel while another asks for it.
What a channel has taken is known from its orders, so shares are no books of their own.
"""

from collections.abc import Mapping

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.ids import ChannelId

ALL_PERCENT = 100


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Who may count on how much of a SKU, and until when.

    Attributes:
        percent: channel → its part of all pieces ever received, in percent, rounded down to whole pieces; together at
            most 100.
        pooled_at_ms: from this programme instant on, everything is everybody's.
        pooled_after_ms: likewise, this long after the SKU's look was shown. At least one of the two is given; the
            earlier counts.
    """

    percent: dict[ChannelId, int]
    pooled_at_ms: ProgrammeMs | None = None
    pooled_after_ms: int | None = None

    def pooled_from_ms(self, opened_at_ms: ProgrammeMs | None) -> ProgrammeMs | None:
        """Return the instant from which everything is everybody's; None: not known before the look is shown."""
        after_ms = self.pooled_after_ms
        by_opening = None if after_ms is None or opened_at_ms is None else ProgrammeMs(opened_at_ms + after_ms)
        known = [instant for instant in (self.pooled_at_ms, by_opening) if instant is not None]
        return min(known, default=None)

    def kept(self, received: int, taken: Mapping[ChannelId, int]) -> dict[ChannelId, int]:
        """Return how many unsold pieces are still kept for each channel.

        Args:
            received: all pieces there ever were of the SKU.
            taken: pieces each channel's buyers hold or own.
        """
        return {
            channel: max(0, received * percent // ALL_PERCENT - taken.get(channel, 0))
            for channel, percent in self.percent.items()
        }

    def open_to(self, channel: ChannelId, left: int, received: int, taken: Mapping[ChannelId, int]) -> int:
        """Return how many of the pieces left the channel's buyers may take while the shares last."""
        kept = self.kept(received, taken)
        pool = max(0, left - sum(kept.values()))
        return min(left, pool + kept.get(channel, 0))

    def nonsense(self) -> str | None:
        """Say what is wrong with the shares, or None."""
        if self.pooled_at_ms is None and self.pooled_after_ms is None:
            return "has shares that never end"
        if self.pooled_after_ms is not None and self.pooled_after_ms < 0:
            return "has shares that end before they begin"
        if any(percent < 1 for percent in self.percent.values()) or sum(self.percent.values()) > ALL_PERCENT:
            return f"has shares that are not between 1 and {ALL_PERCENT} percent together"
        return None
