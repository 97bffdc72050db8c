"""The record: one show's orders, stock, errands and money in SQL. Blocking; used from one thread."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Delete,
    Engine,
    Insert,
    RowMapping,
    Select,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from broadcast.checkout.adapters import models
from broadcast.checkout.adapters.sqlite import BEGIN_MODE
from broadcast.checkout.changes import Changes
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand
from broadcast.checkout.stock import ShelfCount
from broadcast.clock import WallMs
from broadcast.ids import ShowId, Sku
from broadcast.money import Money

READ_AHEAD_ROWS = 1_000
"""Rows fetched at a time while the record is read back."""

Row = tuple[Any, ...]


class SupersededError(Exception):
    """Another process took over the show's record; this one must not write any more."""


class Recorded(msgspec.Struct, frozen=True):
    """What the record holds of a show."""

    orders: list[Order]
    shelves: dict[Sku, ShelfCount]
    errands: list[Errand]


class Record:
    """One show's record.

    Writes go to the driver as prepared text with plain tuples, whole batch by whole batch: this is the hot path, and
    the tables are still the one place that knows their columns.
    """

    def __init__(self, engine: Engine, show: ShowId) -> None:
        self._engine = engine
        self._show = show
        self._connection: Connection | None = None
        self._generation = 0
        owners = models.record_owners
        self._select_owner = self._driver_sql(select(owners.c.generation).where(owners.c.show_id == bindparam("of")))
        self._insert_order = self._driver_sql(insert(models.orders))
        self._insert_errand = self._driver_sql(insert(models.payment_outbox))
        self._insert_entry = self._driver_sql(insert(models.ledger_entries))
        self._insert_notification = self._driver_sql(insert(models.payment_notifications))
        orders, stock, outbox = models.orders, models.stock, models.payment_outbox
        self._update_order = self._driver_sql(
            update(orders)
            .where(orders.c.order_id == bindparam("of_order"))
            .values({name: bindparam(name) for name in ("status", "payment", "release_reason")})
        )
        self._update_stock = self._driver_sql(
            update(stock)
            .where(stock.c.show_id == bindparam("of_show"), stock.c.sku == bindparam("of_sku"))
            .values({name: bindparam(name) for name in ("left", "reserved", "sold")})
        )
        self._delete_errand = self._driver_sql(
            delete(outbox).where(outbox.c.order_id == bindparam("of_order"), outbox.c.kind == bindparam("of_kind"))
        )

    def take_over(self, offers: Iterable[Offer], now: WallMs) -> None:
        """Become the show's only writer and bring the catalogue's stock into the record, all or nothing.

        The record wins: pieces are counted there from the first start on. A catalogue that offers *more* than the
        record has ever received is taken as a delivery of the difference (a ``restock`` movement); one that offers
        less changes nothing, since pieces may already be promised. SKUs that left the catalogue stay in the record.
        """
        owners, stock = models.record_owners, models.stock
        connection = self._connected()
        with connection.begin():
            last = connection.execute(
                select(owners.c.generation).where(owners.c.show_id == self._show)
            ).scalar_one_or_none()
            self._generation = 1 if last is None else last + 1
            if last is None:
                connection.execute(insert(owners).values(show_id=self._show, generation=self._generation))
            else:
                connection.execute(
                    update(owners).where(owners.c.show_id == self._show).values(generation=self._generation)
                )
            rows = connection.execute(select(stock.c.sku, stock.c.initial).where(stock.c.show_id == self._show))
            received: dict[str, int] = {row.sku: row.initial for row in rows}
            for offer in offers:
                _receive(connection, self._show, offer, received.get(offer.sku), now)

    def load(self) -> Recorded:
        """Read everything back, as of one moment."""
        orders, stock, outbox = models.orders, models.stock, models.payment_outbox
        connection = self._connected()
        with connection.begin():
            order_rows = connection.execute(
                select(orders).where(orders.c.show_id == self._show).order_by(orders.c.order_id),
                execution_options={"yield_per": READ_AHEAD_ROWS},
            )
            found = [_order(row) for row in order_rows.mappings()]
            shelves = {
                Sku(row.sku): ShelfCount(row.initial, row.left, row.reserved, row.sold)
                for row in connection.execute(select(stock).where(stock.c.show_id == self._show))
            }
            errands = [
                Errand(row.order_id, row.kind, Money(row.value, row.currency))
                for row in connection.execute(
                    select(outbox).where(outbox.c.show_id == self._show).order_by(outbox.c.order_id)
                )
            ]
        return Recorded(found, shelves, errands)

    def write(self, changes: Changes) -> None:
        """Make a batch's changes durable in one transaction; when this returns, they survive power loss.

        Raises:
            SupersededError: another process owns the record now; nothing was written.
            SQLAlchemyError: it failed, and may have landed all the same: read the record before saying so.
        """
        show = self._show
        connection = self._connected()
        with connection.begin():
            write = connection.exec_driver_sql
            if write(self._select_owner, (show,)).scalar() != self._generation:
                raise SupersededError(f"another process has taken over the record of {show!r}")
            if changes.placed:
                write(self._insert_order, [_order_row(order) for order in changes.placed.values()])
            if changes.changed:
                write(
                    self._update_order,
                    [(o.status, o.payment, o.release_reason, o.order) for o in changes.changed.values()],
                )
            if changes.shelves:
                counts = changes.shelves.items()
                write(self._update_stock, [(c.left, c.reserved, c.sold, show, sku) for sku, c in counts])
            if changes.opened:
                write(
                    self._insert_errand,
                    [(e.order, e.kind, show, e.amount.value, e.amount.currency) for e in changes.opened.values()],
                )
            if changes.closed:
                write(self._delete_errand, list(changes.closed))
            if changes.notifications:
                write(
                    self._insert_notification,
                    [(n.order, n.kind, n.id, n.amount.value, n.amount.currency) for n in changes.notifications],
                )
            if changes.entries:
                write(
                    self._insert_entry,
                    [(e.order, e.movement, e.account, e.value, e.currency) for e in changes.entries],
                )

    def discard_connection(self) -> None:
        """Give up the connection after a failure: the next use opens a new one, with no transaction left over."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{BEGIN_MODE: "IMMEDIATE"})
        return self._connection

    def _driver_sql(self, statement: Insert | Update | Delete | Select[Any]) -> str:
        compiled = statement.compile(dialect=self._engine.dialect)
        if not compiled.positional:
            raise TypeError("the record hands the driver tuples: its engine must take parameters by position")
        return str(compiled)


def _receive(connection: Connection, show: ShowId, offer: Offer, received: int | None, now: WallMs) -> None:
    """Take in what the catalogue has beyond what was ever received of the SKU (None: it is new)."""
    stock = models.stock
    pieces = offer.stock if received is None else offer.stock - received
    if received is None:
        connection.execute(
            insert(stock).values(show_id=show, sku=offer.sku, initial=pieces, left=pieces, reserved=0, sold=0)
        )
    elif pieces > 0:
        connection.execute(
            update(stock)
            .where(stock.c.show_id == show, stock.c.sku == offer.sku)
            .values(initial=stock.c.initial + pieces, left=stock.c.left + pieces)
        )
    else:
        return
    connection.execute(
        insert(models.stock_movements).values(
            show_id=show,
            sku=offer.sku,
            received=offer.stock,
            pieces=pieces,
            at_ms=now,
            reason="initial" if received is None else "restock",
        )
    )


def _order_row(order: Order) -> Row:
    return (
        order.order,
        order.show,
        order.channel,
        order.buyer,
        order.key,
        order.fingerprint,
        order.sku,
        order.quantity,
        order.look,
        order.amount.value,
        order.amount.currency,
        order.placed_at_ms,
        order.hold_until_ms,
        order.status,
        order.payment,
        order.release_reason,
    )


def _order(row: RowMapping) -> Order:
    return Order(
        order=row["order_id"],
        show=row["show_id"],
        channel=row["channel"],
        buyer=row["buyer"],
        key=row["idempotency_key"],
        fingerprint=row["fingerprint"],
        sku=row["sku"],
        quantity=row["quantity"],
        look=row["look"],
        amount=Money(row["value"], row["currency"]),
        placed_at_ms=row["placed_at_ms"],
        hold_until_ms=row["hold_until_ms"],
        status=row["status"],
        payment=row["payment"],
        release_reason=row["release_reason"],
    )
