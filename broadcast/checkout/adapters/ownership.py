"""Who owns a show's checkout: one process at a time, and the others know where it is.

The owner holds a session advisory lock of PostgreSQL. The lock goes with its connection, so a killed owner is replaced
within ``POLL_S``. A frozen one keeps its connection open but falls silent: the server ends a session that says nothing
for ``LEASE_S``, so it is replaced within ``LEASE_S + POLL_S``. The owner hears of either by its own heartbeat, at the
latest ``HEARTBEAT_S + HEARTBEAT_TIMEOUT_S`` after the last one that was answered, which is less than the lease.

The lock says who *should* write. What keeps a process that does not know yet from writing is the record's generation
(``adapters.record``), so neither a clock nor a bound here is part of what makes orders safe.

Needs a connection of its own to the server: not one shared by a pooler in transaction mode.
"""

import asyncio
import contextlib
import logging
import time
from hashlib import blake2b

from broadcast.checkout.adapters.durability import NotDurableError
from broadcast.checkout.adapters.models import SCHEMA, desk_owners
from broadcast.checkout.adapters.postgres import CLOSE_TIMEOUT_S, CONNECT_TIMEOUT_S, UNREACHABLE, Connection, connect
from broadcast.ids import ShowId

HEARTBEAT_S = 1.0
HEARTBEAT_TIMEOUT_S = 2.0
LEASE_S = 5.0
SURE_S = 4.0
"""How long after asking the last heartbeat that was answered the claim is sure: less than the lease."""

POLL_S = 0.25
"""How often a standby tries to become the owner."""

WATCH_S = 1.0
"""How often a door looks for the owner's address, should it have missed the news."""

RETRY_S = 0.5
"""How long to wait before connecting again to a server that could not be reached."""

NEWS = "checkout_owner"
"""Where the server tells everybody that a show has another owner; the message is the show's id."""

_BECOME = "SELECT pg_try_advisory_lock($1)"
_TELL = f"SELECT pg_notify('{NEWS}', $1)"
_ENTER = f"""
    INSERT INTO {desk_owners.name} (show_id, address) VALUES ($1, $2)
    ON CONFLICT (show_id) DO UPDATE SET address = excluded.address
"""  # noqa: S608 - the table's name is ours
_LEAVE = f"DELETE FROM {desk_owners.name} WHERE show_id = $1"  # noqa: S608 - the table's name is ours
# The row outlives an owner that was killed; the lock does not. A lock's 64-bit number is shown in two halves.
_FIND = f"""
    SELECT address FROM {desk_owners.name} WHERE show_id = $1 AND EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND (classid::bigint << 32 | objid::bigint) = $2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""  # noqa: S608 - the table's name is ours

_log = logging.getLogger(__name__)


def lock_number(show: ShowId) -> int:
    """Return the number of a show's lock, the same in every process: 64 bits, signed, as PostgreSQL takes it."""
    return int.from_bytes(blake2b(f"checkout {show}".encode(), digest_size=8).digest(), "big", signed=True)


class Ownership:
    """One process's claim to a show. All methods belong to one event loop.

    Attributes:
        lost: set once the claim is no longer good: another process may be the owner. ``acquire`` clears it.
    """

    def __init__(self, url: str, show: ShowId) -> None:
        self._url = url
        self._show = show
        self._number = lock_number(show)
        self._connection: Connection | None = None
        self._heartbeat: asyncio.Task[None] | None = None
        self._asked_at = 0.0
        self.lost = asyncio.Event()

    @property
    def holds(self) -> bool:
        """Whether no other process can be the owner at this moment.

        A process that was frozen hears of nothing when it goes on; the time that went by tells it, before it answers
        anybody from a memory that may be stale.
        """
        return self._connection is not None and not self.lost.is_set() and time.monotonic() - self._asked_at < SURE_S

    async def acquire(self, address: str) -> None:
        """Wait until no other process owns the show, however long, then own it and say where we are.

        Take the record over after this, not before. A server that cannot be reached is tried again.
        """
        if self._connection is not None:
            await self.release()
        while True:
            try:
                connection = await connect(self._url, SCHEMA, idle_session_timeout=str(int(LEASE_S * 1000)))
            except UNREACHABLE as failed:
                _log.warning("the ownership of %s cannot be asked for: %r", self._show, failed)
            else:
                if await self._become(connection, address):
                    return
            await asyncio.sleep(RETRY_S)

    async def _become(self, connection: Connection, address: str) -> bool:
        """Wait for the lock on this connection; return False where the connection broke."""
        try:
            while not await connection.fetchval(_BECOME, self._number):  # noqa: ASYNC110 - the event is elsewhere
                await asyncio.sleep(POLL_S)
            await connection.execute(_ENTER, self._show, address)
            asked_at = time.monotonic()
            await connection.execute(_TELL, self._show)
        except UNREACHABLE as failed:
            connection.terminate()
            _log.warning("the wait for the ownership of %s was cut: %r", self._show, failed)
            return False
        except BaseException:
            connection.terminate()
            raise
        self.lost.clear()
        self._asked_at = asked_at
        self._connection = connection
        self._heartbeat = asyncio.create_task(self._beat(connection), name="checkout-ownership")
        connection.add_termination_listener(self._ended)
        return True

    async def release(self) -> None:
        """Give the show up, so that a standby can have it at once. Harmless where it is lost or was never ours."""
        connection, self._connection = self._connection, None
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)
            self._heartbeat = None
        if connection is None or connection.is_closed():
            return
        try:
            await connection.execute(_LEAVE, self._show, timeout=CLOSE_TIMEOUT_S)
            await connection.execute(_TELL, self._show, timeout=CLOSE_TIMEOUT_S)
            await connection.close(timeout=CLOSE_TIMEOUT_S)
        except UNREACHABLE as failed:
            _log.warning("the ownership of %s ends with its connection: %r", self._show, failed)
        finally:
            connection.terminate()

    async def _beat(self, connection: Connection) -> None:
        """Keep the lease, and notice a server that no longer answers."""
        try:
            while True:
                await asyncio.sleep(HEARTBEAT_S)
                asked_at = time.monotonic()
                await connection.fetchval("SELECT 1", timeout=HEARTBEAT_TIMEOUT_S)
                self._asked_at = asked_at
        except UNREACHABLE as failed:
            _log.warning("the ownership of %s is lost: %r", self._show, failed)
            connection.terminate()
            self.lost.set()

    def _ended(self, connection: object) -> None:
        if connection is self._connection:
            self.lost.set()


class OwnerWatch:
    """Where a show's owner is. Looks in the background from ``start`` to ``stop``."""

    def __init__(self, url: str, show: ShowId) -> None:
        self._url = url
        self._show = show
        self._address: str | None = None
        self._told: str | None = None
        self._looked = asyncio.Event()
        self._news = asyncio.Event()
        self._moved = asyncio.Condition()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch. A server that cannot be reached is tried again."""
        self._watching = asyncio.create_task(self._watch(), name="checkout-owner-watch")

    async def stop(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None

    async def address(self) -> str | None:
        """Return the living owner's address, or None where there is none.

        While the server cannot be reached, the address known last; the first time, the first look is waited for, up to
        ``CONNECT_TIMEOUT_S``.
        """
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._looked.wait()
        self._told = self._address
        return self._told

    async def changed(self) -> None:
        """Return once the address is another than ``address`` returned last."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._address != self._told)

    async def _watch(self) -> None:
        while True:
            try:
                connection = await connect(self._url, SCHEMA)
                try:
                    await self._look(connection)
                finally:
                    connection.terminate()
            except (*UNREACHABLE, NotDurableError) as failed:
                _log.warning("the owner of %s cannot be looked up: %r", self._show, failed)
            await asyncio.sleep(RETRY_S)

    async def _look(self, connection: Connection) -> None:
        """Look for the owner, again at every piece of news and every ``WATCH_S``, until the connection breaks."""
        await connection.add_listener(NEWS, self._heard)
        while True:
            self._news.clear()
            address = await connection.fetchval(_FIND, self._show, lock_number(self._show))
            async with self._moved:
                self._address = address
                self._moved.notify_all()
            self._looked.set()
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await self._news.wait()

    def _heard(self, _connection: object, _pid: int, _channel: str, show: object) -> None:
        if show == self._show:
            self._news.set()
