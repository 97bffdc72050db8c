"""An order's life: ``reserved → paid → fulfilled``, or ``released``, which gives the stock back.

An order's money has a life of its own beside it (``payment``), because the gateway answers when it likes: money that
arrives for an order already released does not bring the order back, it is owed to the buyer.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Literal

import msgspec

from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, LookId, OrderId, ShowId, Sku
from broadcast.messages import OrderAnswer, OrderRequest, OrderStatus, ReleaseReason
from broadcast.money import Money

FINGERPRINT_BYTES = 16
"""Enough that two different bodies under one key are never taken for the same one."""

MAX_FINGERPRINTS = 4_096
"""Fingerprints remembered: in a drop nearly everybody asks for the same."""

PaymentState = Literal["none", "captured", "refund-due", "refunded"]

Scope = tuple[ChannelId, BuyerId, str]
"""Where an idempotency key is unique: one buyer of one channel."""


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order.

    Kept out of the garbage collector's sight (``gc=False``): it refers to nothing that could refer back, and a show
    holds hundreds of thousands.

    Attributes:
        key: the idempotency key the buyer's client chose.
        fingerprint: of the request's body, see ``fingerprint``.
        look: the look the buyer tapped on, or None.
        amount: price of the whole order at the moment it was placed.
        placed_at_ms, hold_until_ms: wall time; the stock is held until then if no payment arrives.
        release_reason: why the order was released, None while it is not.
        payment: what became of the money.
        payment_due_ms: wall time before which the payment is not asked for (a pre-order); None: at once.
    """

    order: OrderId
    show: ShowId
    channel: ChannelId
    buyer: BuyerId
    key: str
    fingerprint: str
    sku: Sku
    quantity: int
    look: LookId | None
    amount: Money
    placed_at_ms: int
    hold_until_ms: int
    status: OrderStatus = "reserved"
    payment: PaymentState = "none"
    release_reason: ReleaseReason | None = None
    payment_due_ms: int | None = None

    @property
    def scope(self) -> Scope:
        """Where the order's key is unique."""
        return (self.channel, self.buyer, self.key)

    @property
    def counts_for_limit(self) -> bool:
        """Whether the buyer holds or owns the pieces."""
        return self.status != "released"

    def answer(self) -> OrderAnswer:
        """Return the order as its buyer sees it now."""
        return OrderAnswer(
            order=self.order,
            status=self.status,
            sku=self.sku,
            quantity=self.quantity,
            amount=self.amount,
            hold_until_ms=self.hold_until_ms,
            release_reason=self.release_reason,
            payment_due_ms=self.payment_due_ms,
        )

    def first_answer(self) -> OrderAnswer:
        """Return the answer its tap got when it was placed: a repeated tap gets the same, whatever came since."""
        return OrderAnswer(
            order=self.order,
            status="reserved",
            sku=self.sku,
            quantity=self.quantity,
            amount=self.amount,
            hold_until_ms=self.hold_until_ms,
            payment_due_ms=self.payment_due_ms,
        )

    def paid(self) -> "Order":
        """Return the order with its money captured in time."""
        self._must_be("reserved")
        return msgspec.structs.replace(self, status="paid", payment="captured")

    def paid_too_late(self) -> "Order":
        """Return the released order whose money arrived all the same: it is owed to the buyer."""
        self._must_be("released")
        return msgspec.structs.replace(self, payment="refund-due")

    def fulfilled(self) -> "Order":
        """Return the order handed over to the buyer.

        Raises:
            Refusal: ``invalid``; only a paid order is fulfilled.
        """
        if self.status != "paid":
            raise invalid(FieldError("/order", f"only a paid order is fulfilled, this one is {self.status}"))
        return msgspec.structs.replace(self, status="fulfilled")

    def released(self, reason: ReleaseReason) -> "Order":
        """Return the order given up; money already captured becomes due to the buyer."""
        if self.status not in {"reserved", "paid"}:
            raise ValueError(f"an order that is {self.status} cannot be released")
        payment: PaymentState = "refund-due" if self.payment == "captured" else self.payment
        return msgspec.structs.replace(self, status="released", payment=payment, release_reason=reason)

    def refunded(self) -> "Order":
        """Return the order with its money back at the buyer."""
        if self.payment != "refund-due":
            raise ValueError("no refund is due")
        return msgspec.structs.replace(self, payment="refunded")

    def refuse_cancelling(self, now_ms: int) -> Refusal | None:
        """Say why the buyer can no longer cancel, or None if they can: until the hold ends, paid or not."""
        if self.status == "reserved" or (self.status == "paid" and now_ms < self.hold_until_ms):
            return None
        return Refusal("not-cancellable", f"the order is {self.status}", status_of_order=self.status)

    def _must_be(self, status: OrderStatus) -> None:
        if self.status != status:
            raise ValueError(f"the order is {self.status}, not {status}")


_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=MAX_FINGERPRINTS)
def fingerprint(request: OrderRequest) -> str:
    """Return a digest of what the request asks for, the same for the same show, SKU, quantity, look and price seen."""
    body = _encode((request.show, request.sku, request.quantity, request.look, request.seen_price))
    return blake2b(body, digest_size=FINGERPRINT_BYTES).hexdigest()
