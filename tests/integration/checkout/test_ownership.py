"""One process at a time owns a show, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from postgres import PostgresServer

from broadcast.checkout.adapters import ownership
from broadcast.checkout.adapters.ownership import Ownership, OwnerWatch, lock_number

PATIENCE_S = 30


@pytest.fixture
async def claim(postgres_url: str) -> AsyncIterator[Callable[[], Ownership]]:
    claims: list[Ownership] = []

    def new(show: str = "gala") -> Ownership:
        claims.append(Ownership(postgres_url, show))
        return claims[-1]

    yield new
    await asyncio.gather(*(one.release() for one in claims))


@pytest.fixture
async def watch(postgres_url: str) -> AsyncIterator[OwnerWatch]:
    watch = OwnerWatch(postgres_url, "gala")
    await watch.start()
    yield watch
    await watch.stop()


async def hears(watch: OwnerWatch, address: str | None) -> None:
    """Return once a door knows this address."""
    async with asyncio.timeout(PATIENCE_S):
        while await watch.address() != address:
            await watch.changed()


async def end_session(url: str, show: str = "gala") -> None:
    """End the session that owns the show, as its host's death does."""
    connection = await asyncpg.connect(url)
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND (classid::bigint << 32 | objid::bigint) = $1",
        lock_number(show),
    )
    assert len(ended) == 1
    await connection.close()


async def test_doors_find_the_owner_and_nobody_once_it_is_released(
    claim: Callable[..., Ownership], watch: OwnerWatch
) -> None:
    assert await watch.address() is None
    owner = claim()
    await owner.acquire("http://10.0.0.1:8080")
    await hears(watch, "http://10.0.0.1:8080")
    await owner.release()
    await hears(watch, None)
    assert not owner.lost.is_set()


async def test_a_standby_waits_until_the_owner_lets_go(claim: Callable[..., Ownership], watch: OwnerWatch) -> None:
    owner, standby = claim(), claim()
    await owner.acquire("one")
    waiting = asyncio.create_task(standby.acquire("two"))
    await asyncio.wait([waiting], timeout=2 * ownership.POLL_S)
    assert not waiting.done()
    await owner.release()
    async with asyncio.timeout(PATIENCE_S):
        await waiting
    await hears(watch, "two")


async def test_shows_have_owners_of_their_own(claim: Callable[..., Ownership]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await claim("gala").acquire("one")
        await claim("rehearsal").acquire("two")


async def test_an_owner_whose_session_ended_knows_and_is_replaced(
    claim: Callable[..., Ownership], watch: OwnerWatch, postgres_url: str
) -> None:
    owner, standby = claim(), claim()
    await owner.acquire("one")
    waiting = asyncio.create_task(standby.acquire("two"))
    await end_session(postgres_url)
    async with asyncio.timeout(PATIENCE_S):
        await owner.lost.wait()
        await waiting
    await hears(watch, "two")
    assert not standby.lost.is_set()


async def test_an_owner_that_was_killed_is_nobodys_address(
    claim: Callable[..., Ownership], watch: OwnerWatch, postgres_url: str
) -> None:
    await claim().acquire("one")
    await hears(watch, "one")
    await end_session(postgres_url)
    await hears(watch, None)


async def test_an_owner_that_falls_silent_is_replaced_although_its_connection_is_open(
    claim: Callable[..., Ownership], watch: OwnerWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "LEASE_S", 0.5)
    monkeypatch.setattr(ownership, "HEARTBEAT_S", 3_600)  # as a frozen process: it says nothing, and closes nothing
    owner, standby = claim(), claim()
    await owner.acquire("one")
    async with asyncio.timeout(PATIENCE_S):
        await standby.acquire("two")
        await owner.lost.wait()
    await hears(watch, "two")


async def test_a_server_that_stops_answering_ends_the_ownership(
    claim: Callable[..., Ownership], postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(ownership, "HEARTBEAT_TIMEOUT_S", 0.2)
    owner = claim()
    await owner.acquire("one")
    postgres.freeze()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await owner.lost.wait()
    finally:
        postgres.thaw()


async def test_a_server_that_was_killed_and_came_back_is_asked_again(
    claim: Callable[..., Ownership], watch: OwnerWatch, postgres: PostgresServer
) -> None:
    owner, standby = claim(), claim()
    await owner.acquire("one")
    await hears(watch, "one")
    waiting = asyncio.create_task(standby.acquire("two"))
    postgres.kill()
    async with asyncio.timeout(PATIENCE_S):
        await owner.lost.wait()
    assert not waiting.done()
    assert await watch.address() == "one"  # nobody can know better
    postgres.start()
    async with asyncio.timeout(PATIENCE_S):
        await waiting
    await hears(watch, "two")


async def test_waiting_for_the_ownership_can_be_given_up(claim: Callable[..., Ownership]) -> None:
    owner, standby, third = claim(), claim(), claim()
    await owner.acquire("one")
    waiting = asyncio.create_task(standby.acquire("two"))
    await asyncio.wait([waiting], timeout=ownership.POLL_S)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await owner.release()
    async with asyncio.timeout(PATIENCE_S):
        await third.acquire("three")
