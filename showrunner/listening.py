"""One port for everything: a door in front of the HTTP server takes the feed's WebSockets out."""

import errno
import socket

from aiohttp import web

from broadcast.channels.adapters.door import Door
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.feed_socket import OnTap
from broadcast.channels.adapters.http_connection import Straight
from broadcast.channels.adapters.waiting_heads import WaitingHeads
from broadcast.channels.client_address import TrustedProxies

BACKLOG = 4_096
"""Connections the kernel holds while a crowd comes back at once."""

KEEPALIVE_TIMEOUT_S = 75.0
SHUTDOWN_TIMEOUT_S = 5.0
"""How long requests in progress may take to finish when the process stops."""


class PortTakenError(Exception):
    """The address cannot be listened on; the message says why."""


class Listener:
    """Listens on one address and serves it; without a hub there is no feed, and everything is HTTP.

    ``straight`` answers some requests before they reach the HTTP server.
    """

    def __init__(
        self,
        app: web.Application,
        hub: FeedHub | None = None,
        on_tap: OnTap | None = None,
        straight: Straight | None = None,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self._hub = hub
        self._on_tap = on_tap
        self._straight = straight
        self._proxies = proxies
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=KEEPALIVE_TIMEOUT_S,
            shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        )
        self._waiting = WaitingHeads()
        self._door: Door | None = None

    async def start(self, host: str, port: int, *, shared: bool = False) -> int:
        """Begin to listen and return the port.

        Args:
            host: the address.
            port: 0 takes a free one.
            shared: other processes of ours listen there too, and the kernel spreads connections over all.

        Raises:
            PortTakenError: somebody else has it, or the address is not this machine's.
        """
        await self._runner.setup()
        http = self._runner.server
        if http is None:
            raise RuntimeError("the runner made no server")
        listening = listen(host, port, shared=shared)
        port = int(listening.getsockname()[1])
        self._door = Door(self._hub, self._on_tap, http, self._waiting, self._straight, self._proxies)
        self._door.open(listening)
        return port

    async def stop_accepting(self) -> None:
        """Take no new connections."""
        if self._door is not None:
            self._door.shut()

    async def stop(self) -> None:
        """Let requests in progress finish, within bounds, and close the rest."""
        self._waiting.close()
        if self._hub is not None:
            self._hub.leaving.close()
        if self._door is not None:
            await self._door.close()
        await self._runner.cleanup()


def listen(host: str, port: int, *, shared: bool) -> socket.socket:
    """Return a socket that listens.

    Raises:
        PortTakenError: somebody else has the port, or the address is not this machine's.
    """
    try:
        return socket.create_server((host, port), family=family(host), backlog=BACKLOG, reuse_port=shared)
    except OSError as unusable:
        raise taken(host, port, unusable) from unusable


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that takes an address, without listening, for processes of ours that will share it.

    Raises:
        PortTakenError: somebody else has the port, or the address is not this machine's.
    """
    reserved = socket.socket(family(host), socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound before it may be shared: a stale process on the port is found out, not joined.
        reserved.bind((host, port))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError as unusable:
        reserved.close()
        raise taken(host, port, unusable) from unusable
    return reserved


def family(host: str) -> socket.AddressFamily:
    """Return the address family of a numeric host."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def quoted(host: str) -> str:
    """Return a host as it stands in an address: IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def taken(host: str, port: int, unusable: OSError) -> PortTakenError:
    """Say why an address cannot be listened on."""
    if unusable.errno == errno.EADDRINUSE:
        return PortTakenError(f"{host}:{port} is in use: choose another port (0 takes a free one)")
    return PortTakenError(f"{host}:{port}: {unusable.strerror}")
