"""Thumbnails of takes: one at a time, beside the show, kept on disk and bounded."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from broadcast.clock import Now, ProgrammeMs
from broadcast.ids import CueId
from broadcast.messages import Cue
from broadcast.programme.adapters.thumbnails import thumbnail
from broadcast.programme.errors import ProgrammeError

MAX_WAITING = 256
"""Takes waiting for their picture; the oldest are given up."""

MAX_THUMBNAILS = 2_000
"""Pictures kept; the oldest go first."""

LOOK_EVERY_S = 1.0
GIVE_UP_MS = 120_000
"""A take whose picture has not come by then gets none: there was no input."""

log = structlog.get_logger()

Frame = tuple[Path, tuple[Path, ...], float]
"""Initialization section, segments that follow one another, and seconds on their time line."""


class Thumbnails:
    """Takes the pictures of one show's takes.

    Args:
        folder: where they are kept.
        frame_at: tells which frame was the first from an instant on, or None while it is not packaged.
        now: wall clock.
    """

    def __init__(self, folder: Path, frame_at: Callable[[ProgrammeMs], Frame | None], now: Now) -> None:
        self.folder = folder
        self._frame_at = frame_at
        self._now = now
        self._waiting: dict[CueId, ProgrammeMs] = {}
        self._working: asyncio.Task[None] | None = None
        self.taken = 0

    def ask(self, cue: Cue) -> None:
        """Have the picture of a take taken, once it is there."""
        if cue.look is None or cue.action not in {"take", "correct"} or (self.folder / f"{cue.id}.webp").exists():
            return
        self._waiting[cue.id] = ProgrammeMs(cue.at_ms)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]

    async def start(self) -> None:
        """Begin to take pictures."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._working = asyncio.create_task(self._work(), name="thumbnails")

    async def stop(self) -> None:
        """Stop taking pictures; those still missing are asked for again when the feed is heard anew."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for cue, at in tuple(self._waiting.items()):
                frame = self._frame_at(at)
                if frame is not None or self._now() - at > GIVE_UP_MS:
                    self._waiting.pop(cue, None)
                if frame is not None:
                    await self._take(cue, frame)

    async def _take(self, cue: CueId, frame: Frame) -> None:
        try:
            picture = await asyncio.to_thread(thumbnail, *frame)
            await asyncio.to_thread(self._keep, cue, picture)
        except (ProgrammeError, OSError) as failed:
            log.warning("thumbnail.failed", cue=cue, reason=str(failed))
        else:
            self.taken += 1

    def _keep(self, cue: CueId, picture: bytes) -> None:
        (self.folder / f"{cue}.webp").write_bytes(picture)
        kept = sorted(self.folder.glob("*.webp"), key=lambda path: path.stat().st_mtime)
        for old in kept[:-MAX_THUMBNAILS]:
            old.unlink(missing_ok=True)
