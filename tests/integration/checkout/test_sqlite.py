import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from broadcast.checkout.adapters.durability import NotDurableError
from broadcast.checkout.adapters.models import metadata, stock
from broadcast.checkout.adapters.sqlite import BEGIN_MODE, sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.changes import Changes
from broadcast.checkout.desk import Desk, RecordDisagreesError
from broadcast.checkout.offers import Openings
from broadcast.checkout.orders import Order
from broadcast.clock import WallMs
from broadcast.money import Money

ORDER = Order(
    order="order-1",
    show="gala",
    channel="youku",
    buyer="li",
    key="key-1",
    fingerprint="f",
    sku="coat-m",
    quantity=1,
    look=None,
    amount=Money(100, "CNY"),
    placed_at_ms=1,
    hold_until_ms=2,
)
COATS = {"show_id": "gala", "sku": "coat-m", "initial": 5, "left": 5, "reserved": 0, "sold": 0}


def test_every_connection_syncs_every_commit_through_a_write_ahead_log(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()


def test_a_database_that_would_forget_is_refused():
    engine = sqlite_engine(Path(":memory:"))
    with pytest.raises(NotDurableError, match="memory"):
        engine.connect()
    engine.dispose()


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(stock).values(COATS))
        with pytest.raises(IntegrityError):
            connection.execute(insert(stock).values(COATS))
    with engine.connect() as connection:
        assert connection.execute(select(stock)).all() == []
    engine.dispose()


def test_a_transaction_that_means_to_write_keeps_other_writers_out_from_its_first_read(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    metadata.create_all(engine)
    with engine.connect().execution_options(**{BEGIN_MODE: "IMMEDIATE"}) as one, engine.connect() as other:
        one.execute(select(stock)).all()
        other.exec_driver_sql("PRAGMA busy_timeout = 0")
        with pytest.raises(OperationalError, match="locked"):
            other.execute(insert(stock).values(COATS))
    engine.dispose()


@pytest.mark.parametrize(
    "wrong",
    [{"left": -1, "reserved": 6}, {"left": 4}, {"reserved": 1}, {"sold": -1, "reserved": 1}, {"initial": 6}],
)
def test_the_database_itself_refuses_stock_that_does_not_add_up(tmp_path: Path, wrong: dict[str, int]):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    metadata.create_all(engine)
    with pytest.raises(IntegrityError, match="CHECK"), engine.begin() as connection:
        connection.execute(insert(stock).values(COATS | wrong))
    engine.dispose()


async def test_a_second_order_under_one_key_is_noticed_before_anything_is_sold(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    metadata.create_all(engine)
    record = SqliteRecord(engine, "gala", "the first")
    await record.take_over([], WallMs(1))
    changes = Changes()
    changes.placed = {number: msgspec.structs.replace(ORDER, order=number) for number in ("order-1", "order-2")}
    await record.write(changes)
    recorded = await record.load()
    with pytest.raises(RecordDisagreesError, match="order-2"):
        Desk("gala", {}, Openings({}), 1).restore(recorded.orders, recorded.shelves, recorded.errands)
    await record.close()
    engine.dispose()


async def test_a_batch_waits_for_another_writer_and_nothing_else_waits_for_it(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "show.sqlite3")
    metadata.create_all(engine)
    record = SqliteRecord(engine, "gala", "the first")
    await record.take_over([], WallMs(1))
    changes = Changes()
    changes.placed["order-1"] = ORDER
    await record.write(changes)
    with engine.connect().execution_options(**{BEGIN_MODE: "IMMEDIATE"}) as other:
        other.execute(insert(stock).values(COATS))
        changes = Changes()
        changes.placed["order-2"] = msgspec.structs.replace(ORDER, order="order-2", key="key-2")
        writing = asyncio.create_task(record.write(changes))
        async with asyncio.timeout(2):  # less than the patience of a writer: the loop goes on meanwhile
            for _ in range(100):
                await asyncio.sleep(0)
        assert not writing.done()
        other.commit()
    await writing
    assert [order.order for order in (await record.load()).orders] == ["order-1", "order-2"]
    await record.close()
    engine.dispose()
