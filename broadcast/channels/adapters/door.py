"""The door: takes every connection of the port, and tells the feed's WebSockets from ordinary HTTP by the first head.

A viewer of the feed never gets a transport of the event loop's: its connection stays a wire, so that a crowd coming
back costs little more than the kernel asks. Everything else is handed to the HTTP server with the bytes already read.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from functools import partial

import msgspec
import structlog

from broadcast.channels.adapters.address_caps import AddressCaps
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.feed_socket import FeedSocket, OnTap
from broadcast.channels.adapters.http_connection import HttpConnection, Straight, Unanswered
from broadcast.channels.adapters.waiting_heads import WaitingHeads
from broadcast.channels.adapters.wire import NOBODY, READ_BYTES, Wire, Wires
from broadcast.channels.client_address import TrustedProxies
from broadcast.channels.handshake import FEED_PREFIX, MAX_HEAD_BYTES, Upgrade, read_upgrade
from broadcast.errors import problem

MAX_ACCEPTS = 64
"""Connections taken in one turn of the event loop: cues go out between two such crowds."""

FULL_PAUSE_S = 0.1
"""How long the door stays shut when the process may hold no more descriptors."""

MAX_HTTP_CONNECTIONS = 8_192
"""Connections the HTTP server of one process holds at once; most wait for their next request."""

MAX_HTTP_PER_ADDRESS = 4_000
"""Of those, from one public address: thousands of a mobile carrier's subscribers share one."""

DRAIN_S = 5.0
"""How long a closing door waits for answers that are on their way; every one not given is safe to ask for again."""

RETRY_AFTER_S = 2
_TOO_MANY_BODY = msgspec.json.encode(problem("busy", "too many connections", retry_after_ms=RETRY_AFTER_S * 1000))
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: %d\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (RETRY_AFTER_S, len(_TOO_MANY_BODY), _TOO_MANY_BODY)
)
_END = b"\r\n\r\n"
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = structlog.get_logger()


class Door:
    """Takes connections from one listening socket. Belongs to one event loop.

    Args:
        hub: whose feed is asked for; None where there is none here: then everything is HTTP.
        on_tap: answers taps that come over an open feed.
        http: makes the HTTP server's protocol for one connection.
        waiting: holds those who have not said what they want.
        straight: answers some requests before they reach the HTTP server.
        proxies: ours, which say who calls; None where everybody calls by themselves.
    """

    def __init__(
        self,
        hub: FeedHub | None,
        on_tap: OnTap | None,
        http: Callable[[], asyncio.Protocol],
        waiting: WaitingHeads,
        straight: Straight | None = None,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self._hub = hub
        self._on_tap = on_tap
        self._http = http
        self._waiting = waiting
        self._straight = straight
        self._unanswered = Unanswered()
        self._proxies = proxies
        self._wires = Wires()
        self._handing: set[asyncio.Task[None]] = set()
        self._http_connections = 0
        self._addresses = AddressCaps(MAX_HTTP_PER_ADDRESS)
        self._listening: socket.socket | None = None
        self._pause: asyncio.TimerHandle | None = None

    def open(self, listening: socket.socket) -> None:
        """Begin to take connections; the socket is the door's from now on."""
        listening.setblocking(False)
        # Inherited by every connection: a cue never waits for the acknowledgement of the message before it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wires.start()
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept)

    def shut(self) -> None:
        """Take no more connections. Safe to call twice."""
        listening, self._listening = self._listening, None
        if listening is None:
            return
        if self._pause is not None:
            self._pause.cancel()
        asyncio.get_running_loop().remove_reader(listening.fileno())
        listening.close()

    async def close(self) -> None:
        """Shut the door, let requests that are answered straight have their answers, and end what is still a wire."""
        self.shut()
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._unanswered.none()
        except TimeoutError:
            log.warning("door.unanswered", requests=len(self._unanswered))
        for task in tuple(self._handing):
            task.cancel()
        await asyncio.gather(*self._handing, return_exceptions=True)
        self._wires.stop()

    def _accept(self) -> None:
        listening = self._listening
        if listening is None:
            return
        for _ in range(MAX_ACCEPTS):
            try:
                connection, address = listening.accept()
            except BlockingIOError:
                return
            except OSError as failed:
                if failed.errno in _NO_ROOM:
                    log.warning("door.full", reason=failed.strerror)
                    self._rest(listening)
                    return
                # The connection was gone before it was taken (accept(2)); the next one may not be.
                continue
            self._meet(connection, str(address[0]))

    def _meet(self, connection: socket.socket, address: str) -> None:
        """Serve a connection whose head is there already, as most are, or let it wait for the rest."""
        connection.setblocking(False)
        head = b""
        try:
            head = connection.recv(READ_BYTES)
        except BlockingIOError:
            pass
        except OSError:
            connection.close()
            return
        else:
            if not head:
                connection.close()
                return
        end = head.find(_END)
        if end >= 0 or len(head) >= MAX_HEAD_BYTES:
            upgrade, address = self._upgrade(head, end, address)
            if upgrade is None:
                self.hand_over(connection, address, head)
            else:
                wire = Wire(self._wires, connection.detach(), address, NOBODY)
                self._wires.enter(wire)
                self.greet(wire, upgrade, head[end + len(_END) :])
            return
        caller = _Caller(self, head)
        caller.wire = wire = Wire(self._wires, connection.detach(), address, caller)
        self._wires.enter(wire)
        self._waiting.enter(wire)

    def greet(self, wire: Wire, upgrade: Upgrade, rest: bytes) -> None:
        """Let a viewer in.

        Raises:
            RuntimeError: there is no feed here.
        """
        if self._hub is None or self._on_tap is None:
            raise RuntimeError("this door has no feed")
        FeedSocket(self._hub, self._on_tap).open(wire, upgrade, rest)

    def hand_over(self, connection: socket.socket, address: str, head: bytes) -> None:
        """Leave a connection to the HTTP server, with what was read of it; or say that there are too many."""
        if self._proxies is not None and self._proxies.trusts(address):
            address = ""  # one connection of a proxy's is many people's
        if self._http_connections >= MAX_HTTP_CONNECTIONS or not self._addresses.has_room(address):
            with contextlib.suppress(OSError), connection:
                connection.send(_TOO_MANY)
            return
        task = asyncio.get_running_loop().create_task(self._serve(connection, address, head))
        self._handing.add(task)
        task.add_done_callback(self._handing.discard)

    async def _serve(self, connection: socket.socket, address: str, head: bytes) -> None:
        self._http_connections += 1
        counted_as = self._addresses.enter(address)
        over = partial(self._http_over, counted_as)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: HttpConnection(self._http(), head, over, self._straight, self._unanswered), connection
            )
        except OSError as gone:
            log.debug("door.gone", reason=gone.strerror)
            connection.close()
            over()

    def _http_over(self, counted_as: str) -> None:
        self._http_connections -= 1
        if counted_as:
            self._addresses.leave(counted_as)

    def said_enough(self, wire: Wire, head: bytes, end: int) -> None:
        """Serve a connection that had to be waited for."""
        self._waiting.leave(wire)
        upgrade, wire.address = self._upgrade(head, end, wire.address)
        if upgrade is None:
            self.hand_over(socket.socket(fileno=self._wires.hand_out(wire)), wire.address, head)
        else:
            self.greet(wire, upgrade, head[end + len(_END) :])

    def gone(self, wire: Wire) -> None:
        """Wait no more for a connection."""
        self._waiting.leave(wire)

    def _upgrade(self, head: bytes, end: int, peer: str) -> tuple[Upgrade | None, str]:
        """Return what a head asks of the feed, if it does, and where it comes from; HTTP says so in every request."""
        if self._hub is None or end < 0 or not head.startswith(FEED_PREFIX):
            return None, peer
        head = head[: end + len(_END)]
        if self._proxies is None:
            return read_upgrade(head), peer
        address, head = self._proxies.of_head(peer, head)
        upgrade = read_upgrade(head)
        return upgrade, peer if upgrade is None else address

    def _rest(self, listening: socket.socket) -> None:
        """Look away for a while: there is a connection to take, and no room for it."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())
        self._pause = loop.call_later(FULL_PAUSE_S, loop.add_reader, listening.fileno(), self._accept)


class _Caller:
    """A connection whose first head is not complete."""

    __slots__ = ("_door", "_head", "wire")

    wire: Wire

    def __init__(self, door: Door, head: bytes) -> None:
        self._door = door
        self._head = head

    def received(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(_END)
        if end >= 0 or len(self._head) >= MAX_HEAD_BYTES:
            self._door.said_enough(self.wire, self._head, end)

    def ended(self) -> None:
        self._door.gone(self.wire)
