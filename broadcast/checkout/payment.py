"""The payment port: what checkout asks of a gateway, and what it hears back.

Asking is at least once; a gateway is idempotent by order. The outcome comes back as a notification, at any time, in any
order, any number of times; where none comes in time, the gateway is asked. Buyers' means of payment are only ever
references that the gateway gave out: no card data passes through here.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId
from broadcast.money import Money

Provider = Literal["sandbox", "alipay", "wechat_pay", "stripe"]
"""Who moves the money; ``sandbox`` moves none."""

ErrandKind = Literal["payment", "refund"]
NotificationKind = Literal["captured", "failed", "refunded"]

OutcomeState = Literal["pending", "authorized", "captured", "failed", "refunded", "closed", "unknown"]
"""What a gateway says of a payment or refund now: ``unknown`` is that it has never heard of it, ``authorized`` that the
money is set aside and must be captured, ``closed`` that nobody can pay it any more."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's standing consent to be charged by one tap, by reference.

    Attributes:
        reference: agreement number (Alipay), contract id (WeChat Pay), payment method (Stripe); empty where the buyer
            still confirms each payment.
        customer: the payer as the gateway names them: openid (WeChat Pay), customer (Stripe); empty where not needed.
        currency: the consent is for this currency alone.
        limit: minor units one order may cost under the consent, or None where only the gateway's own limit counts.
        address: reference of the delivery address, kept for whoever fulfils.
        confirmed: whether the channel has proved the limit: such a consent lifts a spending limit (see ``spending``).
    """

    provider: Provider
    reference: str
    customer: str = ""
    currency: str
    limit: int | None = None
    address: str = ""
    confirmed: bool = False

    def covers(self, amount: Money) -> bool:
        """Tell whether an order of this amount may be charged without asking the buyer again."""
        return self.currency == amount.currency and (self.limit is None or amount.value <= self.limit)


class BuyerAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer must do where no agreement covers the order.

    Attributes:
        kind: ``qr`` (show ``value`` as a code), ``prepay`` (hand ``value`` to the app's payment call),
            ``client-secret`` (confirm on the page with the gateway's own form).
    """

    kind: Literal["qr", "prepay", "client-secret"]
    value: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway's answer.

    Attributes:
        amount: what was captured, authorized or given back, where it says.
        reference: the gateway's own name for the payment.
        reason: the gateway's code for a failure, for logs and people.
    """

    state: OutcomeState
    amount: Money | None = None
    reference: str = ""
    action: BuyerAction | None = None
    reason: str = ""


class PaymentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Please collect ``amount`` from the buyer for this order, once, before ``pay_by_ms`` (wall time).

    ``agreement`` and ``reference`` (the gateway's own name, known from an earlier answer) are filled in on the way.
    """

    order: OrderId
    show: ShowId
    channel: ChannelId
    buyer: BuyerId
    amount: Money
    pay_by_ms: int
    agreement: Agreement | None = None
    reference: str = ""


class RefundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Please give the buyer back all that was captured for this order, once."""

    order: OrderId
    amount: Money
    reference: str = ""


class PaymentNotification(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says happened.

    Attributes:
        id: the gateway's name for this piece of news; the same when it is sent again.
        amount: what was captured, could not be captured, or was given back.
    """

    id: str
    kind: NotificationKind
    order: OrderId
    amount: Money


class Errand(msgspec.Struct, frozen=True, gc=False):
    """Something the gateway must be told, durable with the decision that made it, open until the gateway's answer.

    ``kind`` ``payment`` stays open until the money is captured, failed, or no longer wanted; ``refund`` until it is
    refunded.
    """

    order: OrderId
    kind: ErrandKind
    amount: Money


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money in a gateway's own statement.

    Attributes:
        order: the order it names, as we name orders; what it says where that is none of ours.
        fee: minor units the gateway kept of it; negative where it gave a fee back.
        reference: the gateway's own name for the movement.
    """

    order: OrderId
    kind: Literal["captured", "refunded"]
    amount: Money
    fee: int = 0
    reference: str = ""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway wants to hear as the answer to a notification."""

    status: int
    body: bytes = b""
    content_type: str = ""


class GatewayUnavailableError(Exception):
    """The gateway did not take the request, or its answer was lost or not its own; asking again later is safe."""


class PaymentGateway(Protocol):
    """Asks for money. Every method may raise ``GatewayUnavailableError``: ask again, later."""

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Ask for a payment: by the agreement where there is one, else for what the buyer has to do."""

    async def query_payment(self, request: PaymentRequest) -> Outcome:
        """Ask what became of a payment."""

    async def capture(self, request: PaymentRequest) -> Outcome:
        """Take money that was only set aside."""

    async def close(self, request: PaymentRequest) -> Outcome:
        """Say that a payment is no longer wanted; answers ``captured`` where it came too late for that."""

    async def refund(self, request: RefundRequest) -> Outcome:
        """Ask for a refund."""

    async def query_refund(self, request: RefundRequest) -> Outcome:
        """Ask what became of a refund."""


class NotificationReader(Protocol):
    """Hears a gateway out, and answers as it wants to be answered."""

    def read(self, headers: Mapping[str, str], body: bytes) -> PaymentNotification | None:
        """Return the news, or None where it is rightly signed and moves nothing.

        Args:
            headers: looked up without regard to case.
            body: exactly the bytes that arrived.

        Raises:
            Refusal: ``unauthorized`` (forged, or signed too long ago), ``malformed``, ``too-large``.
        """

    def accepted(self) -> Acknowledgement:
        """Return the answer after which the gateway stops telling."""

    def refused(self, refusal: Refusal) -> Acknowledgement:
        """Return the answer after which the gateway tells again, or sees that it is not believed."""


class StatementSource(Protocol):
    """Gives out a gateway's statements."""

    async def statement(self, day: str) -> list[StatementLine]:
        """Return all movements of one day (ISO date, in the gateway's own time zone).

        Raises:
            GatewayUnavailableError: not now.
        """


def news_of(order: OrderId, kind: ErrandKind, outcome: Outcome, wanted: Money) -> PaymentNotification | None:
    """Return an answer as the news it amounts to, or None where nothing is final yet.

    A failure names no amount, so it is about the amount that was wanted.
    """
    final: NotificationKind
    match kind, outcome.state:
        case "payment", "captured":
            final = "captured"
        case "payment", "failed" | "closed":
            final = "failed"
        case "refund", "refunded":
            final = "refunded"
        case _:
            return None
    return PaymentNotification(
        id=f"asked:{order}:{final}",
        kind=final,
        order=order,
        amount=wanted if final == "failed" else outcome.amount or wanted,
    )
