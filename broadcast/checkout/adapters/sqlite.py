"""SQLite set up so that *committed* means *survives power loss*."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from broadcast.checkout.adapters.durability import NotDurableError

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another process's write lock."""

BEGIN_MODE = "sqlite_begin_mode"
"""Execution option: ``IMMEDIATE`` for a transaction that reads before it writes, so that it cannot fail half-way."""

_SYNCHRONOUS_FULL = 2


def sqlite_engine(path: Path) -> Engine:
    """Return an engine on a file, in WAL mode with every commit synced to disk.

    The driver's own guessing of transactions is switched off: SQLAlchemy's begin is SQLite's ``BEGIN``, so a
    transaction spans exactly the statements between begin and commit, reads included.

    Raises:
        NotDurableError: on first connection, if the file system or SQLite refuses WAL or full synchronisation.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,  # buyers and keys have no business in a log
    )
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin)
    return engine


def _make_durable(dbapi_connection: Any, _record: object) -> None:
    cursor = dbapi_connection.cursor()
    try:
        mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise NotDurableError(f"SQLite keeps its journal as {mode!r}, not as a write-ahead log")
        cursor.execute("PRAGMA synchronous = FULL")
        if cursor.execute("PRAGMA synchronous").fetchone()[0] != _SYNCHRONOUS_FULL:
            raise NotDurableError("SQLite does not sync every commit")
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(BEGIN_MODE, "")
    connection.exec_driver_sql(f"BEGIN {mode}".rstrip())
