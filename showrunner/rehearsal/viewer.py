"""One synthetic viewer: watches the feed over WebSocket, comes back when it is cut off, and can tap over it."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from broadcast.messages import ClockAnswer, Cue, OrderAnswer, OrderMessage, ProblemMessage, Resumed, Stock, Tap
from showrunner.rehearsal.doors import Acknowledged, Buyer, Outcome, declined
from showrunner.rehearsal.feed_check import FeedCheck
from showrunner.rehearsal.tally import Tally

SUBPROTOCOL = Subprotocol("cues.v1")
OPEN_TIMEOUT_S = 30.0
"""How long connecting, and the first message after it, may take."""

ANSWER_TIMEOUT_S = 30.0
"""How long a tap may wait for its answer."""

CLOSE_TIMEOUT_S = 2.0
MAX_MESSAGE_BYTES = 8 * 1_048_576
"""The largest message taken: the snapshot of a long show."""

MAX_RECONNECTS = 20
"""Times a viewer comes back in one rehearsal."""

RECONNECT_FIRST_S, RECONNECT_MOST_S = 0.2, 5.0
FIRST_FINAL_CODE, LAST_FINAL_CODE = 4500, 4999
"""Close codes that say: do not come back."""

TAPS_AT_ONCE = 4
"""Taps on their way over one viewer's WebSocket; the server takes eight."""


class _Snapshot(msgspec.Struct, tag_field="type", tag="snapshot"):
    """As much of a snapshot as a rehearsal looks at."""

    epoch: str
    seq: int


_message = msgspec.json.Decoder(_Snapshot | Resumed | Cue | Stock | ClockAnswer | OrderMessage | ProblemMessage)
_encode = msgspec.json.Encoder().encode

_Answer = OrderMessage | ProblemMessage


class SyntheticViewer:
    """One viewer of one channel.

    Args:
        feed: address of the channel's feed, with its query.
        number: tells viewers apart.
        on_cue: told of every cue this viewer receives.
    """

    name = "websocket"

    def __init__(
        self, feed: str, number: int, tally: Tally, on_cue: Callable[["SyntheticViewer", Cue, float], None]
    ) -> None:
        self.number = number
        self.check = FeedCheck()
        self.refused = False
        self._feed = feed
        self._tally = tally
        self._on_cue = on_cue
        self._connection: ClientConnection | None = None
        self._began = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[_Answer | None]] = {}
        self._ids = itertools.count()
        self.turn = asyncio.Semaphore(TAPS_AT_ONCE)

    @property
    def watching(self) -> bool:
        """Whether the viewer has the feed."""
        return self._connection is not None and self._began.is_set()

    async def begun(self) -> bool:
        """Wait for the feed's first message; return whether it came in time."""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._began.wait()
        except TimeoutError:
            return False
        return not self.refused

    async def watch(self) -> None:
        """Watch until cancelled, coming back after every cut the server does not mean to be final."""
        for attempt in range(MAX_RECONNECTS + 1):
            started = time.perf_counter()
            try:
                await self._watch_once(started)
            except (OSError, TimeoutError, WebSocketException, msgspec.DecodeError) as cut:
                code = _close_code(cut)
                self._tally.closed[code] += 1
                if FIRST_FINAL_CODE <= code <= LAST_FINAL_CODE:
                    break
            delay = min(RECONNECT_MOST_S, RECONNECT_FIRST_S * 2**attempt)
            await asyncio.sleep(delay * (0.5 + random.random()))  # noqa: S311 - spreads a crowd, guards nothing
        self.refused = True
        self._began.set()

    async def _watch_once(self, started: float) -> None:
        async with connect(
            self._address(),
            subprotocols=[SUBPROTOCOL],
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=MAX_MESSAGE_BYTES,
        ) as connection:
            try:
                self._connection = connection
                while True:
                    text = await connection.recv(decode=False)
                    received_ms = time.time() * 1000
                    self._take(text, received_ms)
                    if not self._began.is_set():
                        self._tally.connect_ms.append((time.perf_counter() - started) * 1000)
                        self._began.set()
            finally:
                self._connection = None
                self._fail_waiting()

    def _address(self) -> str:
        if self.check.epoch is None:
            return self._feed
        return f"{self._feed}&{urlencode({'epoch': self.check.epoch, 'after': self.check.seq})}"

    def _take(self, text: bytes, received_ms: float) -> None:
        message = _message.decode(text)
        match message:
            case _Snapshot():
                self.check.snapshot(message.epoch, message.seq)
            case Resumed():
                self.check.went_on(message.epoch, message.seq)
            case Cue():
                self.check.message(message.seq)
                self._on_cue(self, message, received_ms)
            case Stock():
                self.check.message(message.seq)
            case OrderMessage() | ProblemMessage():
                # later news of an order finds nobody waiting
                waiting = self._waiting.pop(message.id or "", None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case ClockAnswer():
                pass

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(None)

    # ------------------------------------------------------------ tapping

    async def place(self, buyer: Buyer) -> Outcome:
        """Send a tap over the open feed and return its answer.

        Raises:
            OSError: the feed is closed, or was before the answer.
            TimeoutError: no answer came.
        """
        connection = self._connection
        if connection is None:
            raise ConnectionResetError("the feed is closed")
        tap_id = f"{self.number}-{next(self._ids)}"
        answer: asyncio.Future[_Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[tap_id] = answer
        try:
            await connection.send(_encode(tap_of(buyer, tap_id)), text=True)
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                told = await answer
        except ConnectionClosed as closed:
            raise ConnectionResetError("the feed was closed before the tap was sent") from closed
        finally:
            self._waiting.pop(tap_id, None)
        if told is None:
            raise ConnectionResetError("the feed was closed before the tap was answered")
        return _outcome(told)


def tap_of(buyer: Buyer, tap_id: str) -> Tap:
    """Return a buyer's order as the feed takes it."""
    request = buyer.request
    return Tap(
        id=tap_id,
        show=request.show,
        sku=request.sku,
        quantity=request.quantity,
        look=request.look,
        seen_price=request.seen_price,
        token=buyer.token,
        key=buyer.key,
    )


def _outcome(answer: _Answer) -> Outcome:
    if isinstance(answer, ProblemMessage):
        return declined(answer.problem)
    order = OrderAnswer(
        order=answer.order,
        status=answer.status,
        sku=answer.sku,
        quantity=answer.quantity,
        amount=answer.amount,
        hold_until_ms=answer.hold_until_ms,
    )
    return Acknowledged(order, answer.replayed)


def _close_code(cut: Exception) -> int:
    if isinstance(cut, msgspec.DecodeError):
        return CloseCode.INVALID_DATA
    if isinstance(cut, ConnectionClosed) and cut.rcvd is not None:
        return cut.rcvd.code
    return CloseCode.ABNORMAL_CLOSURE
