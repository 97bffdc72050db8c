"""How long to wait before a source is asked for again."""

from collections.abc import Callable

FIRST_S = 0.25
MOST_S = 5.0
GROWTH = 2.0


class Backoff:
    """Waits that double up to ``MOST_S``, each shortened by up to a half at random.

    Args:
        chance: gives a number from 0 up to 1.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._next_s = FIRST_S

    def next_s(self) -> float:
        """Return how many seconds to wait now."""
        wait_s = self._next_s * (1 - self._chance() / 2)
        self._next_s = min(MOST_S, self._next_s * GROWTH)
        return wait_s

    def reset(self) -> None:
        """Start again: it worked."""
        self._next_s = FIRST_S
