"""The timelines a companion device can follow (ETSI TS 103 286-2, clause 5.3), computed from the picture and the time.

Two are offered on every channel. The *media timeline* is the timestamps in the bytes of the picture, as a set decodes
them: composition time for fragmented MP4, PTS for MPEG-TS. It starts over wherever they do. The *programme timeline* is
the UTC capture instant of the frame, in milliseconds: it never starts over, and is what every cue's ``at_ms`` is in.

A channel's picture is late by its latency, and so are its timelines.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.ids import ShowId
from broadcast.programme.clock import Correlation, ticks_to_ms
from broadcast.programme.css_messages import (
    MINUS_INFINITY,
    PLUS_INFINITY,
    ControlTimestamp,
    PresentationReport,
    TimelineOption,
    TimelineProperties,
)
from broadcast.programme.css_wall_clock import CssNs
from broadcast.programme.segments import SegmentIndex

NAMESPACE: Final = "tag:seenowbuynow.example,2026:"
"""Our own identifiers are tag URIs (RFC 4151)."""

PROGRAMME_TIMELINE: Final = f"{NAMESPACE}timelines/programme"
PTS_TIMELINE: Final = "urn:dvb:css:timeline:pts"
COMPOSITION_TIMELINE: Final = "urn:dvb:css:timeline:ct"

PTS_HZ: Final = 90_000
PTS_WRAP: Final = 1 << 33
"""PTS have 33 bits (ISO/IEC 13818-1, 2.4.3.7); the timeline wraps as they do."""

PROGRAMME_HZ: Final = 1_000
NOTICED_NS: Final = 1_000_000
"""A timeline that moved by less is where it was."""

_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000


def content_id(show: ShowId) -> str:
    """Return a show's content identifier: the same on every channel, at every address and after every restart."""
    return f"{NAMESPACE}shows/{show}"


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the picture without a discontinuity.

    Attributes:
        correlation: between its timestamps and programme time.
        until_ms: where another one begins, or None while that is not known.
    """

    correlation: Correlation
    until_ms: ProgrammeMs | None


Picture = Callable[[ProgrammeMs], Stretch | None]
"""Tells which stretch holds the frame captured at an instant, or None where there is no picture."""


def looped_picture(index: SegmentIndex, origin: ProgrammeMs) -> Picture:
    """Return the picture of a looped programme: its timestamps start over with each loop."""

    def stretch_at(at: ProgrammeMs) -> Stretch | None:
        if at < origin:
            return None
        loop = (at - origin) * index.timescale // (1000 * index.total_ticks)
        starts_ms, ends_ms = (
            ProgrammeMs(origin + ticks_to_ms(count * index.total_ticks, index.timescale)) for count in (loop, loop + 1)
        )
        correlation = Correlation(
            capture_ms=starts_ms, pts_ticks=0, timescale=index.timescale, error_ms=1, source="origin"
        )
        return Stretch(correlation=correlation, until_ms=ends_ms)

    return stretch_at


class Instant(NamedTuple):
    """One instant on two clocks: UTC in nanoseconds, and the wall clock of the companions."""

    utc_ns: int
    css: CssNs


class Delay(NamedTuple):
    """How late a channel's picture is, and how far that may be wrong; None: nobody measured."""

    latency_ms: int
    error_ms: int | None


class Timelines:
    """The timelines of one show.

    Args:
        content: the content identifier.
        picture: what the media timeline is read from.
        media_selector: ``COMPOSITION_TIMELINE`` or ``PTS_TIMELINE``, by what the picture is packaged in.
        media_hz: ticks of the media timeline a second.
    """

    def __init__(self, content: str, picture: Picture, media_selector: str, media_hz: int) -> None:
        self.content = content
        self._picture = picture
        self._media = media_selector
        self._hz = {PROGRAMME_TIMELINE: PROGRAMME_HZ, media_selector: media_hz}

    def options(self, error_ms: int | None) -> tuple[TimelineOption, ...]:
        """Return what companions can ask for, on a channel whose latency is known within a bound (None: it is not)."""
        accuracy = None if error_ms is None else error_ms / 1000
        return tuple(
            TimelineOption(
                timeline_selector=selector,
                timeline_properties=TimelineProperties(units_per_tick=1, units_per_second=hz, accuracy=accuracy),
            )
            for selector, hz in self._hz.items()
        )

    def on_screen(self, now: Instant, latency_ms: int) -> bool:
        """Tell whether a channel shows a picture."""
        return self._picture(_shown(now, latency_ms)) is not None

    def matches(self, stem: str) -> bool:
        """Tell whether a companion that asked for content beginning so means what is on."""
        return self.content.startswith(stem)

    def has(self, selector: str) -> bool:
        """Tell whether there is such a timeline."""
        return selector in self._hz

    def control(self, selector: str, now: Instant, latency_ms: int) -> ControlTimestamp:
        """Return where a timeline is, on a channel with this latency. The instant it is told for is a little earlier.

        Ticks are whole; so the instant is chosen that belongs to a whole millisecond of the programme.
        """
        shown = _shown(now, latency_ms)
        since_ns = now.utc_ns - (shown + latency_ms) * _NS_PER_MS
        at = CssNs(now.css - since_ns)
        stretch = self._picture(shown) if selector in self._hz else None
        if stretch is None:
            return ControlTimestamp(content_ticks=None, wall_clock=now.css)
        if selector == PROGRAMME_TIMELINE:
            return ControlTimestamp(content_ticks=shown, wall_clock=at)
        return ControlTimestamp(content_ticks=self._media_ticks(stretch.correlation, shown), wall_clock=at)

    def changes_in_ns(self, selector: str, now: Instant, latency_ms: int) -> int | None:
        """Return how long it is until a timeline starts over, or None where that is not known."""
        shown = _shown(now, latency_ms)
        stretch = self._picture(shown)
        if selector == PROGRAMME_TIMELINE or stretch is None:
            return None
        ends = stretch.until_ms
        if selector == PTS_TIMELINE:
            left = PTS_WRAP - self._media_ticks(stretch.correlation, shown)
            wraps = ProgrammeMs(shown + ticks_to_ms(left, PTS_HZ))
            ends = wraps if ends is None else min(ends, wraps)
        return None if ends is None else max(0, (ends + latency_ms) * _NS_PER_MS - now.utc_ns)

    def moved(self, selector: str, told: ControlTimestamp, now: ControlTimestamp) -> bool:
        """Tell whether a companion that goes on from what it was told would be wrong now."""
        if told.content_ticks is None or now.content_ticks is None:
            return told.content_ticks is not now.content_ticks
        expected_ns = (now.content_ticks - told.content_ticks) * _NS_PER_S // self._hz[selector]
        # a tick is the finest that can be told
        noticed_ns = max(NOTICED_NS, _NS_PER_S // self._hz[selector])
        return abs(now.wall_clock - told.wall_clock - expected_ns) > noticed_ns

    def out_of_reach_ns(self, selector: str, report: PresentationReport, now: ControlTimestamp) -> int:
        """Return how far a companion is from being able to present with the channel, in nanoseconds.

        Positive: its earliest is so much too late. Negative: its latest is so much too early. 0: it can. The picture on
        air waits for nobody; whoever is out of reach is counted, not obeyed.
        """
        if now.content_ticks is None or not self.has(selector):
            return 0
        for edge, direction in ((report.earliest, 1), (report.latest, -1)):
            if edge.wall_clock_time in {MINUS_INFINITY, PLUS_INFINITY}:
                continue
            ahead = int(edge.content_time) - now.content_ticks
            ours = now.wall_clock + ahead * _NS_PER_S // self._hz[selector]
            distance = int(edge.wall_clock_time) - ours
            if distance * direction > 0:
                return distance
        return 0

    def _media_ticks(self, correlation: Correlation, shown: ProgrammeMs) -> int:
        ticks = correlation.pts_at(shown) * self._hz[self._media] // correlation.timescale
        return ticks % PTS_WRAP if self._media == PTS_TIMELINE else ticks


def _shown(now: Instant, latency_ms: int) -> ProgrammeMs:
    """Return the programme time of the frame on a screen that is late by so much."""
    return ProgrammeMs(now.utc_ns // _NS_PER_MS - latency_ms)
