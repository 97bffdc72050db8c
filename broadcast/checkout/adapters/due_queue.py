"""A bounded queue whose items come out when they are due."""

import asyncio
from typing import Generic, TypeVar

_T = TypeVar("_T")


class DueQueue(Generic[_T]):
    """Items become available some time after they were put in; those due are handed out in that order.

    Uses the running loop's clock. ``close`` drops what is not due yet.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._due: asyncio.Queue[_T] = asyncio.Queue()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._timers) + self._due.qsize()

    def put(self, item: _T, delay_ms: float) -> None:
        """Put an item in; it comes out after ``delay_ms``.

        Raises:
            asyncio.QueueFull: the bound is reached.
        """
        if len(self) >= self._most:
            raise asyncio.QueueFull
        if delay_ms <= 0:
            self._due.put_nowait(item)
            return
        self._last += 1
        number = self._last
        self._timers[number] = asyncio.get_running_loop().call_later(delay_ms / 1000, self._fall_due, number, item)

    async def get(self) -> _T:
        """Wait for an item to be due and return it."""
        return await self._due.get()

    def close(self) -> None:
        """Forget everything that waits."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _fall_due(self, number: int, item: _T) -> None:
        del self._timers[number]
        self._due.put_nowait(item)


def backed_off_ms(attempt: int, first_ms: float, most_ms: float, jitter: float) -> float:
    """Return how long to wait before trying again: doubling from ``first_ms`` up to ``most_ms``, spread by half.

    Args:
        attempt: how many tries went before, from 0.
        first_ms: after the first try.
        most_ms: the longest, before spreading.
        jitter: from [0, 1).
    """
    doubled: float = min(most_ms, first_ms * 2 ** min(attempt, 30))
    return doubled * (0.5 + jitter)
