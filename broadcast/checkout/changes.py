"""What a decision changed: exactly what must be durable before anybody is answered."""

from broadcast.checkout.ledger import LedgerEntry
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, ErrandKind, PaymentNotification
from broadcast.checkout.stock import ShelfCount
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
    """

    __slots__ = ("before", "changed", "closed", "entries", "notifications", "opened", "placed", "shelves", "touched")

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

    def __bool__(self) -> bool:
        """Whether there is anything to make durable."""
        return bool(self.placed or self.changed)

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
