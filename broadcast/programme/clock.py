"""Between a stream's own timestamps and programme time."""

from typing import Literal

import msgspec

from broadcast.clock import ProgrammeMs

CorrelationSource = Literal["origin", "ingest", "probe", "manual", "default"]
"""How a correlation is known: the programme's own origin, the arrival of a frame, a measurement, a person, a guess."""


def ticks_to_ms(ticks: int, timescale: int) -> int:
    """Return the whole millisecond nearest to a number of ticks; halves go up. Exact for any size of number."""
    return (2 * ticks * 1000 + timescale) // (2 * timescale)


def ms_to_ticks(ms: int, timescale: int) -> int:
    """Return the tick nearest to a number of milliseconds; halves go up."""
    return (2 * ms * timescale + 1000) // 2000


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """The frame with timestamp ``pts_ticks`` was captured at ``capture_ms``, give or take ``error_ms``.

    Both clocks run at the same rate; a source that drifts or jumps gets a new correlation.

    Attributes:
        capture_ms: programme time of the frame.
        pts_ticks: the frame's presentation timestamp in its stream.
        timescale: ticks of that stream per second.
        error_ms: bound of the error, never negative.
        source: how it is known.
    """

    capture_ms: ProgrammeMs
    pts_ticks: int
    timescale: int
    error_ms: int
    source: CorrelationSource

    def captured_at(self, pts_ticks: int) -> ProgrammeMs:
        """Return the programme time of a frame by its timestamp."""
        return ProgrammeMs(self.capture_ms + ticks_to_ms(pts_ticks - self.pts_ticks, self.timescale))

    def pts_at(self, programme_ms: ProgrammeMs) -> int:
        """Return the timestamp a frame captured at this programme time would carry."""
        return self.pts_ticks + ms_to_ticks(programme_ms - self.capture_ms, self.timescale)
