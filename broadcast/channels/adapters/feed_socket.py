"""One viewer's WebSocket.

The accept handshake and the frame header outward are ours; everything a viewer sends is read by the I/O-free core of
``websockets``, which is made when a viewer first speaks and dropped when it falls silent, so that the many who only
watch cost nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator

import msgspec
from websockets.frames import CloseCode as RfcCloseCode
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

from broadcast.channel_messages import Shown
from broadcast.channels.adapters.channel_feed import ChannelFeed
from broadcast.channels.adapters.feed_hub import FeedHub, Refused
from broadcast.channels.adapters.viewer_reader import MAX_MESSAGE_BYTES, ViewerReader, is_pong, whole_text
from broadcast.channels.adapters.wire import Wire
from broadcast.channels.close_codes import CloseCode
from broadcast.channels.frames import PING_FRAME, Frames, close_frame, text_frame
from broadcast.channels.handshake import Upgrade
from broadcast.channels.token_count import TokenCount
from broadcast.errors import field_of, problem
from broadcast.ids import ChannelId
from broadcast.messages import ClientMessage, ClockAnswer, ClockRequest, ProblemMessage, Tap

MAX_TAPS_IN_FLIGHT = 8
"""Taps of one viewer that may wait for an answer at once."""

MAX_FRAMES_PER_WINDOW = 120
"""Frames one viewer may send in ``WINDOW_S``; clock probes come at 2 a second at most."""

WINDOW_S = 10.0

Reply = Callable[[bytes], bool]
"""Writes one JSON message to the viewer; returns False once the viewer is gone."""

OnTap = Callable[[Tap, ChannelId, Reply], Awaitable[None]]
"""Answers a tap, through the reply, with an order or a problem. What it returns is awaited, or, where it is
``Answering``, told whom to call: that spares the crowd of a drop a task for every tap."""


class Answering:
    """A tap's answer on its way. Awaiting it waits until the answer was given."""

    __slots__ = ("_given", "_then")

    def __init__(self) -> None:
        self._given = False
        self._then: Callable[[], None] | None = None

    def given(self) -> None:
        """Say that the answer was given."""
        self._given = True
        then, self._then = self._then, None
        if then is not None:
            then()

    def then(self, call: Callable[[], None]) -> None:
        """Call this once the answer was given; one caller at most."""
        if self._given:
            call()
        else:
            self._then = call

    def __await__(self) -> Generator[object, None, None]:
        if not self._given:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def wake() -> None:
                if not waiting.done():
                    waiting.set_result(None)

            self.then(wake)
            yield from waiting


_json = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


class _HasId(msgspec.Struct):
    id: str | None = None


def _id_of(text: bytes) -> str | None:
    """Return the id of a message that is otherwise wrong, so that its sender can tell which it was."""
    try:
        return msgspec.json.decode(text, type=_HasId).id
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class FeedSocket:
    """One viewer over WebSocket."""

    __slots__ = (
        "_core",
        "_feed",
        "_hub",
        "_in_crowd",
        "_message",
        "_on_tap",
        "_reported",
        "_spent",
        "_taps",
        "_tasks",
        "_tokens",
        "_unsent",
        "_window",
        "_wire",
        "deflates",
    )

    def __init__(self, hub: FeedHub, on_tap: OnTap) -> None:
        self._hub = hub
        self._on_tap = on_tap
        self._feed: ChannelFeed | None = None
        self._wire: Wire | None = None
        self.deflates = False
        self._in_crowd = False
        self._core: ViewerReader | None = None
        self._message: list[bytes] | None = None
        self._taps = 0
        self._reported = -1
        self._tasks: set[asyncio.Future[None]] | None = None
        self._tokens: TokenCount | None = None
        self._unsent = b""
        self._window = 0.0
        self._spent = 0

    def open(self, wire: Wire, upgrade: Upgrade, rest: bytes) -> None:
        """Answer the handshake and join the feed, or say why not, as a close code every browser can see."""
        wire.speaker = self
        self._wire = wire
        # With the first message after it, in one packet: a crowd that comes back pays for every system call.
        self._unsent = upgrade.answer
        self.deflates = upgrade.deflate
        address = wire.address if self._hub.counts_addresses else ""
        try:
            feed = self._hub.admit(upgrade.request, address)
        except Refused as refused:
            self.close(refused.code, refused.reason)
            return
        self._feed = feed
        self._hub.join(feed, self, upgrade.request.resume, address)
        if rest:
            self.received(rest)

    # ------------------------------------------------------------ outward

    def send(self, frames: Frames) -> None:
        """Write one message of the feed."""
        if self._wire is not None and not self._write(frames.deflated if self.deflates else frames.websocket):
            self.close(CloseCode.TOO_SLOW, "too slow")

    def fell_behind(self, rest: bytes) -> None:
        """Take over what the socket did not take of a frame: it waits in the transport, up to a bound."""
        self._leave_crowd()
        if not self._write(rest):
            self.close(CloseCode.TOO_SLOW, "too slow")

    def cut(self) -> None:
        """End the connection: what went out last is not known. The viewer comes back and resumes exactly."""
        wire = self._wire
        if wire is not None:
            self._leave()
            wire.abort()

    def ping(self) -> None:
        """Write a ping."""
        self._write(PING_FRAME)

    def reply(self, payload: bytes) -> bool:
        """Write one message to this viewer alone."""
        return self._write(text_frame(payload))

    def _write(self, data: bytes) -> bool:
        wire = self._wire
        if wire is None:
            return False
        alive = wire.write(self._taken() + data if self._unsent else data)
        if wire.straight is not self._in_crowd:
            self._find_place()
        return alive

    def _taken(self) -> bytes:
        """Return what must go out before anything else."""
        unsent, self._unsent = self._unsent, b""
        return unsent

    def _find_place(self) -> None:
        """Be among the crowd while nothing waits for the socket, and aside while something does."""
        wire, feed = self._wire, self._feed
        if wire is None or feed is None or wire.straight is self._in_crowd:
            return
        if self._in_crowd:
            self._leave_crowd()
        else:
            self._in_crowd = True
            feed.write_straight(self, wire.descriptor)

    def _leave_crowd(self) -> None:
        wire, feed = self._wire, self._feed
        if self._in_crowd and wire is not None and feed is not None:
            self._in_crowd = False
            feed.write_aside(self, wire.descriptor)

    def close(self, code: int, reason: str) -> None:
        """Close, saying why."""
        self._farewell(close_frame(code, reason))

    # ------------------------------------------------------------ inward

    def received(self, data: bytes) -> None:
        """Read what the viewer sent."""
        if self._wire is None:
            return
        core = self._core
        if core is None:
            if is_pong(data):
                self._take_pong()
                return
            text = whole_text(data, deflates=self.deflates)
            if text is not None:
                self._whole(text)
                return
            core = self._core = ViewerReader(deflates=self.deflates)
        core.receive_data(data)
        if core.state is OPEN:
            # A ping between the pieces of a message is answered before the message is (RFC 6455, section 5.4).
            self._flush(core)
        for event in core.events_received():
            if isinstance(event, Frame):
                self._frame(event)
        self._flush(core)
        if core.close_expected():
            self._farewell(b"")
        elif self._message is None and core.idle:
            self._core = None

    def ended(self) -> None:
        """Forget the viewer; its taps are decided all the same."""
        self._leave()
        self._wire = None

    def _leave(self) -> None:
        self._leave_crowd()
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.leave(self)

    def _flush(self, core: ViewerReader) -> None:
        for data in core.data_to_send():
            if data:
                self._write(data)

    def _farewell(self, last: bytes) -> None:
        """Send last bytes and leave; what the viewer still sends is read and thrown away for a while."""
        self._leave()
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close(self._taken() + last)
            self._hub.leaving.enter(wire)

    def _take_pong(self) -> None:
        if not self._within_rate():
            self.close(CloseCode.TOO_MANY_MESSAGES, "too many messages")

    def _whole(self, text: bytes) -> None:
        """Take a message that came in one piece."""
        if self._within_rate():
            self._text(text)
        else:
            self.close(CloseCode.TOO_MANY_MESSAGES, "too many messages")

    def _frame(self, frame: Frame) -> None:
        if self._wire is None:
            return
        # Every frame counts: pings make us answer, and a message may come in any number of empty pieces.
        if not self._within_rate():
            self.close(CloseCode.TOO_MANY_MESSAGES, "too many messages")
        elif frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            parts = self._message if frame.opcode is Opcode.CONT and self._message is not None else []
            parts.append(bytes(frame.data))
            if sum(map(len, parts)) > MAX_MESSAGE_BYTES:
                self.close(RfcCloseCode.MESSAGE_TOO_BIG, "message too big")
            elif frame.fin:
                self._message = None
                self._text(b"".join(parts))
            else:
                self._message = parts
        elif frame.opcode is Opcode.BINARY:
            self.close(CloseCode.UNSUPPORTED_DATA, "the feed takes text messages only")

    def _text(self, text: bytes) -> None:
        if not (text.isascii() or _is_utf_8(text)):
            self.close(CloseCode.INVALID_TEXT, "not UTF-8")
            return
        try:
            message = _decoder.decode(text)
        except msgspec.ValidationError as wrong:
            reason, pointer = field_of(wrong)
            errors = [{"pointer": pointer, "detail": reason}]
            self._refuse(_id_of(text), problem("invalid", str(wrong), errors=errors))
        except (msgspec.DecodeError, RecursionError) as wrong:
            self._refuse(None, problem("malformed", str(wrong)))
        else:
            if isinstance(message, Tap):
                self._tap(message)
            elif isinstance(message, ClockRequest):
                received_ms = time.time() * 1000
                answer = ClockAnswer(t0_ms=message.t0_ms, t1_ms=received_ms, t2_ms=time.time() * 1000)
                self.reply(_json.encode(answer))
            else:
                self._shown(message)

    def _shown(self, shown: Shown) -> None:
        if self._feed is not None:
            errors = self._hub.card_errors
            self._reported = errors.report(self._feed.profile.id, shown, self._reported, time.monotonic())

    def _tap(self, tap: Tap) -> None:
        feed = self._feed
        if feed is None:
            return
        if self._taps >= MAX_TAPS_IN_FLIGHT:
            self._refuse(tap.id, problem("busy", "too many taps at once", retry_after_ms=1000))
            return
        self._taps += 1
        if self._tokens is None:
            self._tokens = TokenCount(tap.token)
        elif self._hub.crowded_wait_s and self._tokens.are_many(tap.token):
            self._hub.crowded_taps += 1
            # decided all the same if the viewer is gone by then
            asyncio.get_running_loop().call_later(self._hub.crowded_wait_s, self._ask, tap, feed.profile.id)
            return
        self._ask(tap, feed.profile.id)

    def _ask(self, tap: Tap, channel: ChannelId) -> None:
        answering = self._on_tap(tap, channel, self.reply)
        if isinstance(answering, Answering):
            answering.then(self._answered)
        else:
            self._wait_for(answering)

    def _answered(self) -> None:
        self._taps -= 1

    def _wait_for(self, answering: Awaitable[None]) -> None:
        if self._tasks is None:
            self._tasks = set()
        task = asyncio.ensure_future(answering)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: "asyncio.Future[None]") -> None:
        self._answered()
        if self._tasks is not None:
            self._tasks.discard(task)

    def _refuse(self, message_id: str | None, why: dict[str, object]) -> None:
        self.reply(_json.encode(ProblemMessage(id=message_id, problem=why)))

    def _within_rate(self) -> bool:
        now = time.monotonic()
        if now - self._window >= WINDOW_S:
            self._window = now
            self._spent = 0
        self._spent += 1
        return self._spent <= MAX_FRAMES_PER_WINDOW
