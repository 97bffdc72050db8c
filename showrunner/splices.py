"""Splice messages of the source (SCTE 35) become producers' commands, as ``show.toml`` says.

A message that says when is armed for that frame: its command carries the programme time the message is about.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from broadcast.errors import Refusal
from broadcast.messages import CommandAnswer, CommandRequest
from broadcast.programme.ingest_news import Splice
from broadcast.programme.splice_rules import SpliceRule, command_for

BY = "scte-35"
"""Who gave the command, in the as-run record."""

MAX_WAITING = 64
"""Messages waiting to be carried out; the oldest are given up."""

log = structlog.get_logger()

Give = Callable[[CommandRequest, str], Awaitable[CommandAnswer]]


class SpliceCommands:
    """Carries out what a source's splice messages ask for, one after the other."""

    def __init__(self, rules: Sequence[SpliceRule], give: Give) -> None:
        self._rules = tuple(rules)
        self._give = give
        self._waiting: deque[CommandRequest] = deque(maxlen=MAX_WAITING)
        self._news = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self.given = self.refused = self.unmatched = 0

    def heard(self, splice: Splice) -> None:
        """Take a message in."""
        command = command_for(splice, self._rules)
        if command is None:
            self.unmatched += 1
            return
        self._waiting.append(msgspec.convert(command, CommandRequest))
        self._news.set()

    async def start(self) -> None:
        """Begin to carry out commands."""
        self._working = asyncio.create_task(self._work(), name="splices")

    async def stop(self) -> None:
        """Stop; what waits is given up."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                request = self._waiting.popleft()
                try:
                    await self._give(request, BY)
                except Refusal as refusal:
                    self.refused += 1
                    log.warning("splice.refused", command=request.command, reason=str(refusal))
                else:
                    self.given += 1
