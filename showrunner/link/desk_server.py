"""The owner's end of the link: doors' questions go to the desk, its answers and its news go back."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from broadcast.checkout.port import Checkout
from broadcast.errors import Refusal
from broadcast.ids import OrderId, Sku
from broadcast.messages import OrderAnswer, OrderCounters
from showrunner.link.connection import LinkConnection
from showrunner.link.desk_messages import (
    CancelAsk,
    CounterNews,
    DeskAsk,
    Done,
    FulfilAsk,
    NotifiedAsk,
    OpeningsAsk,
    OrderAsk,
    OrderNews,
    OrderTold,
    PlaceAsk,
    PlacedTold,
    Refused,
    StockNews,
    WatchSaid,
)
from showrunner.link.handshake import LinkRole

MAX_OPEN = 10_240
"""Questions of one door that may wait for the desk at once."""

MAX_WATCHED = 1_000_000
"""Orders some door waits to hear of."""

NEWS_EVERY_S = 0.1
"""Stock that moved is told at most this often."""

MAX_STOCK_A_MESSAGE = 512
RETRY_AFTER_MS = 1_000
FINAL = frozenset({"fulfilled", "released"})

Owned = Callable[[], Checkout | None]
"""Returns the desk while this process owns it, and None from the moment it cannot be sure."""

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
        self._informed = checkout

    def honest(self, checkout: Checkout, refusal: Refusal) -> Refusal:
        """Return a desk's refusal, unless it does not know better yet.

        Openings are not in the record. Between the start of a desk and control's word nothing is on sale there, and
        that is no answer to give a buyer who sees the card.
        """
        if refusal.name != "not-on-sale" or self._informed is checkout:
            return refusal
        return Refusal("busy", "what is on sale is about to be known", retry_after_ms=RETRY_AFTER_MS)

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
            if type(message) is PlaceAsk:
                self._start(message.n, self._place(checkout, message))
            else:
                self._other(checkout, message)

    def _other(self, checkout: Checkout, message: DeskAsk) -> None:
        if isinstance(message, WatchSaid):
            self._server.watch(self, message.order)
            self._start(0, self._catch_up(checkout, message))
        elif isinstance(message, OpeningsAsk):
            self._openings(checkout, message)
        elif isinstance(message, CancelAsk):
            answer = checkout.cancel(message.channel, message.buyer, message.order)
            self._start(message.n, self._order(message.n, answer))
        elif isinstance(message, OrderAsk):
            answer = checkout.order(message.channel, message.buyer, message.order)
            self._start(message.n, self._order(message.n, answer))
        elif isinstance(message, FulfilAsk):
            self._start(message.n, self._order(message.n, checkout.fulfil(message.order)))
        elif isinstance(message, NotifiedAsk):
            self._start(message.n, self._notified(checkout, message))

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
        # Between deciding and now this process may have been frozen, and another owner have decided otherwise.
        if told is not None and self._server.sure():
            self._connection.send(told)

    async def _place(self, checkout: Checkout, ask: PlaceAsk) -> PlacedTold:
        try:
            placed = await checkout.place(channel=ask.channel, buyer=ask.buyer, key=ask.key, request=ask.request)
        except Refusal as refusal:
            raise self._server.honest(checkout, refusal) from refusal
        return PlacedTold(ask.n, placed.answer, placed.replayed)

    async def _order(self, n: int, answer: Coroutine[Any, Any, OrderAnswer]) -> OrderTold:
        return OrderTold(n, await answer)

    async def _notified(self, checkout: Checkout, ask: NotifiedAsk) -> Done:
        await checkout.payment_notified(ask.notification)
        return Done(ask.n)

    async def _catch_up(self, checkout: Checkout, said: WatchSaid) -> OrderNews | None:
        """Tell of a watched order whose news went to an earlier connection."""
        order = await checkout.order(said.channel, said.buyer, said.order)
        return OrderNews(order) if order.status != said.status else None

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
