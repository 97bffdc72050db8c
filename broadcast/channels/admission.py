"""Admission: how many handshakes a second one server takes when a whole audience comes back at once.

A token bucket lets a crowd in at the rate the server can greet without keeping those who are in from their cues.
Whoever is turned away is told when to come again: each is given the next free place in a queue nobody has to stand in,
with some jitter, so that the crowd that was turned away together does not come back together.
"""

JITTER_MS = 1_000
"""How far apart two viewers with the same place in the queue may come back."""

MAX_WAIT_MS = 30_000
"""Nobody is told to wait longer than this (and the jitter), however many are outside."""


class Admission:
    """A token bucket of handshakes. Pure: it is told the time and the chance.

    Args:
        per_second: handshakes taken a second, and at once after a quiet second.
    """

    __slots__ = ("_at_ms", "_per_ms", "_queue_ends_ms", "_room", "_size")

    def __init__(self, per_second: int) -> None:
        if per_second < 1:
            raise ValueError("at least one handshake a second")
        self._per_ms = per_second / 1000
        self._size = float(per_second)
        self._room = self._size
        self._at_ms = 0.0
        self._queue_ends_ms = 0.0

    def ask(self, now_ms: float, chance: float) -> int | None:
        """Return None when the viewer may come in, or how many milliseconds it should stay away.

        Args:
            now_ms: a clock that never goes back; any origin.
            chance: in [0, 1), different for every viewer.
        """
        self._room = min(self._size, self._room + max(0.0, now_ms - self._at_ms) * self._per_ms)
        self._at_ms = now_ms
        if self._room >= 1:
            self._room -= 1
            return None
        self._queue_ends_ms = max(self._queue_ends_ms, now_ms) + 1 / self._per_ms
        wait_ms = min(self._queue_ends_ms - now_ms, MAX_WAIT_MS)
        return int(wait_ms + chance * JITTER_MS)
