"""PostgreSQL set up so that *committed* means *survives power loss*, and nothing waits for ever.

Every connection of the product is made here, by asyncpg. ``synchronous_commit`` is asked for by each connection; where
the server has synchronous standbys, a commit then waits for them too.
"""

import asyncio
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from broadcast.checkout.adapters.durability import NotDurableError

CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0
STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 2_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
"""How long the server lets a statement run, wait for a lock, and a transaction lie idle."""

ANSWER_TIMEOUT_S = 7.0
"""How long an answer is waited for: a little longer than the server takes to give up by itself."""

KEEPALIVE = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
"""A client whose host vanished is noticed by the server within about eleven seconds, and its locks freed."""

POOL_SIZE = 5

UNREACHABLE = (OSError, asyncio.TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError)
"""What asyncpg raises where the server, or the way to it, is at fault; and SQLAlchemy, which wraps some of it."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def connect(url: str, schema: str, *, answer_timeout_s: float = ANSWER_TIMEOUT_S, **different: str) -> Connection:
    """Open a connection; the caller closes it.

    Args:
        url: ``postgresql://…``, as libpq takes it.
        schema: where the tables are: a show's two databases may be two schemas of one.
        answer_timeout_s: how long an answer is waited for.
        different: run-time settings of the server that are to be different on this connection.

    Raises:
        NotDurableError: the server does not sync what it commits.
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError: it cannot be reached or refuses.
    """
    settings = {
        "application_name": "showrunner",
        "search_path": schema,
        "synchronous_commit": "on",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
        "jit": "off",  # compiles for longer than a batch takes
        **KEEPALIVE,
        **different,
    }
    connection = await asyncpg.connect(
        url, timeout=CONNECT_TIMEOUT_S, command_timeout=answer_timeout_s, server_settings=settings
    )
    try:
        for promise in ("fsync", "synchronous_commit"):
            value = await connection.fetchval("SELECT current_setting($1)", promise)
            if value != "on":
                raise NotDurableError(f"PostgreSQL has {promise} = {value}: a commit could be lost")
    except BaseException:
        connection.terminate()
        raise
    return connection


def postgres_engine(url: str, schema: str, **different: Any) -> AsyncEngine:
    """Return an engine whose connections are those of ``connect``, with the same arguments.

    A server that cannot be reached is an ``OperationalError``, as with every other engine.
    """

    async def creator() -> Connection:
        try:
            return await connect(url, schema, **different)
        except UNREACHABLE as failed:
            raise OperationalError("connect", None, failed) from failed

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=creator,
        pool_size=POOL_SIZE,
        pool_timeout=ANSWER_TIMEOUT_S,
        pool_pre_ping=True,  # the server may have been restarted since
        hide_parameters=True,  # buyers and keys have no business in a log
    )
