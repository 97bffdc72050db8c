from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from edge_group import EdgeGroup, edge_group
from house import House, open_house
from log_server import LogServer


@pytest.fixture
def log_server(tmp_path: Path) -> Iterator[LogServer]:
    """Valkey with an append-only file that is synced at every write."""
    server = LogServer(tmp_path / "valkey")
    yield server
    server.kill()


@pytest.fixture
async def control(tmp_path: Path, log_server: LogServer) -> AsyncIterator[House]:
    """The process that decides and sells, with the cue log on Valkey."""
    async with open_house(tmp_path / "data", redis_url=log_server.url) as house:
        yield house


@pytest.fixture
async def edge(log_server: LogServer, control: House) -> AsyncIterator[EdgeGroup]:
    """One edge process."""
    async with edge_group(log_server.url, control.base_url) as group:
        yield group


@pytest.fixture
async def other_edge(log_server: LogServer, control: House) -> AsyncIterator[EdgeGroup]:
    """An edge process on another host."""
    async with edge_group(log_server.url, control.base_url) as group:
        yield group
