"""Producers' commands: what each does on air, and that a double press is one command."""

import asyncio
import time
from typing import Any

import pytest
from house import PRODUCER_KEY, SHOW, House, channel_key
from tokens import jwt, seconds_from_now, unsigned

from broadcast.clock import ProgrammeMs


def on_air(house: House) -> str | None:
    cue = house.running.control.state.on_air(ProgrammeMs(int(time.time() * 1000)))
    return None if cue is None else cue.look


def standing_by(house: House) -> str | None:
    return house.running.control.state.standby


async def do(house: House, *commands: tuple[str, str | None]) -> None:
    """Give commands one after the other; each must be done."""
    for name, look in commands:
        answer = await house.command(name, **({"look": look} if look is not None else {}))
        assert answer.status == 200, answer.body


async def test_a_take_puts_the_look_standing_by_on_air_and_the_next_one_stands_by(running_show: House) -> None:
    answer = await running_show.command("take")
    assert answer.status == 200
    assert answer.body["seq"] == 1
    assert answer.body["cue"]["look"] == "look-1"
    assert (on_air(running_show), standing_by(running_show)) == ("look-1", "look-2")


async def test_a_take_may_name_any_look(running_show: House) -> None:
    await do(running_show, ("take", "look-3"))
    assert (on_air(running_show), standing_by(running_show)) == ("look-3", "look-3a")


async def test_next_back_and_jump_move_what_stands_by_and_nothing_on_air(running_show: House) -> None:
    await do(running_show, ("take", None))
    before = running_show.running.hub.seq
    await do(running_show, ("next", None))
    assert standing_by(running_show) == "look-3"
    await do(running_show, ("back", None))
    assert standing_by(running_show) == "look-2"
    await do(running_show, ("jump", "look-3a"))
    assert standing_by(running_show) == "look-3a"
    assert on_air(running_show) == "look-1"
    assert running_show.running.hub.seq == before


async def test_a_held_show_takes_nothing_until_it_is_resumed(running_show: House) -> None:
    await do(running_show, ("take", None), ("hold", None))
    refused = await running_show.command("take")
    assert (refused.status, refused.problem) == (409, "on-hold")
    assert on_air(running_show) == "look-1"
    await do(running_show, ("resume", None), ("take", None))
    assert on_air(running_show) == "look-2"


async def test_a_clear_takes_the_card_off_every_page(running_show: House) -> None:
    await do(running_show, ("take", None))
    async with running_show.watch("web") as viewer:
        await viewer.next()
        await do(running_show, ("clear", None))
        cue = await viewer.until_type("cue")
    assert (cue["action"], cue["look"]) == ("clear", None)
    assert on_air(running_show) is None


async def test_a_correction_replaces_the_wrong_look_from_the_same_frame_on(running_show: House) -> None:
    wrong = await running_show.command("take", look="look-2")
    async with running_show.watch("web") as viewer:
        await viewer.next()
        await do(running_show, ("correct", "look-3"))
        cue = await viewer.until_type("cue")
    assert cue["action"] == "correct"
    assert cue["at_ms"] == wrong.body["cue"]["at_ms"]
    assert cue["replaces"] == [wrong.body["cue"]["id"]]
    assert cue["look"]["id"] == "look-3"


async def test_an_undone_take_never_happened(running_show: House) -> None:
    await do(running_show, ("take", "look-1"))
    mistake = await running_show.command("take", look="look-2")
    await do(running_show, ("undo", None))
    async with running_show.watch("web") as viewer:
        state = (await viewer.next())["state"]
    assert state["on_air"]["look"]["id"] == "look-1"
    assert mistake.body["cue"]["id"] not in [cue["id"] for cue in state["cues"]]
    assert standing_by(running_show) == "look-2"


async def test_a_take_may_be_armed_for_a_frame_to_come(running_show: House) -> None:
    at_ms = int(time.time() * 1000) + 300_000
    async with running_show.watch("web") as viewer:
        await viewer.next()
        answer = await running_show.command("take", look="look-1", at_ms=at_ms)
        cue = await viewer.next()
    assert answer.body["cue"]["at_ms"] == cue["at_ms"] == at_ms
    assert cue["sent_ms"] < at_ms
    assert on_air(running_show) is None


@pytest.mark.parametrize("command", ["take", "next", "hold", "clear", "undo"])
async def test_a_double_press_is_one_command(running_show: House, command: str) -> None:
    await do(running_show, ("take", None))
    first = await running_show.command(command, key="pressed")
    after = running_show.figures()
    second = await running_show.command(command, key="pressed")
    assert second.status == 200
    assert second.body.get("cue") == first.body.get("cue")
    assert second.body["repeated"] is True
    assert running_show.figures() == after


async def test_presses_at_once_with_the_same_key_are_one_command(running_show: House) -> None:
    answers = await asyncio.gather(*(running_show.command("take", key="nervous") for _ in range(20)))
    assert len({answer.body["cue"]["id"] for answer in answers}) == 1
    assert (running_show.figures().entries, on_air(running_show)) == (1, "look-1")


async def test_taking_the_look_already_on_air_is_the_same_take(running_show: House) -> None:
    first = await running_show.command("take", look="look-2")
    after = running_show.figures()
    second = await running_show.command("take", look="look-2")
    assert second.body == {**first.body, "repeated": True}
    assert running_show.figures() == after


async def test_the_same_key_for_another_command_is_refused(running_show: House) -> None:
    await running_show.command("take", look="look-1", key="k")
    before = running_show.figures()
    for name, look in (("take", "look-2"), ("clear", None)):
        answer = await running_show.command(name, key="k", **({"look": look} if look else {}))
        assert (answer.status, answer.problem) == (422, "key-reused")
    assert running_show.figures() == before


@pytest.mark.parametrize(
    ("commands", "refused", "problem"),
    [
        ([], "undo", "nothing-to-undo"),
        ([], "back", "nothing-next"),
        ([("jump", "look-3a")], "next", "nothing-next"),
        ([("take", "look-3a")], "take", "nothing-next"),
    ],
)
async def test_a_command_with_nothing_to_act_on_is_refused(
    running_show: House, commands: list[tuple[str, str | None]], refused: str, problem: str
) -> None:
    await do(running_show, *commands)
    before = running_show.figures()
    answer = await running_show.command(refused)
    assert (answer.status, answer.problem) == (409, problem)
    assert running_show.figures() == before


async def test_a_correction_needs_a_look_on_air(running_show: House) -> None:
    answer = await running_show.command("correct", look="look-1")
    assert (answer.status, answer.problem) == (409, "nothing-on-air")


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"command": "take", "look": "look-99"}, ["/look"]),
        ({"command": "jump"}, ["/look"]),
        ({"command": "correct"}, ["/look"]),
        ({"command": "hold", "look": "look-1"}, ["/look"]),
        ({"command": "take", "at_ms": 1}, ["/at_ms"]),
        ({"command": "take", "at_ms": 4_000_000_000_000}, ["/at_ms"]),
        ({"command": "next", "at_ms": 1_700_000_000_000, "look": "look-1"}, ["/look", "/at_ms"]),
        ({"command": "explode"}, ["/command"]),
        ({"command": None}, ["/command"]),
        ({"command": "take", "key": ""}, ["/key"]),
        ({"command": "take", "key": "k" * 256}, ["/key"]),
        ({"command": "take", "key": "\u0000"}, ["/key"]),
        ({"command": "take", "look": ""}, ["/look"]),
        ({"command": "take", "look": 7}, ["/look"]),
        ({"command": "take", "at_ms": "now"}, ["/at_ms"]),
        ({"command": "take", "at_ms": -1}, ["/at_ms"]),
        ({"command": "take", "at_ms": 1.5}, ["/at_ms"]),
        ({"command": "take", "note": "n" * 501}, ["/note"]),
        ({}, ["/command"]),
        ([], [""]),
    ],
    ids=str,
)
async def test_a_command_with_wrong_fields_names_each_by_pointer(
    running_show: House, fields: Any, pointers: list[str]
) -> None:
    before = running_show.figures()
    body = {"key": "k", **fields} if isinstance(fields, dict) else fields
    answer = await running_show.request(
        "POST", f"/v1/shows/{SHOW}/commands", token=running_show.producer_token(), json=body
    )
    assert (answer.status, answer.problem) == (422, "invalid")
    assert [error["pointer"] for error in answer.body["errors"]] == pointers
    assert all(error["detail"] for error in answer.body["errors"])
    assert running_show.figures() == before


def producer_claims(**changed: Any) -> dict[str, Any]:
    return {"iss": "producers", "sub": "lin", "show": SHOW, "exp": seconds_from_now(72_000), **changed}


@pytest.mark.parametrize(
    ("token", "status", "problem"),
    [
        ("", 401, "unauthorized"),
        ("lin", 401, "unauthorized"),
        (jwt(producer_claims(exp=seconds_from_now(-1)), PRODUCER_KEY), 401, "unauthorized"),
        (jwt(producer_claims(), channel_key("web")), 401, "unauthorized"),
        (unsigned(producer_claims()), 401, "unauthorized"),
        (jwt(producer_claims(show="another-show"), PRODUCER_KEY), 403, "forbidden"),
        (jwt({"iss": "web", "sub": "mei", "exp": seconds_from_now(72_000)}, channel_key("web")), 403, "forbidden"),
    ],
    ids=["none", "no token", "expired", "another key", "unsigned", "another show's", "a viewer's"],
)
async def test_only_this_shows_producers_give_commands(
    running_show: House, token: str, status: int, problem: str
) -> None:
    before = running_show.figures()
    answer = await running_show.request(
        "POST",
        f"/v1/shows/{SHOW}/commands",
        json={"command": "take", "key": "k"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status, answer.problem) == (status, problem)
    assert running_show.figures() == before


async def test_commands_to_another_show_are_not_found(running_show: House) -> None:
    answer = await running_show.command("take", show="another-show")
    assert (answer.status, answer.problem) == (404, "no-such-show")


async def test_a_page_of_another_origin_gives_no_commands(running_show: House) -> None:
    answer = await running_show.request(
        "POST",
        f"/v1/shows/{SHOW}/commands",
        token=running_show.producer_token(),
        json={"command": "take", "key": "k"},
        headers={"Origin": "https://copycat.example"},
    )
    assert (answer.status, answer.problem) == (403, "origin-refused")
    assert running_show.figures().entries == 0
