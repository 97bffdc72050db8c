"""The many whose sockets take every frame as it is: one system call a viewer, and nothing else touched.

Most viewers keep up. For them a frame goes straight to the descriptor: neither the viewer nor its transport is looked
at, only plain numbers, a thousand by one system call where the kernel has io_uring, otherwise one by one.
Whoever does not take a whole frame leaves the crowd and is written to through its transport until it has caught up.
"""

import os
from array import array
from collections.abc import Iterable
from itertools import chain
from typing import Protocol

import structlog

from broadcast.channels.adapters.send_ring import RingError, SendRing

log = structlog.get_logger()

_STRIDE = 0.618_033_988_75
"""How far on the next round begins, as a share of the crowd: the golden ratio spreads the beginnings evenly."""


class Straggler(Protocol):
    """A viewer of the crowd, as it is told that it fell behind."""

    def fell_behind(self, rest: bytes) -> None:
        """Leave the crowd and have the rest of a frame sent some other way; the socket took none or part of it."""

    def cut(self) -> None:
        """Leave the crowd and end the connection: what was sent on it is not known."""


class Crowd:
    """Viewers by the descriptor their socket has.

    A descriptor must leave before it is closed: the next connection may get the same number.

    Args:
        ring: sends to many at once; None sends one by one.
    """

    __slots__ = ("_beginning", "_order", "_ring", "_viewers")

    def __init__(self, ring: SendRing | None = None) -> None:
        self._ring = ring
        self._viewers: dict[int, Straggler] = {}
        self._order: array[int] | None = None
        self._beginning = 0.0

    def enter(self, descriptor: int, viewer: Straggler) -> None:
        """Let a viewer in whose transport holds nothing back."""
        self._viewers[descriptor] = viewer
        self._order = None

    def leave(self, descriptor: int) -> None:
        """Write to a descriptor no more; harmless if it already left."""
        if self._viewers.pop(descriptor, None) is not None:
            self._order = None

    def write(self, frame: bytes) -> None:
        """Write one frame to everybody, beginning with somebody else every time: nobody is always last."""
        order = self._order
        if order is None:
            order = self._order = array("i", self._viewers)
        first = int(self._beginning * len(order))
        self._beginning = (self._beginning + _STRIDE) % 1
        if self._ring is not None and self._ring.takes(frame):
            self._write_many(self._ring, order[first:] + order[:first], frame)
        else:
            self._write_each(chain(order[first:], order[:first]), frame)

    def _write_each(self, order: Iterable[int], frame: bytes) -> None:
        size = len(frame)
        write = os.write
        for descriptor in order:
            try:
                sent = write(descriptor, frame)
            except OSError:
                sent = 0
            if sent != size:
                self._viewers[descriptor].fell_behind(frame[sent:])

    def _write_many(self, ring: SendRing, order: "array[int]", frame: bytes) -> None:
        for start in range(0, len(order), ring.entries):
            some = order[start : start + ring.entries]
            try:
                short = ring.send(some, frame)
            except RingError:
                log.exception("send_ring.failed", viewers=len(some))
                self._ring = None
                for descriptor in some:
                    self._viewers[descriptor].cut()
                self._write_each(order[start + ring.entries :], frame)
                return
            for place, sent in short:
                self._viewers[some[place]].fell_behind(frame[sent:])
