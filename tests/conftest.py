"""Fixtures every test may use. The heavy imports happen only where a fixture is asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # a busy machine is no mistake
settings.load_profile("house")

if TYPE_CHECKING:
    from house import House
    from postgres import PostgresServer


@pytest.fixture
async def running_show(tmp_path: Path) -> "AsyncIterator[House]":
    """The whole application on a real port, before the first take; payments never come by themselves."""
    from house import open_house

    async with open_house(tmp_path / "data") as house:
        yield house


@pytest.fixture
async def full_house(tmp_path: Path) -> "AsyncIterator[House]":
    """The same with room for one viewer."""
    from house import open_house

    async with open_house(tmp_path / "data", max_viewers=1) as house:
        yield house


@pytest.fixture
async def small_house(tmp_path: Path) -> "AsyncIterator[House]":
    """The same with three guests an address and three commands a producer each minute."""
    from house import open_house

    async with open_house(tmp_path / "data", guest_tokens_per_minute=3, commands_per_minute=3) as house:
        yield house


@pytest.fixture(scope="session")
def postgres_template() -> "Iterator[tuple[PostgresServer, str]]":
    """One real PostgreSQL for all tests of this process, and the name of a migrated database to copy."""
    from postgres import PostgresServer

    from showrunner.databases import migrate_postgres

    server = PostgresServer()
    try:
        server.start()
        template = server.new_database()
        with ThreadPoolExecutor(1) as elsewhere:  # here a loop may be running: that of the test that asked first
            elsewhere.submit(lambda: asyncio.run(migrate_postgres(server.url(template)))).result()
        yield server, template
    finally:
        server.remove()


@pytest.fixture
def postgres(postgres_template: "tuple[PostgresServer, str]") -> "PostgresServer":
    """A real PostgreSQL, running."""
    server, _ = postgres_template
    return server


@pytest.fixture
def postgres_url(postgres_template: "tuple[PostgresServer, str]") -> Iterator[str]:
    """The address of a migrated database of the test's own."""
    server, template = postgres_template
    name = server.new_database(template)
    yield server.url(name)
    server.drop_database(name)
