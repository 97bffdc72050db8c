"""The relay: tells the payment gateway what the record says it must be told, at least once, and asks what became of it.

What to tell (errands) is durable with the decision that made it, so nothing depends on this process: after a restart
every errand the gateway has not answered is told again, which is safe because gateways are idempotent by order. News
comes by notification; where none comes in time the gateway is asked, ever less often.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from broadcast.checkout.adapters.due_queue import DueQueue, backed_off_ms
from broadcast.checkout.changes import ErrandKey
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import (
    Errand,
    GatewayUnavailableError,
    Outcome,
    PaymentGateway,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
    news_of,
)
from broadcast.errors import Refusal
from broadcast.ids import OrderId
from broadcast.messages import OrderStatus

WORKERS = 8
"""Requests to the gateway at a time."""

MAX_ERRANDS = 4_000_000
"""Errands known at a time: two for each order checkout holds."""

SEND_TIMEOUT_MS = 15_000
"""How long a gateway may take to accept a request."""

MAX_ATTEMPTS = 100
"""Tries for one errand in one run of this process; the next start begins again."""

MAX_CLOSING_ATTEMPTS = 10
"""Tries to tell a gateway that a payment is no longer wanted; money that comes all the same is given back."""

RETRY_FIRST_MS, RETRY_MOST_MS = 200, 30_000
"""After a request the gateway did not take."""

ASK_AGAIN_FIRST_MS, ASK_AGAIN_MOST_MS = 30_000, 600_000
"""After a request it took and of which nothing was heard."""

_log = logging.getLogger(__name__)

Mismatch = Callable[[PaymentNotification, Refusal], None]
"""Told of an answer that the checkout refuses: another amount than the order's, a refund nobody asked for."""


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    """One errand's next step. ``asked``: the gateway took the request before; ``closing``: it is no longer wanted."""

    errand: Errand
    attempt: int = 0
    asked: bool = False
    closing: PaymentRequest | None = None


class ErrandSource(Protocol):
    """Where errands come from, and where what became of them goes: the checkout."""

    def on_errands(self, listener: Callable[[Sequence[Errand]], None]) -> None:
        """Tell the listener of open errands, now and from now on."""

    def order_of(self, errand: Errand) -> Order | None:
        """Return the order an errand is about, or None where it is no longer open."""

    async def payment_notified(self, notification: PaymentNotification) -> None:
        """Take in a gateway's news, durably."""


def _ignored(news: PaymentNotification, refusal: Refusal) -> None:
    _log.error("order %s: the gateway says %s of another amount: %s", news.order, news.kind, refusal.name)


class PaymentRelay:
    """Takes errands to a gateway until each is answered or no longer wanted.

    Args:
        jitter: draws from [0, 1), to spread retries.
        mismatch: told of answers that the checkout refuses.
    """

    def __init__(
        self,
        checkout: ErrandSource,
        gateway: PaymentGateway,
        *,
        jitter: Callable[[], float] = random.random,
        mismatch: Mismatch = _ignored,
    ) -> None:
        self._checkout = checkout
        self._gateway = gateway
        self._jitter = jitter
        self._mismatch = mismatch
        self._queue: DueQueue[_Job] = DueQueue(MAX_ERRANDS)
        self._known: set[ErrandKey] = set()
        self._asked: dict[OrderId, PaymentRequest] = {}
        self._workers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin with every errand open in the record. The checkout has been started."""
        self._workers = [asyncio.create_task(self._work(), name=f"payment-relay-{n}") for n in range(WORKERS)]
        self._checkout.on_errands(self._learn)

    async def stop(self) -> None:
        """Stop telling; whatever is not answered yet is told again after the next start."""
        self._queue.close()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []

    @property
    def waiting(self) -> int:
        """Errands not answered yet."""
        return len(self._known)

    def order_changed(self, order: OrderId, status: OrderStatus) -> None:
        """Hear that an order is different now: a payment asked for and no longer wanted is closed at the gateway."""
        request = self._asked.pop(order, None) if status != "reserved" else None
        if request is not None and status == "released":
            self._queue.put(_Job(errand=Errand(order, "payment", request.amount), closing=request), 0)

    def _learn(self, errands: Sequence[Errand]) -> None:
        for errand in errands:
            key = (errand.order, errand.kind)
            if key not in self._known:
                self._known.add(key)
                self._queue.put(_Job(errand=errand), 0)

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            if job.closing is not None:
                await self._close(job, job.closing)
                continue
            errand = job.errand
            order = self._checkout.order_of(errand)
            if order is None:
                self._known.discard((errand.order, errand.kind))
                continue
            taken = await self._attempted(errand, partial(self._tell, job, order))
            if job.attempt + 1 >= MAX_ATTEMPTS:
                _log.error("gave up on %s of order %s until the next start", errand.kind, errand.order)
                continue
            first_ms, most_ms = (ASK_AGAIN_FIRST_MS, ASK_AGAIN_MOST_MS) if taken else (RETRY_FIRST_MS, RETRY_MOST_MS)
            again = _Job(errand=errand, attempt=job.attempt + 1, asked=job.asked or taken)
            self._queue.put(again, backed_off_ms(job.attempt, first_ms, most_ms, self._jitter()))

    async def _attempted(self, errand: Errand, step: Callable[[], Awaitable[None]]) -> bool:
        """Take one step; return whether the gateway took it."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_MS / 1000):
                await step()
        except (GatewayUnavailableError, TimeoutError) as error:
            _log.warning("%s of order %s not taken by the gateway: %r", errand.kind, errand.order, error)
            return False
        except Exception:  # noqa: BLE001 - an adapter's mistake over one order must not stop the others' payments
            _log.exception("%s of order %s could not be sent", errand.kind, errand.order)
            return False
        return True

    async def _tell(self, job: _Job, order: Order) -> None:
        errand = job.errand
        if errand.kind == "refund":
            outcome = await self._refund(job, RefundRequest(order=order.order, amount=errand.amount))
        else:
            outcome = await self._payment(job, _request(errand, order))
        await self._hear(errand, outcome)

    async def _payment(self, job: _Job, request: PaymentRequest) -> Outcome:
        outcome = await self._gateway.query_payment(request) if job.asked else Outcome(state="unknown")
        if outcome.state == "unknown":
            self._asked[request.order] = request
            outcome = await self._gateway.request_payment(request)
        if outcome.state == "authorized" and self._checkout.order_of(job.errand) is not None:
            outcome = await self._gateway.capture(request)
        return outcome

    async def _refund(self, job: _Job, request: RefundRequest) -> Outcome:
        outcome = await self._gateway.query_refund(request) if job.asked else Outcome(state="unknown")
        return await self._gateway.refund(request) if outcome.state == "unknown" else outcome

    async def _close(self, job: _Job, request: PaymentRequest) -> None:
        async def step() -> None:
            outcome = await self._gateway.close(request)
            if outcome.state == "captured":
                await self._hear(job.errand, outcome)

        if await self._attempted(job.errand, step) or job.attempt + 1 >= MAX_CLOSING_ATTEMPTS:
            return
        again = _Job(errand=job.errand, attempt=job.attempt + 1, closing=request)
        self._queue.put(again, backed_off_ms(job.attempt, RETRY_FIRST_MS, RETRY_MOST_MS, self._jitter()))

    async def _hear(self, errand: Errand, outcome: Outcome) -> None:
        """Tell the checkout what is final; what it refuses moves nothing and is told as a difference."""
        if outcome.state == "failed" and errand.kind == "refund":
            _log.error("the refund of order %s was refused: %s", errand.order, outcome.reason)
        news = news_of(errand.order, errand.kind, outcome, errand.amount)
        if news is None:
            return
        try:
            await self._checkout.payment_notified(news)
        except Refusal as refusal:
            if refusal.name == "busy":
                raise GatewayUnavailableError("the checkout is busy") from None
            self._mismatch(news, refusal)


def _request(errand: Errand, order: Order) -> PaymentRequest:
    return PaymentRequest(
        order=order.order,
        show=order.show,
        channel=order.channel,
        buyer=order.buyer,
        amount=errand.amount,
        pay_by_ms=order.hold_until_ms,
    )
