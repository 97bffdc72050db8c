"""After the last crash: the record itself, read with nothing of ours, against what people were told."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from crash_books import Books
from crash_show import stock

KEPT = ("reserved", "paid", "fulfilled")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the record and the books disagree on. All zeros and nothing listed where every promise was kept.

    Attributes:
        lost: orders that were acknowledged and are not in the record, or are other orders there.
        double: orders beyond the first under one buyer's key.
        unknown: orders nobody was told of although everybody has an answer.
        oversold: pieces kept for orders beyond those there were.
        leaked: pieces that are nowhere, or in two places.
        unbalanced: ledger entries of one order that do not sum to zero.
    """

    lost: int
    double: int
    unknown: int
    oversold: int
    leaked: int
    unbalanced: int
    orders: int
    released: int
    sold: int


ORDERS = "SELECT channel, buyer, idempotency_key, order_id, sku, quantity, value, currency, status FROM orders"
SHELVES = 'SELECT sku, initial, "left", reserved, sold FROM stock'
LEDGER = "SELECT SUM(value) FROM ledger_entries GROUP BY order_id, currency"

Rows = Sequence[Any]


def audit(database: Path, books: Books) -> Verdict:
    """Hold the record against the books. Nothing runs on it any more."""
    with closing(sqlite3.connect(database)) as record:
        return judge(*(record.execute(query).fetchall() for query in (ORDERS, SHELVES, LEDGER)), books)


def judge(orders: Rows, shelves: Rows, ledger: Rows, books: Books) -> Verdict:
    """Hold what the three queries found against the books."""
    stored = {order[:3]: order[3:] for order in orders}
    acknowledged = {
        name: (body["order"], body["sku"], body["quantity"], body["amount"]["value"], body["amount"]["currency"])
        for name, (_, body) in books.acknowledged.items()
    }
    kept = Counter[str]()
    for *_, sku, quantity, _value, _currency, status in orders:
        kept[sku] += quantity if status in KEPT else 0
    leaked = 0
    for sku, initial, left, reserved, sold in shelves:
        leaked += abs(stock()[sku] - initial)
        leaked += abs(initial - left - reserved - sold)
        leaked += abs(kept[sku] - reserved - sold)
    return Verdict(
        lost=sum(stored.get(name, ())[:5] != order for name, order in acknowledged.items()),
        double=len(orders) - len(stored),
        unknown=len(stored.keys() - acknowledged.keys()),
        oversold=sum(max(0, pieces - stock()[sku]) for sku, pieces in kept.items()),
        leaked=leaked + abs(len(shelves) - len(stock())),
        unbalanced=sum(value != 0 for (value,) in ledger),
        orders=len(orders),
        released=sum(order[8] == "released" for order in orders),
        sold=sum(sold for *_, sold in shelves),
    )
