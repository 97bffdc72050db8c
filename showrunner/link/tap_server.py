"""A door's end of its edges' links: it holds the channels' keys, so taps are verified here and not on the edges."""

import asyncio
from collections.abc import Sequence

import msgspec

from broadcast.channels.adapters.feed_socket import OnTap
from broadcast.errors import problem
from broadcast.messages import ProblemMessage
from showrunner.link.connection import LinkConnection
from showrunner.link.edge_messages import ReplyTold, TapAsk
from showrunner.link.handshake import LinkRole

MAX_TAPS = 4_096
"""Taps of one edge process that may wait for an answer at once."""

RETRY_AFTER_MS = 1_000


class TapPeer:
    """One edge process's connection."""

    def __init__(self, connection: LinkConnection, on_tap: OnTap) -> None:
        self._connection = connection
        self._on_tap = on_tap
        self._open: set[asyncio.Task[None]] = set()

    def received(self, messages: Sequence[TapAsk]) -> None:
        """Answer each tap as if it had come over this process's own feed."""
        for message in messages:
            if len(self._open) >= MAX_TAPS:
                why = problem("busy", "too many taps at once", retry_after_ms=RETRY_AFTER_MS)
                self._reply(message.n, msgspec.json.encode(ProblemMessage(id=message.tap.id, problem=why)))
                continue
            task = asyncio.ensure_future(self._answer(message))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    def gone(self) -> None:
        """Forget the edge; what it asked is decided all the same."""

    async def _answer(self, message: TapAsk) -> None:
        n = message.n
        await self._on_tap(message.tap, message.channel, lambda payload: self._reply(n, payload))

    def _reply(self, n: int, payload: bytes) -> bool:
        if self._connection.over:
            return False
        self._connection.send(ReplyTold(n, payload))
        return True


class TapServer:
    """Lets edges in."""

    def __init__(self, on_tap: OnTap) -> None:
        self._on_tap = on_tap

    def enter(self, connection: LinkConnection, _role: LinkRole) -> TapPeer:
        """Take an edge's taps."""
        return TapPeer(connection, self._on_tap)
