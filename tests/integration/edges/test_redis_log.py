"""What the cue log on Valkey promises to those who append and those who follow, whatever happens to the server."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from log_server import LogServer

from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.cue_log import LogLostError, LogRecord, LogUnreachableError
from broadcast.ids import CueId, Epoch, ShowId, Sku
from broadcast.messages import Cue, Stock

NewLog = Callable[..., RedisCueLog]


@pytest.fixture
async def new_log(log_server: LogServer) -> AsyncIterator[NewLog]:
    """Make logs of one show, as the side that tells the present or as a follower."""
    made: list[RedisCueLog] = []

    def make(*, begins: bool = True) -> RedisCueLog:
        made.append(RedisCueLog(connect(log_server.url), ShowId("show"), lambda: str(uuid.uuid4()), begins=begins))
        return made[-1]

    yield make
    for log in made:
        await log.close()


def cue(name: str) -> Cue:
    return Cue(seq=0, epoch=Epoch(""), id=CueId(name), at_ms=1_000, sent_ms=0, action="clear", look=None)


def stock(left: int) -> Stock:
    return Stock(seq=0, sku=Sku("COAT-M"), left=left, state="on_sale")


async def first(log: RedisCueLog, after: int) -> LogRecord:
    async with asyncio.timeout(15):
        return await anext(aiter(log.follow(after)))


async def test_a_cue_that_is_appended_again_keeps_its_place(new_log: NewLog) -> None:
    log = new_log()
    await log.open()
    (before,) = await log.append([cue("one")], sent_ms=5)
    again, after = await log.append([cue("one"), cue("two")], sent_ms=9)
    assert again == before
    assert (after.seq, len(await log.open())) == (2, 2)


async def test_an_append_meant_for_a_log_that_is_gone_is_not_made(new_log: NewLog, log_server: LogServer) -> None:
    log = new_log()
    await log.open()
    await log.append([cue("one")], sent_ms=5)
    log_server.kill()
    log_server.lose_everything()
    log_server.start()
    with pytest.raises(LogLostError):
        await log.append([cue("two")], sent_ms=6)
    assert await new_log().open() == []


async def test_who_only_follows_does_not_begin_a_log(new_log: NewLog) -> None:
    with pytest.raises(LogLostError):
        await new_log(begins=False).open()


async def test_who_only_follows_waits_until_the_present_was_told(new_log: NewLog) -> None:
    teller, follower = new_log(), new_log(begins=False)
    await teller.open()
    await teller.append([cue("one")], sent_ms=5)
    with pytest.raises(LogLostError):
        await follower.open()
    await teller.settled()
    assert [record.seq for record in await follower.open()] == [1]


async def test_a_server_that_is_away_is_said_to_be(new_log: NewLog, log_server: LogServer) -> None:
    log = new_log()
    await log.open()
    log_server.kill()
    for ask in (log.open, log.settled, lambda: log.append([cue("one")], sent_ms=5)):
        with pytest.raises(LogUnreachableError):
            await ask()


async def test_what_was_acknowledged_survives_the_servers_death(new_log: NewLog, log_server: LogServer) -> None:
    log = new_log()
    await log.open()
    told = [*await log.append([cue("one"), stock(3)], sent_ms=5), *await log.append([stock(2)], sent_ms=6)]
    log_server.kill()
    log_server.start()
    assert await log.open() == told


async def test_a_follower_whose_past_is_not_the_logs_begins_a_new_epoch(new_log: NewLog, log_server: LogServer) -> None:
    teller, follower = new_log(), new_log(begins=False)
    await teller.open()
    await teller.settled()
    (common,) = await teller.append([cue("one")], sent_ms=5)
    log_server.kill()
    log_server.copy_to(log_server.folder.with_name("replica"))
    log_server.start()
    await teller.append([cue("lost")], sent_ms=6)
    await follower.open()
    log_server.kill()
    log_server.take_over_from(log_server.folder.with_name("replica"))
    other = new_log()
    await other.open()
    await other.append([cue("two"), cue("three")], sent_ms=7)
    with pytest.raises(LogLostError, match="past is not what was read"):
        await first(follower, after=common.seq + 1)
    before = other.epoch
    await other.open()
    assert other.epoch != before


async def test_many_followers_that_notice_begin_one_new_epoch(new_log: NewLog, log_server: LogServer) -> None:
    teller = new_log()
    await teller.open()
    await teller.settled()
    followers = [new_log(begins=False) for _ in range(5)]
    log_server.kill()
    log_server.copy_to(log_server.folder.with_name("replica"))
    log_server.start()
    await teller.append([cue("lost")], sent_ms=6)
    for follower in followers:
        await follower.open()
    log_server.kill()
    log_server.take_over_from(log_server.folder.with_name("replica"))
    epochs = []
    for follower in followers:
        with pytest.raises(LogLostError):
            await first(follower, after=1)
        await teller.open()
        epochs.append(teller.epoch)
    assert len(set(epochs)) == 1
    assert epochs[0] != followers[0].epoch


async def test_a_follower_reads_on_after_the_server_was_away(new_log: NewLog, log_server: LogServer) -> None:
    teller, follower = new_log(), new_log(begins=False)
    await teller.open()
    await teller.settled()
    await follower.open()
    waiting = asyncio.create_task(first(follower, after=0))
    log_server.kill()
    log_server.start()
    await teller.append([cue("one")], sent_ms=5)
    assert (await waiting).seq == 1


async def test_asking_again_for_a_cue_that_was_appended_is_no_fork(new_log: NewLog) -> None:
    silent, again = new_log(), new_log()
    await silent.open()
    await again.open()
    await silent.append([cue("one")], sent_ms=5)
    await again.append([cue("one")], sent_ms=6)
    assert (await first(again, after=0)).seq == 1
    before = again.epoch
    await again.open()
    assert again.epoch == before
