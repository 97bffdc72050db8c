"""Companion devices on their WebSockets: what is on (CII) and where it is (TS), told on connect and on every change.

One task looks at every timeline somebody follows, when it is due to start over and a few times a second besides; what
it finds moved is told to everybody on it. A companion that takes nothing for a while is let go.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web

from broadcast.errors import Refusal
from broadcast.ids import ChannelId
from broadcast.programme.adapters.css_wall_clock_server import read_both
from broadcast.programme.css_messages import (
    MAX_MESSAGE_BYTES,
    Addresses,
    ContentInformation,
    ControlTimestamp,
    MalformedCssError,
    encode_information,
    read_report,
    read_setup,
)
from broadcast.programme.css_timelines import Delay, Timelines

LOOK_EVERY_S: Final = 0.25
"""Timelines are looked at this often, beside the instants they are known to start over."""

SHORTEST_LOOK_S: Final = 0.005

SETUP_TIMEOUT_S: Final = 10.0
"""How long a companion may take to say which timeline it wants."""

SEND_TIMEOUT_S: Final = 10.0
"""A companion that takes no message for so long is gone."""

HEARTBEAT_S: Final = 25.0

MAX_SESSIONS: Final = 2_000
"""Companions connected at once."""

RETRY_AFTER_MS: Final = 5_000
CLOSE_TIMEOUT_S: Final = 2.0
"""How long a companion may take to say goodbye in its turn."""

MAX_MESSAGES: Final = 120
"""Messages one companion may send in ``WINDOW_S``."""

WINDOW_S: Final = 10.0

NS_PER_S: Final = 1e9

Service = Literal["cii", "ts"]
_SPEAKS: Final = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})

Reason = Literal["malformed", "unexpected", "too-large", "too-many", "too-slow", "full"]


class RefusedCompanionError(Exception):
    """A companion broke the rules and is let go.

    Attributes:
        reason: which one.
        code: what its connection is closed with.
    """

    def __init__(self, reason: Reason, code: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class _Session:
    """One companion's connection: at most one message waits for it, the newest."""

    def __init__(self, socket: web.WebSocketResponse, channel: ChannelId) -> None:
        self.socket = socket
        self.channel = channel
        self._waiting: bytes | None = None
        self._woken = asyncio.Event()
        self._window_ends = 0.0
        self._messages = 0

    def tell(self, message: bytes) -> None:
        """Have a message sent; one that still waits is out of date."""
        self._waiting = message
        self._woken.set()

    async def send(self) -> None:
        """Send what there is to tell, for as long as the connection lasts."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            message, self._waiting = self._waiting, None
            if message is not None:
                try:
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await self.socket.send_str(message.decode())
                except TimeoutError:
                    raise RefusedCompanionError("too-slow", WSCloseCode.POLICY_VIOLATION) from None

    async def text(self, timeout_s: float | None) -> str | None:
        """Return the companion's next message, or None when it has gone.

        Raises:
            RefusedCompanionError: it is late, too large, no text, or one too many.
        """
        try:
            async with asyncio.timeout(timeout_s):
                message = await self._next()
        except TimeoutError:
            raise RefusedCompanionError("too-slow", WSCloseCode.POLICY_VIOLATION) from None
        if message.type is WSMsgType.TEXT:
            return str(message.data)
        if message.type is WSMsgType.BINARY:
            raise RefusedCompanionError("malformed", WSCloseCode.UNSUPPORTED_DATA)
        if message.type is WSMsgType.ERROR:
            # the library says what is wrong with a frame, and has closed already
            code = message.data.code if isinstance(message.data, WebSocketError) else WSCloseCode.PROTOCOL_ERROR
            raise RefusedCompanionError("too-large" if code == WSCloseCode.MESSAGE_TOO_BIG else "malformed", code)
        return None

    async def _next(self) -> WSMessage:
        """Return the next message that is no ping; pings count too, they make us answer."""
        while True:
            message = await self.socket.receive()
            if message.type in _SPEAKS:
                self._count()
            if message.type is WSMsgType.PING:
                await self.socket.pong(message.data)
            elif message.type is not WSMsgType.PONG:
                return message

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._window_ends:
            self._window_ends, self._messages = now + WINDOW_S, 0
        self._messages += 1
        if self._messages > MAX_MESSAGES:
            raise RefusedCompanionError("too-many", WSCloseCode.POLICY_VIOLATION)


class _Informed(_Session):
    """A companion that is told what is on."""

    def __init__(self, socket: web.WebSocketResponse, channel: ChannelId, addresses: Addresses) -> None:
        super().__init__(socket, channel)
        self.addresses = addresses
        self._told: ContentInformation | None = None

    def inform(self, now: ContentInformation) -> None:
        """Tell what is on, if that is news."""
        if now != self._told:
            self._told = now
            self.tell(encode_information(now))


class _Follower(_Session):
    """A companion on a timeline; one that is not there until it has said which it wants."""

    def __init__(self, socket: web.WebSocketResponse, channel: ChannelId) -> None:
        super().__init__(socket, channel)
        self.selector = ""
        self.listening = False
        self.out_of_reach_ns = 0
        self._told: ControlTimestamp | None = None

    def follow(self, now: ControlTimestamp, timelines: Timelines) -> None:
        """Tell where its timeline is, if it could not know."""
        if not self.listening:
            return
        if self._told is None or timelines.moved(self.selector, self._told, now):
            self._told = now
            self.tell(now.encoded())


class CompanionSessions:
    """All companions of a show.

    Args:
        timelines: what they can follow.
        delay: how late a channel's picture is, now.

    Attributes:
        refused: companions that broke a rule, by protocol and rule.
    """

    def __init__(self, timelines: Timelines, delay: Callable[[ChannelId], Delay]) -> None:
        self.refused: Counter[tuple[Service, Reason]] = Counter()
        self._timelines = timelines
        self._delay = delay
        self._informed: set[_Informed] = set()
        self._followers: set[_Follower] = set()
        self._looking: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self._closing = False

    async def start(self) -> None:
        """Begin to look at the timelines."""
        self._looking = asyncio.create_task(self._look_for_ever(), name="companion timelines")

    async def stop(self) -> None:
        """Say goodbye to everybody, and take nobody in any more."""
        self._closing = True
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        sessions: list[_Session] = [*self._informed, *self._followers]
        await asyncio.gather(*(session.socket.close(code=WSCloseCode.GOING_AWAY) for session in sessions))

    def connected(self) -> dict[str, int]:
        """Return how many companions are connected, by protocol."""
        return {"cii": len(self._informed), "ts": len(self._followers)}

    def out_of_reach(self) -> int:
        """Return how many companions said they cannot present when their channel does."""
        return sum(1 for follower in self._followers if follower.out_of_reach_ns)

    async def inform(self, request: web.Request, channel: ChannelId, addresses: Addresses) -> web.WebSocketResponse:
        """Tell a companion what is on a channel (CII), until it goes. It has nothing to say itself.

        Raises:
            Refusal: ``busy``, when there are too many companions.
        """
        session = _Informed(await self._accept(request, "cii"), channel, addresses)
        self._informed.add(session)
        try:
            await self._serve(session, "cii", self._hear_nothing(session))
        finally:
            self._informed.discard(session)
        return session.socket

    async def synchronise(self, request: web.Request, channel: ChannelId) -> web.WebSocketResponse:
        """Tell a companion where the timeline is that it asks for (TS), until it goes.

        Raises:
            Refusal: ``busy``, when there are too many companions.
        """
        follower = _Follower(await self._accept(request, "ts"), channel)
        self._followers.add(follower)
        try:
            await self._serve(follower, "ts", self._follow(follower))
        finally:
            self._followers.discard(follower)
        return follower.socket

    async def _accept(self, request: web.Request, service: Service) -> web.WebSocketResponse:
        if self._closing or len(self._informed) + len(self._followers) >= MAX_SESSIONS:
            self.refused[service, "full"] += 1
            raise Refusal("busy", "too many companion devices", retry_after_ms=RETRY_AFTER_MS)
        socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT_S,
            autoping=False,
            heartbeat=HEARTBEAT_S,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=False,
        )
        await socket.prepare(request)
        return socket

    async def _serve(self, session: _Session, service: Service, hearing: Coroutine[Any, Any, None]) -> None:
        """Listen and tell until either ends."""
        tasks = {asyncio.ensure_future(hearing), asyncio.ensure_future(session.send())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except RefusedCompanionError as refused:
            self.refused[service, refused.reason] += 1
            await session.socket.close(code=refused.code, message=refused.reason.encode())
        except MalformedCssError as malformed:
            self.refused[service, "malformed"] += 1
            await session.socket.close(code=WSCloseCode.INVALID_TEXT, message=_close_reason(str(malformed)))
        except ConnectionError:
            # it went while something was being sent
            await session.socket.close()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear_nothing(self, session: _Informed) -> None:
        session.inform(self._information(session.channel, session.addresses))
        self._arrived.set()
        if await session.text(None) is not None:
            raise RefusedCompanionError("unexpected", WSCloseCode.POLICY_VIOLATION)

    async def _follow(self, follower: _Follower) -> None:
        text = await follower.text(SETUP_TIMEOUT_S)
        if text is None:
            return
        setup = read_setup(text)
        # another content's timeline is not there, and neither is one we do not have: both are told the same way
        follower.selector = setup.timeline_selector if self._timelines.matches(setup.content_id_stem) else ""
        follower.listening = True
        follower.follow(self._control(follower), self._timelines)
        self._arrived.set()
        while (text := await follower.text(None)) is not None:
            follower.out_of_reach_ns = self._timelines.out_of_reach_ns(
                follower.selector, read_report(text), self._control(follower)
            )

    def _control(self, follower: _Follower) -> ControlTimestamp:
        return self._timelines.control(follower.selector, read_both(), self._delay(follower.channel).latency_ms)

    def _information(self, channel: ChannelId, addresses: Addresses) -> ContentInformation:
        delay = self._delay(channel)
        there = self._timelines.on_screen(read_both(), delay.latency_ms)
        return ContentInformation(
            content_id=self._timelines.content,
            presentation_status="okay" if there else "fault",
            ts_url=addresses.timelines,
            wc_url=addresses.wall_clock,
            timelines=self._timelines.options(delay.error_ms),
        )

    # ------------------------------------------------------------ changes

    async def _look_for_ever(self) -> None:
        while True:
            if not self._followers and not self._informed:
                self._arrived.clear()
                await self._arrived.wait()
            await asyncio.sleep(max(SHORTEST_LOOK_S, self._look()))

    def _look(self) -> float:
        """Tell everybody what changed for them, and return when to look again, in seconds."""
        again_s = LOOK_EVERY_S
        controls: dict[tuple[ChannelId, str], ControlTimestamp] = {}
        for follower in self._followers:
            followed = (follower.channel, follower.selector)
            if followed not in controls:
                now, latency_ms = read_both(), self._delay(follower.channel).latency_ms
                controls[followed] = self._timelines.control(follower.selector, now, latency_ms)
                changes_ns = self._timelines.changes_in_ns(follower.selector, now, latency_ms)
                if changes_ns is not None:
                    again_s = min(again_s, changes_ns / NS_PER_S)
            follower.follow(controls[followed], self._timelines)
        known: dict[tuple[ChannelId, Addresses], ContentInformation] = {}
        for session in self._informed:
            place = (session.channel, session.addresses)
            if place not in known:
                known[place] = self._information(*place)
            session.inform(known[place])
        return again_s


MAX_REASON_BYTES: Final = 123
"""What a close frame can say (RFC 6455, 5.5)."""


def _close_reason(text: str) -> bytes:
    return text.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore").encode()
