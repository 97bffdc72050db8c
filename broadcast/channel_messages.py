"""What is known of how far a channel's picture is behind, as the wire and the record carry it."""

from typing import Literal

import msgspec

MAX_OFFSET_MS = 180_000
"""No channel's picture is further behind than this."""

MANUAL_ERROR_MS = 250
"""How far off an offset trimmed by eye may be: what people take to see a change and press."""

CorrelationSource = Literal["probe", "manual", "default"]


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """How far a channel's picture is behind the camera: a frame captured at t is seen there at t + ``offset_ms``.

    Attributes:
        offset_ms: 0 to ``MAX_OFFSET_MS``.
        error_ms: off by at most this, either way, as far as the source can say.
        source: measured by a probe, trimmed by hand, or the channel's usual delay.
    """

    offset_ms: int
    error_ms: int
    source: CorrelationSource

    @property
    def earliest_ms(self) -> int:
        """How much later than capture the first viewers see a frame: from then on the channel has shown it."""
        return max(0, self.offset_ms - self.error_ms)


class ChannelNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="channel"):
    """A channel's correlation from now on. Every channel's feed carries it; viewers heed their own channel's."""

    seq: int
    channel: str
    correlation: Correlation
