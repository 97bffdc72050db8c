"""What the desk can be asked to do. Each is decided in the order it arrived."""

import msgspec

from broadcast.assurance import Assurance
from broadcast.checkout.orders import Scope, fingerprint
from broadcast.checkout.payment import PaymentNotification
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, LookId, OrderId, ShowId, Sku
from broadcast.messages import MAX_KEY_CHARS, MAX_QUANTITY, OrderRequest
from broadcast.money import Money


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tap: reserve ``quantity`` pieces.

    Attributes:
        fingerprint: of the request's body.
        arrival: when the buyer came first, as their arrival ticket says (see ``tickets``); None: now.
        assurance: how sure it is who the buyer is; None where nobody said.
    """

    show: ShowId
    channel: ChannelId
    buyer: BuyerId
    key: str
    fingerprint: str
    sku: Sku
    quantity: int
    look: LookId | None
    seen_price: Money | None
    arrival: int | None = None
    assurance: Assurance | None = None

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


def place_of(
    channel: ChannelId,
    buyer: BuyerId,
    key: str,
    request: OrderRequest,
    arrival: int | None = None,
    assurance: Assurance | None = None,
) -> Place:
    """Return a buyer's request as a command."""
    return Place(
        show=ShowId(request.show),
        channel=channel,
        buyer=buyer,
        key=key,
        fingerprint=fingerprint(request),
        sku=Sku(request.sku),
        quantity=request.quantity,
        look=None if request.look is None else LookId(request.look),
        seen_price=request.seen_price,
        arrival=arrival,
        assurance=assurance,
    )


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
    """Do what time alone brings, ``most`` of each kind.

    Holds and offers to people in line run out, payments of pre-orders fall due, lines move on.
    """

    most: int


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for the payment of up to ``most`` pre-orders of a SKU now, although it is not due yet."""

    sku: Sku
    most: int


class LeaveLine(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer no longer wants to stand in line, or what is set aside for them."""

    sku: Sku
    channel: ChannelId
    buyer: BuyerId


Command = Place | Cancel | Fulfil | Notified | Expire | Charge | LeaveLine
