"""Payments in a process that owns the desk of a show, or may: gateways, the relay that tells them, the payment book."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiohttp import ClientSession

from broadcast.checkout.adapters.payment_book import PaymentBook, Transactions
from broadcast.checkout.adapters.relay import ErrandSource, PaymentRelay
from broadcast.checkout.adapters.routed_gateway import RoutedGateway
from broadcast.checkout.adapters.sandbox_gateway import SandboxGateway
from broadcast.checkout.payment import PaymentGateway, PaymentNotification, Provider
from broadcast.checkout.reconciliation import REASONS, Difference
from broadcast.errors import Refusal
from broadcast.ids import ShowId
from broadcast.messages import OrderAnswer
from showrunner.feed_parts import wall_clock
from showrunner.gateways import make_gateways
from showrunner.http.payments import NOTIFICATIONS
from showrunner.payment_settings import PaymentSettings

MAX_NOTES = 1_000
"""Differences being written down at a time; more are only logged."""

log = structlog.get_logger()


class Payments:
    """All payments of one show.

    Args:
        secret: signs the notifications of the house itself: the sandbox's, and those of settlement's repairs.
        transactions: where the payment book is kept.

    Attributes:
        book: the payment book.
        gateways: the real gateways, by name: each reads its own notifications.
        sandbox: the sandbox, where some orders belong to it.
    """

    def __init__(self, settings: PaymentSettings, show: ShowId, secret: str, transactions: Transactions) -> None:
        self._show = show
        self.book = PaymentBook(transactions)
        self.gateways = make_gateways(settings)
        self.sandbox = (
            SandboxGateway(secret=secret, deliver=self._deliver, now=wall_clock)
            if "sandbox" in settings.providers and settings.sandbox_payments
            else None
        )
        self._gateway = self._route(settings)
        self._base_url = ""
        self._session: ClientSession | None = None
        self._relay: PaymentRelay | None = None
        self._notes: set[asyncio.Task[None]] = set()

    async def start(self, base_url: str) -> None:
        """Begin to deliver the sandbox's notifications to a shop."""
        self._base_url = base_url
        self._session = ClientSession()
        if self.sandbox is not None:
            await self.sandbox.start()

    async def stop(self) -> None:
        """Finish what is being written down, and let go of everything."""
        if self.sandbox is not None:
            await self.sandbox.stop()
        if self._session is not None:
            await self._session.close()
        await asyncio.gather(*self._notes, return_exceptions=True)
        for gateway in self.gateways.values():
            gateway.close_threads()
        await self.book.close()

    @asynccontextmanager
    async def errands(self, desk: ErrandSource) -> AsyncIterator[None]:
        """Carry a desk's errands to the gateways until the block ends."""
        if self._gateway is None:
            yield
            return
        relay = PaymentRelay(desk, self._gateway, mismatch=self._mismatch)
        await relay.start()
        self._relay = relay
        try:
            yield
        finally:
            self._relay = None
            await relay.stop()

    def order_changed(self, order: OrderAnswer) -> None:
        """Hear that an order is different now."""
        if self._relay is not None:
            self._relay.order_changed(order.order, order.status)

    def refused(self, provider: Provider, news: PaymentNotification) -> None:
        """Write down that a gateway's rightly signed news does not fit the order; nothing moved."""
        log.error("payment.difference", provider=provider, order=news.order, kind=news.kind)
        self._write_down(self._note(provider, news))

    def _mismatch(self, news: PaymentNotification, _refusal: Refusal) -> None:
        self._write_down(self._note(None, news))

    def _write_down(self, note: Coroutine[Any, Any, None]) -> None:
        if len(self._notes) >= MAX_NOTES:
            note.close()
            return
        task = asyncio.create_task(note, name="payment-difference")
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _note(self, provider: Provider | None, news: PaymentNotification) -> None:
        try:
            attempt = await self.book.attempt(news.order) if provider is None else None
            difference = Difference(
                order=news.order,
                provider=provider or (attempt.provider if attempt is not None else "sandbox"),
                kind="wrong-amount",
                ours="another amount, or no such movement",
                theirs=f"{news.kind} {news.amount.value} {news.amount.currency}",
                action=REASONS["wrong-amount"][1],
            )
            await self.book.note(self._show, [difference], wall_clock())
        except Exception:
            log.exception("payment.difference_not_written")

    def _route(self, settings: PaymentSettings) -> PaymentGateway | None:
        gateways: dict[Provider, PaymentGateway] = dict(self.gateways.items())
        if self.sandbox is not None:
            if not gateways:
                return self.sandbox  # it keeps nothing and needs no consent: nothing to remember
            gateways["sandbox"] = self.sandbox
        if not gateways:
            return None
        return RoutedGateway(
            gateways,
            lambda request: settings.provider_of(request.channel, request.amount.currency),
            self.book,
            wall_clock,
        )

    async def _deliver(self, headers: dict[str, str], body: bytes) -> int:
        if self._session is None:
            raise RuntimeError("payments have not started")
        async with self._session.post(self._base_url + NOTIFICATIONS, data=body, headers=headers) as response:
            return response.status
