"""What every home of the cue log promises, shown on a real file and on a real server."""

import asyncio

import pytest
from cue_logs import SENT_MS, Home, cue, follow, names, seqs, stock

from broadcast.channels.cue_log import HISTORY_MESSAGES, MAX_APPEND, CueLog, LogLostError
from broadcast.messages import Cue


async def test_a_new_log_is_empty_and_begins_an_epoch(home: Home) -> None:
    log = home.log()
    assert list(await log.open()) == []
    assert log.epoch


async def test_what_is_appended_gets_the_next_places_the_epoch_and_the_time_it_left(home: Home) -> None:
    log = home.log()
    await log.open()
    first = await log.append([cue("one"), stock("COAT", 9)], SENT_MS)
    second = await log.append([cue("two")], SENT_MS + 1)
    assert seqs([*first, *second]) == [1, 2, 3]
    assert [record.message.seq for record in (*first, *second)] == [1, 2, 3]
    one, two = first[0].message, second[0].message
    assert isinstance(one, Cue)
    assert isinstance(two, Cue)
    assert (one.epoch, one.sent_ms) == (log.epoch, SENT_MS)
    assert (two.epoch, two.sent_ms) == (log.epoch, SENT_MS + 1)


async def test_a_follower_gets_exactly_what_was_appended(home: Home) -> None:
    log = home.log()
    await log.open()
    appended = [*await log.append([cue("one"), stock("COAT", 9)], SENT_MS), *await log.append([cue("two")], SENT_MS)]
    assert await follow(log, 0, 3) == appended
    assert await follow(log, 2, 1) == appended[2:]


async def test_a_follower_waits_for_what_is_not_there_yet(home: Home) -> None:
    log = home.log()
    await log.open()
    waiting = asyncio.create_task(follow(log, 0, 2))
    await log.append([cue("one")], SENT_MS)
    await log.append([cue("two")], SENT_MS)
    assert names(await waiting) == ["one", "two"]


async def test_many_followers_get_everything_while_many_append(home: Home) -> None:
    log = home.log()
    await log.open()
    following = [asyncio.create_task(follow(log, 0, 200)) for _ in range(3)]

    async def append(writer: int) -> None:
        for number in range(25):
            await log.append([cue(f"{writer}-{number}-a"), cue(f"{writer}-{number}-b")], SENT_MS)

    await asyncio.gather(*(append(writer) for writer in range(4)))
    heard = await asyncio.gather(*following)
    assert heard[0] == heard[1] == heard[2]
    assert seqs(heard[0]) == list(range(1, 201))
    assert len(set(names(heard[0]))) == 200
    for writer in range(4):
        ours = [name for name in names(heard[0]) if name.startswith(f"{writer}-")]
        assert ours == sorted(ours, key=lambda name: (int(name.split("-")[1]), name)), "one writer's order is kept"


async def test_messages_appended_together_stand_together(home: Home) -> None:
    log = home.log()
    await log.open()
    batches = [[cue(f"{batch}-{place}") for place in range(20)] for batch in range(10)]
    appended = await asyncio.gather(*(log.append(batch, SENT_MS) for batch in batches))
    for records in appended:
        assert seqs(records) == list(range(records[0].seq, records[0].seq + 20))
    assert sorted(place for records in appended for place in seqs(records)) == list(range(1, 201))


async def test_more_than_a_batch_is_refused_whole(home: Home) -> None:
    log = home.log()
    await log.open()
    with pytest.raises(ValueError, match="at most"):
        await log.append([stock("COAT", 1)] * (MAX_APPEND + 1), SENT_MS)
    assert seqs(await log.append([cue("one")], SENT_MS)) == [1]


async def test_appending_nothing_is_nothing(home: Home) -> None:
    log = home.log()
    await log.open()
    assert list(await log.append([], SENT_MS)) == []
    assert seqs(await log.append([cue("one")], SENT_MS)) == [1]


async def test_who_gives_up_waiting_leaves_the_log_whole(home: Home) -> None:
    log = home.log()
    await log.open()
    for attempt in range(20):
        appending = asyncio.create_task(log.append([cue(f"{attempt}-a"), cue(f"{attempt}-b")], SENT_MS))
        for _ in range(attempt):
            await asyncio.sleep(0)
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)
    (last,) = await log.append([cue("last")], SENT_MS)
    records = await follow(log, 0, last.seq)
    assert seqs(records) == list(range(1, last.seq + 1))
    told = names(records)
    assert told[-1] == "last"
    for attempt in range(20):
        assert told.count(f"{attempt}-a") == told.count(f"{attempt}-b") <= 1


async def test_a_restarted_process_finds_the_same_log(home: Home) -> None:
    before = home.log()
    await before.open()
    appended = await before.append([cue("one"), stock("COAT", 9), cue("two")], SENT_MS)
    after = home.log()
    assert list(await after.open()) == list(appended)
    assert after.epoch == before.epoch
    assert seqs(await after.append([cue("three")], SENT_MS)) == [4]
    assert names(await follow(after, 2, 2)) == ["two", "three"]


async def test_shows_do_not_hear_each_other(home: Home) -> None:
    gala, finale = home.log("gala"), home.log("finale")
    await gala.open()
    await finale.open()
    await gala.append([cue("gala's")], SENT_MS)
    assert seqs(await finale.append([cue("finale's")], SENT_MS)) == [1]
    assert names(await follow(finale, 0, 1)) == ["finale's"]
    assert gala.epoch != finale.epoch


async def a_long_show(log: CueLog) -> int:
    """Two cues and two SKUs' last news at the start, then far more stock news than is kept; return the last place."""
    await log.append([cue("one"), stock("EARLY", 7), stock("BOTH", 500), cue("two")], SENT_MS)
    left = HISTORY_MESSAGES + 3 * MAX_APPEND
    while left:
        batch = [stock("COAT", number) for number in range(left, left - MAX_APPEND, -1)]
        last = (await log.append(batch, SENT_MS))[-1].seq
        left -= MAX_APPEND
    return last


async def test_a_long_show_keeps_every_cue_the_newest_stock_and_what_viewers_can_resume(home: Home) -> None:
    log = home.log()
    await log.open()
    last = await a_long_show(log)
    kept = list(await home.log().open())
    assert names(kept[:4]) == ["one", "EARLY=7", "BOTH=500", "two"]
    assert seqs(kept[-HISTORY_MESSAGES:]) == list(range(last - HISTORY_MESSAGES + 1, last + 1))
    assert seqs(kept) == sorted(set(seqs(kept)))
    assert len(kept) < last, "what nobody can need any more is let go"


async def test_a_follower_too_far_behind_is_told_instead_of_skipping(home: Home) -> None:
    log = home.log()
    await log.open()
    last = await a_long_show(log)
    with pytest.raises(LogLostError):
        await follow(log, 10, 1)
    assert seqs(await follow(log, last - 1, 1)) == [last]


async def test_following_ends_when_its_task_does(home: Home) -> None:
    log = home.log()
    await log.open()
    following = asyncio.create_task(follow(log, 0, 1))
    await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    await log.append([cue("one")], SENT_MS)
    assert names(await follow(log, 0, 1)) == ["one"]


async def test_a_log_not_opened_has_no_epoch(home: Home) -> None:
    with pytest.raises(RuntimeError, match="open the log first"):
        _ = home.log().epoch
