"""The segments of a live programme: what was packaged, what players are offered, what a replay holds.

Each unbroken stretch of the source counts its own ticks from 0 and has its own initialization section. Dates are the
capture instants of the segments' first frames; they go on from segment to segment, and never back.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.programme.clock import Correlation, CorrelationSource, ticks_to_ms

MAX_RECORDED_SEGMENTS = 100_000
"""Segments of one recording: two days and more."""


class LiveSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One segment as it was packaged; every time was read back from the bytes that were written.

    Attributes:
        sequence: media sequence number; goes up by one for as long as the recording is kept.
        uri: file name of the fMP4 segment.
        ts_uri: file name of the same as MPEG-TS, or None where that is not made.
        init_uri: file name of the initialization section.
        discontinuity: it does not follow the segment before it: another stretch, with ticks of its own.
        timescale: ticks per second.
        start_ticks: presentation time of its first frame.
        duration_ticks: from its first frame to the first frame of the segment after it.
        capture_ms: when its first frame was captured.
        error_ms: bound of the error of that.
        rate_ppm: see ``Correlation``.
        source: see ``Correlation``.
        size_bytes: length of the fMP4 segment.
        ts_size_bytes: length of the MPEG-TS segment, 0 where there is none.
        frame_ticks: length of a frame where all have the same, else None.
    """

    sequence: int
    uri: str
    ts_uri: str | None
    init_uri: str
    discontinuity: bool
    timescale: int
    start_ticks: int
    duration_ticks: int
    capture_ms: ProgrammeMs
    error_ms: int
    rate_ppm: int
    source: CorrelationSource
    size_bytes: int
    ts_size_bytes: int
    codecs: str
    width: int
    height: int
    frame_ticks: int | None
    has_audio: bool

    @property
    def end_ms(self) -> ProgrammeMs:
        """When the frame after its last was captured."""
        return self.correlation.captured_at(self.start_ticks + self.duration_ticks)

    @property
    def correlation(self) -> Correlation:
        """What dates every frame in it."""
        return Correlation(
            capture_ms=self.capture_ms,
            pts_ticks=self.start_ticks,
            timescale=self.timescale,
            error_ms=self.error_ms,
            source=self.source,
            rate_ppm=self.rate_ppm,
        )

    @property
    def bits_per_second(self) -> int:
        """Bit rate, rounded up."""
        return -(-self.size_bytes * 8 * self.timescale // self.duration_ticks)

    @property
    def duration_ms(self) -> int:
        """Length, to the nearest millisecond."""
        return ticks_to_ms(self.duration_ticks, self.timescale)


class Recording:
    """The segments kept, oldest first, bounded in number and in bytes; pure bookkeeping, the files are elsewhere."""

    def __init__(self, *, max_segments: int = MAX_RECORDED_SEGMENTS, max_bytes: int) -> None:
        self._segments: deque[LiveSegment] = deque()
        self._max_segments = max_segments
        self._max_bytes = max_bytes
        self._bytes = 0
        self._discontinuities_gone = 0
        self._trimmed = False

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def newest(self) -> LiveSegment | None:
        """The last segment, or None."""
        return self._segments[-1] if self._segments else None

    @property
    def next_sequence(self) -> int:
        """The number of the segment to come."""
        return self._segments[-1].sequence + 1 if self._segments else 0

    @property
    def trimmed(self) -> bool:
        """Whether segments were dropped from its beginning."""
        return self._trimmed

    def append(self, segment: LiveSegment) -> list[LiveSegment]:
        """Add the newest segment; return the oldest, which are to be removed to stay within bounds.

        Raises:
            ValueError: it has not the next number, or is dated before the end of the one before it.
        """
        if self._segments:
            before = self._segments[-1]
            if segment.sequence != before.sequence + 1:
                raise ValueError(f"segment {segment.sequence} cannot follow {before.sequence}")
            if segment.capture_ms < before.end_ms - 1:  # both are rounded
                raise ValueError(f"segment {segment.sequence} is dated before the one it follows ended")
        self._segments.append(segment)
        self._bytes += segment.size_bytes + segment.ts_size_bytes
        gone = []
        while len(self._segments) > 1 and (len(self._segments) > self._max_segments or self._bytes > self._max_bytes):
            oldest = self._segments.popleft()
            self._bytes -= oldest.size_bytes + oldest.ts_size_bytes
            self._discontinuities_gone += oldest.discontinuity
            gone.append(oldest)
        self._trimmed = self._trimmed or bool(gone)
        return gone

    def window(self, segments: int | None) -> tuple[list[LiveSegment], int]:
        """Return the newest segments (all for None) and the discontinuity sequence of the first.

        A discontinuity tag belongs to the segment it precedes, so the first one listed still carries its own
        (RFC 8216, 6.2.2).
        """
        count = len(self._segments) if segments is None else min(segments, len(self._segments))
        listed = list(self._newest(count))
        before = self._discontinuities_gone
        if count < len(self._segments):
            before += sum(segment.discontinuity for segment in self._segments) - sum(
                segment.discontinuity for segment in listed
            )
        return listed, before

    def holding(self, at: ProgrammeMs) -> LiveSegment | None:
        """Return the segment that holds what was captured at an instant, or None."""
        for segment in reversed(self._segments):
            if segment.capture_ms <= at:
                return segment if at < segment.end_ms else None
        return None

    def following(self, segment: LiveSegment) -> LiveSegment | None:
        """Return the segment that goes on with the same time line after a kept one, or None."""
        place = segment.sequence - self._segments[0].sequence + 1
        after = self._segments[place] if place < len(self._segments) else None
        return None if after is None or after.discontinuity else after

    def _newest(self, count: int) -> Iterator[LiveSegment]:
        start = len(self._segments) - count
        for place, segment in enumerate(self._segments):
            if place >= start:
                yield segment
