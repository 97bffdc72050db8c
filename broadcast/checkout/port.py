"""The checkout port: what takes taps and knows the stock, whether the desk is in this process or in another.

The desk of a show has one owner at a time. Whoever holds this port need not know whether that is this process.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from broadcast.assurance import Assurance
from broadcast.checkout.decisions import Placed
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import ProgrammeMs
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId, Sku
from broadcast.line_messages import LineAnswer, LineState
from broadcast.messages import OrderAnswer, OrderCounters, OrderRequest, SkuCounter

TapAnswer = Callable[[Placed | Refusal], None]
"""Takes a tap's answer."""


class TapWay(Protocol):
    """The way of a tap to the desk; see ``OrderDoor.tap``."""

    def __call__(  # noqa: D102 - the class says it
        self,
        *,
        channel: ChannelId,
        buyer: BuyerId,
        key: str,
        request: OrderRequest,
        answer: TapAnswer,
        ticket: str | None = None,
        assurance: Assurance | None = None,
    ) -> None: ...


class LineNews(msgspec.Struct, frozen=True):
    """News for one buyer of their place in line."""

    channel: ChannelId
    buyer: BuyerId
    answer: LineAnswer


OnLineNews = Callable[[LineNews], None]


class LineDoor(Protocol):
    """Where refused buyers stand in line. A ticket comes from an earlier ``sold-out`` or ``busy``."""

    async def line(self, channel: ChannelId, buyer: BuyerId, ticket: str, *, stand: bool = True) -> LineAnswer:
        """Return how a buyer stands in line; after a restart, asking puts them back where they stood.

        Args:
            channel: whose viewer asks.
            buyer: who asks.
            ticket: theirs.
            stand: whether asking puts them back.

        Raises:
            Refusal: ``not-found``; it is not their ticket. ``busy``.
        """

    async def leave_line(self, channel: ChannelId, buyer: BuyerId, ticket: str) -> None:
        """Let a buyer leave the line, or decline what is set aside for them: it goes to the next.

        Raises:
            Refusal: ``not-found``; it is not their ticket. ``busy``.
        """

    def watch_line(
        self, channel: ChannelId, buyer: BuyerId, sku: Sku, ticket: str, state: LineState = "waiting"
    ) -> None:
        """Tell of a buyer's place in line from now on, starting from the state they know."""

    def on_line_news(self, listener: OnLineNews) -> None:
        """Tell the listener, from now on, what became of people in line."""


class OrderDoor(LineDoor, Protocol):
    """What a door that takes taps needs. Every refusal is raised as ``broadcast.errors.Refusal``."""

    @property
    def ready(self) -> bool:
        """Whether a tap can be taken."""

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
        """Place an order; when this returns, it is durable. A ``ticket`` keeps the buyer's place in order of arrival.

        Raises:
            Refusal: whatever the desk refuses, or ``busy``: retrying with the same key is always safe.
        """

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
        """Place an order as ``place`` does; what that returns or raises is handed to ``answer``, once.

        In a drop, a task and a future for every tap cost more than the tap.
        """

    async def cancel(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Give an order up and its stock back.

        Raises:
            Refusal: ``no-such-order``, ``not-cancellable`` or ``busy``.
        """

    async def order(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Return a buyer's order as the record has it.

        Raises:
            Refusal: ``no-such-order``, also for other buyers' orders, or ``busy``.
        """

    def watch(self, channel: ChannelId, buyer: BuyerId, order: OrderAnswer) -> None:
        """Tell of every change of an order from now on, starting from what its buyer knows of it."""


class StockBook(Protocol):
    """What those who show the sale need, and the timeline that opens it."""

    def stock(self) -> dict[Sku, SkuCounter]:
        """Return every SKU's pieces; those of which nothing is known yet are left out."""

    def counter(self, sku: Sku) -> SkuCounter | None:
        """Return one SKU's pieces, or None where nothing is known of it yet."""

    def counters(self) -> OrderCounters:
        """Return the show's orders by status."""

    refusals: dict[str, int]
    """Taps refused here, by problem."""

    def open_for_sale(self, skus: Iterable[Sku], opens_at_ms: ProgrammeMs) -> None:
        """Put SKUs on sale from this frame on; each channel follows by its own fence."""

    def withdraw(self, skus: Iterable[Sku]) -> None:
        """Take SKUs off sale. Orders already placed stand."""

    def set_fence(self, channel: ChannelId, fence_ms: int) -> None:
        """Say how much later than capture this channel's viewers see a frame."""

    async def openings_known(self) -> None:
        """Wait until the desk honours what was opened so far; not long, and not while it has no owner."""


class PaymentNews(Protocol):
    """What takes in news of payments."""

    async def payment_notified(self, notification: PaymentNotification) -> None:
        """Take in a gateway's verified news; when this returns, it is durable. The same news again is harmless.

        Raises:
            Refusal: ``no-such-order``, ``invalid`` or ``busy``; nothing moved.
        """


class Checkout(OrderDoor, StockBook, PaymentNews, Protocol):
    """All of it."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """Answer what was accepted, then end."""

    async def charge_preorders(self, skus: Sequence[Sku]) -> int:
        """Ask for the payments of these SKUs' pre-orders now; return how many were asked for.

        Raises:
            Refusal: ``not-on-sale`` for a SKU that is not in the show, or ``busy``; asking again goes on.
        """

    async def fulfil(self, order: OrderId) -> OrderAnswer:
        """Note that the goods of a paid order were handed over.

        Raises:
            Refusal: ``no-such-order``, ``invalid`` where it is not paid, or ``busy``.
        """
