"""The two homes of the record behind one face, to look at what is really there and to make it fail."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from broadcast.checkout.adapters.models import SCHEMA, metadata
from broadcast.checkout.adapters.postgres import connect
from broadcast.checkout.adapters.postgres_record import PostgresRecord, record_engine
from broadcast.checkout.adapters.record import Record, Recorded
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.changes import Changes
from broadcast.checkout.offers import Offer
from broadcast.clock import WallMs

SQLITE_CURSE = (
    "CREATE TRIGGER curse BEFORE INSERT ON orders WHEN NEW.buyer = 'cursed' BEGIN SELECT RAISE(ABORT, 'cursed'); END",
)
POSTGRES_CURSE = (
    "CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cursed'; END $$",
    "CREATE TRIGGER curse BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.buyer = 'cursed') EXECUTE FUNCTION curse()",
)


class SqliteHome:
    """Records in an SQLite file."""

    def __init__(self, path: Path) -> None:
        self._engine = sqlite_engine(path)
        metadata.create_all(self._engine)

    def record(self, holder: str, show: str = "gala") -> Record:
        """Return a record as a process of that name has it."""
        return SqliteRecord(self._engine, show, holder)

    async def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what is durable."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    async def curse(self) -> None:
        """From now on the database refuses orders of the buyer ``cursed``."""
        with self._engine.begin() as connection:
            for statement in SQLITE_CURSE:
                connection.exec_driver_sql(statement)

    async def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


class PostgresHome:
    """Records in a database of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = record_engine(url)

    def record(self, holder: str, show: str = "gala") -> Record:
        """Return a record as a process of that name has it."""
        return PostgresRecord(self.engine, show, holder)

    async def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what is durable."""
        connection = await connect(self.url, SCHEMA)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def curse(self) -> None:
        """From now on the database refuses orders of the buyer ``cursed``."""
        for statement in POSTGRES_CURSE:
            await self.query(statement)

    async def close(self) -> None:
        """Let go of the server."""
        await self.engine.dispose()


class Watched:
    """A record whose writes are counted, can be held up as by a slow disk, and can land and yet report failure."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._open = asyncio.Event()
        self._open.set()
        self.writes = 0
        self.lies_next = False

    def hold(self) -> None:
        """From now on writes wait."""
        self._open.clear()

    def let_go(self) -> None:
        """Writes go on."""
        self._open.set()

    async def take_over(self, offers: Iterable[Offer], now: WallMs) -> None:
        await self._record.take_over(offers, now)

    async def load(self) -> Recorded:
        return await self._record.load()

    async def write(self, changes: Changes) -> None:
        await self._open.wait()
        self.writes += 1
        await self._record.write(changes)
        if self.lies_next:
            self.lies_next = False
            raise OSError("the disk went away")

    async def recover(self) -> Recorded:
        return await self._record.recover()

    async def close(self) -> None:
        await self._record.close()
