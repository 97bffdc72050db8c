"""The two homes of the cue log behind one face, and words to speak of what is in them."""

import asyncio
import itertools
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from broadcast.channels.adapters import sql_log
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.adapters.sql_log import SqlCueLog
from broadcast.channels.cue_log import CueLog, LogRecord
from broadcast.ids import CueId, Epoch, ShowId, Sku
from broadcast.messages import Cue, Stock

SENT_MS = 1_509_451_200_000


def cue(name: str) -> Cue:
    return Cue(seq=0, epoch=Epoch(""), id=CueId(name), at_ms=SENT_MS, sent_ms=0, action="clear", look=None, replaces=())


def stock(sku: str, left: int) -> Stock:
    return Stock(seq=0, sku=Sku(sku), left=left, state="on_sale")


def names(records: Sequence[LogRecord]) -> list[str]:
    """Return each message's name: a cue's id, a SKU with what is left."""
    return [
        str(record.message.id) if isinstance(record.message, Cue) else f"{record.message.sku}={record.message.left}"
        for record in records
    ]


def seqs(records: Sequence[LogRecord]) -> list[int]:
    return [record.seq for record in records]


async def follow(log: CueLog, after: int, count: int) -> list[LogRecord]:
    """Return the next records after a place."""
    found: list[LogRecord] = []
    async with asyncio.timeout(30), aclosing(log.follow(after)) as records:
        async for record in records:
            found.append(record)
            if len(found) == count:
                return found
    raise AssertionError("a log is followed for ever")


class Home:
    """Where one test's logs live. Opening the same show again is what a restarted process does."""

    def __init__(self) -> None:
        self.logs: list[CueLog] = []
        self._ids = itertools.count(1)

    def log(self, show: str = "gala") -> CueLog:
        raise NotImplementedError

    def new_id(self) -> str:
        return f"{uuid.uuid4()}-{next(self._ids)}"

    async def close(self) -> None:
        for log in self.logs:
            await log.close()


class SqlHome(Home):
    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__()
        self.engine = engine

    def log(self, show: str = "gala") -> CueLog:
        self.logs.append(SqlCueLog(self.engine, ShowId(show), self.new_id))
        return self.logs[-1]

    async def prepare(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(sql_log.metadata.create_all)

    async def close(self) -> None:
        await super().close()
        await self.engine.dispose()


def sqlite_file(file: Path) -> AsyncEngine:
    return create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": 0.05})


class ValkeyHome(Home):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._test = str(uuid.uuid4())

    def log(self, show: str = "gala") -> CueLog:
        self.logs.append(RedisCueLog(connect(self.url), ShowId(f"{show}-{self._test}"), self.new_id))
        return self.logs[-1]
