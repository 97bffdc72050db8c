"""The desk: everything checkout knows, in memory, owned by one writer.

The desk is a cache of the record and nothing else: it can be thrown away at any moment and rebuilt from it. Whoever
owns it lets ``decisions.decide`` change it, makes the changes durable, and only then answers; if that fails, the desk
is rebuilt. Openings and lines are the exception: they belong to the timeline and to those who wait, so they outlive
a rebuild.
"""

import heapq
from collections.abc import Iterable, Mapping
from typing import Literal

from broadcast.checkout.changes import Changes, ErrandKey
from broadcast.checkout.line import LineKey, LineOffer, Lines
from broadcast.checkout.offers import Offer, Openings
from broadcast.checkout.orders import Order, Scope
from broadcast.checkout.payment import Errand
from broadcast.checkout.spending import Spending, SpendingLimits
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
        lines: who stands in line, or None where nobody may.
        line_offers: the pieces set aside for people in line.
        uncharged: SKU → the pre-orders whose payment was not asked for yet.
        spending: what every buyer spent, or None where the show has no spending limits.
    """

    def __init__(
        self,
        show: ShowId,
        offers: Mapping[Sku, Offer],
        openings: Openings,
        hold_ms: int,
        lines: Lines | None = None,
        limits: SpendingLimits | None = None,
    ) -> None:
        self.show = show
        self.offers = offers
        self.openings = openings
        self.hold_ms = hold_ms
        self.lines = lines
        self.spending = None if limits is None else Spending(limits)
        self.orders: dict[OrderId, Order] = {}
        self.by_key: dict[Scope, Order] = {}
        self.shelves: dict[Sku, Shelf] = {sku: Shelf(sku, offer.stock) for sku, offer in offers.items()}
        self.errands: dict[ErrandKey, Errand] = {}
        self.line_offers: dict[LineKey, LineOffer] = {}
        self.uncharged: dict[Sku, dict[OrderId, None]] = {}
        self._holds: list[tuple[int, OrderId]] = []
        self._charges: list[tuple[int, Sku, OrderId]] = []
        self._lapses: list[tuple[int, LineKey]] = []
        self._revocable: list[tuple[int, OrderId]] = []
        self._settled: dict[Sku, int] = {}
        self._settled_until_ms = 0
        self._offered: dict[Sku, int] = {}
        self._taken: dict[Sku, dict[ChannelId, int]] = {sku: {} for sku, offer in offers.items() if offer.shares}
        self._kept: dict[tuple[ChannelId, BuyerId, str], int] = {}
        self._counts: dict[OrderStatus, int] = {"reserved": 0, "paid": 0, "fulfilled": 0, "released": 0}
        self._values: dict[OrderStatus, int] = {"reserved": 0, "paid": 0, "fulfilled": 0, "released": 0}

    def restore(
        self,
        orders: Iterable[Order],
        shelves: Mapping[Sku, ShelfCount],
        errands: Iterable[Errand],
        line_offers: Iterable[LineOffer] = (),
    ) -> None:
        """Fill an empty desk from the record.

        Raises:
            RecordDisagreesError: a SKU's orders and its shelf's figures contradict one another, or one key names two
                orders.
        """
        self.errands = {(errand.order, errand.kind): errand for errand in errands}
        reserved: dict[Sku, int] = {}
        sold: dict[Sku, int] = {}
        for order in orders:
            if order.scope in self.by_key:
                raise RecordDisagreesError(f"two orders under one key of a buyer: {order.order!r} is the second")
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
        for offer in line_offers:
            shelf_of = self.shelves.get(offer.ticket.sku)
            if shelf_of is None or shelf_of.free < offer.pieces:
                raise RecordDisagreesError(f"{offer.ticket.sku!r}: more pieces are set aside than are left")
            self.set_aside(offer)

    def add(self, order: Order) -> None:
        """Take in an order the desk does not have yet."""
        self.orders[order.order] = order
        self.by_key[order.channel, order.buyer, order.key] = order
        self._counts[order.status] += 1
        self._values[order.status] += order.amount.value
        if order.status == "released":
            return
        self._count(order, order.quantity)
        if self.spending is not None:
            self.spending.add(order)
        if order.status == "reserved":
            heapq.heappush(self._holds, (order.hold_until_ms, order.order))
            if order.payment_due_ms is not None and (order.order, "payment") not in self.errands:
                self.uncharged.setdefault(order.sku, {})[order.order] = None
                heapq.heappush(self._charges, (order.payment_due_ms, order.sku, order.order))
        else:
            self._pay(order)

    def replace(self, before: Order, after: Order) -> None:
        """Take in the next state of an order the desk has."""
        self.orders[after.order] = after
        self.by_key[after.scope] = after
        self._counts[before.status] -= 1
        self._values[before.status] -= before.amount.value
        self._counts[after.status] += 1
        self._values[after.status] += after.amount.value
        if after.status == before.status:
            return
        if after.status == "released":
            self._count(before, -before.quantity)
            if self.spending is not None:
                self.spending.release(before)
            if before.status == "paid" and before.hold_until_ms <= self._settled_until_ms:
                self._settled[before.sku] -= before.quantity
        elif after.status == "paid":
            self._pay(after)
        if before.status == "reserved" and before.payment_due_ms is not None:
            self.charged(before)

    def has(self, changes: Changes) -> bool:
        """Tell whether all that these changes made is here, exactly as made."""
        ours = {**changes.placed, **changes.changed}
        return (
            bool(ours or changes.opened or changes.set_aside)
            and all(self.orders.get(order) == after for order, after in ours.items())
            and all(self.errands.get(key) == errand for key, errand in changes.opened.items())
            and all(self.line_offers.get(offer.key) == offer for offer in changes.set_aside.values())
        )

    def kept_by(self, channel: ChannelId, buyer: BuyerId, of: str) -> int:
        """Return how many pieces of a SKU, or of a group's SKUs (see ``group_key``), the buyer holds or owns."""
        return self._kept.get((channel, buyer, of), 0)

    def limits(self, channel: ChannelId, buyer: BuyerId, sku: Sku) -> list[tuple[Literal["sku", "product"], int, int]]:
        """Return every limit on a buyer's pieces of a SKU: of what, how many they may have, how many they have."""
        offer = self.offers[sku]
        found: list[tuple[Literal["sku", "product"], int, int]] = []
        if offer.limit_per_buyer is not None:
            found.append(("sku", offer.limit_per_buyer, self._kept.get((channel, buyer, sku), 0)))
        if offer.limit_per_group is not None and offer.group is not None:
            found.append(("product", offer.limit_per_group, self.kept_by(channel, buyer, group_key(offer.group))))
        return found

    def open_to(self, sku: Sku, channel: ChannelId, now: WallMs) -> int:
        """Return how many pieces that nobody holds a channel's buyers may take now."""
        shelf = self.shelves[sku]
        if self.lines is not None and self.lines.gathering and self.lines.gathers(sku, now):
            return 0
        taken = self._taken.get(sku) if self._taken else None
        if taken is None or self.pooled_from_ms(sku, now) is None:
            return shelf.free
        shares = self.offers[sku].shares
        return shelf.free if shares is None else shares.open_to(channel, shelf.free, shelf.initial, taken)

    def pooled_from_ms(self, sku: Sku, now: WallMs) -> int | None:
        """Return the wall instant at which the SKU's channel shares end, or None where there are none any more.

        The slowest channel's last viewers too have the whole time they were promised.
        """
        shares = self.offers[sku].shares if sku in self._taken else None
        instant = None if shares is None else shares.pooled_from_ms(self.openings.opened_at_ms(sku))
        if instant is None:
            return None
        pooled_ms = instant + self.openings.slowest_ms
        return pooled_ms if now < pooled_ms else None

    def coming_back(self, sku: Sku, now: WallMs) -> int:
        """Return how many pieces somebody who has none yet could still get: all but those that are sold for good."""
        self._settled_until_ms = max(self._settled_until_ms, now)
        while self._revocable and self._revocable[0][0] <= now:
            order = self.orders[heapq.heappop(self._revocable)[1]]
            if order.status != "released":
                self._settle(order)
        return self.shelves[sku].initial - self._settled.get(sku, 0)

    def offered(self, sku: Sku) -> int:
        """Return how many people have pieces of the SKU set aside for them."""
        return self._offered.get(sku, 0)

    def set_aside(self, offer: LineOffer) -> None:
        """Set pieces aside for somebody in line."""
        ticket = offer.ticket
        self.shelves[ticket.sku].set_aside(offer.pieces)
        self.line_offers[offer.key] = offer
        self._offered[ticket.sku] = self._offered.get(ticket.sku, 0) + 1
        self._take(ticket.sku, ticket.channel, offer.pieces)
        heapq.heappush(self._lapses, (offer.until_ms, offer.key))

    def put_back(self, offer: LineOffer) -> None:
        """Set pieces aside no longer."""
        ticket = offer.ticket
        del self.line_offers[offer.key]
        self.shelves[ticket.sku].put_back(offer.pieces)
        self._offered[ticket.sku] -= 1
        self._take(ticket.sku, ticket.channel, -offer.pieces)

    def pop_lapsed(self, now: WallMs) -> LineOffer | None:
        """Return an offer to somebody in line that has run out, the longest overdue first; each is returned once."""
        while self._lapses and self._lapses[0][0] <= now:
            until_ms, key = heapq.heappop(self._lapses)
            offer = self.line_offers.get(key)
            if offer is not None and offer.until_ms == until_ms:
                return offer
        return None

    def pop_due(self, now: WallMs) -> Order | None:
        """Return a pre-order whose payment is due, the longest overdue first; each is returned once."""
        while self._charges and self._charges[0][0] <= now:
            _, sku, order = heapq.heappop(self._charges)
            if order in self.uncharged.get(sku, {}):
                return self.orders[order]
        return None

    def charged(self, order: Order) -> None:
        """Note that a pre-order's payment is asked for, or no longer wanted."""
        waiting = self.uncharged.get(order.sku, {})
        waiting.pop(order.order, None)
        if not waiting:
            self.uncharged.pop(order.sku, None)

    def something_is_due(self, now: WallMs) -> bool:
        """Tell whether time alone has brought something to decide; may say so once too often."""
        if self.lines is not None and (self.lines.of or self.lines.gathering):
            return True
        if any(heap and heap[0][0] <= now for heap in (self._charges, self._lapses)):
            return True
        first_ms = self.first_hold_ms()
        return first_ms is not None and first_ms <= now

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
        if self.openings.is_ended(sku) or sku not in self.offers:
            return "ended"
        return "on_sale" if self.shelves[sku].free else "sold_out"

    def counter(self, sku: Sku) -> SkuCounter:
        """Return one SKU's pieces; those set aside for somebody in line count as reserved.

        Raises:
            KeyError: the SKU is not in the show.
        """
        shelf = self.shelves[sku]
        return SkuCounter(
            initial=shelf.initial,
            left=shelf.free,
            reserved=shelf.reserved + shelf.aside,
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

    def _pay(self, order: Order) -> None:
        """Note pieces that only their buyer can give back, until the hold ends."""
        if order.hold_until_ms <= self._settled_until_ms:
            self._settle(order)
        else:
            heapq.heappush(self._revocable, (order.hold_until_ms, order.order))

    def _settle(self, order: Order) -> None:
        self._settled[order.sku] = self._settled.get(order.sku, 0) + order.quantity

    def _count(self, order: Order, pieces: int) -> None:
        """Count pieces for the buyer's limits and the channel's share."""
        self._keep((order.channel, order.buyer, order.sku), pieces)
        offer = self.offers.get(order.sku)
        if offer is not None and offer.group is not None:
            self._keep((order.channel, order.buyer, group_key(offer.group)), pieces)
        if self._taken:
            self._take(order.sku, order.channel, pieces)

    def _keep(self, of: tuple[ChannelId, BuyerId, str], pieces: int) -> None:
        kept = self._kept.get(of, 0) + pieces
        if kept:
            self._kept[of] = kept
        else:
            del self._kept[of]

    def _take(self, sku: Sku, channel: ChannelId, pieces: int) -> None:
        taken = self._taken.get(sku)
        if taken is not None:
            taken[channel] = taken.get(channel, 0) + pieces


def group_key(group: str) -> str:
    """Return the name under which a group's pieces are counted; no SKU has it, as none has a space."""
    return f"all of {group}"
