"""Where commands wait for their turn: bounded, first come first served, and nobody fills it alone."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable

from broadcast.checkout.commands import Command, Place
from broadcast.checkout.decisions import Answer
from broadcast.checkout.orders import Scope
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId

MAX_WAITING = 8_192
"""Taps waiting to be decided; one more is told to come back. At some 40 µs a tap, a third of a second's work."""

MAX_RETURNING = 2_048
"""Places beyond ``MAX_WAITING`` for buyers who were turned away and have come back."""

MAX_PER_BUYER = 16
"""Keys of one buyer that may wait at once: a person has one or two, a thousand taps of one shut nobody else out."""

MAX_REPEATS_PER_BUYER = 256
"""Taps of one buyer that may wait at once, those included that repeat a key which waits already: they cost a place, but
a nervous thumb on a slow line is answered, every time, with the one order."""

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
        self._returned: list[tuple[int, int, Waiting | WaitingCall]] = []
        self._entered = 0
        self._keys: dict[tuple[ChannelId, BuyerId], dict[str, int]] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue) + len(self._returned)

    def has_place_for(self, command: Command, *, returning: bool = False) -> bool:
        """Whether one more may wait; ``returning``: a tap whose buyer was turned away a moment ago."""
        if type(command) is not Place:
            return len(self._queue) < MAX_WAITING + MAX_HOUSEKEEPING
        keys = self._keys.get((command.channel, command.buyer))
        if keys is not None:  # nearly everybody waits with one tap
            if sum(keys.values()) >= MAX_REPEATS_PER_BUYER:
                return False
            if len(keys) >= MAX_PER_BUYER and command.key not in keys:
                return False
        return len(self._queue) < MAX_WAITING or (returning and len(self._returned) < MAX_RETURNING)

    def is_waiting(self, scope: Scope) -> bool:
        """Whether a tap under this key has not been decided yet."""
        channel, buyer, key = scope
        keys = self._keys.get((channel, buyer))
        return keys is not None and key in keys

    def enter(self, command: Command, *, returning: bool = False) -> "asyncio.Future[Answer]":
        """Let a command wait; return the future of its answer. Ask ``has_place_for`` first.

        A tap that is ``returning`` comes before all that are not, in the order in which their buyers first came.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._enter(Waiting(command, future), returning=returning)
        return future

    def enter_call(
        self, command: Command, call: Callable[[Answer | Refusal], None], *, returning: bool = False
    ) -> None:
        """Let a command wait as ``enter`` does; its answer or refusal is handed to ``call``, once."""
        self._enter(WaitingCall(command, call), returning=returning)

    def _enter(self, waiting: Waiting | WaitingCall, *, returning: bool) -> None:
        command = waiting.command
        if type(command) is Place:
            buyer = (command.channel, command.buyer)
            keys = self._keys.get(buyer)
            if keys is None:
                self._keys[buyer] = {command.key: 1}
            else:
                keys[command.key] = keys.get(command.key, 0) + 1
            if returning and command.arrival is not None:
                self._entered += 1
                heapq.heappush(self._returned, (command.arrival, self._entered, waiting))
                self._arrived.set()
                return
        self._queue.append(waiting)
        self._arrived.set()

    def take(self, most: int) -> list[Waiting | WaitingCall]:
        """Take those who came first; whoever hung up meanwhile wants nothing decided any more."""
        batch: list[Waiting | WaitingCall] = []
        while len(batch) < most and (self._queue or self._returned):
            waiting = heapq.heappop(self._returned)[-1] if self._returned else self._queue.popleft()
            if type(waiting.command) is Place:
                self._leave(waiting.command)
            if not waiting.hung_up:
                batch.append(waiting)
        return batch

    async def gather(self, enough: int) -> None:
        """Return once a turn of the event loop brought nobody more, or ``enough`` wait; at once where nobody does.

        Whoever has pressed already lies in a socket and is here a turn later: a commit costs as much processor time as
        ten taps, so it pays to read them first, and it keeps nobody waiting who is alone.
        """
        before = 0
        while before < len(self) < enough:
            before = len(self)
            await asyncio.sleep(0)

    def wake(self) -> None:
        """Let ``arrival`` return although nobody came."""
        self._arrived.set()

    async def arrival(self) -> None:
        """Wait until somebody waits, or ``wake`` is called."""
        if not len(self):
            await self._arrived.wait()
        self._arrived.clear()

    def _leave(self, tap: Place) -> None:
        buyer = (tap.channel, tap.buyer)
        keys = self._keys[buyer]
        others = keys[tap.key] - 1
        if others:
            keys[tap.key] = others
        elif len(keys) > 1:
            del keys[tap.key]
        else:
            del self._keys[buyer]
