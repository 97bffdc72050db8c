"""Taps that arrive on an edge, sent on to a checkout process over the link, and the news of their orders sent back.

An edge decides nothing and holds no channel's key: the door it sends to verifies each token. What was unanswered when
the door died is asked again at another one. What was answered is asked again too, so that the other door knows whom to
tell of the order: a tap that is known gets its first answer, which the viewer has, and then the news.
"""

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

import msgspec
import structlog

from broadcast.channels.adapters.feed_socket import Reply
from broadcast.errors import problem
from broadcast.ids import ChannelId, ShowId
from broadcast.line_messages import LineState
from broadcast.messages import OrderStatus, ProblemMessage, Tap
from showrunner.link import edge_messages
from showrunner.link.caller import LinkCaller
from showrunner.link.edge_messages import LineWatchSaid, ReplyTold, TapAsk

MAX_ON_THE_WAY = 2_048
"""Taps of one edge process that may wait for an answer at once."""

MAX_WATCHED = 20_000
"""Answered taps whose orders' news one edge process passes on; of older ones the pages ask."""

TIMEOUT_S = 8.0
"""How long an answer may take, other doors and other owners included; the key makes another try safe."""

SWEEP_EVERY_S = 0.25
AGAIN_PER_SWEEP = 256
"""Answered taps told to a new door at a time: it has others to serve."""

DRAIN_S = 5.0
"""How long a stopping edge waits for answers to taps that are on their way."""

RETRY_AFTER_MS = 1_000
OVER_CAPACITY = 503
FINAL = frozenset({"fulfilled", "released"})

log = structlog.get_logger()
_json = msgspec.json.Encoder()


_NOTHING = msgspec.Raw(b"null")


class _Head(msgspec.Struct):
    """What must be known of a message to a viewer to pass it on."""

    type: str
    status: OrderStatus | None = None
    state: LineState | None = None
    offer: msgspec.Raw = _NOTHING
    replayed: bool = False
    problem: msgspec.Raw = msgspec.Raw()


class _LineHead(msgspec.Struct):
    ticket: str
    could_win: bool


class _ProblemHead(msgspec.Struct):
    status: int = 0
    line: _LineHead | None = None


_head = msgspec.json.Decoder(_Head)
_problem_head = msgspec.json.Decoder(_ProblemHead)


class Doors:
    """The checkout processes of a list: any of them will do."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = list(addresses)

    async def address(self) -> str | None:
        """Return any of them."""
        return random.choice(self._addresses)  # noqa: S311 - spreads edges over doors, guards nothing

    async def changed(self) -> None:
        """Never return: the list stays."""
        await asyncio.Event().wait()


class _Tap:
    __slots__ = ("again", "answered", "ask", "due", "reply")

    def __init__(self, ask: TapAsk, reply: Reply, answered: "asyncio.Future[None]", due: float) -> None:
        self.ask = ask
        self.reply = reply
        self.answered = answered
        self.due = due
        self.again: TapAsk | LineWatchSaid = ask
        """What to say to another door, once it was answered: how to hear what follows."""


def _who(tap: _Tap) -> tuple[str, str]:
    """Return whose tap it is, and for what: nobody stands in one line twice."""
    return tap.ask.tap.token, tap.ask.tap.sku


class LinkedTaps:
    """Sends taps to a door and passes on what it says.

    Args:
        show: whose taps.
        doors: ``host:port`` of the checkout processes' links.
        key: the secret that edges and doors share.
        chance: draws from [0, 1), to spread those who are told to try again.
    """

    def __init__(self, show: ShowId, doors: Sequence[str], key: bytes, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._waiting: dict[int, _Tap] = {}
        self._watched: OrderedDict[int, _Tap] = OrderedDict()
        self._in_line: dict[tuple[str, str], int] = {}
        self._again: deque[int] = deque()
        self._sweeping: asyncio.Task[None] | None = None
        self._link = LinkCaller(
            role="edge",
            show=show,
            key=key,
            where=Doors(doors),
            answers=edge_messages.replies,
            on_message=self._told,
            on_open=self._open,
            chance=chance,
        )

    async def start(self) -> None:
        """Begin to look for a door."""
        await self._link.start()
        self._sweeping = asyncio.create_task(self._sweep(), name="linked-taps")

    async def stop(self) -> None:
        """Wait for answers on their way, within ``DRAIN_S``, and hang up."""
        left = [tap.answered for tap in self._waiting.values()]
        if left:
            await asyncio.wait(left, timeout=DRAIN_S)
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self._link.stop(0)

    async def tap(self, tap: Tap, channel: ChannelId, reply: Reply) -> None:
        """Answer a tap that came over a viewer's open feed of ``channel``."""
        if len(self._waiting) >= MAX_ON_THE_WAY:
            reply(self._busy(tap, "too many taps at once"))
            return
        loop = asyncio.get_running_loop()
        n = self._link.next_number()
        waiting = _Tap(TapAsk(n, channel, tap), reply, loop.create_future(), loop.time() + TIMEOUT_S)
        self._waiting[n] = waiting
        self._link.send(waiting.ask)
        # whoever hangs up meanwhile has its tap decided all the same
        await asyncio.shield(waiting.answered)

    # ------------------------------------------------------------ what the door says

    def _told(self, told: ReplyTold) -> None:
        head = _head.decode(told.payload)
        waiting = self._waiting.get(told.tap_n)
        if waiting is not None:
            self._answer(told, head, waiting)
            return
        watched = self._watched.get(told.tap_n)
        if watched is not None:
            self._news(told, head, watched)

    def _answer(self, told: ReplyTold, head: _Head, tap: _Tap) -> None:
        del self._waiting[told.tap_n]
        alive = tap.reply(told.payload)
        if head.type == "problem":
            line = _problem_head.decode(head.problem).line
            if alive and line is not None and line.could_win:
                self._watch_line(tap, line.ticket)
        elif head.status is not None:
            self._forget_line(tap)
            if alive and head.status not in FINAL:
                self._watch(tap)
        if not tap.answered.done():
            tap.answered.set_result(None)

    def _watch(self, tap: _Tap) -> None:
        self._watched[tap.ask.n] = tap
        if len(self._watched) > MAX_WATCHED:
            self._drop(next(iter(self._watched)))

    def _drop(self, n: int) -> None:
        tap = self._watched.pop(n, None)
        if tap is not None and self._in_line.get(_who(tap)) == n:
            del self._in_line[_who(tap)]

    def _watch_line(self, tap: _Tap, ticket: str) -> None:
        self._forget_line(tap)
        ask = tap.ask
        tap.again = LineWatchSaid(ask.n, ask.channel, ask.tap, ticket, "waiting")
        self._in_line[_who(tap)] = ask.n
        self._watch(tap)

    def _forget_line(self, tap: _Tap) -> None:
        """Speak no more of an earlier tap that stands in line: this one stands there now, or has what it wanted."""
        self._drop(self._in_line.get(_who(tap), 0))

    def _line_news(self, told: ReplyTold, head: _Head, tap: _Tap) -> None:
        alive = tap.reply(told.payload)
        if not alive or bytes(head.offer) == b"null":  # an offer may still lapse
            self._forget_line(tap)
        elif head.state is not None and isinstance(tap.again, LineWatchSaid):
            tap.again = msgspec.structs.replace(tap.again, state=head.state)

    def _news(self, told: ReplyTold, head: _Head, tap: _Tap) -> None:
        if head.type == "problem":
            if _problem_head.decode(head.problem).status == OVER_CAPACITY:
                self._again.append(told.tap_n)
            else:
                self._drop(told.tap_n)
            return
        if head.type == "line":
            self._line_news(told, head, tap)
            return
        if head.replayed:
            return  # the viewer has this answer: it was asked for again only to hear what follows
        if not tap.reply(told.payload) or head.status in FINAL:
            del self._watched[told.tap_n]

    # ------------------------------------------------------------ doors that die

    def _open(self) -> None:
        for tap in self._waiting.values():
            self._link.send(tap.ask)
        self._again = deque(self._watched)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = asyncio.get_running_loop().time()
            late = [tap for tap in self._waiting.values() if tap.due <= now]
            for tap in late:
                del self._waiting[tap.ask.n]
                tap.reply(self._busy(tap.ask.tap, "the checkout does not answer"))
                tap.answered.set_result(None)
            if self._link.connected:
                for _ in range(min(AGAIN_PER_SWEEP, len(self._again))):
                    watched = self._watched.get(self._again.popleft())
                    if watched is not None:
                        self._link.send(watched.again)

    def _busy(self, tap: Tap, why: str) -> bytes:
        wait_ms = int(RETRY_AFTER_MS * (0.5 + self._chance()))
        return _json.encode(ProblemMessage(id=tap.id, problem=problem("busy", why, retry_after_ms=wait_ms)))
