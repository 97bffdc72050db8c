"""Where commands wait for their turn: bounded, first come first served."""

import asyncio
from collections import deque
from collections.abc import Callable

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

    @property
    def hung_up(self) -> bool:
        """Whether nobody wants it decided any more."""
        return self.future.cancelled()

    @property
    def unanswered(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.future.done()

    def give(self, answer: Answer | Refusal) -> None:
        """Hand over the answer, unless the caller hung up: an order then stands, and its key finds it again."""
        if self.future.done():
            return
        if isinstance(answer, Refusal):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class WaitingCall:
    """A command and what is to be called with its answer, which spares the crowd of a drop a future for every tap."""

    __slots__ = ("_call", "command")

    hung_up = False

    def __init__(self, command: Command, call: Callable[[Answer | Refusal], None]) -> None:
        self.command = command
        self._call: Callable[[Answer | Refusal], None] | None = call

    @property
    def unanswered(self) -> bool:
        """Whether the answer was not given yet."""
        return self._call is not None

    def give(self, answer: Answer | Refusal) -> None:
        """Hand over the answer, once. A mistake of who hears it is reported, and costs nobody else the answer."""
        call, self._call = self._call, None
        if call is None:
            return
        try:
            call(answer)
        except Exception as error:  # noqa: BLE001 - whatever it raises, the others who waited are answered
            context = {"message": "a tap's answer could not be handed over", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)


class WaitingRoom:
    """The queue in front of the desk."""

    def __init__(self) -> None:
        self._queue: deque[Waiting | WaitingCall] = deque()
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
        self._enter(Waiting(command, future))
        return future

    def enter_call(self, command: Command, call: Callable[[Answer | Refusal], None]) -> None:
        """Let a command wait; its answer or refusal is handed to ``call``, once. Ask ``has_place_for`` first."""
        self._enter(WaitingCall(command, call))

    def _enter(self, waiting: Waiting | WaitingCall) -> None:
        self._queue.append(waiting)
        command = waiting.command
        if type(command) is Place:
            scope = command.scope
            self._scopes[scope] = self._scopes.get(scope, 0) + 1
        self._arrived.set()

    def take(self, most: int) -> list[Waiting | WaitingCall]:
        """Take the longest waiting; whoever hung up meanwhile wants nothing decided any more."""
        batch: list[Waiting | WaitingCall] = []
        while self._queue and len(batch) < most:
            waiting = self._queue.popleft()
            if type(waiting.command) is Place:
                self._leave(waiting.command.scope)
            if not waiting.hung_up:
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
