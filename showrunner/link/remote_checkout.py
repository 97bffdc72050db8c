"""The checkout of a process that does not own the desk: it asks the one that does."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from broadcast.assurance import Assurance
from broadcast.checkout.decisions import Placed
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.port import LineNews, OnLineNews, TapAnswer
from broadcast.clock import ProgrammeMs
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId, Sku
from broadcast.line_messages import LineAnswer, LineState
from broadcast.messages import OrderAnswer, OrderCounters, OrderRequest, SkuCounter
from showrunner.link import desk_messages
from showrunner.link.caller import LinkCaller, Whereabouts
from showrunner.link.desk_messages import (
    CancelAsk,
    ChargeAsk,
    CounterNews,
    FulfilAsk,
    LeaveLineAsk,
    LineAsk,
    LineNewsTold,
    NotifiedAsk,
    OpeningsAsk,
    OrderAsk,
    OrderNews,
    PlaceAsk,
    Refused,
    StockNews,
    WatchLineSaid,
    WatchSaid,
)
from showrunner.link.handshake import LinkRole
from showrunner.link.line_watches import LineWatches

MAX_WATCHED = 100_000
"""Orders this process hears of; older ones are asked for."""

OPENINGS_PATIENCE_S = 0.25
"""How long a take waits for the desk to honour its opening. Cues do not wait for a desk that is away."""

DRAIN_S = 5.0
FINAL = frozenset({"fulfilled", "released"})
NOTHING_YET = OrderCounters(
    placed=0, reserved=0, paid=0, fulfilled=0, released=0, refused=0, paid_value=0, reserved_value=0
)


class RemoteCheckout:
    """Asks the owner of the desk, whoever that is now; see ``broadcast.checkout.port``.

    Args:
        role: ``control`` also says what is open for sale, and hears of all stock; ``door`` does not.
        where: who owns the desk.
        on_stock_changed, on_order_changed: called on the event loop for what is durable.
        chance: draws from [0, 1), to spread retries.
    """

    def __init__(
        self,
        *,
        role: LinkRole,
        show: ShowId,
        key: bytes,
        where: Whereabouts,
        on_stock_changed: Callable[[Sku], None] = lambda _sku: None,
        on_order_changed: Callable[[OrderAnswer], None] = lambda _order: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._role = role
        self._on_stock_changed = on_stock_changed
        self._on_order_changed = on_order_changed
        self._stock: dict[Sku, SkuCounter] = {}
        self._counters = NOTHING_YET
        self._watched: OrderedDict[OrderId, WatchSaid] = OrderedDict()
        self._in_line = LineWatches()
        self._on_line_news: OnLineNews = lambda _news: None
        self._opened: dict[Sku, ProgrammeMs] = {}
        self._withdrawn: set[Sku] = set()
        self._fences_ms: dict[ChannelId, int] = {}
        self._openings: asyncio.Future[Any] | None = None
        self._stopping = False
        self.refusals: dict[str, int] = {}
        self.link = LinkCaller(
            role=role,
            show=show,
            key=key,
            where=where,
            answers=desk_messages.answers,
            on_message=self._told,
            on_open=self._open,
            chance=chance,
        )

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Begin to look for the owner; returns at once."""
        await self.link.start()

    async def stop(self) -> None:
        """Refuse new taps, wait within bounds for answers on their way, hang up."""
        self._stopping = True
        await self.link.stop(DRAIN_S)

    @property
    def ready(self) -> bool:
        """Whether a tap can be taken: the owner is there, or was a moment ago and another one is about to be."""
        return self.link.reachable and not self._stopping

    # ------------------------------------------------------------ commands

    async def place(
        self,
        *,
        channel: ChannelId,
        buyer: BuyerId,
        key: str,
        request: OrderRequest,
        ticket: str | None = None,
        assurance: Assurance | None = None,
    ) -> Placed:
        """Place an order; see the port."""
        ask = PlaceAsk(self.link.next_number(), channel, buyer, key, request, ticket, assurance)
        told = await self._asked(ask)
        return self._placed(ask, told)

    def tap(
        self,
        *,
        channel: ChannelId,
        buyer: BuyerId,
        key: str,
        request: OrderRequest,
        answer: TapAnswer,
        ticket: str | None = None,
        assurance: Assurance | None = None,
    ) -> None:
        """Place an order; see the port."""
        ask = PlaceAsk(self.link.next_number(), channel, buyer, key, request, ticket, assurance)

        def answered(told: "asyncio.Future[Any]") -> None:
            try:
                placed: Placed | Refusal = self._placed(ask, self._read(told.result()))
            except Refusal as refusal:
                placed = self._counted(refusal)
            answer(placed)

        try:
            self._ask(ask).add_done_callback(answered)
        except Refusal as refusal:
            answer(self._counted(refusal))

    def _placed(self, ask: PlaceAsk, told: Any) -> Placed:
        self.bought(ask.channel, ask.buyer, Sku(ask.request.sku))
        return Placed(told.answer, told.replayed)

    async def cancel(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Give an order up; see the port."""
        return await self._order(CancelAsk(self.link.next_number(), channel, buyer, order))

    async def order(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Return an order; see the port."""
        return await self._order(OrderAsk(self.link.next_number(), channel, buyer, order))

    async def fulfil(self, order: OrderId) -> OrderAnswer:
        """Note that the goods were handed over; see the port."""
        return await self._order(FulfilAsk(self.link.next_number(), order))

    async def charge_preorders(self, skus: Sequence[Sku]) -> int:
        """Ask for the payments of these SKUs' pre-orders now; see the port."""
        told = await self._asked(ChargeAsk(self.link.next_number(), tuple(skus)))
        orders: int = told.orders
        return orders

    async def payment_notified(self, notification: PaymentNotification) -> None:
        """Take in a gateway's verified news; see the port."""
        await self._asked(NotifiedAsk(self.link.next_number(), notification))

    async def _order(self, ask: CancelAsk | OrderAsk | FulfilAsk) -> OrderAnswer:
        told = await self._asked(ask)
        answer: OrderAnswer = told.order
        return answer

    async def _asked(self, ask: Any) -> Any:
        try:
            return self._read(await self._ask(ask))
        except Refusal as refusal:
            raise self._counted(refusal) from None

    def _ask(self, ask: Any) -> "asyncio.Future[Any]":
        if self._stopping:
            raise self.link.busy("this process is stopping")
        return self.link.ask(ask, housekeeping=type(ask) is not PlaceAsk)

    def _read(self, told: Any) -> Any:
        if isinstance(told, Refused):
            raise Refusal(told.name, told.detail, **told.more)
        return told

    def _counted(self, refusal: Refusal) -> Refusal:
        self.refusals[refusal.name] = self.refusals.get(refusal.name, 0) + 1
        return refusal

    # ------------------------------------------------------------ the line

    async def line(self, channel: ChannelId, buyer: BuyerId, ticket: str, *, stand: bool = True) -> LineAnswer:
        """Return how a buyer stands in line; see the port."""
        told = await self._asked(LineAsk(self.link.next_number(), channel, buyer, ticket, stand))
        answer: LineAnswer = told.answer
        return answer

    async def leave_line(self, channel: ChannelId, buyer: BuyerId, ticket: str) -> None:
        """Let a buyer leave the line, or decline; see the port."""
        await self._asked(LeaveLineAsk(self.link.next_number(), channel, buyer, ticket))
        self.left_line(ticket)

    def watch_line(
        self, channel: ChannelId, buyer: BuyerId, sku: Sku, ticket: str, state: LineState = "waiting"
    ) -> None:
        """Tell of a buyer's place in line from now on, over every owner to come; see the port."""
        said = WatchLineSaid(channel, buyer, sku, ticket, state)
        self._in_line.watch(said)
        self.link.send(said)

    def on_line_news(self, listener: OnLineNews) -> None:
        """Tell the listener of people in line, from now on."""
        self._on_line_news = listener

    def bought(self, channel: ChannelId, buyer: BuyerId, sku: Sku) -> None:
        """Note that a buyer in line has an order now, whoever took it."""
        self._in_line.forget((sku, channel, buyer))

    def left_line(self, ticket: str) -> None:
        """Note that a buyer left the line, or declined, whoever took that in."""
        self._in_line.left(ticket)

    def _heard_of_line(self, news: LineNews) -> None:
        self._in_line.heard(news)
        self._on_line_news(news)

    # ------------------------------------------------------------ news of orders

    def watch(self, channel: ChannelId, buyer: BuyerId, order: OrderAnswer) -> None:
        """Tell of every change of an order from now on, over every owner to come."""
        if order.status in FINAL:
            return
        said = WatchSaid(channel, buyer, order.order, order.status)
        self._watched[order.order] = said
        if len(self._watched) > MAX_WATCHED:
            self._watched.popitem(last=False)
        self.link.send(said)

    def _told(self, message: Any) -> None:
        if isinstance(message, OrderNews):
            self._heard_of(message.order)
        elif isinstance(message, LineNewsTold):
            self._heard_of_line(message.news)
        elif isinstance(message, StockNews):
            self._stock.update(message.stock)
            for sku in message.stock:
                self._on_stock_changed(sku)
        elif isinstance(message, CounterNews):
            self._counters = message.counters

    def _heard_of(self, order: OrderAnswer) -> None:
        said = self._watched.pop(order.order, None)
        if said is not None and order.status not in FINAL:
            self._watched[order.order] = WatchSaid(said.channel, said.buyer, said.order, order.status)
        self._on_order_changed(order)

    # ------------------------------------------------------------ openings: said again, whole, to every new owner

    def open_for_sale(self, skus: Iterable[Sku], opens_at_ms: ProgrammeMs) -> None:
        """Put SKUs on sale from this frame on; an earlier opening counts."""
        for sku in skus:
            self._opened[sku] = min(opens_at_ms, self._opened.get(sku, opens_at_ms))
            self._withdrawn.discard(sku)
        self._say_openings()

    def withdraw(self, skus: Iterable[Sku]) -> None:
        """Take SKUs off sale."""
        for sku in skus:
            self._opened.pop(sku, None)
            self._withdrawn.add(sku)
        self._say_openings()

    def set_fence(self, channel: ChannelId, fence_ms: int) -> None:
        """Say how much later than capture this channel's viewers see a frame."""
        self._fences_ms[channel] = fence_ms
        self._say_openings()

    async def openings_known(self) -> None:
        """Wait until the owner honours what was opened, at most ``OPENINGS_PATIENCE_S``, and not if there is none."""
        openings = self._openings
        if openings is not None and self.link.connected:
            await asyncio.wait((openings,), timeout=OPENINGS_PATIENCE_S)

    def _say_openings(self) -> None:
        if self._role != "control" or not self.link.connected:
            return
        n = self.link.next_number()
        said = OpeningsAsk(n, dict(self._opened), tuple(self._withdrawn), dict(self._fences_ms))
        self._openings = self.link.ask(said, housekeeping=True)
        self._openings.add_done_callback(self._openings_answered)

    def _openings_answered(self, answered: "asyncio.Future[Any]") -> None:
        """Say them again to an owner that did not answer; one that is gone is followed by one that is told anyway."""
        if not answered.cancelled() and answered.exception() is not None and answered is self._openings:
            self._say_openings()

    def _open(self) -> None:
        self._say_openings()
        for in_line in self._in_line:
            self.link.send(in_line)
        for said in self._watched.values():
            self.link.send(said)

    # ------------------------------------------------------------ what the owner said last

    def stock(self) -> dict[Sku, SkuCounter]:
        """Return the pieces of every SKU the owner told of."""
        return dict(self._stock)

    def counter(self, sku: Sku) -> SkuCounter | None:
        """Return a SKU's pieces, or None where the owner has not told yet."""
        return self._stock.get(sku)

    def counters(self) -> OrderCounters:
        """Return the show's orders by status, as the owner told last."""
        return self._counters
