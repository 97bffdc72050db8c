"""The many whose sockets take every frame as it is: one system call a viewer, and nothing else touched.

Most viewers keep up. For them a frame is written straight to the descriptor, in one loop over plain numbers: neither
the viewer nor its transport is looked at, so the loop costs about what C pays and stays in the processor's cache.
Whoever does not take a whole frame leaves the crowd and is written to through its transport until it has caught up.
"""

import os
from array import array
from itertools import chain
from typing import Protocol

_STRIDE = 0.618_033_988_75
"""How far on the next round begins, as a share of the crowd: the golden ratio spreads the beginnings evenly."""


class Straggler(Protocol):
    """A viewer of the crowd, as it is told that it fell behind."""

    def fell_behind(self, rest: bytes) -> None:
        """Leave the crowd and have the rest of a frame sent some other way; the socket took none or part of it."""


class Crowd:
    """Viewers by the descriptor their socket has.

    A descriptor must leave before it is closed: the next connection may get the same number.
    """

    __slots__ = ("_beginning", "_order", "_viewers")

    def __init__(self) -> None:
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
        size = len(frame)
        write = os.write
        for descriptor in chain(order[first:], order[:first]):
            try:
                sent = write(descriptor, frame)
            except OSError:
                sent = 0
            if sent != size:
                self._viewers[descriptor].fell_behind(frame[sent:])
