"""The record in an SQLite file: what waits, for the disk or for a lock, waits in a thread of its own."""

import asyncio
import contextlib
import functools
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.sqlite import dialect

from broadcast.checkout.adapters import record
from broadcast.checkout.adapters.record import Recorded, SupersededError
from broadcast.checkout.adapters.rows import STEPS, Row, Step, steps_of
from broadcast.checkout.adapters.sqlite import BEGIN_MODE, BUSY_TIMEOUT_MS
from broadcast.checkout.changes import Changes
from broadcast.checkout.offers import Offer
from broadcast.clock import WallMs
from broadcast.ids import ShowId

_T = TypeVar("_T")

BLOCKS = (32, 8, 2, 1)
"""How many rows one statement inserts: at every statement the driver gives the interpreter's lock up and takes it back.
Every SQLite takes the parameters of 32 orders (999 is the lowest bound)."""

_NO_WAIT, _PATIENT = "PRAGMA busy_timeout = 0", f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"
_PRIMARY_CODE = 0xFF
"""Of an extended result code (sqlite.org/rescode.html)."""

_quote = dialect().identifier_preparer.quote


def _statement(step: Step, rows: int = 1) -> str:
    """Return a step's statement, with a place for each of its columns in their order; only inserts take many rows."""
    table = _quote(step.table.name)
    which = " AND ".join(f"{_quote(name)} = ?" for name in step.key_columns)
    if step.action == "insert":
        columns, places = ", ".join(map(_quote, step.columns)), ", ".join("?" * len(step.columns))
        values = ", ".join([f"({places})"] * rows)
        return f"INSERT INTO {table} ({columns}) VALUES {values}"  # noqa: S608 - names of our tables
    if step.action == "update":
        new = ", ".join(f"{_quote(name)} = ?" for name in step.changed_columns)
        return f"UPDATE {table} SET {new} WHERE {which}"  # noqa: S608 - names of our tables
    return f"DELETE FROM {table} WHERE {which}"  # noqa: S608 - names of our tables


_SELECT_GENERATION = "SELECT generation FROM record_owners WHERE show_id = ?"
_STATEMENTS = {step: _statement(step) for step in STEPS}
_INSERTS = {step: {rows: _statement(step, rows) for rows in BLOCKS} for step in STEPS if step.action == "insert"}


def _inserts(step: Step, rows: list[Row]) -> Iterator[tuple[str, list[Any]]]:
    """Return the statements that insert rows, each with the parameters of a block of them."""
    start = 0
    for size in BLOCKS:
        while len(rows) - start >= size:
            yield _INSERTS[step][size], list(chain.from_iterable(rows[start : start + size]))
            start += size


def _begin_patiently(driver: sqlite3.Connection) -> None:
    driver.execute(_PATIENT)
    try:
        driver.execute("BEGIN IMMEDIATE")
    finally:
        driver.execute(_NO_WAIT)


def _roll_back(driver: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):  # what went wrong first is what is told; ``recover`` comes next
        driver.rollback()


class SqliteRecord:
    """One show's record in an SQLite file.

    Writing a batch is the hot path. It goes straight to the driver, as prepared text for a block of rows at a time, and
    only what waits for the disk is done in the other thread: rows are written into SQLite's memory where they were
    decided. In the other thread each statement would have to get the interpreter's lock back from the very thread that
    answers taps, 5 ms at a time (``sys.getswitchinterval``).

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
        self._driver: sqlite3.Connection | None = None
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
        driver = await self._begun()
        try:
            self._write(driver, changes)
            await self._run(functools.partial(driver.execute, "COMMIT"))
        except BaseException:
            await self._run(functools.partial(_roll_back, driver))
            raise

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
        connection = self._connected()
        with connection.begin():
            return job(connection)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{BEGIN_MODE: "IMMEDIATE"})
        return self._connection

    async def _begun(self) -> sqlite3.Connection:
        """Return the driver's connection in a transaction; only where somebody else writes just now is there a wait."""
        if self._driver is None:
            self._driver = await self._run(self._driver_connection)
        driver = self._driver
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            await self._run(functools.partial(_begin_patiently, driver))
        return driver

    def _driver_connection(self) -> sqlite3.Connection:
        driver = cast("sqlite3.Connection", self._connected().connection.driver_connection)
        driver.execute(_NO_WAIT)
        return driver

    def _write(self, driver: sqlite3.Connection, changes: Changes) -> None:
        """Write the batch into the transaction: into memory, no slower than deciding it was."""
        execute = driver.execute
        if execute(_SELECT_GENERATION, (self._show,)).fetchone() != (self._generation,):
            raise SupersededError(self._show)
        for step, rows in steps_of(changes, self._show):
            if step.action == "insert":
                for statement, parameters in _inserts(step, rows):
                    execute(statement, parameters)
            else:
                driver.executemany(_STATEMENTS[step], rows)

    def _discard(self) -> None:
        self._driver = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()
