"""A process without viewers hears the log all the same: its past, what comes, and a new log after a lost one."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cue_logs import SENT_MS, cue
from log_server import LogServer
from redis.asyncio import Redis
from waiting import until

from broadcast.channels.adapters.log_follower import LogFollower
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.cue_log import LogMessage
from broadcast.ids import ShowId
from broadcast.messages import Cue


def log_of(server: LogServer, *, begins: bool) -> RedisCueLog:
    ids = iter(f"{begins}-{number}" for number in range(10_000))
    return RedisCueLog(connect(server.url), ShowId("gala"), lambda: next(ids), begins=begins)


@pytest.fixture
def server(tmp_path: Path) -> "AsyncIterator[LogServer]":
    server = LogServer(tmp_path / "valkey")
    yield server
    server.kill()


@pytest.fixture
async def control(server: LogServer) -> AsyncIterator[RedisCueLog]:
    """The side that tells the log the present."""
    log = log_of(server, begins=True)
    yield log
    await log.close()


@pytest.fixture
async def follow(server: LogServer) -> AsyncIterator[Callable[[], LogFollower]]:
    followers: list[LogFollower] = []

    def start() -> LogFollower:
        followers.append(LogFollower(log_of(server, begins=False), heard.append))
        return followers[-1]

    heard: list[LogMessage] = []
    start.heard = heard  # type: ignore[attr-defined]
    yield start
    for follower in followers:
        await follower.stop()


def cues(follow: Callable[[], LogFollower]) -> list[str]:
    messages: list[LogMessage] = follow.heard  # type: ignore[attr-defined]
    return [str(message.id) for message in messages if isinstance(message, Cue)]


async def test_the_past_is_heard_first_then_what_comes(control: RedisCueLog, follow: Callable[[], LogFollower]) -> None:
    await control.open()
    await control.append([cue("one"), cue("two")], SENT_MS)
    await control.settled()
    follower = follow()
    await follower.start()
    await until(lambda: follower.known, "the past is known")
    assert cues(follow) == ["one", "two"]
    await control.append([cue("three")], SENT_MS)
    await until(lambda: cues(follow) == ["one", "two", "three"], "the next is heard")


async def test_a_log_that_has_not_begun_is_waited_for(control: RedisCueLog, follow: Callable[[], LogFollower]) -> None:
    follower = follow()
    await follower.start()
    await control.open()
    await control.append([cue("one")], SENT_MS)
    assert not follower.known
    await control.settled()
    await until(lambda: cues(follow) == ["one"], "the past is heard")


async def test_a_server_that_is_away_is_waited_for_and_nothing_is_missed(
    server: LogServer, control: RedisCueLog, follow: Callable[[], LogFollower]
) -> None:
    await control.open()
    await control.append([cue("one")], SENT_MS)
    await control.settled()
    await follow().start()
    await until(lambda: cues(follow) == ["one"], "the past is heard")
    server.kill()
    server.start()
    async with Redis.from_url(server.url) as client:
        await client.ping()
    await control.append([cue("two")], SENT_MS)
    await until(lambda: cues(follow) == ["one", "two"], "the next is heard")


async def test_a_log_that_began_anew_is_heard_from_its_beginning(
    server: LogServer, control: RedisCueLog, follow: Callable[[], LogFollower]
) -> None:
    await control.open()
    await control.append([cue("one")], SENT_MS)
    await control.settled()
    await follow().start()
    await until(lambda: cues(follow) == ["one"], "the past is heard")
    async with Redis.from_url(server.url) as client:
        await client.flushall()
    await control.open()
    await control.append([cue("one"), cue("two")], SENT_MS)
    await control.settled()
    await until(lambda: cues(follow) == ["one", "one", "two"], "the new log is heard")
