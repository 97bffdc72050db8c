"""kill -9 at random moments of a running crowd: what was acknowledged is there, once, and the books add up."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from broadcast.checkout.adapters.models import metadata
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.desk import Desk
from broadcast.checkout.offers import Openings
from broadcast.checkout.orders import Order

PROCESS = Path(__file__).with_name("tapping_process.py")
KILLS = 6
STOCK = 12_000
AFTER = {"order": {"reserved", "paid", "released"}, "paid": {"paid"}, "cancelled": {"released"}}
"""What was said of an order last → how the record may have it: a step may be durable and not yet said."""


def run_until_killed(database: Path, turn: int, after_s: float) -> list[list[str]]:
    """Let a crowd tap for a while, kill -9, and return what it was told."""
    with subprocess.Popen(
        [sys.executable, str(PROCESS), str(database), f"turn{turn}", str(STOCK)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        killer = time.monotonic() + after_s
        lines = []
        for line in process.stdout:
            lines.append(line)
            if time.monotonic() > killer:
                break
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -9
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("seed", [1])
def test_kill_9_loses_no_acknowledged_order_and_sells_nothing_twice(tmp_path: Path, seed: int):
    database = tmp_path / "show.sqlite3"
    engine = sqlite_engine(database)
    metadata.create_all(engine)
    chance = random.Random(seed)  # noqa: S311 - chooses moments, guards nothing
    said: dict[str, tuple[str, str, int]] = {}
    for turn in range(KILLS):
        for what, key, *about in run_until_killed(database, turn, chance.uniform(0.01, 0.35)):
            if what != "gone":
                said[key] = (what, about[0], int(about[1]))

        record = SqliteRecord(engine, "gala", "the auditor")
        recorded = asyncio.run(record.load())
        asyncio.run(record.close())
        rebuilt = Desk("gala", {}, Openings({}), 0)
        rebuilt.restore(recorded.orders, recorded.shelves, recorded.errands)  # raises if the books do not add up

        by_key = {order.key: order for order in recorded.orders}
        assert len(by_key) == len(recorded.orders)
        assert not lost(said, by_key)
        assert pieces(recorded.orders) + recorded.shelves["scarf"].left == STOCK
    engine.dispose()
    assert len(said) > 100  # the crowd did get through


def lost(said: dict[str, tuple[str, str, int]], by_key: dict[str, Order]) -> list[Any]:
    """Return what the record does not hold as it was said."""
    missing = []
    for key, (what, order, quantity) in said.items():
        found = by_key.get(key)
        if found is None or (found.order, found.quantity) != (order, quantity) or found.status not in AFTER[what]:
            missing.append((key, what, found))
    return missing


def pieces(orders: list[Order]) -> int:
    """Return how many pieces the record's orders hold or own."""
    return sum(order.quantity for order in orders if order.status != "released")
