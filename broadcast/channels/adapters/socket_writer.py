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


class SocketWriter:
    """Writes whole frames to one connection, in order, or reports that the viewer is too slow.

    Attributes:
        transport: the connection.
        descriptor: its socket, or -1 where bytes must not go to it directly (TLS).
    """

    __slots__ = ("descriptor", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        connection: socket.socket | None = transport.get_extra_info("socket")
        plain = connection is not None and transport.get_extra_info("sslcontext") is None
        self.descriptor = connection.fileno() if connection is not None and plain else -1

    def write(self, data: bytes) -> bool:
        """Write a frame. Return False when the viewer is gone, or so slow that it must be closed."""
        transport = self.transport
        if transport.is_closing():
            return False
        if self.descriptor >= 0 and transport.get_write_buffer_size() == 0:
            try:
                sent = os.write(self.descriptor, data)
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

    @property
    def straight(self) -> bool:
        """Whether the next bytes may go to the descriptor: nothing waits before them."""
        transport = self.transport
        return self.descriptor >= 0 and not transport.is_closing() and transport.get_write_buffer_size() == 0

    def close(self, farewell: bytes) -> None:
        """Send last bytes and say that nothing more comes; write no more after this.

        Only our half is closed. Closing a connection while the other side still sends makes the kernel reset it, and
        the farewell is lost with it (RFC 6455, section 7.1.1). Whoever calls this reads on, or cuts the connection.
        """
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(farewell)
        if transport.can_write_eof():
            transport.write_eof()
        else:
            transport.close()

    def peer(self) -> str:
        """Return the viewer's address as this server sees it, for logs and caps."""
        name: Any = self.transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) and name else ""
