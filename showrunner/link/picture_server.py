"""The end of the link that has the picture: it tells control how that is, its clock, and what its source says."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from broadcast.programme.ingest_news import Splice
from showrunner.link.connection import LinkConnection
from showrunner.link.handshake import LinkRole
from showrunner.link.picture_messages import ClockAsk, ClockTold, PictureAsk, PictureTold, SplicesTaken, SpliceTold

TELL_EVERY_S = 1.0
"""The picture is told of this often even where nothing changed: who hears nothing takes us for dead."""

CHANGE_PACE_S = 0.2
"""Changes are gathered for this long."""

MAX_UNTAKEN = 64
"""Splice messages kept for a control process that is away; the oldest are given up."""


class PictureServer:
    """Lets the control process in.

    Args:
        told: returns how the picture is.
        live_us: reads the clock that dates the frames.
        life: names this process, unlike any other's name.
    """

    def __init__(self, told: Callable[[], PictureTold], live_us: Callable[[], int], life: str) -> None:
        self._told = told
        self._live_us = live_us
        self._life = life
        self._peers: set[_PicturePeer] = set()
        self._untaken: deque[SpliceTold] = deque(maxlen=MAX_UNTAKEN)
        self._splices = 0
        self._due: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to tell."""
        self._telling = asyncio.create_task(self._tell_often(), name="picture-server")

    async def stop(self) -> None:
        """Tell no more."""
        if self._due is not None:
            self._due.cancel()
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    def enter(self, connection: LinkConnection, _role: LinkRole) -> "_PicturePeer":
        """Tell whoever comes how the picture is, and what was said while nobody was here."""
        peer = _PicturePeer(connection, self)
        self._peers.add(peer)
        connection.send(self._told())
        for splice in self._untaken:
            connection.send(splice)
        return peer

    def changed(self) -> None:
        """Tell soon: something about the picture changed."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(CHANGE_PACE_S, self._tell)

    def splice(self, splice: Splice) -> None:
        """Tell of a splice message, now and until it is taken."""
        self._splices += 1
        told = SpliceTold(self._life, self._splices, splice)
        self._untaken.append(told)
        for peer in self._peers:
            peer.connection.send(told)

    def asked(self, peer: "_PicturePeer", ask: PictureAsk) -> None:
        """Answer, or note what need not be told again."""
        if isinstance(ask, ClockAsk):
            peer.connection.send(ClockTold(ask.n, self._live_us()))
        elif isinstance(ask, SplicesTaken):
            while self._untaken and self._untaken[0].number <= ask.number:
                self._untaken.popleft()

    def left(self, peer: "_PicturePeer") -> None:
        """Tell one less."""
        self._peers.discard(peer)

    def _tell(self) -> None:
        self._due = None
        if self._peers:
            told = self._told()
            for peer in self._peers:
                peer.connection.send(told)

    async def _tell_often(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            if self._due is None:
                self._tell()


class _PicturePeer:
    """One control process's connection."""

    def __init__(self, connection: LinkConnection, server: PictureServer) -> None:
        self.connection = connection
        self._server = server

    def received(self, messages: Sequence[PictureAsk]) -> None:
        """Take in a batch."""
        for message in messages:
            self._server.asked(self, message)

    def gone(self) -> None:
        """The connection is over."""
        self._server.left(self)
