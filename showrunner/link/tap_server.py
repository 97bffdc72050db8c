"""A door's end of its edges' links: it holds the channels' keys, so taps are verified here and not on the edges."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from broadcast.channels.adapters.feed_socket import Answering, Reply
from broadcast.errors import problem
from broadcast.ids import ChannelId
from broadcast.messages import ProblemMessage, Tap
from showrunner.link.connection import LinkConnection
from showrunner.link.edge_messages import EdgeAsk, LineWatchSaid, ReplyTold, TapAsk
from showrunner.link.handshake import LinkRole

MAX_TAPS = 4_096
"""Taps of one edge process that may wait for an answer at once."""

RETRY_AFTER_MS = 1_000


OnTap = Callable[[Tap, ChannelId, Reply], Answering]
"""Answers a tap."""

OnLine = Callable[[LineWatchSaid, Reply], None]
"""Tells a viewer of their place in line from now on."""


class TapPeer:
    """One edge process's connection."""

    def __init__(self, connection: LinkConnection, on_tap: OnTap, on_line: OnLine) -> None:
        self._connection = connection
        self._on_tap = on_tap
        self._on_line = on_line
        self._open = 0

    def received(self, messages: Sequence[EdgeAsk]) -> None:
        """Answer each tap as if it had come over this process's own feed."""
        for message in messages:
            reply = partial(self._reply, message.n)
            if isinstance(message, TapAsk):
                self._tap(message, reply)
            else:
                self._on_line(message, reply)

    def gone(self) -> None:
        """Forget the edge; what it asked is decided all the same."""

    def _tap(self, ask: TapAsk, reply: Reply) -> None:
        if self._open >= MAX_TAPS:
            why = problem("busy", "too many taps at once", retry_after_ms=RETRY_AFTER_MS)
            reply(msgspec.json.encode(ProblemMessage(id=ask.tap.id, problem=why)))
            return
        self._open += 1
        self._on_tap(ask.tap, ask.channel, reply).then(self._answered)

    def _answered(self) -> None:
        self._open -= 1

    def _reply(self, n: int, payload: bytes) -> bool:
        if self._connection.over:
            return False
        self._connection.send(ReplyTold(n, payload))
        return True


class TapServer:
    """Lets edges in."""

    def __init__(self, on_tap: OnTap, on_line: OnLine) -> None:
        self._on_tap = on_tap
        self._on_line = on_line

    def enter(self, connection: LinkConnection, _role: LinkRole) -> TapPeer:
        """Take an edge's taps."""
        return TapPeer(connection, self._on_tap, self._on_line)
