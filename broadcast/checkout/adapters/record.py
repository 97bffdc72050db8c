"""The record: one show's orders, stock, errands and money in SQL, and who may write there.

What it means is here, on any SQLAlchemy connection; ``sqlite_record`` and ``postgres_record`` are its two homes, and
differ in how a batch is written fast. Only the process that took the show over last may write: each turn has a
*generation*, and whoever writes holds it against the record in the same transaction.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec
from sqlalchemy import Connection, insert, select, text, update

from broadcast.checkout.adapters import models
from broadcast.checkout.adapters.rows import implied_errand, line_offer_of, order_of
from broadcast.checkout.changes import Changes
from broadcast.checkout.line import LineOffer
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand
from broadcast.checkout.stock import ShelfCount
from broadcast.clock import WallMs
from broadcast.ids import ShowId, Sku
from broadcast.money import Money

READ_AHEAD_ROWS = 1_000
"""Rows fetched at a time while the record is read back."""


class SupersededError(Exception):
    """Another process took over the show's record; this one must not write any more."""

    def __init__(self, show: ShowId) -> None:
        super().__init__(f"another process has taken over the record of {show!r}")


class Recorded(msgspec.Struct, frozen=True):
    """What the record holds of a show."""

    orders: list[Order]
    shelves: dict[Sku, ShelfCount]
    errands: list[Errand]
    line_offers: list[LineOffer] = []


class Record(Protocol):
    """One show's record. One call at a time; each ends within the store's own time limits, or fails."""

    async def take_over(self, offers: Iterable[Offer], now: WallMs) -> None:
        """Become the show's only writer and bring the catalogue's stock into the record; see ``take_over``."""

    async def load(self) -> Recorded:
        """Read everything back, as of one moment.

        Raises:
            SupersededError: another process owns the record by now.
        """

    async def write(self, changes: Changes) -> None:
        """Make a batch's changes durable in one transaction; when this returns, they survive power loss.

        Raises:
            SupersededError: another process owns the record now; nothing was written.
            Exception: of the store: it failed, and may have landed all the same, even later: ``recover`` before
                saying so.
        """

    async def recover(self) -> Recorded:
        """Read everything back after a failure, on a new connection.

        What failed before has landed or never will once this returns: it is a turn of its own, so a write that still
        travels comes too late.

        Raises:
            SupersededError: another process owns the record now.
        """

    async def close(self) -> None:
        """Give the connection back."""


def take_over(connection: Connection, show: ShowId, holder: str, offers: Iterable[Offer], now: WallMs) -> int:
    """Become the show's only writer and bring the catalogue's stock into the record; return our generation.

    The record wins: pieces are counted there from the first start on. A catalogue that offers *more* than the record
    has ever received is taken as a delivery of the difference (a ``restock`` movement); one that offers less changes
    nothing, since pieces may already be promised. SKUs that left the catalogue stay in the record.
    """
    owners, stock = models.record_owners, models.stock
    # both databases know this form; SQLAlchemy has it under each one's own name only
    connection.execute(
        text("INSERT INTO record_owners (show_id, generation) VALUES (:show, 0) ON CONFLICT DO NOTHING"),
        {"show": show},
    )
    generation: int = connection.execute(
        update(owners)
        .where(owners.c.show_id == show)
        .values(generation=owners.c.generation + 1, holder=holder)
        .returning(owners.c.generation)
    ).scalar_one()
    rows = connection.execute(select(stock.c.sku, stock.c.initial).where(stock.c.show_id == show))
    received: dict[str, int] = {row.sku: row.initial for row in rows}
    for offer in offers:
        _receive(connection, show, offer, received.get(offer.sku), now)
    return generation


def take_another_turn(connection: Connection, show: ShowId, holder: str) -> int:
    """Go on as the show's only writer under a new generation, and return it.

    Waits for a write of ours that is still in progress, and makes one that has not begun find itself superseded.

    Raises:
        SupersededError: somebody else has taken the show over.
    """
    owners = models.record_owners
    generation: int | None = connection.execute(
        update(owners)
        .where(owners.c.show_id == show, owners.c.holder == holder)
        .values(generation=owners.c.generation + 1)
        .returning(owners.c.generation)
    ).scalar_one_or_none()
    if generation is None:
        raise SupersededError(show)
    return generation


def load(connection: Connection, show: ShowId, generation: int | None) -> Recorded:
    """Read a show back, in a transaction that sees one moment.

    Args:
        connection: in such a transaction.
        show: which one.
        generation: whose turn it must still be, or None where nobody means to write.

    Raises:
        SupersededError: it is another's turn.
    """
    orders, stock, outbox, owners = models.orders, models.stock, models.payment_outbox, models.record_owners
    if generation is not None:
        turn = connection.execute(select(owners.c.generation).where(owners.c.show_id == show)).scalar_one_or_none()
        if turn != generation:
            raise SupersededError(show)
    order_rows = connection.execute(
        select(orders).where(orders.c.show_id == show).order_by(orders.c.order_id),
        execution_options={"yield_per": READ_AHEAD_ROWS},
    )
    found = [order_of(row) for row in order_rows.mappings()]
    shelves = {
        Sku(row.sku): ShelfCount(row.initial, row.left, row.reserved, row.sold)
        for row in connection.execute(select(stock).where(stock.c.show_id == show))
    }
    stored = [
        Errand(row.order_id, row.kind, Money(row.value, row.currency))
        for row in connection.execute(select(outbox).where(outbox.c.show_id == show))
    ]
    implied = [errand for order in found if (errand := implied_errand(order)) is not None]
    errands = sorted({*stored, *implied}, key=lambda errand: (errand.order, errand.kind))
    set_aside = [
        line_offer_of(row)
        for row in connection.execute(
            select(models.line_offers)
            .where(models.line_offers.c.show_id == show)
            .order_by(models.line_offers.c.offer_id)
        ).mappings()
    ]
    return Recorded(found, shelves, errands, set_aside)


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
