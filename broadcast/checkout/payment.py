"""The payment port: what checkout asks of a gateway, and what it hears back.

Asking is fire and forget, at least once; a gateway is idempotent by order. The outcome comes back as a notification,
at any time, in any order, any number of times.
"""

from typing import Literal, Protocol

import msgspec

from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId
from broadcast.money import Money

ErrandKind = Literal["payment", "refund"]
NotificationKind = Literal["captured", "failed", "refunded"]


class PaymentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Please collect ``amount`` from the buyer for this order, once, before ``pay_by_ms`` (wall time)."""

    order: OrderId
    show: ShowId
    channel: ChannelId
    buyer: BuyerId
    amount: Money
    pay_by_ms: int


class RefundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Please give the buyer back all that was captured for this order, once."""

    order: OrderId
    amount: Money


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


class Errand(msgspec.Struct, frozen=True):
    """Something the gateway must be told, durable with the decision that made it, open until the gateway's answer.

    ``kind`` ``payment`` stays open until the money is captured, failed, or no longer wanted; ``refund`` until it is
    refunded.
    """

    order: OrderId
    kind: ErrandKind
    amount: Money


class GatewayUnavailableError(Exception):
    """The gateway did not take the request; asking again later is safe."""


class PaymentGateway(Protocol):
    """A payment gateway."""

    async def request_payment(self, request: PaymentRequest) -> None:
        """Ask for a payment.

        Raises:
            GatewayUnavailableError: not taken; ask again.
        """

    async def refund(self, request: RefundRequest) -> None:
        """Ask for a refund.

        Raises:
            GatewayUnavailableError: not taken; ask again.
        """
