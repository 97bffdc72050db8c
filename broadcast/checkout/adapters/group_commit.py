"""Group commit: taps that wait together are decided together, made durable by one transaction, then all answered.

While one batch is on its way to the disk the next one gathers, for as long as every turn of the event loop brings more:
the more buyers press, the more share each sync, so throughput rises with the crowd. Deciding happens on the event loop
(it is pure and takes microseconds), writing is the record's affair, in whichever store it lies. What the record already
settles — a tap seen before, a SKU not on sale, stock that is gone — is answered from memory and touches no store.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from broadcast.assurance import Assurance
from broadcast.checkout.adapters.announcer import Announcer, ErrandListener
from broadcast.checkout.adapters.line_keeper import LineKeeper
from broadcast.checkout.adapters.record import Record, Recorded, SupersededError
from broadcast.checkout.adapters.recovery import read_again
from broadcast.checkout.adapters.waiting_room import Waiting, WaitingCall, WaitingRoom
from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Charge, Command, Expire, Fulfil, LeaveLine, Notified, Place, place_of
from broadcast.checkout.decisions import Answer, Placed, decide, is_plainly_open, verdict
from broadcast.checkout.desk import Desk
from broadcast.checkout.next_in_line import sold_out, standing
from broadcast.checkout.offers import Offer, Openings, catalogue, windows
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, PaymentNotification
from broadcast.checkout.port import OnLineNews, TapAnswer
from broadcast.checkout.spending import SpendingLimits, rests_on_all_orders
from broadcast.clock import Now, ProgrammeMs
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, NewId, OrderId, ShowId, Sku
from broadcast.line_messages import LineAnswer, LineState
from broadcast.messages import OrderAnswer, OrderCounters, OrderRequest, SkuCounter

MAX_BATCH = 256
"""Commands decided at a time: bounds how long the event loop is away. Twice as many were no cheaper each."""

MAX_ORDERS = 2_000_000
"""Orders of one show held in memory, about a kilobyte each."""

SWEEP_EVERY_MS = 250
"""How often holds are looked at."""

MAX_EXPIRED_PER_SWEEP = 1_000
"""Orders released at a time."""

_log = logging.getLogger(__name__)


class GroupCommitCheckout:
    """Checkout on one record with one writer. All methods belong to one event loop.

    Refusals (``broadcast.errors.Refusal``) are raised. ``busy`` carries ``retry_after_ms``; retrying with the same
    key is always safe.

    Args:
        record: of this show; its tables exist. Closed by ``stop``.
        offers: the catalogue. Its stock counts on the first start; see ``record.take_over`` for later ones.
        fences_ms: every channel of the show → how much later than capture its viewers see a frame.
        hold_ms: how long stock is held for a payment.
        on_stock_changed, on_order_changed: called on the event loop once the change is durable.
        ticket_key: signs arrival tickets, the same in every process of the show; without it, nobody stands in line.
        latencies_ms: channel → how much later than capture its last viewers see a frame, where not its fence.
        limits: what an order and a buyer may cost before the buyer shows who they are; None is no limit.
        jitter: draws from [0, 1), to spread retries.

    Attributes:
        superseded: set once another process has taken the show over; this one answers no more taps.
    """

    def __init__(  # noqa: PLR0913 - everything the world gives is an argument, by name
        self,
        record: Record,
        *,
        show: ShowId,
        offers: Sequence[Offer],
        fences_ms: Mapping[ChannelId, int],
        hold_ms: int,
        now: Now,
        new_id: NewId,
        on_stock_changed: Callable[[Sku], None],
        on_order_changed: Callable[[Order], None],
        ticket_key: bytes | None = None,
        latencies_ms: Mapping[ChannelId, int] | None = None,
        limits: SpendingLimits | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._show = show
        self._offers = catalogue(offers)
        self._openings = Openings(fences_ms, latencies_ms, windows(self._offers.values()))
        self._line = LineKeeper(show, ticket_key, now, jitter)
        self._hold_ms = hold_ms
        self._limits = limits
        self._now = now
        self._new_id = new_id
        self._announce = Announcer(on_stock_changed, on_order_changed)
        self._record = record
        self._rebuild(Recorded([], {}, []))
        self._room = WaitingRoom()
        self._in_flight: Changes | None = None
        self._ready = False
        self._stopping = False
        self._pump: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.refusals: dict[str, int] = {}
        self.superseded = asyncio.Event()

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Take the record over, rebuild the desk from it, begin to answer. Call once.

        Raises:
            RecordDisagreesError: the record contradicts itself.
            Exception: of the store: the record cannot be read or written.
        """
        if self._pump is not None:
            raise RuntimeError("already started")
        await self._record.take_over(self._offers.values(), self._now())
        self._rebuild(await self._record.load())
        self._line.started(self._desk)
        self._ready = True
        self._pump = asyncio.create_task(self._run(), name="checkout-commits")
        self._sweeper = asyncio.create_task(self._sweep(), name="checkout-holds")

    async def stop(self) -> None:
        """Refuse new commands, answer all that were accepted, close the record. Safe to call twice."""
        self._stopping = True
        self._room.wake()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._pump is not None:
            await self._pump
            self._pump = None
        self._ready = False
        await self._record.close()

    @property
    def ready(self) -> bool:
        """Whether a tap can be taken."""
        return self._ready and not self._stopping

    # ------------------------------------------------------------ commands

    async def place(
        self, *, channel: ChannelId, buyer: BuyerId, key: str, request: OrderRequest,
        ticket: str | None = None, assurance: Assurance | None = None,
    ) -> Placed:  # fmt: skip
        """Place an order; when this returns, it is durable. A ``ticket`` from an earlier refusal keeps the place.

        Raises:
            Refusal: any that ``docs/problems.md`` has for a tap; it changed nothing.
        """
        command = place_of(channel, buyer, key, request, self._line.arrival(channel, buyer, request, ticket), assurance)
        settled = self._from_memory(command)
        if isinstance(settled, Refusal):
            raise self._counted(settled)
        return settled or cast("Placed", await self._submit(command))

    def tap(
        self, *, channel: ChannelId, buyer: BuyerId, key: str, request: OrderRequest, answer: TapAnswer,
        ticket: str | None = None, assurance: Assurance | None = None,
    ) -> None:  # fmt: skip
        """Place an order as ``place`` does; what that would return or raise is handed to ``answer``, once.

        It is called at once where memory settles the tap, else from the event loop once the order is durable.
        """
        try:
            arrival = None if ticket is None else self._line.arrival(channel, buyer, request, ticket)
        except Refusal as refusal:
            answer(self._counted(refusal))
            return
        command = place_of(channel, buyer, key, request, arrival, assurance)
        settled, returning = self._from_memory(command), arrival is not None and self._line.returns(command)
        if settled is None and not self._room.has_place_for(command, returning=returning):
            settled = self._line.turned_away(command)
        if settled is None:
            called = cast("Callable[[Answer | Refusal], None]", answer)
            self._room.enter_call(command, called, returning=returning)
        else:
            answer(self._counted(settled) if isinstance(settled, Refusal) else settled)

    async def cancel(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Give an order up and its stock back; one already paid is refunded. Cancelling twice is the same as once.

        Raises:
            Refusal: ``no-such-order`` (also for other buyers' orders), ``not-cancellable`` or ``busy``.
        """
        command = Cancel(channel=channel, buyer=buyer, order=order)
        return cast("OrderAnswer", await self._submit(command))

    async def fulfil(self, order: OrderId) -> OrderAnswer:
        """Note that the goods of a paid order were handed over.

        Raises:
            Refusal: ``no-such-order``, ``invalid`` where it is not paid, or ``busy``.
        """
        return cast("OrderAnswer", await self._submit(Fulfil(order=order)))

    async def payment_notified(self, notification: PaymentNotification) -> None:
        """Take in a gateway's verified news; when this returns, it is durable. The same news again is harmless.

        Raises:
            Refusal: ``no-such-order``, ``invalid`` (another amount than the order's, a refund nobody asked for) or
                ``busy``; nothing moved.
        """
        await self._submit(Notified(notification=notification))

    async def charge_preorders(self, skus: Sequence[Sku]) -> int:
        """Ask for the payments of these SKUs' pre-orders now; return how many were asked for.

        Raises:
            Refusal: ``not-on-sale`` for a SKU that is not in the show, or ``busy``; asking again goes on.
        """
        asked = 0
        for sku in skus:
            while count := cast("int", await self._submit(Charge(sku=sku, most=MAX_EXPIRED_PER_SWEEP))):
                asked += count
        return asked

    # ------------------------------------------------------------ the line

    async def line(self, channel: ChannelId, buyer: BuyerId, ticket: str, *, stand: bool = True) -> LineAnswer:
        """Return how a buyer stands in line; after a restart, asking puts them back where they stood.

        Raises:
            Refusal: ``not-found``; it is not their ticket. ``busy``.
        """
        answer = standing(self._desk, self._line.ticket(channel, buyer, ticket), self._now(), stand=stand)
        if not self.ready or (answer.offer is not None and self._in_flight is not None):  # perhaps not durable yet
            raise self._counted(self._line.turned_away())
        return answer

    async def leave_line(self, channel: ChannelId, buyer: BuyerId, ticket: str) -> None:
        """Let a buyer leave the line, or decline what is set aside for them; refuses as ``line`` does."""
        theirs = self._line.ticket(channel, buyer, ticket)
        await self._submit(LeaveLine(sku=theirs.sku, channel=channel, buyer=buyer))

    def watch_line(
        self, channel: ChannelId, buyer: BuyerId, sku: Sku, ticket: str, state: LineState = "waiting"
    ) -> None:
        """Do nothing: everybody in line is told of."""

    def on_line_news(self, listener: OnLineNews) -> None:
        """Tell the listener, from now on, what became of people in line."""
        self._announce.listen_to_line(listener)

    # ------------------------------------------------------------ openings (not stored: the timeline remembers)

    def open_for_sale(self, skus: Iterable[Sku], opens_at_ms: ProgrammeMs) -> None:
        """Put SKUs on sale from this frame on; each channel follows by its own fence."""
        self._announce.stock([sku for sku in skus if self._openings.open(sku, opens_at_ms)])

    def withdraw(self, skus: Iterable[Sku]) -> None:
        """Take SKUs off sale. Orders already placed stand."""
        self._announce.stock([sku for sku in skus if self._openings.withdraw(sku)])

    def set_fence(self, channel: ChannelId, fence_ms: int) -> None:
        """Say how much later than capture this channel's viewers see a frame."""
        self._openings.set_fence(channel, fence_ms)

    async def openings_known(self) -> None:
        """Return at once: the desk is here."""

    # ------------------------------------------------------------ questions

    async def order(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Return a buyer's order as the record has it.

        Raises:
            Refusal: ``no-such-order``, also for other buyers' orders.
        """
        found = self._durable(order)
        if found is None or (found.channel, found.buyer) != (channel, buyer):
            raise Refusal("no-such-order")
        return found.answer()

    def watch(self, channel: ChannelId, buyer: BuyerId, order: OrderAnswer) -> None:
        """Tell what became of an order that its buyer knows an earlier state of; later changes are told anyway."""
        found = self._durable(order.order)
        if found is not None and found.status != order.status and found.scope[:2] == (channel, buyer):
            self._announce.orders((found,))

    def stock(self) -> dict[Sku, SkuCounter]:
        """Return every SKU's pieces, as of the last decision."""
        return self._desk.stock()

    def counter(self, sku: Sku) -> SkuCounter:
        """Return one SKU's pieces, as of the last decision."""
        return self._desk.counter(sku)

    def counters(self) -> OrderCounters:
        """Return the show's orders by status, as of the last decision; refusals since this process began."""
        return self._desk.counters(sum(count for name, count in self.refusals.items() if name != "busy"))

    # ------------------------------------------------------------ errands (for the relay)

    def on_errands(self, listener: ErrandListener) -> None:
        """Tell the listener, now and from now on, of errands the record holds; the same one may be told again."""
        self._announce.listen_to_errands(listener)
        listener(list(self._desk.errands.values()))

    def order_of(self, errand: Errand) -> Order | None:
        """Return the order an errand is about, or None where the errand is no longer open."""
        if (errand.order, errand.kind) not in self._desk.errands:
            return None
        return self._durable(errand.order)

    # ------------------------------------------------------------ in: from memory, or into the queue

    def _from_memory(self, command: Place) -> Placed | Refusal | None:
        """Answer a tap from what is durable already, or None where it must be decided."""
        if not self.ready:
            return self._line.turned_away()
        if self._room.is_waiting(command.scope):
            return None
        now = self._now()
        found = None if is_plainly_open(self._desk, command, now) else verdict(self._desk, command, now)
        if found is None:
            return self._line.turned_away() if len(self._desk.orders) >= MAX_ORDERS else None
        known = self._desk.by_key.get(command.scope)
        if self._in_flight is not None and (self._in_flight.decides(command.sku, known) or rests_on_all_orders(found)):
            return None
        if isinstance(found, Refusal):
            return sold_out(self._desk, command, found, now)
        return Placed(found.first_answer(), replayed=True)

    def _submit(self, command: Command) -> "asyncio.Future[Answer]":
        if not self.ready:
            raise self._counted(self._line.turned_away())
        returning = type(command) is Place and self._line.returns(command)
        if not self._room.has_place_for(command, returning=returning):
            raise self._counted(self._line.turned_away(command))
        return self._room.enter(command, returning=returning)

    def _counted(self, refusal: Refusal) -> Refusal:
        self.refusals[refusal.name] = self.refusals.get(refusal.name, 0) + 1
        return refusal

    # ------------------------------------------------------------ the one writer

    async def _run(self) -> None:
        while True:
            await self._room.gather(MAX_BATCH)
            batch = self._room.take(MAX_BATCH)
            if batch:
                await self._settle(batch)
            elif self._stopping:
                return
            else:
                await self._room.arrival()

    async def _settle(self, batch: list[Waiting | WaitingCall]) -> None:
        """Decide a batch, make it durable, answer it, and tell of it."""
        answers: list[Answer | Refusal] = []
        changes = Changes()
        try:
            answers, changes = decide(self._desk, [one.command for one in batch], self._now(), self._new_id)
            if changes:
                self._in_flight = changes
                await self._record.write(changes)
        except SupersededError:
            self._give_way()
            self._turn_away(batch)
            return
        except Exception:  # noqa: BLE001 - whatever it was, only the record can tell what is true now
            _log.exception("a batch of %d commands could not be made durable", len(batch))
            self._ready = False
            await self._rebuild_after_failure(batch)
            if not self._ready or not self._desk.has(changes):
                self._line.rebuilt(self._desk, changes)
                self._turn_away(batch)
                return
        self._in_flight = None
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refusal):
                self._counted(answer)
            one.give(answer)
        self._announce.changes(changes)
        if changes.left_line:
            self._announce.line(self._line.news(self._desk, changes))

    async def _sweep(self) -> None:
        """Do what time alone brings."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_MS / 1000)
            now = self._now()
            self._announce.stock(self._openings.now_over(now))
            if self._desk.something_is_due(now):
                # over capacity: the next sweep finds the same orders again
                with contextlib.suppress(Refusal):
                    await self._submit(Expire(most=MAX_EXPIRED_PER_SWEEP))

    # ------------------------------------------------------------ the record

    def _rebuild(self, recorded: Recorded) -> None:
        desk = Desk(self._show, self._offers, self._openings, self._hold_ms, self._line.lines, self._limits)
        desk.restore(recorded.orders, recorded.shelves, recorded.errands, recorded.line_offers)
        self._desk = desk

    def _durable(self, order: OrderId) -> Order | None:
        """Return an order as the record has it, whatever is on its way there."""
        if self._in_flight is not None:
            if order in self._in_flight.placed:
                return None
            before = self._in_flight.before.get(order)
            if before is not None:
                return before
        return self._desk.orders.get(order)

    async def _rebuild_after_failure(self, batch: list[Waiting | WaitingCall]) -> None:
        """Rebuild the desk from the record after a commit that reported failure.

        It may have reached the disk all the same, so the record is read again before anybody hears anything, and
        nothing is given back on a guess. While the record cannot be read, whoever waits is told to come back: the same
        key then finds the order, or places it. Gives up only when stopped, or when another process has the show.
        """
        try:
            recovered = await read_again(self._record, self._rebuild, lambda: self._turn_everybody_away(batch))
        except SupersededError:
            self._give_way()
            self._turn_away(self._room.take(len(self._room)))
            return
        if not recovered:
            return
        self._in_flight = None
        self._ready = True
        self._announce.errands(self._desk.errands.values())
        self._announce.stock(self._offers)

    def _give_way(self) -> None:
        """Answer no more: the show is another process's now."""
        _log.critical("another process has taken this show over; this one answers no more taps")
        self._stopping = True
        self.superseded.set()

    def _turn_everybody_away(self, batch: Iterable[Waiting | WaitingCall]) -> bool:
        """Let nobody wait for a record that cannot be read; return whether to go on trying."""
        self._turn_away(batch)
        self._turn_away(self._room.take(len(self._room)))
        return not self._stopping

    def _turn_away(self, batch: Iterable[Waiting | WaitingCall]) -> None:
        for one in batch:
            if one.unanswered:
                one.give(self._counted(self._line.turned_away(one.command)))
