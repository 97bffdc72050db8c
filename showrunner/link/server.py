"""The end of the link that listens: it lets in who proves to know the key of its role, and counts who does not."""

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from broadcast.ids import ShowId
from showrunner.link.connection import MAX_FRAME_BYTES, FrameError, LinkConnection
from showrunner.link.handshake import (
    CHALLENGE_BYTES,
    MIN_KEY_BYTES,
    Challenge,
    Hello,
    LinkRefusedError,
    LinkRole,
    challenge,
    welcome,
)

HANDSHAKE_TIMEOUT_S = 5.0
MAX_STRANGERS = 256
"""Connections that have proven nothing yet; beyond it the newest are cut."""

MAX_PEERS = 1_024
"""Connections of processes of ours."""

BACKLOG = 512

log = structlog.get_logger()
_hello = msgspec.msgpack.Decoder(Hello)


class Peer(Protocol):
    """What this process does for one connection."""

    def received(self, messages: Sequence[Any]) -> None:
        """Take in a batch."""

    def gone(self) -> None:
        """The connection is over."""


class LinkRoom(msgspec.Struct, frozen=True):
    """What callers of one role need and get.

    Attributes:
        key: what they must prove to know.
        messages: decodes a batch of theirs.
        enter: makes their peer, or returns None where they should look elsewhere.
    """

    key: bytes
    messages: msgspec.msgpack.Decoder[Any]
    enter: Callable[[LinkConnection, LinkRole], Peer | None]


class LinkServer:
    """Listens for processes of ours.

    Attributes:
        refused: how many connections were cut, by why: ``handshake``, ``malformed``, ``crowded``.
    """

    def __init__(self, show: ShowId, rooms: Mapping[LinkRole, LinkRoom]) -> None:
        for role, room in rooms.items():
            if len(room.key) < MIN_KEY_BYTES:
                raise ValueError(f"the link key of {role} needs at least {MIN_KEY_BYTES} bytes")
        self.show = show
        self.rooms = dict(rooms)
        self.refused = {"handshake": 0, "malformed": 0, "crowded": 0}
        self.strangers: set[_Caller] = set()
        self.peers: set[_Caller] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port.

        Raises:
            OSError: the address cannot be listened on.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Caller(self).connection, host, port, family=family, backlog=BACKLOG
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more connections and end those there are, after what waits was sent."""
        if self._server is not None:
            self._server.close()
        self.send_away(frozenset(self.rooms))
        for stranger in tuple(self.strangers):
            stranger.connection.close()
        await asyncio.sleep(0)

    def peers_by_role(self) -> dict[str, int]:
        """Return how many processes are connected."""
        return dict(Counter(str(peer.role) for peer in self.peers))

    def send_away(self, roles: frozenset[LinkRole]) -> None:
        """End the connections of these roles: they look for the right process again."""
        for peer in tuple(self.peers):
            if peer.role in roles:
                peer.connection.finish()


class _Caller:
    """One connection, from stranger to peer."""

    def __init__(self, server: LinkServer) -> None:
        self._server = server
        self._asked: Challenge = challenge(secrets.token_bytes(CHALLENGE_BYTES))
        self._peer: Peer | None = None
        self._decode: Callable[[bytes], Any] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self.role: LinkRole | None = None
        self.connection = LinkConnection(self._introduce, self._over, on_made=self._met)

    def _met(self) -> None:
        server = self._server
        if len(server.strangers) >= MAX_STRANGERS:
            server.refused["crowded"] += 1
            self.connection.close()
            return
        server.strangers.add(self)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(HANDSHAKE_TIMEOUT_S, self._give_up)
        self.connection.send_frame(self._asked)

    def _give_up(self) -> None:
        self._server.refused["handshake"] += 1
        self.connection.close()

    def _introduce(self, frame: bytes) -> None:
        server = self._server
        try:
            said = _hello.decode(frame)
            room = server.rooms.get(said.role)
            if room is None:
                raise LinkRefusedError(f"no {said.role} is expected here")
            answer = welcome(room.key, self._asked, said)
            if said.show != server.show:
                raise LinkRefusedError("another show")
        except (LinkRefusedError, msgspec.DecodeError) as wrong:
            server.refused["handshake"] += 1
            log.warning("link.refused", reason=str(wrong))
            self.connection.close()
            return
        self._settle(room, said.role, answer)

    def _settle(self, room: LinkRoom, role: LinkRole, answer: Any) -> None:
        server, connection = self._server, self.connection
        self._forget_stranger()
        if len(server.peers) >= MAX_PEERS:
            server.refused["crowded"] += 1
            connection.close()
            return
        connection.send_frame(answer)
        connection.most = MAX_FRAME_BYTES
        self.role = role
        peer = room.enter(connection, role)
        if peer is None:
            connection.finish()
            return
        server.peers.add(self)
        self._peer = peer
        self._decode = room.messages.decode
        connection.on_frame = self._received

    def _received(self, frame: bytes) -> None:
        if self._peer is None or self._decode is None:
            raise FrameError("nobody is here")
        self._peer.received(self._decode(frame))

    def _forget_stranger(self) -> None:
        self._server.strangers.discard(self)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _over(self, wrong: Exception | None) -> None:
        self._forget_stranger()
        self._server.peers.discard(self)
        if isinstance(wrong, FrameError | msgspec.DecodeError):
            self._server.refused["malformed"] += 1
            log.warning("link.malformed", role=self.role, reason=str(wrong))
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.gone()
