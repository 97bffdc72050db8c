"""Stripe: PaymentIntents charged off session by a stored payment method, or confirmed by the buyer; refunds, webhooks.

Over stripe's own SDK. The order is the idempotency key and stands in every object's metadata; how Stripe calls the
payment (``pi_…``) is the request's ``reference`` once known. Amounts are minor units on both sides.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

import msgspec
import requests
import stripe
from requests.adapters import HTTPAdapter

from broadcast.checkout.adapters.sdk_threads import SDK_TIMEOUT_S, THREADS, SdkThreads
from broadcast.checkout.payment import (
    Acknowledgement,
    BuyerAction,
    GatewayUnavailableError,
    NotificationKind,
    Outcome,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
    StatementLine,
)
from broadcast.errors import Refusal
from broadcast.ids import OrderId
from broadcast.money import Money

MAX_NOTIFICATION_BYTES = 262_144
"""An event carries the whole object."""

TOLERANCE_S = 300
"""How old a webhook's signature may be; older ones are replays."""

MAX_STATEMENT_LINES = 1_000_000
PAGE = 100

_ORDER, _BY = "order", "by"
_AGREEMENT, _BUYER = "agreement", "buyer"
_REFERENCE = "pi_"

_T = TypeVar("_T")


class StripeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant's side of Stripe.

    Attributes:
        secret_key: ``sk_…`` or a restricted key.
        webhook_secret: ``whsec_…`` of our endpoint.
        capture: ``manual`` sets the money aside at the tap and takes it only while the order still holds its stock.
        base_url: another address than Stripe's own, for a proxy or a test gateway.
    """

    secret_key: str
    webhook_secret: str
    capture: Literal["automatic", "manual"] = "automatic"
    base_url: str | None = None


class StripeGateway:
    """Stripe as a payment gateway."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._threads = SdkThreads("stripe")
        self._connections = requests.Session()
        for scheme in ("https://", "http://"):
            self._connections.mount(scheme, HTTPAdapter(pool_maxsize=THREADS))
        self._client = stripe.StripeClient(
            account.secret_key,
            base_addresses={"api": account.base_url} if account.base_url is not None else {},
            max_network_retries=0,  # the relay asks again, with the same key
            http_client=stripe.RequestsClient(timeout=SDK_TIMEOUT_S, session=self._connections),
        )

    def close_threads(self) -> None:
        """Make no more calls."""
        self._threads.close()
        self._connections.close()

    # ------------------------------------------------------------ asking

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Charge the stored payment method, or prepare a payment that the buyer confirms."""
        agreement = request.agreement
        params: dict[str, Any] = {
            "amount": request.amount.value,
            "currency": request.amount.currency.lower(),
            "capture_method": self._account.capture,
            "metadata": {_ORDER: request.order, "show": request.show, _BY: _BUYER},
        }
        if agreement is not None and agreement.reference:
            params |= {
                "customer": agreement.customer,
                "payment_method": agreement.reference,
                "off_session": True,
                "confirm": True,
                "metadata": {_ORDER: request.order, "show": request.show, _BY: _AGREEMENT},
            }
        else:
            params["automatic_payment_methods"] = {"enabled": True}
        options: Any = {"idempotency_key": f"{request.order}:payment"}
        try:
            intent = await self._call(lambda: self._client.v1.payment_intents.create(params, options))  # type: ignore[arg-type]  # a plain dict of the call's own keys
        except stripe.CardError as declined:
            return Outcome(state="failed", reason=str(declined.code), reference=_declined(declined))
        return _state(intent)

    async def query_payment(self, request: PaymentRequest) -> Outcome:
        """Ask for the intent's state; one whose name was lost is asked for again under the same key."""
        if not request.reference.startswith(_REFERENCE):
            return Outcome(state="unknown")
        return _state(await self._call(lambda: self._client.v1.payment_intents.retrieve(request.reference)))

    async def capture(self, request: PaymentRequest) -> Outcome:
        """Take the money that was set aside."""
        options: Any = {"idempotency_key": f"{request.order}:capture"}
        try:
            return _state(
                await self._call(lambda: self._client.v1.payment_intents.capture(request.reference, {}, options))
            )
        except stripe.CardError as declined:
            return Outcome(state="failed", reason=str(declined.code))
        except stripe.InvalidRequestError:
            return await self.query_payment(request)

    async def close(self, request: PaymentRequest) -> Outcome:
        """Cancel the intent, or say that it was paid already."""
        if not request.reference.startswith(_REFERENCE):
            return Outcome(state="unknown")
        try:
            await self._call(lambda: self._client.v1.payment_intents.cancel(request.reference))
        except stripe.InvalidRequestError:
            return await self.query_payment(request)
        return Outcome(state="closed")

    async def refund(self, request: RefundRequest) -> Outcome:
        """Give the whole amount back."""
        params: Any = {
            "payment_intent": request.reference,
            "amount": request.amount.value,
            "metadata": {_ORDER: request.order},
        }
        options: Any = {"idempotency_key": f"{request.order}:refund"}
        try:
            return _refund_state(await self._call(lambda: self._client.v1.refunds.create(params, options)))
        except stripe.InvalidRequestError as refused:
            if refused.code == "charge_already_refunded":
                return await self.query_refund(request)
            raise GatewayUnavailableError(f"stripe: {refused.code}") from None

    async def query_refund(self, request: RefundRequest) -> Outcome:
        """Ask for the refund of the intent."""
        params: Any = {"payment_intent": request.reference, "limit": 1}
        found = await self._call(lambda: self._client.v1.refunds.list(params))
        return _refund_state(found.data[0]) if found.data else Outcome(state="unknown")

    async def statement(self, day: str) -> list[StatementLine]:
        """Return the day's balance transactions (UTC) that are charges or refunds of orders."""
        begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
        ends = begins + timedelta(days=1)
        params: Any = {
            "created": {"gte": int(begins.timestamp()), "lt": int(ends.timestamp())},
            "limit": PAGE,
            "expand": ["data.source"],
        }

        def read() -> list[StatementLine]:
            lines: list[StatementLine] = []
            for transaction in self._client.v1.balance_transactions.list(params).auto_paging_iter():
                line = _line(transaction.to_dict())
                if line is not None:
                    lines.append(line)
                if len(lines) > MAX_STATEMENT_LINES:
                    raise GatewayUnavailableError("the statement is larger than any day's")
            return lines

        return await self._call(read)

    # ------------------------------------------------------------ listening

    def read(self, headers: Mapping[str, str], body: bytes) -> PaymentNotification | None:
        """Read a webhook: ``Stripe-Signature`` over the raw body, fresh within ``TOLERANCE_S``.

        Raises:
            Refusal: ``too-large``, ``unauthorized`` (forged or old), ``malformed``.
        """
        if len(body) > MAX_NOTIFICATION_BYTES:
            raise Refusal("too-large", f"a notification has at most {MAX_NOTIFICATION_BYTES} bytes")
        signature = next((text for name, text in headers.items() if name.lower() == "stripe-signature"), "")
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._account.webhook_secret, TOLERANCE_S)
        except (stripe.SignatureVerificationError, ValueError):
            raise Refusal("unauthorized", "the notification is not signed by the gateway") from None
        try:
            return _news(msgspec.json.decode(body, type=dict[str, Any]))
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            raise Refusal("malformed", "the notification is no event") from None

    def accepted(self) -> Acknowledgement:
        """Return the answer after which Stripe stops telling."""
        return Acknowledgement(status=200, body=b'{"received":true}', content_type="application/json")

    def refused(self, refusal: Refusal) -> Acknowledgement:
        """Return the answer after which Stripe tells again, and shows the endpoint as failing."""
        body = msgspec.json.encode({"error": refusal.name})
        return Acknowledgement(status=refusal.status, body=body, content_type="application/json")

    # ------------------------------------------------------------ the wire

    async def _call(self, call: Callable[[], _T]) -> _T:
        """Run a call; declines and refusals of this one request pass, whatever else failed is asked again."""
        try:
            return await self._threads.run(call)
        except (stripe.CardError, stripe.InvalidRequestError):
            raise
        except stripe.StripeError as error:
            raise GatewayUnavailableError(f"stripe: {type(error).__name__} {error.code or ''}".rstrip()) from None


def _state(intent: stripe.PaymentIntent) -> Outcome:
    amount = Money(intent.amount_received or 0, intent.currency.upper())
    by_buyer = intent.to_dict().get("metadata", {}).get(_BY) == _BUYER
    match intent.status:
        case "succeeded":
            return Outcome(state="captured", amount=amount, reference=intent.id)
        case "requires_capture":
            return Outcome(state="authorized", reference=intent.id)
        case "canceled":
            return Outcome(state="failed", reference=intent.id, reason="canceled")
        case "requires_payment_method" | "requires_action" if not by_buyer:
            return Outcome(state="failed", reference=intent.id, reason=intent.status)
    secret = intent.client_secret
    action = BuyerAction(kind="client-secret", value=secret) if by_buyer and secret else None
    return Outcome(state="pending", reference=intent.id, action=action)


def _declined(declined: stripe.CardError) -> str:
    body = declined.json_body
    intent = body.get("error", {}).get("payment_intent", {}) if isinstance(body, dict) else {}
    return str(intent.get("id", ""))


def _refund_state(refund: stripe.Refund) -> Outcome:
    if refund.status == "succeeded":
        return Outcome(state="refunded", amount=Money(refund.amount, refund.currency.upper()), reference=refund.id)
    if refund.status in {"failed", "canceled"}:
        return Outcome(state="failed", reason=str(refund.status))
    return Outcome(state="pending", reference=refund.id)


def _line(transaction: Mapping[str, Any]) -> StatementLine | None:
    kinds: dict[str, Literal["captured", "refunded"]] = {
        "charge": "captured", "payment": "captured", "refund": "refunded", "payment_refund": "refunded",
    }  # fmt: skip
    kind = kinds.get(transaction["type"])
    source = transaction.get("source")
    if kind is None or not isinstance(source, dict):
        return None
    order = (source.get("metadata") or {}).get(_ORDER)
    return StatementLine(
        order=OrderId(order or str(source.get("id", ""))),
        kind=kind,
        amount=Money(abs(transaction["amount"]), transaction["currency"].upper()),
        fee=transaction["fee"],
        reference=transaction["id"],
    )


def _news(event: Mapping[str, Any]) -> PaymentNotification | None:
    about = event["data"]["object"]
    order = about.get("metadata", {}).get(_ORDER)
    if not isinstance(order, str):
        return None  # somebody else's payment on the same account
    kind: NotificationKind
    field = "amount"
    match event["type"]:
        case "payment_intent.succeeded":
            kind, field = "captured", "amount_received"
        case "payment_intent.canceled":
            kind = "failed"
        case "payment_intent.payment_failed" if about["metadata"].get(_BY) == _AGREEMENT:
            kind = "failed"
        case "refund.created" | "refund.updated" if about.get("status") == "succeeded":
            kind = "refunded"
        case _:
            return None
    value, currency = about[field], about["currency"]
    if type(value) is not int or not isinstance(currency, str):
        raise TypeError("an amount is a whole number of minor units")
    return PaymentNotification(
        id=str(event["id"]), kind=kind, order=OrderId(order), amount=Money(value, currency.upper())
    )
