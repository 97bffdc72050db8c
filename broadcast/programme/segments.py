"""The index of a packaged programme: which bytes hold which stretch of its time, exactly.

Time inside a programme is counted in ticks from its first frame. Every start and duration here was read back
from the bytes that were written (ISO/IEC 14496-12, ``tfdt`` and ``trun``), never from what an encoder promised.
"""

from bisect import bisect_right
from functools import cached_property

import msgspec

from broadcast.programme.errors import ProgrammeError

INDEX_VERSION = 1
"""Written into every index; another version is remade, never guessed at."""

MAX_SEGMENTS = 100_000
"""Segments in one programme: more than two days of two-second segments."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One media segment, starting with a frame that needs no other segment.

    Attributes:
        uri: file name, relative to the index.
        start_ticks: presentation time of its first frame, from the programme's first frame.
        duration_ticks: from its first frame to the first frame of the segment after it.
        size_bytes: length of the file.
    """

    uri: str
    start_ticks: int
    duration_ticks: int
    size_bytes: int

    @property
    def end_ticks(self) -> int:
        """Where the segment after it starts."""
        return self.start_ticks + self.duration_ticks


class SegmentIndex(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A packaged programme.

    Attributes:
        version: ``INDEX_VERSION``.
        timescale: ticks per second.
        segments: in order, without a gap: each starts on the tick where the one before it ends.
        init_uri: the initialization section every segment needs (EXT-X-MAP), or None for MPEG-TS.
        init_size_bytes: its length, 0 where there is none.
        codecs: RFC 6381 codecs of the streams, e.g. ``avc1.42c01e,mp4a.40.2``.
        width: pixels.
        height: pixels.
        frame_ticks: length of a frame where all frames have the same length, else None.
        has_audio: whether there is sound.

    Raises:
        ProgrammeError: ``bad-index``, when segments are missing, overlap or leave a gap.
    """

    timescale: int
    segments: tuple[Segment, ...]
    init_uri: str | None
    init_size_bytes: int
    codecs: str
    width: int
    height: int
    frame_ticks: int | None
    has_audio: bool
    version: int = INDEX_VERSION

    def __post_init__(self) -> None:
        """Refuse an index that contradicts itself."""
        if self.timescale <= 0 or not 0 < len(self.segments) <= MAX_SEGMENTS:
            raise ProgrammeError("bad-index", f"an index needs a timescale and 1 to {MAX_SEGMENTS} segments")
        expected = 0
        for segment in self.segments:
            if segment.start_ticks != expected or segment.duration_ticks <= 0:
                raise ProgrammeError("bad-index", f"{segment.uri} does not start where the segment before it ends")
            expected = segment.end_ticks

    @property
    def total_ticks(self) -> int:
        """Length of the whole programme."""
        return self.segments[-1].end_ticks

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        return tuple(segment.end_ticks for segment in self.segments)

    def ended_by(self, ticks: int) -> int:
        """Return how many segments have ended by this position, a segment that ends just here included."""
        return bisect_right(self._ends, ticks)

    @property
    def longest_ticks(self) -> int:
        """Duration of the longest segment."""
        return max(segment.duration_ticks for segment in self.segments)

    @property
    def peak_bits_per_second(self) -> int:
        """Bit rate of the heaviest segment (RFC 8216, 4.3.4.2: BANDWIDTH), rounded up."""
        return max(-(-segment.size_bytes * 8 * self.timescale // segment.duration_ticks) for segment in self.segments)

    @property
    def average_bits_per_second(self) -> int:
        """Bit rate over the whole programme (AVERAGE-BANDWIDTH), rounded up."""
        size = sum(segment.size_bytes for segment in self.segments)
        return -(-size * 8 * self.timescale // self.total_ticks)
