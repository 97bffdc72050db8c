"""The record on PostgreSQL: a whole batch is one statement, so one round trip and one sync.

The statement is a transaction by itself. It first takes a share lock on the show's row of ``record_owners``, if the
generation there is still ours; every step then takes its rows from ``unnest``-ed arrays *and* from that one row, so
without it nothing is written. Whoever takes the show over updates that row, and so waits for a batch in progress and
stops every later one.
"""

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from broadcast.checkout.adapters import postgres, record
from broadcast.checkout.adapters.models import SCHEMA
from broadcast.checkout.adapters.postgres import postgres_engine
from broadcast.checkout.adapters.record import Recorded, SupersededError
from broadcast.checkout.adapters.rows import Step, steps_of
from broadcast.checkout.changes import Changes
from broadcast.checkout.offers import Offer
from broadcast.clock import WallMs
from broadcast.ids import ShowId

FIRST_ARRAY = 3
"""The statement's first parameters are the show and the generation; then the steps' columns, one array each."""

PLANNING = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Plan a batch once. It finds rows by their keys; a plan made while the tables were empty must not think otherwise."""

_T = TypeVar("_T")

_dialect = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own constructor carries no types
_quote = _dialect.identifier_preparer.quote


def record_engine(url: str) -> AsyncEngine:
    """Return an engine for ``PostgresRecord``."""
    return postgres_engine(url, SCHEMA, **PLANNING)


@functools.cache
def statement(steps: tuple[Step, ...]) -> str:
    """Return what writes these steps' rows, and gives one row where it did and none where the turn is another's."""
    parts = [
        "owner AS MATERIALIZED (SELECT FROM record_owners WHERE show_id = $1 AND generation = $2 FOR SHARE)",
    ]
    place = FIRST_ARRAY
    for number, step in enumerate(steps):
        arrays = []
        for name in step.columns:
            arrays.append(f"${place}::{step.table.c[name].type.compile(_dialect)}[]")
            place += 1
        parts.append(f"step_{number} AS ({_step(step, ', '.join(arrays))})")
    return f"WITH {', '.join(parts)} SELECT 1 FROM owner"  # noqa: S608 - names of our tables


def _step(step: Step, arrays: str) -> str:
    table, names = _quote(step.table.name), ", ".join(map(_quote, step.columns))
    new = f"owner, unnest({arrays}) AS new ({names})"
    which = " AND ".join(f"{table}.{_quote(name)} = new.{_quote(name)}" for name in step.key_columns)
    if step.action == "insert":
        return f"INSERT INTO {table} ({names}) SELECT new.* FROM {new}"  # noqa: S608 - names of our tables
    if step.action == "update":
        values = ", ".join(f"{_quote(name)} = new.{_quote(name)}" for name in step.changed_columns)
        return f"UPDATE {table} SET {values} FROM {new} WHERE {which}"  # noqa: S608 - names of our tables
    return f"DELETE FROM {table} USING {new} WHERE {which}"  # noqa: S608 - names of our tables


class PostgresRecord:
    """One show's record on PostgreSQL.

    Args:
        engine: see ``record_engine``; the tables exist. It belongs to whoever made it.
        holder: names this process's turn; no other process has the same.
    """

    def __init__(self, engine: AsyncEngine, show: ShowId, holder: str) -> None:
        self._engine = engine
        self._show = show
        self._holder = holder
        self._connection: AsyncConnection | None = None
        self._driver: postgres.Connection | None = None
        self._generation: int | None = None

    async def take_over(self, offers: Iterable[Offer], now: WallMs) -> None:
        """See ``Record.take_over``."""
        self._generation = await self._in_transaction(
            lambda connection: record.take_over(connection, self._show, self._holder, offers, now)
        )

    async def load(self) -> Recorded:
        """See ``Record.load``."""
        return await self._in_transaction(
            lambda connection: record.load(connection, self._show, self._generation), "REPEATABLE READ"
        )

    async def write(self, changes: Changes) -> None:
        """See ``Record.write``."""
        steps = steps_of(changes, self._show)
        arrays = [column for _, rows in steps for column in zip(*rows, strict=True)]
        if self._driver is None:
            self._driver = await self._driver_connection()
        wrote = await self._driver.fetchval(
            statement(tuple(step for step, _ in steps)), self._show, self._generation, *arrays
        )
        if wrote is None:
            raise SupersededError(self._show)

    async def recover(self) -> Recorded:
        """See ``Record.recover``."""
        await self._discard()
        if self._generation is not None:
            # in a transaction of its own: what waited for a write in progress must be read after it, not as of before
            self._generation = await self._in_transaction(
                lambda connection: record.take_another_turn(connection, self._show, self._holder)
            )
        return await self.load()

    async def close(self) -> None:
        """Give the connection back."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()

    async def _in_transaction(self, job: Callable[[Connection], _T], isolation: str = "READ COMMITTED") -> _T:
        connection = await self._connected()
        await connection.execution_options(isolation_level=isolation)
        async with connection.begin():
            return await connection.run_sync(job)

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self._engine.connect()
        return self._connection

    async def _driver_connection(self) -> postgres.Connection:
        raw = await (await self._connected()).get_raw_connection()
        return cast("postgres.Connection", raw.driver_connection)

    async def _discard(self) -> None:
        """Give up the connection, whatever still runs on it."""
        connection, driver, self._connection, self._driver = self._connection, self._driver, None, None
        if driver is not None:
            driver.terminate()  # no farewell: the server may not answer
        if connection is not None:
            await connection.invalidate()
            await connection.close()
