"""The distributed log when its server dies in the middle of things."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cue_logs import cue
from log_server import LogServer

from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.cue_log import LogLostError, LogUnreachableError
from broadcast.ids import ShowId
from broadcast.messages import Cue


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LogServer]:
    """A server of the test's own, that may be killed."""
    server = LogServer(tmp_path / "valkey")
    yield server
    server.kill()


class Ids:
    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._given = 0

    def __call__(self) -> str:
        self._given += 1
        return f"{self._whose}-{self._given}"


def new_log(server: LogServer, whose: str, *, begins: bool = True) -> RedisCueLog:
    return RedisCueLog(connect(server.url), ShowId("gala"), Ids(whose), begins=begins)


async def until_reached(append: Callable[[list[Cue], int], Awaitable[Any]], messages: list[Cue]) -> None:
    """Append again and again until the server answers, as the producers' side does."""
    while True:
        try:
            await append(messages, 1)
        except LogUnreachableError:
            continue
        return


async def test_a_server_that_comes_back_with_its_data_is_followed_without_gap_or_repeat(server: LogServer) -> None:
    log = new_log(server, "control")
    await log.open()
    heard: asyncio.Queue[int] = asyncio.Queue()

    async def listen() -> None:
        async for record in log.follow(0):
            heard.put_nowait(record.seq)

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(30):
        await log.append([cue("one")], 1)
        assert await heard.get() == 1
        server.kill()
        with pytest.raises(LogUnreachableError):
            await log.append([cue("lost")], 1)
        server.start()
        await until_reached(log.append, [cue("two"), cue("three")])
        assert [await heard.get() for _ in range(2)] == [2, 3]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await log.close()


async def test_a_server_that_comes_back_empty_is_noticed_and_begins_another_epoch(server: LogServer) -> None:
    log = new_log(server, "control")
    await log.open()
    await log.append([cue("one")], 1)
    epoch = log.epoch
    server.kill()
    server.lose_everything()
    server.start()
    async with asyncio.timeout(30):
        with pytest.raises(LogLostError):
            await log.append([cue("two")], 1)
        with pytest.raises(LogLostError):
            async for _ in log.follow(1):
                pass
        assert list(await log.open()) == []
    assert log.epoch != epoch
    await log.close()


async def test_an_edge_opens_a_log_only_when_it_holds_the_present(server: LogServer) -> None:
    edge = new_log(server, "edge", begins=False)
    with pytest.raises(LogLostError):
        await edge.open()
    control = new_log(server, "control")
    await control.open()
    await control.append([cue("one")], 1)
    with pytest.raises(LogLostError):
        await edge.open()
    await control.settled()
    assert [record.seq for record in await edge.open()] == [1]
    assert edge.epoch == control.epoch
    await edge.close()
    await control.close()


async def test_a_follower_stops_whenever_it_is_cancelled(server: LogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadcast.channels.adapters.redis_log.BLOCK_MS", 20)
    log = new_log(server, "control")
    await log.open()

    async def listen() -> None:
        async for _ in log.follow(0):
            pass

    async with asyncio.timeout(60):
        for steps in range(24):
            listening = asyncio.create_task(listen())
            for _ in range(steps):
                await asyncio.sleep(0)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
    await log.close()


async def test_a_cue_appended_again_because_no_answer_came_keeps_its_place(server: LogServer) -> None:
    log = new_log(server, "control")
    await log.open()
    first = await log.append([cue("one")], 1)
    again = await log.append([cue("one"), cue("two")], 2)
    assert [record.seq for record in again] == [1, 2]
    assert again[0] == first[0]
    await log.close()


async def test_nobody_there_is_not_an_empty_log(server: LogServer) -> None:
    server.kill()
    log = new_log(server, "control")
    with pytest.raises(LogUnreachableError):
        await log.open()
    await log.close()
    server.start()
