"""Writing pre-built bytes to one viewer's socket: straight to the descriptor, bounded behind a slow reader.

A non-blocking write to the descriptor costs about what C pays. It is only right while the transport holds nothing
back; on a short write the rest, and everything after it, goes through the transport until that has drained.
"""

import asyncio
import os
import socket
from typing import Any

MAX_BACKLOG_BYTES = 262_144
"""Bytes that may wait for one slow viewer before it is let go."""

CLOSE_GRACE_S = 5.0
"""How long a closing viewer may take to read what is still on its way."""


class SocketWriter:
    """Writes whole frames to one connection, in order, or reports that the viewer is too slow."""

    __slots__ = ("_descriptor", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        connection: socket.socket | None = transport.get_extra_info("socket")
        plain = connection is not None and transport.get_extra_info("sslcontext") is None
        self._descriptor = connection.fileno() if connection is not None and plain else -1

    def write(self, data: bytes) -> bool:
        """Write a frame. Return False when the viewer is gone, or so slow that it must be closed."""
        transport = self._transport
        if transport.is_closing():
            return False
        if self._descriptor >= 0 and transport.get_write_buffer_size() == 0:
            try:
                sent = os.write(self._descriptor, data)
            except BlockingIOError:
                sent = 0
            except OSError:
                transport.abort()
                return False
            if sent == len(data):
                return True
            data = data[sent:]
        transport.write(data)
        return transport.get_write_buffer_size() <= MAX_BACKLOG_BYTES

    def close(self, farewell: bytes) -> None:
        """Send last bytes and close; a viewer that does not read them is cut after ``CLOSE_GRACE_S``."""
        if self._transport.is_closing():
            return
        self._transport.write(farewell)
        self._transport.close()
        asyncio.get_running_loop().call_later(CLOSE_GRACE_S, self._transport.abort)

    def peer(self) -> str:
        """Return the viewer's address as this server sees it, for logs and caps."""
        name: Any = self._transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) and name else ""
