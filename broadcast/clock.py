"""Time as the house speaks it.

Wall time and programme time are both integer milliseconds of UTC Unix time, and still different types: wall
time is when something happened in this process's world, programme time is when a frame was captured. A cue
belongs to programme time; an order belongs to wall time.
"""

from collections.abc import Callable
from typing import NewType

WallMs = NewType("WallMs", int)
"""An instant of wall time: UTC Unix milliseconds."""

ProgrammeMs = NewType("ProgrammeMs", int)
"""The UTC capture instant of a frame, in Unix milliseconds: what HLS carries as EXT-X-PROGRAM-DATE-TIME."""

Now = Callable[[], WallMs]
"""Reads the wall clock. Pure code takes the instant itself, never this."""


def captured_at(now: WallMs) -> ProgrammeMs:
    """Return the programme time of a frame that is being captured at this wall instant."""
    return ProgrammeMs(now)
