"""A channel's offset, trimmed while the show is on: its viewers and its orders follow, and it survives a restart."""

import time
from pathlib import Path

import pytest
from house import House, open_house

BEHIND_MS = 90_000
ABOUT_MS = 250


def trimmed(offset_ms: int, error_ms: int = ABOUT_MS, source: str = "manual") -> dict[str, object]:
    return {"offset_ms": offset_ms, "error_ms": error_ms, "source": source}


async def test_a_trim_reaches_every_viewer_at_once_and_whoever_comes_later(running_show: House) -> None:
    async with running_show.watch("beijing-tv") as viewer:
        await viewer.next()
        answer = await running_show.command("trim", channel="beijing-tv", offset_ms=42_000)
        assert answer.status == 200
        news = await viewer.next()
        assert (news["type"], news["channel"]) == ("channel", "beijing-tv")
        assert news["correlation"] == trimmed(42_000)
    async with running_show.watch("beijing-tv") as later:
        snapshot = await later.next()
        assert snapshot["state"]["correlations"] == {"beijing-tv": trimmed(42_000)}


async def test_nobody_orders_before_their_channel_has_shown_the_look(running_show: House) -> None:
    await running_show.command("trim", channel="web", offset_ms=BEHIND_MS)
    taken = await running_show.command("take", look="look-1")
    refused = await running_show.order()
    assert (refused.status, refused.problem) == (409, "not-on-sale")
    assert refused.body["opens_at_ms"] == taken.body["cue"]["at_ms"] + BEHIND_MS - ABOUT_MS
    await running_show.command("trim", channel="web", offset_ms=0)
    assert (await running_show.order()).status == 201


async def test_a_trim_of_one_channel_leaves_the_others_alone(running_show: House) -> None:
    await running_show.command("trim", channel="youku", offset_ms=BEHIND_MS)
    await running_show.command("take", look="look-1")
    assert (await running_show.order()).status == 201


async def test_a_probe_says_how_sure_it_is(running_show: House) -> None:
    answer = await running_show.command("trim", channel="web", offset_ms=5_120, error_ms=20, source="probe")
    assert answer.status == 200
    async with running_show.watch("web") as viewer:
        assert (await viewer.next())["state"]["correlations"]["web"] == trimmed(5_120, 20, "probe")


async def test_a_trim_is_in_the_as_run_record_and_undo_passes_over_it(running_show: House) -> None:
    await running_show.command("take", look="look-1")
    await running_show.command("trim", channel="web", offset_ms=3_000)
    assert running_show.running.control.as_run()[-1].offset_ms == 3_000
    undone = await running_show.command("undo")
    assert undone.body["cue"]["look"] is None
    assert running_show.running.control.correlations()["web"].offset_ms == 3_000


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"offset_ms": 1_000}, "/channel"),
        ({"channel": "web"}, "/offset_ms"),
        ({"channel": "nowhere", "offset_ms": 1_000}, "/channel"),
        ({"channel": "web", "offset_ms": -1}, "/offset_ms"),
        ({"channel": "web", "offset_ms": 180_001}, "/offset_ms"),
        ({"channel": "web", "offset_ms": 1_000, "look": "look-1"}, "/look"),
    ],
)
async def test_a_trim_that_makes_no_sense_is_refused_by_field(
    running_show: House, fields: dict[str, object], pointer: str
) -> None:
    answer = await running_show.command("trim", **fields)
    assert answer.status == 422
    assert pointer in [error["pointer"] for error in answer.body["errors"]]


async def test_the_same_trim_twice_is_one(running_show: House) -> None:
    first = await running_show.command("trim", channel="web", offset_ms=3_000, key="once")
    again = await running_show.command("trim", channel="web", offset_ms=3_000, key="once")
    other = await running_show.command("trim", channel="web", offset_ms=4_000, key="once")
    assert (first.status, again.body["repeated"], other.problem) == (200, True, "key-reused")


async def test_a_restarted_show_remembers_its_trims(tmp_path: Path) -> None:
    async with open_house(tmp_path) as before:
        await before.command("trim", channel="web", offset_ms=BEHIND_MS)
    async with open_house(tmp_path) as after:
        taken = await after.command("take", look="look-1", at_ms=int(time.time() * 1000))
        assert taken.status == 200
        assert (await after.order()).problem == "not-on-sale"
        async with after.watch("web") as viewer:
            assert (await viewer.next())["state"]["correlations"] == {"web": trimmed(BEHIND_MS)}
