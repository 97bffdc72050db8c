"""The same tests hold for every home of the cue log."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cue_logs import Home, SqlHome, ValkeyHome, sqlite_file
from log_server import LogServer

from showrunner.databases import control_engine


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogServer]:
    """One real Valkey server for all these tests; each test's shows have names of their own."""
    server = LogServer(tmp_path_factory.mktemp("valkey") / "data")
    yield server
    server.kill()


@pytest.fixture
async def sqlite_home(tmp_path: Path) -> AsyncIterator[SqlHome]:
    home = SqlHome(sqlite_file(tmp_path / "log.sqlite3"))
    await home.prepare()
    yield home
    await home.close()


@pytest.fixture(params=["sqlite", "postgres", "valkey"])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    if request.param == "sqlite":
        sqlite = SqlHome(sqlite_file(tmp_path / "log.sqlite3"))
        await sqlite.prepare()
        yield sqlite
        await sqlite.close()
    elif request.param == "postgres":
        postgres = SqlHome(control_engine(request.getfixturevalue("postgres_url")))
        yield postgres
        await postgres.close()
    else:
        valkey = ValkeyHome(request.getfixturevalue("valkey").url)
        yield valkey
        await valkey.close()
