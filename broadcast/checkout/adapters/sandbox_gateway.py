"""A payment gateway for rehearsals: asynchronous, signed, and as unreliable as asked.

It captures some time after the request and says so by a signed notification, delivered until it is accepted (or a
bound is reached). What happens to an order is drawn from the seed and the order's own id, so it is the same however
often the payment is asked for, and also after a restart: the sandbox keeps nothing, as idempotent gateways do for
their callers.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from hashlib import blake2b

import msgspec

from broadcast.checkout.adapters.due_queue import DueQueue, backed_off_ms
from broadcast.checkout.adapters.notifications import sign
from broadcast.checkout.payment import (
    GatewayUnavailableError,
    NotificationKind,
    Outcome,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
)
from broadcast.clock import Now
from broadcast.ids import OrderId
from broadcast.money import Money

MAX_PENDING = 200_000
"""Notifications on their way at a time; past it requests are not taken."""

DELIVERIES = 64
"""Notifications delivered at a time."""

DELIVERY_TIMEOUT_MS = 15_000
"""How long a receiver may take to answer."""

MAX_DELIVERY_ATTEMPTS = 8
"""Tries before a notification is given up; a payment asked for again is notified again."""

RETRY_FIRST_MS, RETRY_MOST_MS = 500, 30_000
"""After a delivery that was not accepted."""

_HTTP_OK, _HTTP_NOT_OK = 200, 300

_log = logging.getLogger(__name__)

Deliver = Callable[[dict[str, str], bytes], Awaitable[int]]
"""Posts headers and body to the shop; returns the HTTP status."""


class SandboxBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How the sandbox behaves. Shares are from 0 to 1.

    Attributes:
        delay_ms: from request to notification.
        failure_share: of payments that fail.
        duplicate_share: of notifications delivered twice.
        reorder: deliver each notification after anything between nothing and twice ``delay_ms``, so that later ones
            overtake earlier ones.
        wrong_amount_share: of payments whose notification lies about the amount.
        seed: draws all of it.
    """

    delay_ms: int = 1_500
    failure_share: float = 0.0
    duplicate_share: float = 0.0
    reorder: bool = False
    wrong_amount_share: float = 0.0
    seed: str = ""


class _News(msgspec.Struct, frozen=True):
    notification: PaymentNotification
    attempt: int


class SandboxGateway:
    """The gateway. ``start`` it before the relay, ``stop`` it after.

    Args:
        secret: the notifications are signed with, see ``adapters.notifications``.
        deliver: posts a notification to the shop.
        now: wall clock of the signatures.
    """

    def __init__(self, *, secret: str, deliver: Deliver, now: Now, behaviour: SandboxBehaviour | None = None) -> None:
        self._secret = secret
        self._deliver = deliver
        self._now = now
        self._behaviour = behaviour or SandboxBehaviour()
        self._jitter = random.Random(self._behaviour.seed).random  # noqa: S311 - spreads retries, guards nothing
        self._queue: DueQueue[_News] = DueQueue(MAX_PENDING)
        self._on_its_way: set[str] = set()
        self._workers: list[asyncio.Task[None]] = []
        self.given_up = 0

    async def start(self) -> None:
        """Begin to deliver."""
        self._workers = [asyncio.create_task(self._work(), name=f"sandbox-gateway-{n}") for n in range(DELIVERIES)]

    async def stop(self) -> None:
        """Stop delivering; what was not delivered is lost here, and asked for again by the relay."""
        self._queue.close()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []

    def behave(self, behaviour: SandboxBehaviour) -> None:
        """Behave like this from now on; what is already on its way stays as it was drawn."""
        self._behaviour = behaviour

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Take a payment request; its outcome follows by notification.

        Raises:
            GatewayUnavailableError: too much is pending.
        """
        behaviour = self._behaviour
        kind: NotificationKind = "captured"
        amount = request.amount
        if self._share(request.order, "failure") < behaviour.failure_share:
            kind = "failed"
        elif self._share(request.order, "wrong-amount") < behaviour.wrong_amount_share:
            amount = Money(amount.value + 1, amount.currency)
        self._notify(kind, request.order, amount)
        return Outcome(state="pending")

    async def query_payment(self, request: PaymentRequest) -> Outcome:  # noqa: ARG002 - the port's
        """The sandbox keeps nothing: it wants to be asked for the payment again."""
        return Outcome(state="unknown")

    async def capture(self, request: PaymentRequest) -> Outcome:  # noqa: ARG002 - the port's
        """The sandbox captures by itself."""
        return Outcome(state="pending")

    async def close(self, request: PaymentRequest) -> Outcome:  # noqa: ARG002 - the port's
        """There is nothing to close: money that comes too late is given back."""
        return Outcome(state="unknown")

    async def refund(self, request: RefundRequest) -> Outcome:
        """Take a refund request; its completion follows by notification.

        Raises:
            GatewayUnavailableError: too much is pending.
        """
        self._notify("refunded", request.order, request.amount)
        return Outcome(state="pending")

    async def query_refund(self, request: RefundRequest) -> Outcome:  # noqa: ARG002 - the port's
        """The sandbox keeps nothing: it wants to be asked for the refund again."""
        return Outcome(state="unknown")

    def _notify(self, kind: NotificationKind, order: OrderId, amount: Money) -> None:
        name = f"msg_{order}_{kind}"
        if name in self._on_its_way:
            return
        news = _News(PaymentNotification(id=name, kind=kind, order=order, amount=amount), 0)
        twice = self._share(order, f"duplicate-{kind}") < self._behaviour.duplicate_share
        try:
            self._queue.put(news, self._delay_ms(name))
            if twice:
                self._queue.put(news, self._delay_ms(name + "-again"))
        except asyncio.QueueFull:
            raise GatewayUnavailableError(f"{MAX_PENDING} notifications are pending") from None
        self._on_its_way.add(name)

    def _delay_ms(self, name: str) -> float:
        if self._behaviour.reorder:
            return 2 * self._behaviour.delay_ms * self._share(name, "delay")
        return self._behaviour.delay_ms

    def _share(self, about: str, what: str) -> float:
        """Draw from [0, 1): always the same for the same seed and question."""
        drawn = blake2b(f"{self._behaviour.seed}|{what}|{about}".encode(), digest_size=7).digest()
        return int.from_bytes(drawn, "big") / 2**56

    async def _work(self) -> None:
        while True:
            news = await self._queue.get()
            if await self._accepted(news):
                self._on_its_way.discard(news.notification.id)
            elif news.attempt + 1 < MAX_DELIVERY_ATTEMPTS:
                delay_ms = backed_off_ms(news.attempt, RETRY_FIRST_MS, RETRY_MOST_MS, self._jitter())
                try:
                    self._queue.put(_News(news.notification, news.attempt + 1), delay_ms)
                except asyncio.QueueFull:
                    self._give_up(news)
            else:
                self._give_up(news)

    def _give_up(self, news: _News) -> None:
        self.given_up += 1
        self._on_its_way.discard(news.notification.id)
        _log.warning("notification %s was never accepted", news.notification.id)

    async def _accepted(self, news: _News) -> bool:
        headers, body = sign(news.notification, self._now(), self._secret)
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_MS / 1000):
                status = await self._deliver(headers, body)
        except Exception as error:  # noqa: BLE001 - a shop can be down in any way; that is what the retry is for
            _log.info("notification %s could not be delivered: %r", news.notification.id, error)
            return False
        return _HTTP_OK <= status < _HTTP_NOT_OK
