"""The owner's end of the link: doors' questions go to the desk, its answers and its news go back."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

import structlog

from broadcast.checkout.decisions import Placed
from broadcast.checkout.port import Checkout, LineNews
from broadcast.errors import Refusal
from broadcast.ids import OrderId, Sku
from broadcast.line_messages import LineAnswer
from broadcast.messages import OrderAnswer, OrderCounters
from showrunner.link.connection import LinkConnection
from showrunner.link.desk_messages import (
    CancelAsk,
    ChargeAsk,
    ChargedTold,
    CounterNews,
    DeskAsk,
    Done,
    FulfilAsk,
    LeaveLineAsk,
    LineAsk,
    LineNewsTold,
    LineTold,
    NotifiedAsk,
    OpeningsAsk,
    OrderAsk,
    OrderNews,
    OrderTold,
    PlaceAsk,
    PlacedTold,
    Refused,
    StockNews,
    WatchLineSaid,
    WatchSaid,
)
from showrunner.link.handshake import LinkRole
from showrunner.link.line_watches import InLine

MAX_OPEN = 10_240
"""Questions of one door that may wait for the desk at once."""

MAX_WATCHED = 1_000_000
"""Orders some door waits to hear of."""

MAX_WATCHED_IN_LINE = 500_000
"""Buyers in line of whom some door waits to hear."""

CATCH_UP_TRIES, CATCH_UP_EVERY_S = 40, 0.05
"""How often a desk that is busy is asked what became of a watched buyer, and at what distance."""

NEWS_EVERY_S = 0.1
"""Stock that moved is told at most this often."""

MAX_STOCK_A_MESSAGE = 512
RETRY_AFTER_MS = 1_000
FINAL = frozenset({"fulfilled", "released"})

Owned = Callable[[], Checkout | None]
"""Returns the desk while this process owns it, and None from the moment it cannot be sure."""

Asked = CancelAsk | OrderAsk | FulfilAsk | NotifiedAsk | ChargeAsk | LineAsk | LeaveLineAsk
"""What the desk is asked, but for taps and openings."""

log = structlog.get_logger()


class DeskServer:
    """All doors of a desk that this process may own.

    Args:
        owned: the desk, while it may be asked.
        sure: whether nobody else can own it at this moment.
    """

    def __init__(self, owned: Owned, sure: Callable[[], bool]) -> None:
        self.owned = owned
        self.sure = sure
        self.watchers: OrderedDict[OrderId, DeskPeer] = OrderedDict()
        self.line_watchers: OrderedDict[InLine, DeskPeer] = OrderedDict()
        self._doors: set[DeskPeer] = set()
        self._told: OrderCounters | None = None
        self._moved: set[Sku] = set()
        self._telling: asyncio.Task[None] | None = None
        self._informed: Checkout | None = None

    def enter(self, connection: LinkConnection, role: LinkRole) -> "DeskPeer | None":
        """Let a door in, or send it on where this process does not own the desk."""
        if self.owned() is None:
            return None
        peer = DeskPeer(self, connection, control=role == "control")
        self._doors.add(peer)
        if peer.control:
            self._tell_everything(peer)
        return peer

    def leave(self, peer: "DeskPeer") -> None:
        """Forget a door."""
        self._doors.discard(peer)

    # ------------------------------------------------------------ what is on sale

    def informed(self, checkout: Checkout) -> None:
        """Note that control has told this desk what is on sale."""
        if self._informed is not checkout:
            self._informed = checkout
            for peer in tuple(self._doors):
                peer.catch_up_lines(checkout)

    def is_informed(self, checkout: Checkout) -> bool:
        """Tell whether control has told this desk what is on sale."""
        return self._informed is checkout

    def honest(self, checkout: Checkout, refusal: Refusal) -> Refusal:
        """Return a desk's refusal, unless it does not know better yet.

        Openings are not in the record. Between the start of a desk and control's word nothing is on sale there, and
        that is no answer to give a buyer who sees the card.
        """
        if refusal.name != "not-on-sale" or self.is_informed(checkout):
            return refusal
        return _not_known_yet()

    def honest_line(self, checkout: Checkout, answer: LineAnswer) -> LineAnswer:
        """Return how a buyer stands in line, unless the desk does not know better yet: there is no line without a sale.

        Raises:
            Refusal: ``busy``.
        """
        if answer.state != "over" or self.is_informed(checkout):
            return answer
        raise _not_known_yet()

    # ------------------------------------------------------------ news

    async def start(self) -> None:
        """Begin to tell of stock."""
        self._telling = asyncio.create_task(self._tell(), name="desk-news")

    async def stop(self) -> None:
        """Tell no more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    def stock_changed(self, sku: Sku) -> None:
        """Note that a SKU's stock moved."""
        self._moved.add(sku)

    def order_changed(self, order: OrderAnswer) -> None:
        """Tell the door that watches an order what became of it."""
        watcher = self.watchers.get(order.order)
        if watcher is not None:
            watcher.send(OrderNews(order))
            if order.status in FINAL:
                del self.watchers[order.order]

    def line_changed(self, news: LineNews) -> None:
        """Tell the door that watches a buyer in line what became of them."""
        who = (news.answer.sku, news.channel, news.buyer)
        watcher = self.line_watchers.get(who)
        if watcher is not None:
            watcher.send(LineNewsTold(news))
            if news.answer.offer is None:  # an offer may still lapse
                del self.line_watchers[who]

    def watch_line(self, peer: "DeskPeer", who: InLine) -> None:
        """Let a door hear of a buyer in line."""
        self.line_watchers[who] = peer
        self.line_watchers.move_to_end(who)
        if len(self.line_watchers) > MAX_WATCHED_IN_LINE:
            self.line_watchers.popitem(last=False)

    def watch(self, peer: "DeskPeer", order: OrderId) -> None:
        """Let a door hear of an order."""
        self.watchers[order] = peer
        if len(self.watchers) > MAX_WATCHED:
            self.watchers.popitem(last=False)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(NEWS_EVERY_S)
            moved, self._moved = self._moved, set()
            checkout = self.owned()
            if checkout is None:
                continue
            counters = checkout.counters()
            if not moved and counters == self._told:
                continue
            self._told = counters
            for peer in self._doors:
                if peer.control:
                    _tell_stock(peer, checkout, moved)
                    peer.send(CounterNews(counters))

    def _tell_everything(self, peer: "DeskPeer") -> None:
        checkout = self.owned()
        if checkout is not None:
            _tell_stock(peer, checkout, None)
            peer.send(CounterNews(checkout.counters()))


def _not_known_yet() -> Refusal:
    return Refusal("busy", "what is on sale is about to be known", retry_after_ms=RETRY_AFTER_MS)


def _tell_stock(peer: "DeskPeer", checkout: Checkout, moved: set[Sku] | None) -> None:
    stock = checkout.stock() if moved is None else {sku: checkout.counter(sku) for sku in moved}
    told = [(sku, counter) for sku, counter in stock.items() if counter is not None]
    for start in range(0, len(told), MAX_STOCK_A_MESSAGE):
        peer.send(StockNews(dict(told[start : start + MAX_STOCK_A_MESSAGE])))


class DeskPeer:
    """One door's connection."""

    def __init__(self, server: DeskServer, connection: LinkConnection, *, control: bool) -> None:
        self._server = server
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._placing = 0
        self._early: list[WatchLineSaid] = []
        self._heard = 0
        self.control = control

    def send(self, message: Any) -> None:
        """Tell the door something."""
        self._connection.send(message)

    def gone(self) -> None:
        """Forget the door. What it asked is decided all the same: its next connection asks again."""
        self._server.leave(self)

    def received(self, messages: Sequence[DeskAsk]) -> None:
        """Ask the desk."""
        checkout = self._server.owned()
        if checkout is None:
            # Nothing is answered from a memory that may be stale, or by a desk that is being closed: the door asks
            # the next owner what was not answered.
            return
        for message in messages:
            self._take_in(checkout, message)

    def _take_in(self, checkout: Checkout, message: DeskAsk) -> None:
        if isinstance(message, PlaceAsk):
            self._place(checkout, message)
        elif isinstance(message, WatchSaid):
            self._server.watch(self, message.order)
            self._start(0, self._catch_up(checkout, message))
        elif isinstance(message, WatchLineSaid):
            self._watch_line(checkout, message)
        elif isinstance(message, OpeningsAsk):
            self._openings(checkout, message)
        else:
            self._start(message.n, self._asked(checkout, message))

    async def _asked(self, checkout: Checkout, ask: Asked) -> Any:
        match ask:
            case CancelAsk():
                return OrderTold(ask.n, await checkout.cancel(ask.channel, ask.buyer, ask.order))
            case OrderAsk():
                return OrderTold(ask.n, await checkout.order(ask.channel, ask.buyer, ask.order))
            case FulfilAsk():
                return OrderTold(ask.n, await checkout.fulfil(ask.order))
            case NotifiedAsk():
                await checkout.payment_notified(ask.notification)
            case ChargeAsk():
                return ChargedTold(ask.n, await checkout.charge_preorders(ask.skus))
            case LineAsk():
                answer = await checkout.line(ask.channel, ask.buyer, ask.ticket, stand=ask.stand)
                return LineTold(ask.n, self._server.honest_line(checkout, answer))
            case LeaveLineAsk():
                await checkout.leave_line(ask.channel, ask.buyer, ask.ticket)
        return Done(ask.n)

    def _start(self, n: int, work: Coroutine[Any, Any, Any]) -> None:
        if len(self._open) >= MAX_OPEN:
            work.close()
            if n:
                self.send(Refused(n, "busy", "too many taps at once", {"retry_after_ms": RETRY_AFTER_MS}))
            return
        task = self._loop.create_task(self._answer(n, work))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _answer(self, n: int, work: Coroutine[Any, Any, Any]) -> None:
        try:
            told = await work
        except Refusal as refusal:
            told = Refused(n, refusal.name, refusal.detail, refusal.more)
        except Exception:
            log.exception("desk.fault")
            told = Refused(n, "internal", "", {})
        if told is not None:
            self._tell(told)

    def _tell(self, told: Any) -> None:
        # Between deciding and now this process may have been frozen, and another owner have decided otherwise.
        if self._server.sure():
            self._connection.send(told)

    def _place(self, checkout: Checkout, ask: PlaceAsk) -> None:
        """Place an order without a task of its own: the crowd of a drop comes this way."""
        if self._placing + len(self._open) >= MAX_OPEN:
            self.send(Refused(ask.n, "busy", "too many taps at once", {"retry_after_ms": RETRY_AFTER_MS}))
            return
        self._placing += 1
        answer = partial(self._placed, checkout, ask.n)
        try:
            checkout.tap(
                channel=ask.channel,
                buyer=ask.buyer,
                key=ask.key,
                request=ask.request,
                answer=answer,
                ticket=ask.ticket,
                assurance=ask.assurance,
            )
        except Exception:
            log.exception("desk.fault")
            answer(Refusal("internal"))

    def _placed(self, checkout: Checkout, n: int, answered: Placed | Refusal) -> None:
        self._placing -= 1
        if isinstance(answered, Refusal):
            refusal = self._server.honest(checkout, answered)
            told: Any = Refused(n, refusal.name, refusal.detail, refusal.more)
        else:
            told = PlacedTold(n, answered.answer, answered.replayed)
        self._tell(told)

    async def _catch_up(self, checkout: Checkout, said: WatchSaid) -> OrderNews | None:
        """Tell of a watched order whose news went to an earlier connection."""
        order = await checkout.order(said.channel, said.buyer, said.order)
        return OrderNews(order) if order.status != said.status else None

    # ------------------------------------------------------------ the line

    def _watch_line(self, checkout: Checkout, said: WatchLineSaid) -> None:
        self._server.watch_line(self, (said.sku, said.channel, said.buyer))
        if self._server.is_informed(checkout):
            self._start(0, self._catch_up_line(checkout, said))
        elif len(self._early) < MAX_WATCHED_IN_LINE:
            self._early.append(said)

    def catch_up_lines(self, checkout: Checkout) -> None:
        """Put those back in line of whom this door spoke before it was known what is on sale."""
        early, self._early = self._early, []
        for said in early:
            self._start(0, self._catch_up_line(checkout, said))

    async def _catch_up_line(self, checkout: Checkout, said: WatchLineSaid) -> LineNewsTold | None:
        """Put a watched buyer back in line, or tell what became of them; who had an offer has no place any more."""
        for _ in range(CATCH_UP_TRIES):
            try:
                answer = await checkout.line(said.channel, said.buyer, said.ticket, stand=said.state == "waiting")
            except Refusal as refusal:
                if refusal.name != "busy":
                    return None
                await asyncio.sleep(CATCH_UP_EVERY_S)
            else:
                known = answer.state == said.state
                return None if known else LineNewsTold(LineNews(said.channel, said.buyer, answer))
        return None

    def _openings(self, checkout: Checkout, ask: OpeningsAsk) -> None:
        if not self.control:
            self.send(Refused(ask.n, "forbidden", "only control opens and withdraws", {}))
            return
        if ask.n > self._heard:  # one that is asked again after a newer one has nothing new to say
            self._heard = ask.n
            for channel, fence_ms in ask.fences_ms.items():
                checkout.set_fence(channel, fence_ms)
            for sku, opens_at_ms in ask.opened.items():
                checkout.open_for_sale((sku,), opens_at_ms)
            checkout.withdraw(ask.withdrawn)
            self._server.informed(checkout)
        self.send(Done(ask.n))
