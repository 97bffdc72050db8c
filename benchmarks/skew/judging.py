"""Judges screenshots: was a card early, and was it there one frame and two frames past its take? Pure.

Nothing here knows a clock but the film's: the capture instant of the frame that is in the very same image as the card.
A machine that freezes makes images fewer, never wrong.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from benchmarks.skew.screenshots import Seen

FRAME_MS = 40
MAX_AFTER_MS = 1_200
"""Images this far past a take are judged for it."""

FREEZE_S = 0.1
"""Screenshots further apart than this mean that the machine or the browser stood still: no elapsed time is told."""

ELAPSED_WITHIN_MS = 200
"""The stretch of picture around a take in which screenshots must come without a break for an elapsed time."""

NEAR_MS = 30_000
"""A card belongs to the take of its look this near; looks come round again much later."""

_BACK_MS = -FRAME_MS


class Take(msgspec.Struct, frozen=True):
    """A look put on air at a programme time."""

    at_ms: int
    card: int


class Shot(msgspec.Struct, frozen=True):
    """A screenshot whose frame is known: ``frame_ms`` is its capture instant."""

    shot_s: float
    frame_ms: int
    card: int | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One take as one pass of the picture over it showed it.

    Attributes:
        phase: what the viewer had just been through.
        images: how many were judged.
        early: images with the card over a frame before the take.
        late_after_ms: the frame furthest past the take whose image still lacked the card, as milliseconds past it;
            None where every image past the take has it.
        elapsed_ms: wall time from the first image whose frame is due to the first with the card; None where the
            machine stood still around it.
    """

    phase: str
    at_ms: int
    images: int
    early: int
    late_after_ms: int | None
    elapsed_ms: float | None

    @property
    def on_frame(self) -> bool:
        """Every image at least one frame past the take shows the card."""
        return self.late_after_ms is None or self.late_after_ms < FRAME_MS

    @property
    def within_two(self) -> bool:
        """Every image at least two frames past the take shows the card."""
        return self.late_after_ms is None or self.late_after_ms < 2 * FRAME_MS


class Film(msgspec.Struct, frozen=True):
    """The looped film: where its first frame lies in programme time, and how many frames it has."""

    origin_ms: int
    frames: int

    def captured_ms(self, frame: int, seen_s: float) -> int:
        """Return the capture instant of a frame that is on screen at a wall instant: the newest loop it can be of."""
        loop_ms = self.frames * FRAME_MS
        first_ms = self.origin_ms + frame * FRAME_MS
        return first_ms + int((seen_s * 1000 - first_ms) // loop_ms) * loop_ms


def dated(images: Iterable[Seen], film: Film) -> list[Shot]:
    """Return the images that show a legible frame, in the order they were taken."""
    return [
        Shot(image.shot_s, film.captured_ms(image.frame, image.shot_s), image.card)
        for image in images
        if image.frame is not None
    ]


def early_cards(shots: Iterable[Shot], takes: Sequence[Take]) -> list[Shot]:
    """Return every image whose card belongs to a take its frame has not reached: cards shown before their time."""
    return [shot for shot in shots if shot.card is not None and _is_early(shot, takes)]


def _is_early(shot: Shot, takes: Sequence[Take]) -> bool:
    same = [take.at_ms - shot.frame_ms for take in takes if take.card == shot.card]
    return any(0 < ahead_ms <= NEAR_MS for ahead_ms in same) and not any(-NEAR_MS < ago_ms <= 0 for ago_ms in same)


def verdicts(phase: str, shots: Sequence[Shot], takes: Sequence[Take]) -> list[Verdict]:
    """Judge every take the picture passed over, each pass by itself: a seek back makes a second one.

    A pass counts where there are images on both sides of the take and past its second frame.
    """
    ordered = sorted(takes, key=lambda take: take.at_ms)
    found: list[Verdict] = []
    for part in _passes(shots):
        for before, take, after in zip([None, *ordered], ordered, [*ordered[1:], None], strict=False):
            from_ms = before.at_ms if before is not None else take.at_ms - MAX_AFTER_MS
            until_ms = min(take.at_ms + MAX_AFTER_MS, after.at_ms if after is not None else take.at_ms + MAX_AFTER_MS)
            around = [shot for shot in part if from_ms <= shot.frame_ms < until_ms]
            verdict = _verdict(phase, around, take)
            if verdict is not None:
                found.append(verdict)
    return found


def _verdict(phase: str, around: Sequence[Shot], take: Take) -> Verdict | None:
    due = [shot for shot in around if shot.frame_ms >= take.at_ms]
    ahead = [shot for shot in around if shot.frame_ms < take.at_ms]
    if not ahead or not any(shot.frame_ms >= take.at_ms + 2 * FRAME_MS for shot in due):
        return None
    missing = [shot.frame_ms - take.at_ms for shot in due if shot.card != take.card]
    return Verdict(
        phase=phase,
        at_ms=take.at_ms,
        images=len(around),
        early=sum(shot.card == take.card for shot in ahead),
        late_after_ms=max(missing, default=None),
        elapsed_ms=_elapsed(around, due, take),
    )


def _elapsed(around: Sequence[Shot], due: Sequence[Shot], take: Take) -> float | None:
    near = [shot for shot in around if abs(shot.frame_ms - take.at_ms) <= ELAPSED_WITHIN_MS]
    if len(near) < 2 or any(later.shot_s - earlier.shot_s > FREEZE_S for earlier, later in pairwise(near)):
        return None
    shown = next((shot for shot in due if shot.card == take.card), None)
    return None if shown is None else (shown.shot_s - due[0].shot_s) * 1000


def _passes(shots: Sequence[Shot]) -> list[list[Shot]]:
    """Cut the images where the picture went back: each part runs forward."""
    parts: list[list[Shot]] = []
    for shot in shots:
        if not parts or shot.frame_ms - parts[-1][-1].frame_ms < _BACK_MS:
            parts.append([])
        parts[-1].append(shot)
    return parts
