"""What the desk can be asked to do. Each is decided in the order it arrived."""

import msgspec

from broadcast.checkout.orders import Scope
from broadcast.checkout.payment import PaymentNotification
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, LookId, OrderId, ShowId, Sku
from broadcast.messages import MAX_KEY_CHARS, MAX_QUANTITY
from broadcast.money import Money


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A tap: reserve ``quantity`` pieces. ``fingerprint`` is of the request's body."""

    show: ShowId
    channel: ChannelId
    buyer: BuyerId
    key: str
    fingerprint: str
    sku: Sku
    quantity: int
    look: LookId | None
    seen_price: Money | None

    @property
    def scope(self) -> Scope:
        """Where the tap's key is unique."""
        return (self.channel, self.buyer, self.key)

    def malformed(self) -> Refusal | None:
        """Say which field no order can have, or None.

        Text that a database cannot hold (lone surrogates, NUL) is stopped here: further on it would spoil the
        transaction of everybody who waits together.
        """
        if not 1 <= self.quantity <= MAX_QUANTITY:
            return invalid(FieldError("/quantity", f"must be between 1 and {MAX_QUANTITY}"))
        if not 1 <= len(self.key) <= MAX_KEY_CHARS or not self.key.isprintable():
            return invalid(FieldError("/key", f"must be 1 to {MAX_KEY_CHARS} printable characters"))
        if self.look is not None and not self.look.isprintable():
            return invalid(FieldError("/look", "must be printable"))
        if not self.buyer.isprintable():
            return Refusal("unauthorized", "the buyer's name is not printable")
        return None


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer gives the order up."""

    channel: ChannelId
    buyer: BuyerId
    order: OrderId


class Fulfil(msgspec.Struct, frozen=True, kw_only=True):
    """The goods of a paid order were handed over."""

    order: OrderId


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """The payment gateway says what happened (its message is already verified)."""

    notification: PaymentNotification


class Expire(msgspec.Struct, frozen=True, kw_only=True):
    """Release up to ``most`` orders whose hold has run out."""

    most: int


Command = Place | Cancel | Fulfil | Notified | Expire
