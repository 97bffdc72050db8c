"""A process's seat at the desk of a show: it owns the desk when its turn comes, and asks whoever does until then.

Taps, questions and news of payments are taken all the time. They are answered here only while this process can be sure
that it is the owner: one that was frozen and goes on asks the new owner, like any door.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from broadcast.assurance import Assurance
from broadcast.checkout.decisions import Placed
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.port import Checkout, OnLineNews, OrderDoor, TapAnswer
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId, Sku
from broadcast.line_messages import LineAnswer, LineState
from broadcast.messages import OrderAnswer, OrderRequest
from showrunner.first_of import first_of
from showrunner.link.remote_checkout import RemoteCheckout

RETAKE_S = 0.5
"""How long to wait before another try at a desk that could not be set up, or was lost."""

LOOK_EVERY_S = 0.5
"""How often an owner asks itself whether it still is one."""

log = structlog.get_logger()
_T = TypeVar("_T")


class Claim(Protocol):
    """The right to own the desk, which one process has at a time."""

    lost: asyncio.Event

    @property
    def holds(self) -> bool:
        """Whether no other process can be the owner at this moment."""

    async def acquire(self, address: str) -> None:
        """Wait until it is ours, then tell doors the address."""

    async def release(self) -> None:
        """Give it up."""


class Desk(Checkout, Protocol):
    """A desk in this process."""

    superseded: asyncio.Event


class Honesty(Protocol):
    """Tells what a desk says from what it only says because it does not know better yet."""

    def honest(self, checkout: Checkout, refusal: Refusal) -> Refusal:
        """Return what to refuse with."""

    def honest_line(self, checkout: Checkout, answer: LineAnswer) -> LineAnswer:
        """Return how a buyer stands in line.

        Raises:
            Refusal: ``busy``.
        """


class CheckoutSeat:
    """Takes taps for a show, and owns its desk when nobody else does.

    Args:
        claim: the right to own the desk.
        remote: asks the owner while it is another process.
        open_desk: makes a desk on the record, not yet started; each has one life.
        errands: what runs beside a desk that is ours: the payment relay.
        prepare: what must be done, each time, before a claim is made: the record's tables are brought up to date.
        moved: told once the desk is no longer ours: doors that ask here must look for it elsewhere.
        honesty: what to answer while the desk does not know what is on sale.
    """

    def __init__(
        self,
        claim: Claim,
        remote: RemoteCheckout,
        open_desk: Callable[[], Desk],
        errands: Callable[[Any], AbstractAsyncContextManager[None]],
        prepare: Callable[[], Awaitable[None]],
        moved: Callable[[], None],
        honesty: Honesty,
    ) -> None:
        self._claim = claim
        self._remote = remote
        self._open_desk = open_desk
        self._errands = errands
        self._prepare = prepare
        self._moved = moved
        self._honesty = honesty
        self._desk: Desk | None = None
        self._sitting: asyncio.Task[None] | None = None
        self.turns = 0
        """How often this process became the owner."""

    # ------------------------------------------------------------ life

    async def start(self, address: str) -> None:
        """Begin to take taps, and to wait for our turn.

        Args:
            address: where other processes reach this one's link.
        """
        await self._remote.start()
        self._sitting = asyncio.create_task(self._sit(address), name="checkout-seat")

    async def stop(self) -> None:
        """Answer what was accepted, give the desk up so that another process has it at once, and hang up."""
        if self._sitting is not None:
            self._sitting.cancel()
            await asyncio.gather(self._sitting, return_exceptions=True)
        await self._remote.stop()

    async def _sit(self, address: str) -> None:
        while True:
            try:
                await self._prepare()
                await self._claim.acquire(address)
                await self._own()
            except Exception:
                log.exception("desk.fault")
            finally:
                await self._claim.release()
            await asyncio.sleep(RETAKE_S)

    async def _own(self) -> None:
        desk = self._open_desk()
        try:
            await desk.start()
            self._desk = desk
            self.turns += 1
            log.info("desk.ours")
            async with self._errands(desk):
                await first_of(self._claim.lost.wait(), self._unsure(), desk.superseded.wait())
            log.warning("desk.lost")
        finally:
            self._desk = None
            await desk.stop()
            self._moved()

    async def _unsure(self) -> None:
        """Return once another process may be the owner, whether or not anybody told us: after a freeze, say."""
        while self._claim.holds:  # noqa: ASYNC110 - what ends it is time that passes
            await asyncio.sleep(LOOK_EVERY_S)

    # ------------------------------------------------------------ who answers

    @property
    def sure(self) -> bool:
        """Whether nobody else can own the desk at this moment."""
        return self._claim.holds

    def owned(self) -> Desk | None:
        """Return the desk while it is ours for sure."""
        return self._desk if self._claim.holds else None

    @property
    def ready(self) -> bool:
        """Whether a tap can be taken."""
        desk = self.owned()
        return self._remote.ready if desk is None else desk.ready

    async def _here_or_there(self, here: Callable[[Desk], Awaitable[_T]], there: Callable[[], Awaitable[_T]]) -> _T:
        desk = self.owned()
        if desk is None:
            return await there()
        try:
            return await here(desk)
        except Refusal as refusal:
            if self.owned() is desk:
                raise self._honesty.honest(desk, refusal) from refusal
        # What a desk did is durable, or it would not have said so. But it was lost on the way: a refusal may come from
        # a memory that was stale by then, and whoever owns it now knows. Every question may be asked twice.
        return await there()

    # ------------------------------------------------------------ the port's door side

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

        def placing(door: OrderDoor) -> Awaitable[Placed]:
            return door.place(
                channel=channel, buyer=buyer, key=key, request=request, ticket=ticket, assurance=assurance
            )

        placed = await self._here_or_there(placing, lambda: placing(self._remote))
        self._remote.bought(channel, buyer, Sku(request.sku))
        return placed

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
        ask = partial(
            self._remote.tap,
            channel=channel,
            buyer=buyer,
            key=key,
            request=request,
            ticket=ticket,
            assurance=assurance,
        )
        desk = self.owned()
        if desk is None:
            ask(answer=answer)
            return

        def answered(placed: Placed | Refusal) -> None:
            if not isinstance(placed, Refusal):
                self._remote.bought(channel, buyer, Sku(request.sku))
                answer(placed)
            elif self.owned() is desk:
                answer(self._honesty.honest(desk, placed))
            else:
                ask(answer=answer)

        desk.tap(
            channel=channel,
            buyer=buyer,
            key=key,
            request=request,
            answer=answered,
            ticket=ticket,
            assurance=assurance,
        )

    async def cancel(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Give an order up; see the port."""
        return await self._here_or_there(
            lambda desk: desk.cancel(channel, buyer, order), lambda: self._remote.cancel(channel, buyer, order)
        )

    async def order(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Return an order; see the port."""
        return await self._here_or_there(
            lambda desk: desk.order(channel, buyer, order), lambda: self._remote.order(channel, buyer, order)
        )

    async def charge_preorders(self, skus: Sequence[Sku]) -> int:
        """Ask for the payments of these SKUs' pre-orders now; see the port."""
        return await self._here_or_there(
            lambda desk: desk.charge_preorders(skus), lambda: self._remote.charge_preorders(skus)
        )

    async def payment_notified(self, notification: PaymentNotification) -> None:
        """Take in a gateway's verified news; see the port."""
        return await self._here_or_there(
            lambda desk: desk.payment_notified(notification), lambda: self._remote.payment_notified(notification)
        )

    def watch(self, channel: ChannelId, buyer: BuyerId, order: OrderAnswer) -> None:
        """Tell of every change of an order, whoever owns the desk when it happens."""
        desk = self.owned()
        if desk is not None:
            desk.watch(channel, buyer, order)
        # the next owner may be another process
        self._remote.watch(channel, buyer, order)

    async def line(self, channel: ChannelId, buyer: BuyerId, ticket: str, *, stand: bool = True) -> LineAnswer:
        """Return how a buyer stands in line; see the port."""

        async def here(desk: Desk) -> LineAnswer:
            return self._honesty.honest_line(desk, await desk.line(channel, buyer, ticket, stand=stand))

        return await self._here_or_there(here, lambda: self._remote.line(channel, buyer, ticket, stand=stand))

    async def leave_line(self, channel: ChannelId, buyer: BuyerId, ticket: str) -> None:
        """Let a buyer leave the line, or decline; see the port."""
        await self._here_or_there(
            lambda desk: desk.leave_line(channel, buyer, ticket),
            lambda: self._remote.leave_line(channel, buyer, ticket),
        )
        self._remote.left_line(ticket)

    def watch_line(
        self, channel: ChannelId, buyer: BuyerId, sku: Sku, ticket: str, state: LineState = "waiting"
    ) -> None:
        """Tell of a buyer's place in line, whoever owns the desk when it changes."""
        self._remote.watch_line(channel, buyer, sku, ticket, state)

    def on_line_news(self, listener: OnLineNews) -> None:
        """Tell the listener of people in line, from now on."""
        self._remote.on_line_news(listener)
