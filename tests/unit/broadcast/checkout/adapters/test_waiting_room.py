import asyncio
from collections.abc import Callable

import pytest

from broadcast.checkout.adapters import waiting_room
from broadcast.checkout.adapters.waiting_room import WaitingRoom
from broadcast.checkout.commands import Expire, Place
from broadcast.errors import Refusal


async def test_whoever_came_first_is_served_first_and_no_more_than_fit(tap: Callable[..., Place]):
    room = WaitingRoom()
    taps = [tap(key=str(n)) for n in range(5)]
    for one in taps:
        room.enter(one)
    assert [waiting.command for waiting in room.take(3)] == taps[:3]
    assert [waiting.command for waiting in room.take(3)] == taps[3:]
    assert room.take(3) == []


async def test_whoever_hung_up_is_not_served(tap: Callable[..., Place]):
    room = WaitingRoom()
    hung_up, stays = room.enter(tap(key="1")), room.enter(tap(key="2"))
    hung_up.cancel()
    [waiting] = room.take(5)
    waiting.give(None)
    assert stays.done()


async def test_an_answer_to_someone_who_hung_up_meanwhile_is_no_mistake(tap: Callable[..., Place]):
    room = WaitingRoom()
    room.enter(tap()).cancel()
    future = room.enter(tap())
    [waiting] = room.take(5)
    future.cancel()
    waiting.give(Refusal("busy"))


async def test_a_key_is_known_to_wait_until_its_last_tap_is_taken(tap: Callable[..., Place]):
    room = WaitingRoom()
    room.enter(tap())
    room.enter(tap())
    assert room.is_waiting(tap().scope)
    room.take(1)
    assert room.is_waiting(tap().scope)
    room.take(1)
    assert not room.is_waiting(tap().scope)


async def test_when_taps_fill_the_room_a_payments_news_still_gets_in(
    tap: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waiting_room, "MAX_WAITING", 2)
    monkeypatch.setattr(waiting_room, "MAX_HOUSEKEEPING", 1)
    room = WaitingRoom()
    room.enter(tap(key="1"))
    room.enter(tap(key="2"))
    assert not room.has_place_for(tap(key="3"))
    assert room.has_place_for(Expire(most=1))
    room.enter(Expire(most=1))
    assert not room.has_place_for(Expire(most=1))
    assert len(room) == 3


async def test_arrival_is_heard_once(tap: Callable[..., Place]):
    room = WaitingRoom()
    waiting = asyncio.create_task(room.arrival())
    await asyncio.sleep(0)
    assert not waiting.done()
    room.enter(tap())
    await waiting
    room.take(1)
    again = asyncio.create_task(room.arrival())
    await asyncio.sleep(0)
    assert not again.done()
    room.wake()
    await again


async def test_a_nervous_thumb_has_room_for_every_repeat_of_one_key_and_for_other_keys_beside_it(
    tap: Callable[..., Place],
):
    room = WaitingRoom()
    for _ in range(100):
        assert room.has_place_for(tap(key="again"))
        room.enter(tap(key="again"))
    for number in range(waiting_room.MAX_PER_BUYER - 1):
        assert room.has_place_for(tap(key=str(number)))
        room.enter(tap(key=str(number)))
    assert not room.has_place_for(tap(key="one too many"))
    assert room.has_place_for(tap(key="again"))
    room.take(101)
    assert room.has_place_for(tap(key="one more now"))


async def test_repeats_of_one_buyer_are_bounded_too(tap: Callable[..., Place]):
    room = WaitingRoom()
    for _ in range(waiting_room.MAX_REPEATS_PER_BUYER):
        room.enter(tap(key="again"))
    assert not room.has_place_for(tap(key="again"))


async def one_a_turn(room: WaitingRoom, taps: list[Place]) -> None:
    """Let taps come as from sockets, one at every turn of the event loop."""
    for tap in taps:
        room.enter(tap)
        await asyncio.sleep(0)


async def test_those_who_come_turn_by_turn_are_gathered_until_nobody_more_does(tap: Callable[..., Place]):
    room = WaitingRoom()
    async with asyncio.TaskGroup() as group:
        coming = group.create_task(one_a_turn(room, [tap(key=str(n)) for n in range(5)]))
        await asyncio.sleep(0)
        await room.gather(100)
        assert (len(room), coming.done()) == (5, True)


async def test_a_crowd_without_end_is_served_as_soon_as_enough_wait(tap: Callable[..., Place]):
    room = WaitingRoom()
    async with asyncio.TaskGroup() as group:
        coming = group.create_task(one_a_turn(room, [tap(key=str(n)) for n in range(100)]))
        await asyncio.sleep(0)
        await room.gather(7)
        assert len(room) == 7
        coming.cancel()


async def test_where_nobody_waits_nothing_is_gathered():
    room = WaitingRoom()
    gathering = room.gather(7)
    with pytest.raises(StopIteration):
        gathering.send(None)
