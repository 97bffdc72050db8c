"""Connections that have not said yet what they want: bounded in number and in time.

Most of a flood of half-open connections never says a word, and a slow writer says one now and then. A viewer's first
head is here within a round trip, so when there are too many, whoever has waited longest goes.
"""

import asyncio
from typing import Protocol

MAX_WAITING_HEADS = 1_024
"""Connections of one process that may be without a request head at once."""

HEAD_TIMEOUT_S = 10.0
"""How long a connection may take to send its first request head."""


class Connection(Protocol):
    """What can be cut."""

    def abort(self) -> None:
        """End it at once."""


class WaitingHeads:
    """The connections whose first head is not complete, oldest first, under one timer for all."""

    def __init__(self, most: int = MAX_WAITING_HEADS, timeout_s: float = HEAD_TIMEOUT_S) -> None:
        self._most = most
        self._timeout_s = timeout_s
        self._due: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._due)

    def enter(self, connection: Connection) -> None:
        """Let a connection wait; if there are too many, the one that has waited longest is cut."""
        loop = asyncio.get_running_loop()
        if len(self._due) >= self._most:
            oldest = next(iter(self._due))
            del self._due[oldest]
            oldest.abort()
        self._due[connection] = loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = loop.call_later(self._timeout_s, self._cut_overdue)

    def leave(self, connection: Connection) -> None:
        """The head came, or the connection went; harmless if it was cut."""
        self._due.pop(connection, None)

    def close(self) -> None:
        """Cut everybody who still waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in tuple(self._due):
            connection.abort()
        self._due.clear()

    def _cut_overdue(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._due:
            oldest, due = next(iter(self._due.items()))
            if due > now:
                self._timer = loop.call_later(due - now, self._cut_overdue)
                return
            del self._due[oldest]
            oldest.abort()
