"""What is known of how far a channel's picture is behind, as the wire and the record carry it."""

from typing import Annotated, Literal

import msgspec

MAX_OFFSET_MS = 180_000
"""No channel's picture is further behind than this."""

MANUAL_ERROR_MS = 250
"""How far off an offset trimmed by eye may be: what people take to see a change and press."""

MAX_CARD_ERROR_MS = 60_000
"""A card further from its frame than this counts as this far."""

MAX_CUE_ID_CHARS = 64
"""The length of a cue's id in a report."""

_LAST_INSTANT_MS = 4_102_444_800_000
_ReportedMs = Annotated[int, msgspec.Meta(ge=0, le=_LAST_INSTANT_MS)]

CorrelationSource = Literal["probe", "manual", "default"]
ShownSource = Literal["frames", "host", "playing-date", "start-date", "channel"]


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


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="shown"):
    """A viewer's report that a take's card came on screen. Sampled and voluntary: nothing of the feed hangs on it.

    Attributes:
        cue: the take's.
        due_ms: its ``at_ms``.
        shown_ms: programme time of the frame on screen when the card became visible.
        source: how the page knows that time.
        error_ms: the page's own bound of it, or None where nobody can tell.
    """

    cue: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CUE_ID_CHARS)]
    due_ms: _ReportedMs
    shown_ms: _ReportedMs
    source: ShownSource
    error_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_CARD_ERROR_MS)] | None = None


class CardErrorView(msgspec.Struct, frozen=True, kw_only=True):
    """How exact a channel's cards were at the newest takes, as its viewers report: programme time of shown less due.

    Attributes:
        reports: how many reports it rests on.
        p50_ms, p95_ms, p99_ms: so many percent of the cards were no further off than this, early or late.
        early: reports of a card before its frame.
        stated_ms: 95 % of the pages give their own reading a bound no wider than this; None where none does.
        alarm_ms: past this at the 95th percentile is an alarm.
        alarm: whether it is.
    """

    reports: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    early: int
    stated_ms: int | None
    alarm_ms: int
    alarm: bool
