"""Between a stream's own timestamps and programme time."""

from typing import Literal

import msgspec

from broadcast.clock import ProgrammeMs

CorrelationSource = Literal["origin", "ingest", "probe", "manual", "default"]
"""How a correlation is known: the programme's own origin, the arrival of a frame, a measurement, a person, a guess."""


MILLION = 1_000_000

TRANSPORT_STREAM_BITS = 33
"""Width of a timestamp in an MPEG transport stream (ISO/IEC 13818-1, 2.4.3.7)."""

MAX_BEND_PPM = 200
"""How much programme time may run faster or slower than the source's own time to follow it: 0.4 ms in a segment."""

BEND_SEGMENT_US = 2 * MILLION
"""The clock is bent anew this often, so the frames of a whole segment wait for what it will be."""

BEND_OVER_S = 60
"""What the clock is off by is made up over about this long."""

REMEMBERED_STRETCHES = 15
"""Segments whose earliest arrivals are remembered: half a minute."""

SETTLE_US = 2 * MILLION
"""A source that was just connected sends what it kept back first; its arrivals count after this long."""

CALM_US = 500_000
"""It has calmed down when for this long nothing arrived earlier than expected."""

NOTICEABLE_US = 20_000
"""Arriving earlier than expected by less is calm."""

MAX_OFF_US = 1_000_000
"""Further off than this, bending would take too long: a new stretch begins."""

JUMP_S = 2
"""Timestamps that move on further than this, or back at all further than reordering does, have jumped."""

DATES_ROUNDED_US = 2_000
"""By how much whole milliseconds, and a rate left out within a segment, can put a player's date of a frame early."""

MAX_SPLICE_LEAD_US = 10_000
"""A splice is dated by no more than this before its frame: less than a frame at 60 a second."""

JOIN_US = 250_000
"""A new stretch that would begin earlier than the last one ended, by no more than this, follows it at once."""


def ticks_to_ms(ticks: int, timescale: int) -> int:
    """Return the whole millisecond nearest to a number of ticks; halves go up. Exact for any size of number."""
    return (2 * ticks * 1000 + timescale) // (2 * timescale)


def ms_to_ticks(ms: int, timescale: int) -> int:
    """Return the tick nearest to a number of milliseconds; halves go up."""
    return (2 * ms * timescale + 1000) // 2000


def splice_lead_us(ahead_us: int) -> int:
    """Return how much earlier than its frame a splice is dated, so that rounding and bending never put it behind.

    What is dated a millisecond behind its frame is shown a whole frame late; what is dated a few before it, on it.

    Args:
        ahead_us: how far the frame lies from the newest one seen.
    """
    swing_us = (ahead_us + BEND_SEGMENT_US) * 2 * MAX_BEND_PPM // MILLION  # from as slow as may be to as fast
    return min(MAX_SPLICE_LEAD_US, DATES_ROUNDED_US + swing_us)


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """The frame with timestamp ``pts_ticks`` was captured at ``capture_ms``, give or take ``error_ms``.

    A source that drifts further, or jumps, gets a new correlation.

    Attributes:
        capture_ms: programme time of the frame.
        pts_ticks: the frame's presentation timestamp in its stream.
        timescale: ticks of that stream per second.
        error_ms: bound of the error, never negative.
        source: how it is known.
        rate_ppm: how much faster programme time runs than the stream's timestamps, in parts per million.
    """

    capture_ms: ProgrammeMs
    pts_ticks: int
    timescale: int
    error_ms: int
    source: CorrelationSource
    rate_ppm: int = 0

    def captured_at(self, pts_ticks: int) -> ProgrammeMs:
        """Return the programme time of a frame by its timestamp."""
        scaled = (pts_ticks - self.pts_ticks) * (MILLION + self.rate_ppm)
        return ProgrammeMs(self.capture_ms + ticks_to_ms(scaled, self.timescale * MILLION))

    def pts_at(self, programme_ms: ProgrammeMs) -> int:
        """Return the timestamp a frame captured at this programme time would carry."""
        ahead, scale = (programme_ms - self.capture_ms) * MILLION, MILLION + self.rate_ppm
        return self.pts_ticks + (2 * ahead * self.timescale + 1000 * scale) // (2000 * scale)


class Unwrapper:
    """Makes timestamps that start again from 0 when their bits run out into ones that go on.

    Whatever was done to a timestamp before, only its lowest bits are believed.
    """

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits
        self._last: int | None = None

    def unwrap(self, ticks: int) -> int:
        """Return the timestamp nearest to the one before it that has the same lowest bits."""
        if self._last is None:
            self._last = ticks % self._span
        else:
            ahead = (ticks - self._last + self._span // 2) % self._span - self._span // 2
            self._last += ahead
        return self._last


class LiveClock:
    """Dates one unbroken stretch of a live source by when its frames arrive.

    A frame can only arrive after it was captured, and most are held up on the way: the earliest arrivals tell. All
    that is known is bounded: what the source's own encoder holds back before it sends is not seen from here. Dates go
    on with the source's timestamps, bent by ``MAX_BEND_PPM`` at most to follow arrivals, so they never step back.

    Instants are microseconds here; timestamps are ticks of ``timescale`` since the stretch began.
    """

    def __init__(self, timescale: int) -> None:
        self._timescale = timescale
        self._first_us: int | None = None  # arrival
        self._anchor: tuple[int, int] | None = None  # (pts, capture), once settled
        self._ppm = 0
        self._offset_us = 0  # earliest arrival less timestamp, before it settled
        self._improved_us = 0  # arrival that was last earlier than expected
        self._earliest_us: int | None = None  # in the present segment, against the present dates
        self._remembered: list[int] = []

    @property
    def settled(self) -> bool:
        """Whether frames can be dated."""
        return self._anchor is not None

    def observe(self, pts: int, arrival_us: int) -> None:
        """Take note of a frame's arrival."""
        if self._anchor is not None:
            late_us = arrival_us - self.captured_us(pts)
            self._earliest_us = late_us if self._earliest_us is None else min(self._earliest_us, late_us)
            return
        offset_us = arrival_us - self._micros(pts)
        if self._first_us is None:
            self._first_us, self._offset_us, self._improved_us = arrival_us, offset_us, arrival_us
        elif offset_us < self._offset_us:
            if self._offset_us - offset_us > NOTICEABLE_US:
                self._improved_us = arrival_us
            self._offset_us = offset_us

    def settle(self, now_us: int) -> bool:
        """Begin to date frames if what has arrived so far allows it; tell whether it does."""
        if self._anchor is not None or self._first_us is None:
            return self.settled
        if now_us - self._first_us >= SETTLE_US and now_us - self._improved_us >= CALM_US:
            self._anchor = (0, self._offset_us)
        return self.settled

    def shift(self, by_us: int) -> None:
        """Date everything later by this much: where a stretch has to follow the one before it."""
        pts, capture_us = self._known()
        self._anchor = (pts, capture_us + by_us)

    def captured_us(self, pts: int) -> int:
        """Return when a frame was captured."""
        anchor_pts, capture_us = self._known()
        return capture_us + (pts - anchor_pts) * (MILLION + self._ppm) // self._timescale

    def bend(self, pts: int) -> bool:
        """Follow the source from this frame on, the first of a segment; tell whether it can still be followed.

        Raises:
            ValueError: the frame lies before the last one the clock was bent at.
        """
        before_pts, before_us = self._known()
        if pts < before_pts:
            raise ValueError("a clock is bent forward only")
        here_us = self.captured_us(pts)
        made_up_us = here_us - before_us - (self._micros(pts) - self._micros(before_pts))
        self._remembered = [late_us - made_up_us for late_us in self._remembered]
        if self._earliest_us is not None:
            self._remembered.append(self._earliest_us)
            del self._remembered[:-REMEMBERED_STRETCHES]
        self._earliest_us = None
        self._anchor = (pts, here_us)
        off_us = self._off_us()
        self._ppm = max(-MAX_BEND_PPM, min(MAX_BEND_PPM, off_us // BEND_OVER_S))
        # frames that come late once may have been held up; only when none comes in time is it the dates that are off
        late = off_us > MAX_OFF_US and len(self._remembered) == REMEMBERED_STRETCHES
        return not late and off_us >= -MAX_OFF_US

    def correlation(self) -> Correlation:
        """Return what is known, as of the last bend."""
        pts, capture_us = self._known()
        spread_us = max(self._remembered, default=0) - min(self._remembered, default=0)
        error_ms = -(-(abs(self._off_us()) + spread_us) // 1000) + 1  # a millisecond for rounding
        return Correlation(
            capture_ms=ProgrammeMs((capture_us + 500) // 1000),
            pts_ticks=pts,
            timescale=self._timescale,
            error_ms=error_ms,
            source="ingest",
            rate_ppm=self._ppm,
        )

    def _off_us(self) -> int:
        return min(self._remembered, default=0)

    def _micros(self, pts: int) -> int:
        return pts * MILLION // self._timescale

    def _known(self) -> tuple[int, int]:
        if self._anchor is None:
            raise ValueError("the clock has not settled yet")
        return self._anchor


class PacedClock:
    """Dates a source that is read at the speed of life, so that nothing has to be estimated: a file.

    Args:
        timescale: ticks per second.
        capture_us: when the frame with timestamp 0 is taken to be captured.
    """

    settled = True

    def __init__(self, timescale: int, capture_us: int) -> None:
        self._timescale = timescale
        self._capture_us = capture_us
        self._pts = 0

    def observe(self, pts: int, arrival_us: int) -> None:
        """Take no note: when a frame was read says nothing."""

    def settle(self, now_us: int) -> bool:  # noqa: ARG002 - as the other clock's
        """Tell that frames can be dated."""
        return True

    def shift(self, by_us: int) -> None:
        """Date everything later by this much."""
        self._capture_us += by_us

    def captured_us(self, pts: int) -> int:
        """Return when a frame was captured."""
        return self._capture_us + pts * MILLION // self._timescale

    def bend(self, pts: int) -> bool:
        """Date what follows from this frame on."""
        self._pts = pts
        return True

    def correlation(self) -> Correlation:
        """Return what is known: the origin, exactly."""
        return Correlation(
            capture_ms=ProgrammeMs((self.captured_us(self._pts) + 500) // 1000),
            pts_ticks=self._pts,
            timescale=self._timescale,
            error_ms=0,
            source="origin",
        )
