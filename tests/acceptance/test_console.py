"""The producers' console over Socket.IO: who gets in, what it is shown, and that it speaks the same commands."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import socketio
from house import SHOW, House
from viewers import PATIENCE_S

from broadcast.messages import CommandAnswer, ConsoleRundown, ConsoleState


async def rundown_and_state(console: socketio.AsyncSimpleClient) -> tuple[ConsoleRundown, ConsoleState]:
    """Read the two events every console begins with."""
    name, rundown = await console.receive(timeout=PATIENCE_S)
    assert name == "rundown"
    name, state = await console.receive(timeout=PATIENCE_S)
    assert name == "state"
    return msgspec.convert(rundown, ConsoleRundown), msgspec.convert(state, ConsoleState)


async def state_where(console: socketio.AsyncSimpleClient, wanted: Callable[[ConsoleState], bool]) -> ConsoleState:
    """Read pushed states until one is as wanted."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            name, data = await console.receive(timeout=PATIENCE_S)
            if name == "state" and wanted(state := msgspec.convert(data, ConsoleState)):
                return state


async def test_a_console_gets_the_rundown_and_the_state(running_show: House) -> None:
    async with running_show.console() as console:
        rundown, state = await rundown_and_state(console)
    assert rundown.show == SHOW
    assert [entry.cue for entry in rundown.entries] == ["1", "2", "3", "3A"]
    assert rundown.entries[0].skus_limit == {"COAT-S": 2, "COAT-M": 2, "SCARF": 99}
    assert [channel.id for channel in rundown.channels] == ["web", "youku", "taobao", "beijing-tv"]
    assert state.next == "look-1"
    assert state.on_air is None
    assert state.stock["COAT-M"].left == 100
    assert state.orders.placed == 0


async def test_a_command_is_acknowledged_and_every_console_sees_its_effect(running_show: House) -> None:
    async with running_show.console() as one, running_show.console() as two:
        await rundown_and_state(one)
        await rundown_and_state(two)
        answer = msgspec.convert(
            await one.call("command", {"command": "take", "key": "k1"}, timeout=PATIENCE_S), CommandAnswer
        )
        assert answer.seq == 1
        assert answer.cue is not None
        for console in (one, two):
            state = await state_where(console, lambda state: state.on_air is not None)
            assert state.on_air is not None
            assert (state.on_air.look, state.next, state.can_undo) == ("look-1", "look-2", True)
            assert [entry.by for entry in state.as_run] == ["lin"]


async def test_a_key_pressed_on_the_console_and_over_http_is_one_command(running_show: House) -> None:
    async with running_show.console() as console:
        pressed = await console.call("command", {"command": "take", "key": "k1"}, timeout=PATIENCE_S)
    again = await running_show.command("take", key="k1")
    assert again.body == {**pressed, "repeated": True}


async def test_the_counters_move_with_orders_and_payments(running_show: House) -> None:
    await running_show.command("take")
    async with running_show.console() as console:
        await rundown_and_state(console)
        await running_show.order("COAT-M", 2)
        reserved = await state_where(console, lambda state: state.orders.placed == 1)
        assert (reserved.stock["COAT-M"].left, reserved.stock["COAT-M"].reserved) == (98, 2)
        assert reserved.orders.reserved_value == 259_800
        await running_show.payments(delay_ms=10)
        await running_show.order("SCARF")
        paid = await state_where(console, lambda state: state.orders.paid == 1)
        assert paid.stock["SCARF"].sold == 1
        await running_show.order("COAT-M", 2, key="too many")
        refused = await state_where(console, lambda state: state.orders.refused == 1)
        assert refused.orders.placed == 2


async def test_a_console_sees_who_else_is_there_and_how_many_watch(running_show: House) -> None:
    async with running_show.console() as console:
        await rundown_and_state(console)
        async with running_show.watch("youku") as viewer:
            await viewer.next()
            await state_where(console, lambda state: state.audience["youku"] == 1)
        auth = {"token": running_show.producer_token("zoe"), "show": SHOW}
        async with running_show.console(auth):
            both = await state_where(console, lambda state: len(state.producers) == 2)
            assert both.producers == ("lin", "zoe")
        await state_where(console, lambda state: state.producers == ("lin",))


@pytest.mark.parametrize(
    ("auth", "problem"),
    [
        ({}, "unauthorized"),
        ("a text", "unauthorized"),
        ({"token": 7}, "unauthorized"),
        ({"token": "lin"}, "unauthorized"),
        ({"token": "{viewer}"}, "forbidden"),
        ({"token": "{elsewhere}"}, "forbidden"),
        ({"token": "{expired}"}, "unauthorized"),
        ({"token": "{producer}", "show": "another-show"}, "no-such-show"),
    ],
    ids=str,
)
async def test_only_this_shows_producers_get_a_console(running_show: House, auth: Any, problem: str) -> None:
    tokens = {
        "{viewer}": running_show.viewer_token(),
        "{producer}": running_show.producer_token(),
        "{elsewhere}": running_show.producer_token(show="another-show"),
        "{expired}": running_show.producer_token(lifetime_s=-1),
    }
    if isinstance(auth, dict):
        auth = {name: tokens.get(value, value) for name, value in auth.items()}
    refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client = socketio.AsyncClient(reconnection=False)
    client.on("connect_error", refused.set_result, namespace="/console")
    try:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(
                running_show.base_url, namespaces=["/console"], transports=["websocket"], auth=auth or {"none": 1}
            )
        async with asyncio.timeout(PATIENCE_S):
            told = await refused
    finally:
        await client.disconnect()
    assert told["data"]["type"].rpartition("/")[2] == problem
    assert told["message"] == told["data"]["title"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"command": "take", "key": "k", "look": "look-99"}, "invalid"),
        ({"command": "explode", "key": "k"}, "invalid"),
        ({"command": "take"}, "invalid"),
        ({"command": "undo", "key": "k"}, "nothing-to-undo"),
        ("take", "invalid"),
        (None, "invalid"),
        ([1, 2], "invalid"),
        ({"command": "take", "key": "k", "at_ms": 1e300}, "invalid"),
        ({"command": "take", "key": "k" * 10_000}, "invalid"),
        (b"\x00\xff", "invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_command_is_acknowledged_with_its_problem_and_changes_nothing(
    running_show: House, data: Any, problem: str
) -> None:
    before = running_show.figures()
    async with running_show.console() as console:
        told = await console.call("command", data, timeout=PATIENCE_S)
        assert told["type"].rpartition("/")[2] == problem
        assert running_show.figures() == before
        right = await console.call("command", {"command": "take", "key": "right"}, timeout=PATIENCE_S)
        assert right["seq"] == 1
