"""The relay: tells the payment gateway what the record says it must be told, at least once.

What to tell (errands) is durable with the decision that made it, so nothing depends on this process: after a restart
every errand the gateway has not answered is told again, which is safe because gateways are idempotent by order.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Protocol

from broadcast.checkout.adapters.due_queue import DueQueue, backed_off_ms
from broadcast.checkout.changes import ErrandKey
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, GatewayUnavailableError, PaymentGateway, PaymentRequest, RefundRequest

WORKERS = 8
"""Requests to the gateway at a time."""

MAX_ERRANDS = 4_000_000
"""Errands known at a time: two for each order checkout holds."""

SEND_TIMEOUT_MS = 15_000
"""How long a gateway may take to accept a request."""

MAX_ATTEMPTS = 100
"""Tries for one errand in one run of this process; the next start begins again."""

RETRY_FIRST_MS, RETRY_MOST_MS = 200, 30_000
"""After a request the gateway did not take."""

ASK_AGAIN_FIRST_MS, ASK_AGAIN_MOST_MS = 30_000, 600_000
"""After a request it took and never answered."""

_log = logging.getLogger(__name__)


class ErrandSource(Protocol):
    """Where errands come from: the checkout."""

    def on_errands(self, listener: Callable[[Sequence[Errand]], None]) -> None:
        """Tell the listener of open errands, now and from now on."""

    def order_of(self, errand: Errand) -> Order | None:
        """Return the order an errand is about, or None where it is no longer open."""


class PaymentRelay:
    """Takes errands to a gateway until each is answered or no longer wanted.

    Args:
        jitter: draws from [0, 1), to spread retries.
    """

    def __init__(
        self, checkout: ErrandSource, gateway: PaymentGateway, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._checkout = checkout
        self._gateway = gateway
        self._jitter = jitter
        self._queue: DueQueue[tuple[Errand, int]] = DueQueue(MAX_ERRANDS)
        self._known: set[ErrandKey] = set()
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

    def _learn(self, errands: Sequence[Errand]) -> None:
        for errand in errands:
            key = (errand.order, errand.kind)
            if key not in self._known:
                self._known.add(key)
                self._queue.put((errand, 0), 0)

    async def _work(self) -> None:
        while True:
            errand, attempt = await self._queue.get()
            order = self._checkout.order_of(errand)
            if order is None:
                self._known.discard((errand.order, errand.kind))
                continue
            taken = await self._tell(errand, order)
            if attempt + 1 >= MAX_ATTEMPTS:
                _log.error("gave up on %s of order %s until the next start", errand.kind, errand.order)
                continue
            first_ms, most_ms = (ASK_AGAIN_FIRST_MS, ASK_AGAIN_MOST_MS) if taken else (RETRY_FIRST_MS, RETRY_MOST_MS)
            self._queue.put((errand, attempt + 1), backed_off_ms(attempt, first_ms, most_ms, self._jitter()))

    async def _tell(self, errand: Errand, order: Order) -> bool:
        """Make one request; return whether the gateway took it."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_MS / 1000):
                if errand.kind == "refund":
                    await self._gateway.refund(RefundRequest(order=order.order, amount=errand.amount))
                else:
                    await self._gateway.request_payment(_request(errand, order))
        except (GatewayUnavailableError, TimeoutError) as error:
            _log.warning("%s of order %s not taken by the gateway: %r", errand.kind, errand.order, error)
            return False
        except Exception:  # noqa: BLE001 - an adapter's mistake over one order must not stop the others' payments
            _log.exception("%s of order %s could not be sent", errand.kind, errand.order)
            return False
        return True


def _request(errand: Errand, order: Order) -> PaymentRequest:
    return PaymentRequest(
        order=order.order,
        show=order.show,
        channel=order.channel,
        buyer=order.buyer,
        amount=errand.amount,
        pay_by_ms=order.hold_until_ms,
    )
