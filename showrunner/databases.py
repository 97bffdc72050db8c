"""A show's two databases, their engines and their migrations: in its data folder, or on PostgreSQL.

``control`` holds the timeline and the cue log, ``checkout`` holds orders, stock and the ledger. In the data folder they
are two SQLite files, so a take never waits for a batch of taps to reach the disk; on PostgreSQL two schemas.
"""

import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, MetaData, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from broadcast.channels.adapters import sql_log
from broadcast.checkout.adapters import payment_models
from broadcast.checkout.adapters.postgres import postgres_engine
from broadcast.checkout.adapters.sqlite import BUSY_TIMEOUT_MS, sqlite_engine
from broadcast.timeline.adapters import models as timeline_models

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "alembic_version"
MIGRATING_TIMEOUT_MS = 600_000
"""How long one statement of a migration may take, and how long to wait for another process that migrates."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^(revision|down_revision) = "([a-z0-9_]+)"$', re.MULTILINE)
_MIGRATING = 7_310_009
"""The advisory lock of whoever migrates."""


class Database(Enum):
    """A database and the tables it holds."""

    CONTROL = (timeline_models.metadata, sql_log.metadata)
    CHECKOUT = (payment_models.payment_agreements.metadata,)

    @property
    def schema(self) -> str:
        """Where its tables are on a server that has schemas."""
        return self.name.lower()

    @property
    def versions(self) -> Path:
        """Where the database's migrations are."""
        return _MIGRATIONS / self.name.lower()

    @property
    def newest_version(self) -> str:
        """The revision no other one comes after. Read without Alembic, whose import takes as long as a start."""
        named: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
        for file in self.versions.glob("*.py"):
            for what, revision in _REVISION.findall(file.read_text("utf-8")):
                named[what].add(revision)
        (newest,) = named["revision"] - named["down_revision"]
        return newest


def alembic_config(database: Database, connection: Connection) -> "Config":
    """Return what Alembic needs to know about a database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(database.versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = merged(*database.value)
    return config


def merged(*metadatas: MetaData) -> MetaData:
    """Return one metadata with the tables of several."""
    whole = MetaData(naming_convention=metadatas[-1].naming_convention)
    for metadata in metadatas:
        for table in metadata.sorted_tables:
            table.to_metadata(whole)
    return whole


def migrate(connection: Connection, database: Database) -> None:
    """Bring a database to this version's tables, and commit; a fresh one is made."""
    if _version(connection) != database.newest_version:
        from alembic import command

        command.upgrade(alembic_config(database, connection), "head")
    connection.commit()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


async def migrate_postgres(url: str) -> None:
    """Bring both schemas of a PostgreSQL database to this version's tables, one process at a time."""
    for database in Database:
        timeout = str(MIGRATING_TIMEOUT_MS)
        engine = postgres_engine(
            url,
            database.schema,
            answer_timeout_s=MIGRATING_TIMEOUT_MS / 1000,
            statement_timeout=timeout,
            lock_timeout=timeout,
            idle_in_transaction_session_timeout=timeout,
        )
        try:
            async with engine.connect() as connection:
                await connection.run_sync(_migrate_schema, database)
        finally:
            await engine.dispose()


def _migrate_schema(connection: Connection, database: Database) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _MIGRATING})
    try:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {database.schema}"))
        migrate(connection, database)
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _MIGRATING})


def open_checkout(path: Path) -> Engine:
    """Return the engine of the checkout database, migrated."""
    engine = sqlite_engine(path)
    with engine.connect() as connection:
        migrate(connection, Database.CHECKOUT)
    return engine


def open_control(path: Path) -> AsyncEngine:
    """Return the engine of the control database, migrated. WAL mode stays with the file; syncing is per connection."""
    migrating = sqlite_engine(path)
    with migrating.connect() as connection:
        migrate(connection, Database.CONTROL)
    migrating.dispose()
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )

    def sync_every_commit(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    event.listen(engine.sync_engine, "connect", sync_every_commit)
    return engine


def control_engine(url: str) -> AsyncEngine:
    """Return the engine of the control database on PostgreSQL; ``migrate_postgres`` comes first."""
    return postgres_engine(url, Database.CONTROL.schema)
