"""When the bytes of a connection arrived, so that a packet is dated by its own arrival and not by when it was read."""

from collections import deque

MAX_NOTES = 4_096
"""Reads that are remembered; what a player's library reads ahead to make sense of a source is far less."""

MOST_UNKNOWN = 10
"""Pictures in a row of unknown arrival, until one is to be met as it comes."""


class Arrivals:
    """Notes of one connection, by position of the byte. Instants are microseconds."""

    def __init__(self) -> None:
        self._notes: deque[tuple[int, int | None]] = deque(maxlen=MAX_NOTES)  # (first byte, when it came)
        self._end = 0
        self._unknown = 0

    @property
    def wanted(self) -> bool:
        """Whether bytes are to be read as they come, so that the arrival of a picture is known again."""
        return self._unknown > MOST_UNKNOWN

    def of_picture(self, position: int | None) -> int | None:
        """Return when the picture that begins at a position came, or None where that is not known."""
        at_us = self.of(position)
        self._unknown = self._unknown + 1 if at_us is None else 0
        return at_us

    def note(self, size: int, at_us: int | None) -> None:
        """Note that the next ``size`` bytes came at this instant; None where that is not known."""
        if size:
            self._notes.append((self._end, at_us))
            self._end += size

    def of(self, position: int | None) -> int | None:
        """Return when the byte at a position came, or None where that is not known."""
        if position is None or not 0 <= position < self._end:
            return None
        for first, at_us in reversed(self._notes):  # what is asked for came just now
            if first <= position:
                return at_us
        return None
