"""The two databases of the embedded home, their engines and their migrations.

``control`` holds the timeline and the cue log, ``checkout`` holds orders, stock and the ledger: a take never waits for
a batch of taps to reach the disk.
"""

from enum import Enum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, MetaData, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from broadcast.channels.adapters import sql_log
from broadcast.checkout.adapters import models as checkout_models
from broadcast.checkout.adapters.sqlite import BUSY_TIMEOUT_MS, sqlite_engine
from broadcast.timeline.adapters import models as timeline_models

_MIGRATIONS = Path(__file__).parent / "migrations"


class Database(Enum):
    """A database and the tables it holds."""

    CONTROL = (timeline_models.metadata, sql_log.metadata)
    CHECKOUT = (checkout_models.metadata,)

    @property
    def versions(self) -> Path:
        """Where the database's migrations are."""
        return _MIGRATIONS / self.name.lower()


def alembic_config(database: Database, connection: Connection) -> Config:
    """Return what Alembic needs to know about a database."""
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


def migrate(engine: Engine, database: Database) -> None:
    """Bring a database to this version's tables; a fresh one is made."""
    with engine.connect() as connection:
        command.upgrade(alembic_config(database, connection), "head")
        connection.commit()


def open_checkout(path: Path) -> Engine:
    """Return the engine of the checkout database, migrated."""
    engine = sqlite_engine(path)
    migrate(engine, Database.CHECKOUT)
    return engine


def open_control(path: Path) -> AsyncEngine:
    """Return the engine of the control database, migrated. WAL mode stays with the file; syncing is per connection."""
    migrating = sqlite_engine(path)
    migrate(migrating, Database.CONTROL)
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
