"""The end of the link that asks: one connection to whoever answers now, and every question until it is answered.

A question that was on its way when the connection broke is sent again over the next one: all of them may be asked
twice, an order by its idempotency key.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, Protocol

import msgspec
import structlog

from broadcast.errors import Refusal
from broadcast.ids import ShowId
from showrunner.first_of import first_of
from showrunner.link.connection import MAX_FRAME_BYTES, FrameError, LinkConnection
from showrunner.link.handshake import (
    CHALLENGE_BYTES,
    MIN_KEY_BYTES,
    Challenge,
    Hello,
    LinkRefusedError,
    LinkRole,
    Welcome,
    check_welcome,
    hello,
)

MAX_OUTSTANDING = 8_192
"""Questions of one process that may wait for an answer; one more is told to come back."""

MAX_HOUSEKEEPING = 1_024
"""Places beyond ``MAX_OUTSTANDING`` for what is not a tap: a payment's outcome, an opening."""

ANSWER_TIMEOUT_S = 6.0
"""How long an answer may take, a change of owner included; then whoever asked is told to come back."""

SWEEP_EVERY_S = 0.25
CONNECT_TIMEOUT_S = 2.0
NOBODY_S = 0.25
"""How long to wait, while there is nobody to ask, before looking again."""

RECONNECT_FIRST_S, RECONNECT_MOST_S = 0.05, 1.0
"""After a connection that could not be made, half of it up or down: doubling, up to this."""

RETRY_AFTER_MS = 1_000

log = structlog.get_logger()
_challenge = msgspec.msgpack.Decoder(Challenge)
_welcome = msgspec.msgpack.Decoder(Welcome)


class Numbered(Protocol):
    """A message that is, or answers, a question."""

    @property
    def n(self) -> int:
        """The question's number."""


class Whereabouts(Protocol):
    """Knows where whoever answers is."""

    async def address(self) -> str | None:
        """Return the address, ``host:port``, or None while nobody answers."""

    async def changed(self) -> None:
        """Return once the address is another than ``address`` returned last."""


class _Question:
    __slots__ = ("due", "future", "message")

    def __init__(self, message: Any, future: "asyncio.Future[Any]", due: float) -> None:
        self.message = message
        self.future = future
        self.due = due


class LinkCaller:
    """Keeps one connection open and asks over it.

    Args:
        role, show, key: who we are.
        where: who answers now.
        answers: decodes a batch of what comes.
        on_message: given everything that answers no question.
        on_open: told of a new connection, before what was unanswered is asked again; may send.
        chance: draws from [0, 1), to spread retries.
    """

    def __init__(
        self,
        *,
        role: LinkRole,
        show: ShowId,
        key: bytes,
        where: Whereabouts,
        answers: msgspec.msgpack.Decoder[Any],
        on_message: Callable[[Any], None],
        on_open: Callable[[], None],
        chance: Callable[[], float],
    ) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"a link key needs at least {MIN_KEY_BYTES} bytes")
        self._role = role
        self._show = show
        self._key = key
        self._where = where
        self._answers = answers
        self._on_message = on_message
        self._on_open = on_open
        self._chance = chance
        self._questions: dict[int, _Question] = {}
        self._last = 0
        self._connection: LinkConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._gone_at = float("-inf")
        self.connections = 0
        """Connections made so far."""

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Begin to look for somebody to ask."""
        self._tasks = [asyncio.create_task(self._keep_connected()), asyncio.create_task(self._sweep())]

    async def stop(self, patience_s: float) -> None:
        """Wait for answers on their way, within bounds, then end the connection; what is left is told to come back."""
        left = [question.future for question in self._questions.values()]
        if left:
            await asyncio.wait(left, timeout=patience_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for number in tuple(self._questions):
            self._give(number, self.busy("this process is stopping"))

    @property
    def connected(self) -> bool:
        """Whether somebody is there to ask."""
        return self._connection is not None

    @property
    def reachable(self) -> bool:
        """Whether somebody is there to ask, or was a moment ago: a question asked now is likely to be answered."""
        return self.connected or asyncio.get_running_loop().time() - self._gone_at < ANSWER_TIMEOUT_S

    @property
    def outstanding(self) -> int:
        """Questions that wait for an answer."""
        return len(self._questions)

    # ------------------------------------------------------------ asking

    def next_number(self) -> int:
        """Return the next question's number."""
        self._last += 1
        return self._last

    def ask(self, message: Numbered, *, housekeeping: bool = False) -> "asyncio.Future[Any]":
        """Ask; the future has the answering message, or the refusal.

        Args:
            message: the question.
            housekeeping: it is no tap; there is room for these when there is none for taps.

        Raises:
            Refusal: ``busy``: too many wait already.
        """
        if len(self._questions) >= MAX_OUTSTANDING + (MAX_HOUSEKEEPING if housekeeping else 0):
            raise self.busy("too many taps at once")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._questions[message.n] = _Question(message, future, loop.time() + ANSWER_TIMEOUT_S)
        if self._connection is not None:
            self._connection.send(message)
        return future

    def send(self, message: Any) -> None:
        """Say something that is not answered; lost while nobody is there."""
        if self._connection is not None:
            self._connection.send(message)

    def give(self, number: int, answer: Any) -> None:
        """Hand an answer, or a refusal, to whoever asked."""
        self._give(number, answer)

    def busy(self, why: str) -> Refusal:
        """Return the refusal that asks to come back, later for some than for others."""
        return Refusal("busy", why, retry_after_ms=int(RETRY_AFTER_MS * (0.5 + self._chance())))

    def _give(self, number: int, answer: Any) -> None:
        question = self._questions.pop(number, None)
        if question is None or question.future.done():
            return
        if isinstance(answer, Refusal):
            question.future.set_exception(answer)
        else:
            question.future.set_result(answer)

    # ------------------------------------------------------------ the connection

    async def _keep_connected(self) -> NoReturn:
        delay_s = RECONNECT_FIRST_S
        while True:
            address = await self._where.address()
            if address is None:
                await self._within(self._where.changed(), NOBODY_S)
                continue
            try:
                over = await self._connect(address)
            except (OSError, LinkRefusedError, ValueError) as unreachable:  # a TimeoutError is an OSError
                log.warning("link.unreachable", at=address, reason=repr(unreachable))
                await self._within(self._where.changed(), delay_s * (0.5 + self._chance()))
                delay_s = min(2 * delay_s, RECONNECT_MOST_S)
                continue
            began = asyncio.get_running_loop().time()
            try:
                await first_of(over, self._where.changed())
            finally:
                self._disconnect()
            if asyncio.get_running_loop().time() - began > RECONNECT_MOST_S:
                delay_s = RECONNECT_FIRST_S
            else:
                # let in and sent away at once: the desk is elsewhere, or not set up yet
                await self._within(self._where.changed(), delay_s * (0.5 + self._chance()))
                delay_s = min(2 * delay_s, RECONNECT_MOST_S)

    async def _connect(self, address: str) -> "asyncio.Future[None]":
        """Open a connection and prove who we are; return the future of its end.

        Raises:
            OSError, TimeoutError, LinkRefusedError, ValueError: it could not be made.
        """
        loop = asyncio.get_running_loop()
        meeting = _Meeting(self._key, self._role, self._show, self._begin)
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: meeting.connection, host.strip("[]"), int(port))
                await meeting.met
        except BaseException:
            meeting.connection.close()
            raise
        log.info("link.open", at=address, unanswered=len(self._questions))
        return meeting.over

    def _begin(self, connection: LinkConnection) -> None:
        """Ask everything unanswered again over a connection that has just proven who is there."""
        connection.on_frame = self._received
        connection.on_unsendable = self._unsendable
        self._connection = connection
        self.connections += 1
        unanswered = [question for question in self._questions.values() if not question.future.done()]
        self._on_open()
        for question in unanswered:  # whoever hung up meanwhile wants nothing asked any more
            connection.send(question.message)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            self._gone_at = asyncio.get_running_loop().time()

    def _received(self, frame: bytes) -> None:
        questions = self._questions
        for message in self._answers.decode(frame):
            number = getattr(message, "n", 0)
            question = questions.pop(number, None) if number else None
            if question is None:
                if not number:
                    self._on_message(message)
            elif not question.future.done():
                question.future.set_result(message)

    def _unsendable(self, message: Any) -> None:
        self._give(getattr(message, "n", 0), Refusal("malformed", "the request holds text that cannot be sent on"))

    async def _within(self, something: Awaitable[None], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await something
        except TimeoutError:
            pass

    async def _sweep(self) -> NoReturn:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = asyncio.get_running_loop().time()
            late = []
            for number, question in self._questions.items():
                if question.due > now:
                    break  # in the order they were asked
                late.append(number)
            for number in late:
                self._give(number, self.busy("the desk does not answer"))


class _Meeting:
    """A connection while both ends do not know one another yet.

    What follows the handshake may come in the same packet, so each frame is dealt with as it comes.
    """

    def __init__(self, key: bytes, role: LinkRole, show: ShowId, begin: Callable[[LinkConnection], None]) -> None:
        loop = asyncio.get_running_loop()
        self._key = key
        self._role = role
        self._show = show
        self._begin = begin
        self._asked: Challenge | None = None
        self._said: Hello | None = None
        self.met: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.connection = LinkConnection(self._frame, self._ended)

    def _frame(self, frame: bytes) -> None:
        try:
            if self._asked is None or self._said is None:
                self._asked = _challenge.decode(frame)
                nonce = secrets.token_bytes(CHALLENGE_BYTES)
                self._said = hello(self._key, self._asked, self._role, self._show, nonce)
                self.connection.send_frame(self._said)
                return
            check_welcome(self._key, self._asked, self._said, _welcome.decode(frame))
        except LinkRefusedError as wrong:
            if not self.met.done():
                self.met.set_exception(wrong)
            raise FrameError(str(wrong)) from wrong
        self.connection.most = MAX_FRAME_BYTES
        self._begin(self.connection)
        if not self.met.done():
            self.met.set_result(None)

    def _ended(self, _wrong: Exception | None) -> None:
        if not self.met.done():
            self.met.set_exception(LinkRefusedError("the other end hung up during the handshake"))
        if not self.over.done():
            self.over.set_result(None)
