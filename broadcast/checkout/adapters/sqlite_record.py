"""The record in an SQLite file: the driver blocks, so it is used in one thread."""

import asyncio
import functools
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.sqlite import dialect

from broadcast.checkout.adapters import record
from broadcast.checkout.adapters.record import Recorded, SupersededError
from broadcast.checkout.adapters.rows import STEPS, Step, steps_of
from broadcast.checkout.adapters.sqlite import BEGIN_MODE
from broadcast.checkout.changes import Changes
from broadcast.checkout.offers import Offer
from broadcast.clock import WallMs
from broadcast.ids import ShowId

_T = TypeVar("_T")

_quote = dialect().identifier_preparer.quote


def _statement(step: Step) -> str:
    """Return a step's statement for one row, with a place for each of its columns in their order."""
    table = _quote(step.table.name)
    which = " AND ".join(f"{_quote(name)} = ?" for name in step.key_columns)
    if step.action == "insert":
        columns, places = ", ".join(map(_quote, step.columns)), ", ".join("?" * len(step.columns))
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - names of our tables
    if step.action == "update":
        new = ", ".join(f"{_quote(name)} = ?" for name in step.changed_columns)
        return f"UPDATE {table} SET {new} WHERE {which}"  # noqa: S608 - names of our tables
    return f"DELETE FROM {table} WHERE {which}"  # noqa: S608 - names of our tables


_SELECT_GENERATION = "SELECT generation FROM record_owners WHERE show_id = ?"
_STATEMENTS = {step: _statement(step) for step in STEPS}


class SqliteRecord:
    """One show's record in an SQLite file.

    Writes go to the driver as prepared text with plain tuples, whole batch by whole batch: this is the hot path.

    Args:
        engine: of the file, see ``adapters.sqlite``; its tables exist.
        holder: names this process's turn; no other process has the same.
        executor: where the file is read and written, one job at a time; by default a thread of its own.
    """

    def __init__(self, engine: Engine, show: ShowId, holder: str, executor: Executor | None = None) -> None:
        self._engine = engine
        self._show = show
        self._holder = holder
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="checkout-record")
        self._connection: Connection | None = None
        self._generation: int | None = None

    async def take_over(self, offers: Iterable[Offer], now: WallMs) -> None:
        """See ``Record.take_over``."""

        def job(connection: Connection) -> None:
            self._generation = record.take_over(connection, self._show, self._holder, offers, now)

        await self._in_transaction(job)

    async def load(self) -> Recorded:
        """See ``Record.load``."""
        return await self._in_transaction(lambda connection: record.load(connection, self._show, self._generation))

    async def write(self, changes: Changes) -> None:
        """See ``Record.write``."""
        await self._in_transaction(lambda connection: self._write(connection, changes))

    async def recover(self) -> Recorded:
        """See ``Record.recover``."""

        def job(connection: Connection) -> Recorded:
            if self._generation is not None:
                self._generation = record.take_another_turn(connection, self._show, self._holder)
            return record.load(connection, self._show, self._generation)

        await self._run(self._discard)
        return await self._in_transaction(job)

    async def close(self) -> None:
        """Give the connection back, and end the thread. Safe to call twice."""
        if self._connection is not None:
            await self._run(self._discard)
        self._executor.shutdown(wait=False)

    async def _run(self, job: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    async def _in_transaction(self, job: Callable[[Connection], _T]) -> _T:
        return await self._run(functools.partial(self._transact, job))

    def _transact(self, job: Callable[[Connection], _T]) -> _T:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{BEGIN_MODE: "IMMEDIATE"})
        with self._connection.begin():
            return job(self._connection)

    def _write(self, connection: Connection, changes: Changes) -> None:
        execute = connection.exec_driver_sql
        if execute(_SELECT_GENERATION, (self._show,)).scalar() != self._generation:
            raise SupersededError(self._show)
        for step, rows in steps_of(changes, self._show):
            execute(_STATEMENTS[step], rows)

    def _discard(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()
