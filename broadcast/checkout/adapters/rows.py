"""How a batch of changes lies in the tables: the one place both stores take it from.

A batch is *steps*, each one table and what happens to some of its rows. Columns come from the tables; an order's column
that carries the name of ``Order``'s own field needs nothing here.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import RowMapping, Table

from broadcast.checkout.adapters import models
from broadcast.checkout.changes import Changes
from broadcast.checkout.line import LineOffer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand
from broadcast.checkout.tickets import Ticket
from broadcast.ids import ShowId
from broadcast.money import Money

Row = tuple[Any, ...]

_ORDER_FIELDS = {
    "order_id": "order",
    "show_id": "show",
    "idempotency_key": "key",
    "value": "amount.value",
    "currency": "amount.currency",
}
"""Columns of an order that are named otherwise than its field; an order's money is two columns."""


_LINE_OFFER_FIELDS = {
    "offer_id": "id",
    "show_id": "ticket.show",
    "sku": "ticket.sku",
    "channel": "ticket.channel",
    "buyer": "ticket.buyer",
    "quantity": "ticket.quantity",
    "arrival": "ticket.arrival",
}
"""Columns of an offer to somebody in line that are named otherwise than its field."""


class Step(NamedTuple):
    """One table's part in a batch.

    Attributes:
        columns: what each of the rows holds; where rows are changed or deleted, the last ``keys`` of them say which.
        rows: returns them, given the changes and the show.
    """

    action: Literal["insert", "update", "delete"]
    table: Table
    columns: tuple[str, ...]
    rows: Callable[[Changes, ShowId], list[Row]]
    keys: int = 0

    @property
    def changed_columns(self) -> tuple[str, ...]:
        """What is not a key."""
        return self.columns[: len(self.columns) - self.keys]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What says which row."""
        return self.columns[len(self.columns) - self.keys :]


def _names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _changing(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.info.get("changes"))


def _rows_of(fields: Iterable[str]) -> Callable[[Iterable[Any]], list[Row]]:
    """Return what makes rows of values with these fields, in this order."""
    get = attrgetter(*fields)
    return lambda values: [get(value) for value in values]


def implied_errand(order: Order) -> Errand | None:
    """Return the errand that an order's own state tells of, or None.

    Whoever holds an order that is to be paid at once is asked for the money until it is paid or released. That is in
    the order's row already; a second row for every order would say it again, in the hottest write there is.
    """
    return Errand(order.order, "payment", order.amount) if _implies_errand(order) else None


def _implies_errand(order: Order) -> bool:
    return order.status == "reserved" and order.payment == "none" and order.payment_due_ms is None


def _not_told_by_orders(changes: Changes) -> list[Errand]:
    placed = changes.placed
    return [
        errand
        for errand in changes.opened.values()
        if errand.kind != "payment" or errand.order not in placed or not _implies_errand(placed[errand.order])
    ]


_whole_orders = _rows_of(_ORDER_FIELDS.get(name, name) for name in _names(models.orders))
_order_states = _rows_of([*(_ORDER_FIELDS.get(name, name) for name in _changing(models.orders)), "order"])
_shelf_pieces = attrgetter(*_changing(models.stock))
_errands = _rows_of(["order", "kind", "amount.value", "amount.currency"])
_notifications = _rows_of(["order", "kind", "id", "amount.value", "amount.currency"])
_line_offers = _rows_of(_LINE_OFFER_FIELDS.get(name, name) for name in _names(models.line_offers))
_entries = _rows_of(["order", *_names(models.ledger_entries)[1:]])

STEPS = (
    Step(
        "insert",
        models.orders,
        _names(models.orders),
        lambda changes, _show: _whole_orders(changes.placed.values()),
    ),
    Step(
        "update",
        models.orders,
        (*_changing(models.orders), "order_id"),
        lambda changes, _show: _order_states(changes.changed.values()),
        keys=1,
    ),
    Step(
        "update",
        models.stock,
        (*_changing(models.stock), "show_id", "sku"),
        lambda changes, show: [(*_shelf_pieces(count), show, sku) for sku, count in changes.shelves.items()],
        keys=2,
    ),
    Step(
        "insert",
        models.payment_outbox,
        ("show_id", "order_id", "kind", "value", "currency"),
        lambda changes, show: [(show, *row) for row in _errands(_not_told_by_orders(changes))],
    ),
    Step(
        "delete",
        models.payment_outbox,
        ("order_id", "kind"),
        lambda changes, _show: list(changes.closed),
        keys=2,
    ),
    Step(
        "insert",
        models.payment_notifications,
        ("order_id", "kind", "notification_id", "value", "currency"),
        lambda changes, _show: _notifications(changes.notifications),
    ),
    Step(
        "insert",
        models.ledger_entries,
        _names(models.ledger_entries),
        lambda changes, _show: _entries(changes.entries),
    ),
    Step(
        "insert",
        models.line_offers,
        _names(models.line_offers),
        lambda changes, _show: _line_offers(changes.set_aside.values()),
    ),
    Step(
        "delete",
        models.line_offers,
        ("offer_id",),
        lambda changes, _show: [(offer,) for offer in changes.put_back],
        keys=1,
    ),
)
"""A batch, in the order its steps must happen where they happen one after another."""


def steps_of(changes: Changes, show: ShowId) -> list[tuple[Step, list[Row]]]:
    """Return what a batch does to the tables; steps with nothing to do are left out."""
    planned = ((step, step.rows(changes, show)) for step in STEPS)
    return [(step, rows) for step, rows in planned if rows]


def order_of(row: RowMapping) -> Order:
    """Return the order that lies in a row."""
    fields: dict[str, Any] = {_ORDER_FIELDS.get(name, name): value for name, value in row.items()}
    amount = Money(fields.pop("amount.value"), fields.pop("amount.currency"))
    return Order(amount=amount, **fields)


def line_offer_of(row: RowMapping) -> LineOffer:
    """Return the offer to somebody in line that lies in a row."""
    ticket = Ticket(row["show_id"], row["sku"], row["channel"], row["buyer"], row["quantity"], row["arrival"])
    return LineOffer(row["offer_id"], ticket, row["pieces"], row["until_ms"])
