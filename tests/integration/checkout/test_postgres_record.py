"""What only PostgreSQL can do to the record: be on the other end of a wire, and be written by two at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest
from postgres import PostgresServer
from record_homes import PostgresHome
from waiting import until

from broadcast.checkout.adapters import record as record_module
from broadcast.checkout.adapters.durability import NotDurableError
from broadcast.checkout.adapters.models import SCHEMA
from broadcast.checkout.adapters.postgres import connect, postgres_engine
from broadcast.checkout.adapters.postgres_record import PostgresRecord, statement
from broadcast.checkout.adapters.record import Record, SupersededError
from broadcast.checkout.adapters.rows import steps_of
from broadcast.checkout.changes import Changes
from broadcast.checkout.decisions import Placed
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand
from broadcast.checkout.stock import ShelfCount
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.money import Money

SCARVES = [Offer(sku="scarf", price=Money(100, "CNY"), stock=1_000, limit_per_buyer=None, title="Scarf")]
SYNCS = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def home(postgres_url: str) -> AsyncIterator[PostgresHome]:
    home = PostgresHome(postgres_url)
    yield home
    await home.close()


@pytest.fixture
async def record(home: PostgresHome) -> AsyncIterator[Record]:
    record = home.record("the first")
    await record.take_over(SCARVES, WallMs(1))
    yield record
    await record.close()


def batch(first: int, pieces: int) -> Changes:
    """Return an order of one scarf each for so many buyers, when the first of them is that number."""
    changes = Changes()
    for number in range(first, first + pieces):
        order = Order(
            order=f"order-{number:05}",
            show="gala",
            channel="web",
            buyer=f"buyer-{number}",
            key="k",
            fingerprint="f",
            sku="scarf",
            quantity=1,
            look=None,
            amount=Money(100, "CNY"),
            placed_at_ms=1,
            hold_until_ms=2,
        )
        changes.placed[order.order] = order
        changes.open(Errand(order.order, "payment", order.amount))
    sold = first + pieces
    changes.shelves["scarf"] = ShelfCount(1_000, 1_000 - sold, sold, 0)
    return changes


async def test_the_database_itself_refuses_a_second_order_under_one_key(record: Record):
    changes = batch(1, 2)
    first, second = changes.placed.values()
    changes.placed[second.order] = msgspec.structs.replace(second, buyer=first.buyer)
    with pytest.raises(asyncpg.UniqueViolationError):
        await record.write(changes)
    assert (await record.recover()).orders == []


async def test_every_batch_is_one_transaction_and_is_synced_before_it_is_acknowledged(
    home: PostgresHome, record: Record
) -> None:
    await record.write(batch(0, 1))
    await record.close()
    await home.engine.dispose()  # a session tells its figures when it ends
    ((syncs,),) = await home.query(SYNCS)
    ((rows_before,),) = await home.query("SELECT count(DISTINCT xmin::text) FROM orders")
    other = home.record("the second")
    await other.take_over(SCARVES, WallMs(1))
    for place in range(20):
        await other.write(batch(1 + 10 * place, 10))
    await other.close()
    await home.engine.dispose()
    ((syncs_after,),) = await home.query(SYNCS)
    ((rows_after,),) = await home.query("SELECT count(DISTINCT xmin::text) FROM orders")
    assert rows_after - rows_before == 20
    assert syncs_after - syncs >= 20


async def test_a_connection_asks_for_synced_commits_whatever_the_databases_default_is(
    home: PostgresHome, postgres_url: str
) -> None:
    await home.query(f"ALTER DATABASE {postgres_url.rpartition('/')[2]} SET synchronous_commit = off")
    assert await home.query("SHOW synchronous_commit") == [("on",)]


async def test_a_server_that_does_not_sync_is_refused() -> None:
    server = PostgresServer(fsync="off")
    try:
        server.start()
        with pytest.raises(NotDurableError, match="fsync"):
            await connect(server.url(), SCHEMA)
    finally:
        server.remove()


async def until_somebody_waits(home: PostgresHome) -> None:
    """Return once a statement waits for a lock."""
    async with asyncio.timeout(30):
        while await home.query(WAITING) == [(0,)]:  # noqa: ASYNC110 - the server alone knows
            await asyncio.sleep(0.01)


async def test_a_write_that_waited_while_another_took_over_writes_nothing(home: PostgresHome, record: Record) -> None:
    await record.write(batch(0, 1))
    taking = await connect(home.url, SCHEMA)
    async with taking.transaction():
        await taking.execute("UPDATE record_owners SET generation = generation + 1, holder = 'another'")
        writing = asyncio.ensure_future(record.write(batch(1, 5)))
        await until_somebody_waits(home)
    with pytest.raises(SupersededError):
        await writing
    await taking.close()
    assert await home.query("SELECT count(*) FROM orders") == [(1,)]
    assert await home.query("SELECT reserved FROM stock") == [(1,)]
    with pytest.raises(SupersededError):
        await record.recover()
    with pytest.raises(SupersededError):
        await record.load()


async def send(connection: "asyncpg.Connection[Any]", changes: Changes) -> bool:
    """Send a batch as a process of the first generation does; return whether it was written."""
    steps = steps_of(changes, "gala")
    arrays = [column for _, rows in steps for column in zip(*rows, strict=True)]
    return await connection.fetchval(statement(tuple(step for step, _ in steps)), "gala", 1, *arrays) is not None


async def test_recovering_waits_for_a_write_that_is_still_in_progress_and_finds_it(
    home: PostgresHome, record: Record
) -> None:
    late = await connect(home.url, SCHEMA)
    await late.execute("BEGIN")
    assert await send(late, batch(0, 3))
    recovering = asyncio.ensure_future(record.recover())
    await until_somebody_waits(home)
    assert not recovering.done()
    await late.execute("COMMIT")
    recorded = await recovering
    await late.close()
    assert [order.order for order in recorded.orders] == ["order-00000", "order-00001", "order-00002"]
    assert recorded.shelves["scarf"].reserved == 3
    await record.write(batch(3, 1))


async def test_a_write_that_arrives_after_recovering_writes_nothing(home: PostgresHome, record: Record) -> None:
    await record.recover()
    late = await connect(home.url, SCHEMA)
    assert not await send(late, batch(0, 3))
    await late.close()
    assert (await record.load()).orders == []


async def test_a_recovery_that_was_never_answered_is_still_ours(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(record, PostgresRecord)
    await record.write(batch(0, 1))

    async def breaks() -> Any:
        raise OSError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(record, "load", breaks)
        with pytest.raises(OSError, match="cut"):
            await record.recover()
    record._generation = 1  # as if its answer had never come
    recorded = await record.recover()
    assert len(recorded.orders) == 1
    await record.write(batch(1, 1))


async def test_two_processes_that_begin_a_show_at_once_agree_who_is_second(home: PostgresHome) -> None:
    records = [home.record(f"process {number}") for number in range(4)]
    await asyncio.gather(*(one.take_over(SCARVES, WallMs(1)) for one in records))
    outcomes = await asyncio.gather(*(one.write(batch(0, 1)) for one in records), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", *["SupersededError"] * 3]
    assert await home.query("SELECT initial, reserved FROM stock") == [(1_000, 1)]
    for one in records:
        await one.close()


async def test_a_server_that_freezes_is_given_up_in_time_and_nothing_is_sold_twice(
    home: PostgresHome, house: Any, place: Callable[..., Awaitable[Placed]], postgres: PostgresServer
) -> None:
    impatient = postgres_engine(home.url, SCHEMA, answer_timeout_s=0.3)
    checkout = await house.open(record=PostgresRecord(impatient, "gala", "impatient"))
    first = await place(checkout)
    postgres.freeze()
    try:
        with pytest.raises(Refusal, match="busy"):
            await place(checkout, buyer="han")
        assert not checkout.ready
    finally:
        postgres.thaw()
    await until(lambda: checkout.ready, "the record is read again")
    assert await place(checkout) == Placed(first.answer, replayed=True)
    await place(checkout, buyer="han")
    assert await house.orders_on_disk() == 2
    assert checkout.stock()["coat-m"].left == 3
    await checkout.stop()
    await impatient.dispose()


async def test_more_orders_than_are_fetched_at_a_time_are_read_back_in_order(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_module, "READ_AHEAD_ROWS", 7)
    for place in range(5):
        await record.write(batch(20 * place, 20))
    recorded = await record.load()
    assert [order.order for order in recorded.orders] == [f"order-{number:05}" for number in range(100)]
