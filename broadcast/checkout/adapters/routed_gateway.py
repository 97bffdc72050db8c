"""Takes each order to the gateway it belongs to, by the buyer's consent, and remembers where it was taken.

Where an order was taken, and by which agreement, is durable before the gateway is asked. So a repetition asks exactly
the same thing (gateways insist on that under one idempotency key), and a refund goes back the way the money came,
whatever settings or consents have become meanwhile.
"""

from collections.abc import Callable, Mapping

import msgspec

from broadcast.checkout.adapters.payment_book import Attempt, PaymentBook
from broadcast.checkout.payment import (
    Agreement,
    GatewayUnavailableError,
    Outcome,
    PaymentGateway,
    PaymentRequest,
    Provider,
    RefundRequest,
)
from broadcast.clock import Now
from broadcast.ids import OrderId

Choice = Callable[[PaymentRequest], Provider]
"""Says which gateway a new order belongs to."""


class RoutedGateway:
    """All gateways as one."""

    def __init__(
        self, gateways: Mapping[Provider, PaymentGateway], choose: Choice, book: PaymentBook, now: Now
    ) -> None:
        self._gateways = dict(gateways)
        self._choose = choose
        self._book = book
        self._now = now

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Ask the order's gateway, by the agreement that covers it if the buyer has one."""
        attempt = await self._book.attempt(request.order) or await self._begin(request)
        outcome = await self._gateway(attempt.provider).request_payment(_as_begun(request, attempt))
        await self._remember(attempt, outcome)
        return outcome

    async def query_payment(self, request: PaymentRequest) -> Outcome:
        """Ask the gateway the order was taken to."""
        attempt = await self._book.attempt(request.order)
        if attempt is None:
            return Outcome(state="unknown")
        outcome = await self._gateway(attempt.provider).query_payment(_as_begun(request, attempt))
        await self._remember(attempt, outcome)
        return outcome

    async def capture(self, request: PaymentRequest) -> Outcome:
        """Take the money where it was set aside."""
        attempt = await self._taken(request.order)
        return await self._gateway(attempt.provider).capture(_as_begun(request, attempt))

    async def close(self, request: PaymentRequest) -> Outcome:
        """Tell the gateway the order was taken to."""
        attempt = await self._book.attempt(request.order)
        if attempt is None:
            return Outcome(state="unknown")
        return await self._gateway(attempt.provider).close(_as_begun(request, attempt))

    async def refund(self, request: RefundRequest) -> Outcome:
        """Give money back the way it came."""
        attempt = await self._taken(request.order)
        return await self._gateway(attempt.provider).refund(_with_reference(request, attempt))

    async def query_refund(self, request: RefundRequest) -> Outcome:
        """Ask the gateway the money came by."""
        attempt = await self._taken(request.order)
        return await self._gateway(attempt.provider).query_refund(_with_reference(request, attempt))

    async def _begin(self, request: PaymentRequest) -> Attempt:
        provider = self._choose(request)
        consents = await self._book.agreements(request.channel, request.buyer)
        mine = [one for one in consents if one.provider == provider and one.covers(request.amount)]
        attempt = Attempt(
            order=request.order,
            show=request.show,
            provider=provider,
            agreement=mine[0].reference if mine else "",
            customer=mine[0].customer if mine else "",
            amount=request.amount,
            asked_at_ms=self._now(),
        )
        await self._book.begin(attempt)
        return attempt

    async def _remember(self, attempt: Attempt, outcome: Outcome) -> None:
        reference = attempt.reference or outcome.reference
        action = attempt.action or outcome.action
        if (reference, action) != (attempt.reference, attempt.action):
            await self._book.answered(attempt.order, reference, action)

    async def _taken(self, order: OrderId) -> Attempt:
        attempt = await self._book.attempt(order)
        if attempt is None:
            raise GatewayUnavailableError(f"order {order} was never taken to a gateway")
        return attempt

    def _gateway(self, provider: Provider) -> PaymentGateway:
        gateway = self._gateways.get(provider)
        if gateway is None:
            raise GatewayUnavailableError(f"{provider} is not set up any more")
        return gateway


def _as_begun(request: PaymentRequest, attempt: Attempt) -> PaymentRequest:
    agreement = None
    if attempt.agreement or attempt.customer:
        agreement = Agreement(
            provider=attempt.provider,
            reference=attempt.agreement,
            customer=attempt.customer,
            currency=attempt.amount.currency,
        )
    return msgspec.structs.replace(request, agreement=agreement, reference=attempt.reference)


def _with_reference(request: RefundRequest, attempt: Attempt) -> RefundRequest:
    return msgspec.structs.replace(request, reference=attempt.reference)
