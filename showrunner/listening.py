"""One port for everything: a door in front of the HTTP server takes the feed's WebSockets out."""

import asyncio
import errno
import socket

from aiohttp import web

from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.feed_socket import Door, OnTap

BACKLOG = 4_096
"""Connections the kernel holds while a crowd comes back at once."""

KEEPALIVE_TIMEOUT_S = 75.0
SHUTDOWN_TIMEOUT_S = 5.0
"""How long requests in progress may take to finish when the process stops."""


class PortTakenError(Exception):
    """The address cannot be listened on; the message says why."""


class Listener:
    """Listens on one address and serves it."""

    def __init__(self, app: web.Application, hub: FeedHub, on_tap: OnTap) -> None:
        self._hub = hub
        self._on_tap = on_tap
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=KEEPALIVE_TIMEOUT_S,
            shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        )
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen and return the port.

        Raises:
            PortTakenError: somebody else has it, or the address is not this machine's.
        """
        await self._runner.setup()
        http = self._runner.server
        if http is None:
            raise RuntimeError("the runner made no server")
        listening = _listen(host, port)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Door(self._hub, self._on_tap, http), sock=listening, backlog=BACKLOG
        )
        return int(listening.getsockname()[1])

    async def stop_accepting(self) -> None:
        """Take no new connections."""
        if self._server is not None:
            self._server.close()

    async def stop(self) -> None:
        """Let requests in progress finish, within bounds, and close the rest."""
        await self.stop_accepting()
        await self._runner.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except OSError as unusable:
        if unusable.errno == errno.EADDRINUSE:
            raise PortTakenError(f"{host}:{port} is in use: choose another port (0 takes a free one)") from unusable
        raise PortTakenError(f"{host}:{port}: {unusable.strerror}") from unusable
