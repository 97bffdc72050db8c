"""What a runway film shows when: looks of equal length, one after another."""

from collections.abc import Sequence

import msgspec

from broadcast.ids import LookId
from broadcast.programme.errors import ProgrammeError

FRAME_RATE = 25
"""Frames a second of the films made here."""

MAX_FRAMES = 1 << 20
"""Frames in one film: what the burned-in frame code can count."""


class FilmLook(msgspec.Struct, frozen=True, kw_only=True):
    """One look as the film shows it.

    Attributes:
        number: the look number viewers see.
        brand: in Latin letters; what the film's typeface can't write is left out.
        title: the same.
        wears: a few English words on each article, the most important first, for the picture: title, kind, colour.
    """

    id: LookId
    number: str
    brand: str
    title: str
    wears: tuple[str, ...] = ()


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """A frame's place in the film: which look, and how far through it (0 up to, never reaching, 1)."""

    look: int
    progress: float


def frames_per_look(seconds_per_look: int) -> int:
    """Return the frames each look has."""
    return seconds_per_look * FRAME_RATE


def total_frames(looks: Sequence[FilmLook], seconds_per_look: int) -> int:
    """Return the length of the film.

    Raises:
        ProgrammeError: ``bad-storyboard``, when there are no looks, they have no length, or the film is longer than
            ``MAX_FRAMES``.
    """
    if not looks or seconds_per_look < 1:
        raise ProgrammeError("bad-storyboard", "a film needs at least one look of at least one second")
    total = len(looks) * frames_per_look(seconds_per_look)
    if total > MAX_FRAMES:
        raise ProgrammeError("bad-storyboard", f"{total} frames are more than the {MAX_FRAMES} a film can count")
    return total


def shot_at(frame: int, seconds_per_look: int) -> Shot:
    """Return what a frame shows."""
    look, within = divmod(frame, frames_per_look(seconds_per_look))
    return Shot(look=look, progress=within / frames_per_look(seconds_per_look))


def timecode(frame: int) -> str:
    """Return a frame number as HH:MM:SS:FF at ``FRAME_RATE`` (SMPTE ST 12-1, no drop)."""
    whole, frames = divmod(frame, FRAME_RATE)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frames:02d}"
