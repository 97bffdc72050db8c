"""The cue log in SQL: one table, one process that appends, followers in the same process."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from broadcast.channels.cue_log import (
    HISTORY_MESSAGES,
    MAX_APPEND,
    History,
    LogLostError,
    LogMessage,
    LogRecord,
    LogUnreachableError,
    from_json,
    stamped,
    to_json,
)
from broadcast.ids import Epoch, NewId, ShowId
from broadcast.messages import Stock

TRIM_EVERY = 1_024
"""Records between two clean-ups of stock news nobody can resume from any more."""

metadata = MetaData()


class _Model(DeclarativeBase):
    metadata = metadata


class CueLogEpoch(_Model):
    """The life of a show's log."""

    __tablename__ = "cue_log_epochs"

    show: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(64))


class CueLogRecord(_Model):
    """One message. ``sku`` is set on stock news, which is the only kind that is ever trimmed."""

    __tablename__ = "cue_log"

    show: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    sku: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as failed:  # a driver's time limits and connections fail as OSError
        raise LogUnreachableError(f"the cue log's database does not answer: {failed.__cause__ or failed}") from failed


class SqlCueLog:
    """A ``CueLog`` on SQL. Only one process may append to a show's log here."""

    def __init__(self, engine: AsyncEngine, show: ShowId, new_id: NewId) -> None:
        self._engine = engine
        self._show = show
        self._new_id = new_id
        self._epoch: Epoch | None = None
        self._seq = 0
        self._recent = History()
        self._grew = asyncio.Condition()
        self._appending = asyncio.Lock()
        self._since_trim = 0
        self._unsure = False
        self._writing: set[asyncio.Future[Sequence[LogRecord]]] = set()

    @property
    def epoch(self) -> Epoch:
        """The log's unbroken life."""
        if self._epoch is None:
            raise RuntimeError("open the log first")
        return self._epoch

    async def open(self) -> Sequence[LogRecord]:
        """Return what is kept of the log, beginning its first epoch if it is new."""
        with _answering():
            records = await self._read()
        self._recent.clear()
        for record in records:
            self._recent.add(record)
        self._seq = records[-1].seq if records else 0
        self._unsure = False
        return records

    async def _read(self) -> list[LogRecord]:
        async with self._engine.begin() as connection:
            found = await connection.scalar(select(CueLogEpoch.epoch).where(CueLogEpoch.show == self._show))
            if found is None:
                found = self._new_id()
                await connection.execute(insert(CueLogEpoch).values(show=self._show, epoch=found))
            self._epoch = Epoch(found)
            return await self._stored(connection, after=0)

    async def _stored(self, connection: AsyncConnection, after: int) -> list[LogRecord]:
        rows = await connection.execute(
            select(CueLogRecord.seq, CueLogRecord.body)
            .where(CueLogRecord.show == self._show, CueLogRecord.seq > after)
            .order_by(CueLogRecord.seq)
        )
        return [LogRecord(seq, from_json(body)) for seq, body in rows]

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        """Append durably, then wake the followers."""
        if len(messages) > MAX_APPEND:
            raise ValueError(f"{len(messages)} messages at once; at most {MAX_APPEND}")
        if not messages:
            return ()
        # Shielded: a caller that gives up must not leave the log unsure of what it holds.
        writing = asyncio.ensure_future(self._append(messages, sent_ms))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        return await asyncio.shield(writing)

    async def _append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        async with self._appending:
            if self._unsure:
                with _answering():
                    async with self._engine.connect() as connection:
                        landed = await self._stored(connection, after=self._seq)
                await self._grow(landed)
            self._unsure = True  # until the answer is here: what fails may have landed all the same
            numbered = enumerate(messages, self._seq + 1)
            records = [LogRecord(seq, stamped(message, seq, self.epoch, sent_ms)) for seq, message in numbered]
            with _answering():
                await self._store(records)
            self._unsure = False
            await self._grow(records)
        return records

    async def _grow(self, records: Sequence[LogRecord]) -> None:
        for record in records:
            self._recent.add(record)
            self._seq = record.seq
        async with self._grew:
            self._grew.notify_all()

    async def _store(self, records: Sequence[LogRecord]) -> None:
        rows = [
            {
                "show": self._show,
                "seq": record.seq,
                "sku": record.message.sku if isinstance(record.message, Stock) else None,
                "body": to_json(record.message),
            }
            for record in records
        ]
        async with self._engine.begin() as connection:
            await connection.execute(insert(CueLogRecord), rows)
            self._since_trim += len(rows)
            if self._since_trim >= TRIM_EVERY:
                self._since_trim = 0
                newest = (
                    select(func.max(CueLogRecord.seq))
                    .where(CueLogRecord.show == self._show, CueLogRecord.sku.is_not(None))
                    .group_by(CueLogRecord.sku)
                )
                await connection.execute(
                    delete(CueLogRecord).where(
                        CueLogRecord.show == self._show,
                        CueLogRecord.sku.is_not(None),
                        CueLogRecord.seq <= records[-1].seq - HISTORY_MESSAGES,
                        CueLogRecord.seq.not_in(newest),
                    )
                )

    async def settled(self) -> None:
        """Nothing to say: followers are in the process that appends."""

    async def follow(self, after: int) -> AsyncIterator[LogRecord]:
        """Yield records as they are appended in this process."""
        while True:
            async with self._grew:
                while self._seq <= after:
                    await self._grew.wait()
            records = self._recent.since(after, self._seq)
            if records is None:
                raise LogLostError(f"records after {after} are no longer in memory")
            for record in records:
                after = record.seq
                yield record

    async def close(self) -> None:
        """Let what is being appended reach the disk. The engine belongs to whoever made it."""
        await asyncio.gather(*self._writing, return_exceptions=True)
