"""The desk: everything checkout knows, in memory, owned by one writer.

The desk is a cache of the record and nothing else: it can be thrown away at any moment and rebuilt from it. Whoever
owns it lets ``decisions.decide`` change it, makes the changes durable, and only then answers; if that fails, the desk
is rebuilt. Openings are the exception: they belong to the timeline, so they outlive a rebuild.
"""

import heapq
from collections.abc import Iterable, Mapping

from broadcast.checkout.changes import Changes, ErrandKey
from broadcast.checkout.offers import Offer, Openings
from broadcast.checkout.orders import Order, Scope
from broadcast.checkout.payment import Errand
from broadcast.checkout.stock import Shelf, ShelfCount
from broadcast.clock import WallMs
from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId, Sku
from broadcast.messages import OrderCounters, OrderStatus, SkuCounter, StockState


class RecordDisagreesError(Exception):
    """The record's own figures contradict one another; selling on would be guessing."""


class Desk:
    """Orders, shelves and errands of one show.

    Attributes:
        orders: every order of the show.
        by_key: idempotency scope → the order placed under it.
        shelves: every SKU ever offered, also those no longer in the catalogue: their orders can still be released.
        errands: what the gateway must still be told.
    """

    def __init__(self, show: ShowId, offers: Mapping[Sku, Offer], openings: Openings, hold_ms: int) -> None:
        self.show = show
        self.offers = offers
        self.openings = openings
        self.hold_ms = hold_ms
        self.orders: dict[OrderId, Order] = {}
        self.by_key: dict[Scope, Order] = {}
        self.shelves: dict[Sku, Shelf] = {sku: Shelf(sku, offer.stock) for sku, offer in offers.items()}
        self.errands: dict[ErrandKey, Errand] = {}
        self._holds: list[tuple[int, OrderId]] = []
        self._kept: dict[tuple[ChannelId, BuyerId, Sku], int] = {}
        self._counts: dict[OrderStatus, int] = {"reserved": 0, "paid": 0, "fulfilled": 0, "released": 0}
        self._values: dict[OrderStatus, int] = {"reserved": 0, "paid": 0, "fulfilled": 0, "released": 0}

    def restore(self, orders: Iterable[Order], shelves: Mapping[Sku, ShelfCount], errands: Iterable[Errand]) -> None:
        """Fill an empty desk from the record.

        Raises:
            RecordDisagreesError: a SKU's orders and its shelf's figures contradict one another.
        """
        reserved: dict[Sku, int] = {}
        sold: dict[Sku, int] = {}
        for order in orders:
            self.add(order)
            if order.status == "reserved":
                reserved[order.sku] = reserved.get(order.sku, 0) + order.quantity
            elif order.status != "released":
                sold[order.sku] = sold.get(order.sku, 0) + order.quantity
        for sku, count in shelves.items():
            shelf = Shelf(sku, count.initial)
            shelf.left, shelf.reserved, shelf.sold = count.left, count.reserved, count.sold
            if not count.adds_up or count.reserved != reserved.get(sku, 0) or count.sold != sold.get(sku, 0):
                raise RecordDisagreesError(
                    f"{sku!r}: {count}, while its orders hold {reserved.get(sku, 0)} and own {sold.get(sku, 0)} pieces"
                )
            self.shelves[sku] = shelf
        without_shelf = (reserved.keys() | sold.keys()) - shelves.keys()
        if without_shelf:
            raise RecordDisagreesError(f"orders for SKUs the record has no stock of: {sorted(without_shelf)}")
        self.errands = {(errand.order, errand.kind): errand for errand in errands}

    def add(self, order: Order) -> None:
        """Take in an order the desk does not have yet."""
        self.orders[order.order] = order
        self.by_key[order.channel, order.buyer, order.key] = order
        self._counts[order.status] += 1
        self._values[order.status] += order.amount.value
        if order.status == "released":
            return
        kept = (order.channel, order.buyer, order.sku)
        self._kept[kept] = self._kept.get(kept, 0) + order.quantity
        if order.status == "reserved":
            heapq.heappush(self._holds, (order.hold_until_ms, order.order))

    def replace(self, before: Order, after: Order) -> None:
        """Take in the next state of an order the desk has."""
        self.orders[after.order] = after
        self.by_key[after.scope] = after
        self._counts[before.status] -= 1
        self._values[before.status] -= before.amount.value
        self._counts[after.status] += 1
        self._values[after.status] += after.amount.value
        if before.counts_for_limit and not after.counts_for_limit:
            self._let_go(before)

    def has(self, changes: Changes) -> bool:
        """Tell whether all orders of these changes are here, exactly as changed."""
        ours = {**changes.placed, **changes.changed}
        return bool(ours) and all(self.orders.get(order) == after for order, after in ours.items())

    def kept_by(self, channel: ChannelId, buyer: BuyerId, sku: Sku) -> int:
        """Return how many pieces of the SKU the buyer holds or owns."""
        return self._kept.get((channel, buyer, sku), 0)

    def first_hold_ms(self) -> int | None:
        """Return when the next hold runs out (wall time), or None if nothing is held."""
        while self._holds:
            hold_until_ms, order = self._holds[0]
            if self.orders[order].status == "reserved":
                return hold_until_ms
            heapq.heappop(self._holds)
        return None

    def pop_expired(self, now: WallMs) -> Order | None:
        """Return a reserved order whose hold has run out, the longest overdue first; each is returned once."""
        first_ms = self.first_hold_ms()
        if first_ms is None or first_ms > now:
            return None
        return self.orders[heapq.heappop(self._holds)[1]]

    def state_of(self, sku: Sku) -> StockState:
        """Return what a card says about the SKU."""
        if self.openings.is_withdrawn(sku) or sku not in self.offers:
            return "ended"
        return "on_sale" if self.shelves[sku].left else "sold_out"

    def counter(self, sku: Sku) -> SkuCounter:
        """Return one SKU's pieces.

        Raises:
            KeyError: the SKU is not in the show.
        """
        shelf = self.shelves[sku]
        return SkuCounter(
            initial=shelf.initial,
            left=shelf.left,
            reserved=shelf.reserved,
            sold=shelf.sold,
            state=self.state_of(sku),
        )

    def stock(self) -> dict[Sku, SkuCounter]:
        """Return every SKU's pieces."""
        return {sku: self.counter(sku) for sku in self.shelves}

    def counters(self, refused: int) -> OrderCounters:
        """Return orders by status; ``refused`` is counted by whoever answers, refusals leave no trace here."""
        return OrderCounters(
            placed=len(self.orders),
            reserved=self._counts["reserved"],
            paid=self._counts["paid"],
            fulfilled=self._counts["fulfilled"],
            released=self._counts["released"],
            refused=refused,
            paid_value=self._values["paid"] + self._values["fulfilled"],
            reserved_value=self._values["reserved"],
        )

    def _let_go(self, order: Order) -> None:
        kept = (order.channel, order.buyer, order.sku)
        pieces = self._kept[kept] - order.quantity
        if pieces:
            self._kept[kept] = pieces
        else:
            del self._kept[kept]
