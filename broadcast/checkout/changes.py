"""What a decision changed: exactly what must be durable before anybody is answered."""

from broadcast.checkout.ledger import LedgerEntry
from broadcast.checkout.line import LineOffer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, ErrandKind, PaymentNotification
from broadcast.checkout.stock import ShelfCount
from broadcast.checkout.tickets import Ticket
from broadcast.ids import OrderId, Sku

ErrandKey = tuple[OrderId, ErrandKind]


class Changes:
    """The effect of one batch of commands, each order, shelf and errand in its final form.

    Attributes:
        placed: new orders, in the order they were decided.
        changed: orders of the record that are different now; ``before`` has them as the record still does.
        touched: every SKU whose pieces moved; ``shelves`` has their figures after the batch.
        opened, closed: errands to and no longer to be run; one opened and closed in the same batch is in neither.
        entries: movements of money.
        notifications: the gateway's news that moved something.
        set_aside, put_back: offers to people in line, made, and the ids of those ended; one made and ended in the same
            batch is in neither.
        left_line: those who stood in line and have now something else, or nothing, to wait for.
    """

    __slots__ = (
        "before",
        "changed",
        "closed",
        "entries",
        "left_line",
        "notifications",
        "opened",
        "placed",
        "put_back",
        "set_aside",
        "shelves",
        "touched",
    )

    def __init__(self) -> None:
        self.placed: dict[OrderId, Order] = {}
        self.changed: dict[OrderId, Order] = {}
        self.before: dict[OrderId, Order] = {}
        self.touched: set[Sku] = set()
        self.shelves: dict[Sku, ShelfCount] = {}
        self.opened: dict[ErrandKey, Errand] = {}
        self.closed: set[ErrandKey] = set()
        self.entries: list[LedgerEntry] = []
        self.notifications: list[PaymentNotification] = []
        self.set_aside: dict[str, LineOffer] = {}
        self.put_back: set[str] = set()
        self.left_line: list[Ticket] = []

    def __bool__(self) -> bool:
        """Whether there is anything to make durable."""
        return bool(self.placed or self.changed or self.opened or self.set_aside or self.put_back)

    def decides(self, sku: Sku, known: Order | None) -> bool:
        """Tell whether what is said of a tap would be untrue if these changes did not become durable.

        Args:
            sku: what the tap is for.
            known: the order under its key, or None.
        """
        return known.order in self.placed if known is not None else sku in self.touched

    def record(self, before: Order, after: Order) -> None:
        """Note that an order became different."""
        if before.order in self.placed:
            self.placed[before.order] = after
            return
        self.before.setdefault(before.order, before)
        self.changed[before.order] = after

    def open(self, errand: Errand) -> None:
        """Note that the gateway must be told something."""
        self.opened[errand.order, errand.kind] = errand

    def close(self, order: OrderId, kind: ErrandKind) -> None:
        """Note that the gateway need not be told any more."""
        if self.opened.pop((order, kind), None) is None:
            self.closed.add((order, kind))

    def offer(self, offer: LineOffer) -> None:
        """Note that pieces are set aside for somebody."""
        self.set_aside[offer.id] = offer
        self.touched.add(offer.ticket.sku)

    def end_offer(self, offer: LineOffer) -> None:
        """Note that pieces are no longer set aside for somebody."""
        if self.set_aside.pop(offer.id, None) is None:
            self.put_back.add(offer.id)
        self.touched.add(offer.ticket.sku)
