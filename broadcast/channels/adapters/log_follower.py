"""Follows a cue log for a process that holds no viewers: it wants to hear every message, and nothing else."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from broadcast.channels.cue_log import CueLog, LogLostError, LogMessage

RETRY_S = 0.5
"""How long to wait before a log that could not be opened is looked for again."""

log = structlog.get_logger()


class LogFollower:
    """Hears a log's messages, those of the past first; again from the beginning where the log began anew.

    Args:
        cue_log: closed by ``stop``.
        on_message: told of every message; of one and the same cue as often as the log is opened.
    """

    def __init__(self, cue_log: CueLog, on_message: Callable[[LogMessage], None]) -> None:
        self._log = cue_log
        self._on_message = on_message
        self._following: asyncio.Task[NoReturn] | None = None
        self.known = False
        """Whether the log's past has been heard since the start."""

    async def start(self) -> None:
        """Begin to follow, as soon as there is a log and for as long as it takes."""
        self._following = asyncio.create_task(self._follow(), name="log-follower")

    async def stop(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._log.close()

    async def _follow(self) -> NoReturn:
        while True:
            after = await self._open()
            try:
                async for record in self._log.follow(after):
                    self._on_message(record.message)
            except LogLostError as lost:
                log.warning("cue_log.lost", reason=str(lost))

    async def _open(self) -> int:
        """Hear the past, and return where it ends."""
        missing = False
        while True:
            try:
                records = await self._log.open()
            except (OSError, LogLostError) as unreachable:
                if not missing:
                    log.warning("cue_log.unreachable", reason=str(unreachable))
                missing = True
                await asyncio.sleep(RETRY_S)
                continue
            for record in records:
                self._on_message(record.message)
            self.known = True
            return records[-1].seq if records else 0
