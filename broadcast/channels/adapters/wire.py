"""Connections without a transport: a descriptor, what waits for it, and one epoll for all of them.

A million viewers pay for whatever a connection is made of. An event loop's transport costs several hundred bytes and as
many microseconds as the rest of the handshake; a wire is a number and two references, and nobody looks at it while
nothing happens. Linux (epoll(7)).
"""

import asyncio
import os
import select
import socket
from typing import Protocol

MAX_BACKLOG_BYTES = 262_144
"""Bytes that may wait for one slow viewer before it is let go."""

READ_BYTES = 16_384
"""Bytes taken from one connection at a time, so that nobody's flood keeps the others waiting."""

MAX_EVENTS = 256
"""Connections looked after in one turn of the event loop."""

_READABLE = select.EPOLLIN
_BOTH = select.EPOLLIN | select.EPOLLOUT


class Speaker(Protocol):
    """Who hears what comes in on a wire."""

    def received(self, data: bytes) -> None:
        """Take in bytes that the other side sent."""

    def ended(self) -> None:
        """Forget the wire: it is over, and its descriptor closes when this returns. Told once."""


class Wire:
    """One connection.

    Attributes:
        descriptor: its socket, non-blocking; -1 once it is closed.
        address: where it comes from.
        speaker: who hears of it.
    """

    __slots__ = ("_backlog", "_finishing", "_over", "_wires", "address", "descriptor", "speaker")

    def __init__(self, wires: "Wires", descriptor: int, address: str, speaker: Speaker) -> None:
        self._wires = wires
        self.descriptor = descriptor
        self.address = address
        self.speaker = speaker
        self._backlog: bytearray | None = None
        self._finishing = False
        self._over = False

    @property
    def straight(self) -> bool:
        """Whether the next bytes may go to the descriptor: nothing waits before them."""
        return self._backlog is None and not self._finishing and not self._over

    def write(self, data: bytes) -> bool:
        """Write bytes, in order. Return False when the viewer is gone, or so slow that it must be closed."""
        if self._over or self._finishing:
            return False
        if self._backlog is None:
            try:
                sent = os.write(self.descriptor, data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.abort()
                return False
            if sent == len(data):
                return True
            self._backlog = bytearray(memoryview(data)[sent:])
            self._wires.watch(self, _BOTH)
        else:
            self._backlog += data
        return len(self._backlog) <= MAX_BACKLOG_BYTES

    def close(self, farewell: bytes) -> None:
        """Send last bytes and say that nothing more comes; write no more after this.

        Only our half is closed. Closing a connection while the other side still sends makes the kernel reset it, and
        the farewell is lost with it (RFC 6455, section 7.1.1). Whoever calls this reads on, or cuts the connection.
        """
        if self._over or self._finishing:
            return
        if farewell:
            self.write(farewell)
        self._finishing = True
        if self._backlog is None:
            self._finish()

    def abort(self) -> None:
        """End the connection.

        Its descriptor stays open until this turn of the event loop is over: whoever goes through a list of descriptors
        just now never meets one that belongs to somebody else already.
        """
        if not self._over:
            self._over = True
            self._wires.drop(self)

    def happened(self, events: int) -> None:
        """Act on what the kernel says of the descriptor."""
        if events & select.EPOLLOUT and self._backlog is not None:
            self._flush(self._backlog)
        if events & ~select.EPOLLOUT and not self._over:
            self._read()

    def _flush(self, backlog: bytearray) -> None:
        try:
            sent = os.write(self.descriptor, backlog)
        except BlockingIOError:
            return
        except OSError:
            self.abort()
            return
        if sent < len(backlog):
            del backlog[:sent]
            return
        self._backlog = None
        self._wires.watch(self, _READABLE)
        if self._finishing:
            self._finish()

    def _read(self) -> None:
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.speaker.received(data)
        else:
            self.abort()

    def _finish(self) -> None:
        """Send the end of the stream after everything else."""
        ending = socket.socket(fileno=self.descriptor)
        try:
            ending.shutdown(socket.SHUT_WR)
        except OSError:
            self.abort()
        finally:
            ending.detach()


class Wires:
    """All wires of one process. Belongs to one event loop."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._wires: dict[int, Wire] = {}
        self._ending: list[Wire] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._wires)

    def start(self) -> None:
        """Begin to look after wires."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._look)

    def stop(self) -> None:
        """End every connection that is left. Safe to call twice."""
        if self._loop is None:
            return
        self._loop.remove_reader(self._epoll.fileno())
        self._loop = None
        for wire in tuple(self._wires.values()):
            wire.abort()
        self._close()
        self._epoll.close()

    def enter(self, wire: Wire) -> None:
        """Look after a wire from now on."""
        self._wires[wire.descriptor] = wire
        self._epoll.register(wire.descriptor, _READABLE)

    def watch(self, wire: Wire, events: int) -> None:
        """Look at a wire for other events."""
        if wire.descriptor in self._wires:
            self._epoll.modify(wire.descriptor, events)

    def hand_out(self, wire: Wire) -> int:
        """Give a wire's descriptor to somebody else, and forget the wire."""
        descriptor = wire.descriptor
        if self._wires.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)
        wire.descriptor = -1
        return descriptor

    def drop(self, wire: Wire) -> None:
        """Close a wire's descriptor once this turn of the event loop is over."""
        if self._wires.pop(wire.descriptor, None) is not None:
            self._epoll.unregister(wire.descriptor)
        if not self._ending and self._loop is not None:
            self._loop.call_soon(self._close)
        self._ending.append(wire)

    def _look(self) -> None:
        wires = self._wires
        for descriptor, events in self._epoll.poll(0, MAX_EVENTS):
            wire = wires.get(descriptor)
            if wire is not None:
                wire.happened(events)

    def _close(self) -> None:
        ending, self._ending = self._ending, []
        for wire in ending:
            wire.speaker.ended()
            wire.speaker = NOBODY
            os.close(wire.descriptor)
            wire.descriptor = -1


class _Nobody:
    def received(self, data: bytes) -> None:
        pass

    def ended(self) -> None:
        pass


NOBODY: Speaker = _Nobody()
"""Listens to nothing."""
