"""Where commands wait for their turn: bounded, first come first served."""

import asyncio
from collections import deque

from broadcast.checkout.commands import Command, Place
from broadcast.checkout.decisions import Answer
from broadcast.checkout.orders import Scope
from broadcast.errors import Refusal

MAX_WAITING = 8_192
"""Taps waiting to be decided; one more is told to come back. At some 40 µs a tap, a third of a second's work."""

MAX_HOUSEKEEPING = 1_024
"""Places beyond ``MAX_WAITING`` for what is not a tap: a payment's outcome must get in when taps do not."""


class Waiting:
    """A command and whoever waits for its answer."""

    __slots__ = ("command", "future")

    def __init__(self, command: Command, future: "asyncio.Future[Answer]") -> None:
        self.command = command
        self.future = future

    def give(self, answer: Answer | Refusal) -> None:
        """Hand over the answer, unless the caller hung up: an order then stands, and its key finds it again."""
        if self.future.done():
            return
        if isinstance(answer, Refusal):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class WaitingRoom:
    """The queue in front of the desk."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()
        self._scopes: dict[Scope, int] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def has_place_for(self, command: Command) -> bool:
        """Whether one more may wait."""
        most = MAX_WAITING if type(command) is Place else MAX_WAITING + MAX_HOUSEKEEPING
        return len(self._queue) < most

    def is_waiting(self, scope: Scope) -> bool:
        """Whether a tap under this key has not been decided yet."""
        return scope in self._scopes

    def enter(self, command: Command) -> "asyncio.Future[Answer]":
        """Let a command wait; return the future of its answer. Ask ``has_place_for`` first."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(command, future))
        if type(command) is Place:
            scope = command.scope
            self._scopes[scope] = self._scopes.get(scope, 0) + 1
        self._arrived.set()
        return future

    def take(self, most: int) -> list[Waiting]:
        """Take the longest waiting; whoever hung up meanwhile wants nothing decided any more."""
        batch: list[Waiting] = []
        while self._queue and len(batch) < most:
            waiting = self._queue.popleft()
            if type(waiting.command) is Place:
                self._leave(waiting.command.scope)
            if not waiting.future.cancelled():
                batch.append(waiting)
        return batch

    def wake(self) -> None:
        """Let ``arrival`` return although nobody came."""
        self._arrived.set()

    async def arrival(self) -> None:
        """Wait until somebody waits, or ``wake`` is called."""
        if not self._queue:
            await self._arrived.wait()
        self._arrived.clear()

    def _leave(self, scope: Scope) -> None:
        others = self._scopes[scope] - 1
        if others:
            self._scopes[scope] = others
        else:
            del self._scopes[scope]
