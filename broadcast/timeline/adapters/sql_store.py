"""The timeline in SQL: the system of record a crashed show is rebuilt from."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from broadcast.ids import ShowId
from broadcast.timeline.adapters.models import timeline_entries
from broadcast.timeline.entries import Entry


class TimelineConflictError(Exception):
    """Another control process has stored this entry's number or key: ``load``, rebuild and decide again."""


class TimelineUnreachableError(ConnectionError):
    """The database does not answer. Whether an entry given to ``append`` is stored is open: ``load`` tells."""


class UnreadableEntryError(Exception):
    """A stored entry is not one this version can read."""


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as failed:  # a driver's time limits and connections fail as OSError
        raise TimelineUnreachableError(f"the timeline's database does not answer: {failed}") from failed


class TimelineStore:
    """The stored entries of one show.

    ``append`` is as durable as the engine's commit: SQLite needs ``synchronous=FULL``, PostgreSQL
    ``synchronous_commit=on``. The table is made by the migrations.
    """

    def __init__(self, engine: AsyncEngine, show: ShowId) -> None:
        self._engine = engine
        self._show = show

    async def load(self) -> list[Entry]:
        """Return every entry of the show, oldest first.

        Raises:
            UnreadableEntryError: a row was damaged, or written by a newer version.
            TimelineUnreachableError: the database does not answer.
        """
        query = (
            select(timeline_entries.c.number, timeline_entries.c.entry)
            .where(timeline_entries.c.show == self._show)
            .order_by(timeline_entries.c.number)
        )
        with _answering():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
        entries: list[Entry] = []
        for number, text in rows:
            try:
                entries.append(msgspec.json.decode(text, type=Entry))
            except msgspec.DecodeError as error:
                raise UnreadableEntryError(f"entry {number} of show {self._show!r}: {error}") from error
        return entries

    async def append(self, entry: Entry) -> None:
        """Store one entry; it is committed when this returns.

        If it is cancelled, whether the entry is stored is open: ``load`` tells.

        Raises:
            TimelineConflictError: the show already has an entry of this number or key; nothing was stored.
            TimelineUnreachableError: the database did not answer; the entry may be stored all the same.
        """
        row = {
            "show": self._show,
            "number": entry.number,
            "key": entry.key,
            "command": entry.command,
            "decided_at_ms": entry.decided_at_ms,
            "entry": msgspec.json.encode(entry).decode(),
        }
        with _answering():
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(insert(timeline_entries).values(row))
            except IntegrityError as error:
                raise TimelineConflictError(
                    f"entry {entry.number} of show {self._show!r} is already stored, or its key is"
                ) from error
