"""The cue log's server dies, loses its memory, or another takes its place: what viewers on edges see of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from edge_group import EdgeGroup, edge_group
from house import House, open_house
from log_server import LogServer, Switch
from viewers import Message, SocketViewer, watching


def watch(control: House, edge: EdgeGroup, **query: Any) -> Any:
    return watching(control.contract, edge.base_url + control.feed_path("web", **query))


async def take(control: House, look: str) -> None:
    """Press GO until the log has it, as a producer does who is told that it is not ready."""
    key = f"press of {look}"
    while (await control.command("take", look=look, key=key)).status != 200:
        pass


async def until_look(viewer: SocketViewer, look: str) -> list[Message]:
    """Return every message up to the cue that shows the look."""
    heard = [await viewer.next()]
    while not (heard[-1]["type"] == "cue" and heard[-1]["look"]["id"] == look):
        heard.append(await viewer.next())
    return heard


async def until_shown(control: House, edge: EdgeGroup, look: str) -> None:
    """Wait until whoever comes to the edge finds the look on air."""

    def shows(message: Message) -> bool:
        on_air = message["state"]["on_air"] if message["type"] == "snapshot" else message
        return on_air is not None and on_air.get("look") is not None and on_air["look"]["id"] == look

    async with watch(control, edge) as viewer:
        await viewer.until(shows)


async def test_a_log_that_dies_and_comes_back_skips_nothing_and_repeats_nothing(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    async with watch(control, edge) as viewer:
        snapshot = await viewer.next()
        await take(control, "look-1")
        heard = await until_look(viewer, "look-1")
        log_server.kill()
        refused = await control.command("take", look="look-2", key="while away")
        assert refused.problem == "not-ready"
        log_server.start()
        await take(control, "look-3")
        heard += await until_look(viewer, "look-3")
    first = snapshot["seq"] + 1
    assert [message["seq"] for message in heard] == list(range(first, first + len(heard)))
    assert [message["look"]["id"] for message in heard if message["type"] == "cue"] == ["look-1", "look-2", "look-3"]
    assert {message["epoch"] for message in heard if message["type"] == "cue"} == {snapshot["epoch"]}


async def test_a_viewer_that_was_away_while_the_log_was_still_resumes_exactly(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    async with watch(control, edge) as viewer:
        snapshot = await viewer.next()
    await take(control, "look-1")
    log_server.kill()
    log_server.start()
    await take(control, "look-2")
    async with watch(control, edge, epoch=snapshot["epoch"], after=snapshot["seq"]) as viewer:
        assert (await viewer.next())["type"] == "resumed"
        heard = await until_look(viewer, "look-2")
    assert [message["look"]["id"] for message in heard if message["type"] == "cue"] == ["look-1", "look-2"]


async def test_a_log_that_lost_everything_is_told_the_present_before_any_viewer_hears_of_it(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    await take(control, "look-1")
    assert (await control.order("COAT-M", quantity=2)).status == 201
    await take(control, "look-2")
    await until_shown(control, edge, "look-2")
    async with watch(control, edge) as viewer:
        before = await viewer.next()
        log_server.kill()
        log_server.lose_everything()
        log_server.start()
        after = await viewer.until_type("snapshot")
        assert after["epoch"] != before["epoch"]
        assert after["state"]["on_air"]["look"]["id"] == "look-2"
        assert after["state"]["stock"]["COAT-M"]["left"] == 98
        assert [cue["look"]["id"] for cue in after["state"]["cues"]] == ["look-1", "look-2"]
        await take(control, "look-3")
        assert (await until_look(viewer, "look-3"))[-1]["epoch"] == after["epoch"]


async def test_a_resume_point_in_a_log_that_is_gone_is_answered_with_the_present(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    await take(control, "look-1")
    await until_shown(control, edge, "look-1")
    async with watch(control, edge) as viewer:
        before = await viewer.next()
        log_server.kill()
        log_server.lose_everything()
        log_server.start()
        await viewer.until_type("snapshot")
    async with watch(control, edge, epoch=before["epoch"], after=before["seq"]) as viewer:
        snapshot = await viewer.next()
    assert snapshot["type"] == "snapshot"
    assert snapshot["state"]["on_air"]["look"]["id"] == "look-1"


async def test_a_server_without_the_newest_records_that_takes_over_costs_no_cue(
    control: House, edge: EdgeGroup, log_server: LogServer, tmp_path: Path
) -> None:
    await take(control, "look-1")
    await until_shown(control, edge, "look-1")
    async with watch(control, edge) as viewer:
        before = await viewer.next()
        log_server.copy_to(tmp_path / "replica")
        await take(control, "look-2")
        await until_look(viewer, "look-2")
        log_server.kill()
        log_server.take_over_from(tmp_path / "replica")
        after = await viewer.until_type("snapshot")
        assert after["epoch"] != before["epoch"]
        assert [cue["look"]["id"] for cue in after["state"]["cues"]] == ["look-1", "look-2"]
        await take(control, "look-3")
        heard = await until_look(viewer, "look-3")
    assert [message["seq"] for message in heard] == [after["seq"] + 1]


async def test_until_the_log_has_been_told_the_present_screens_stay_as_they_are(
    control: House, edge: EdgeGroup, log_server: LogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_tell = asyncio.Event()
    restore = control.running.control.restore

    async def held_up() -> None:
        await may_tell.wait()
        await restore()

    monkeypatch.setattr(control.running.control, "restore", held_up)
    await take(control, "look-1")
    await until_shown(control, edge, "look-1")
    async with watch(control, edge) as viewer:
        before = await viewer.next()
        log_server.kill()
        log_server.lose_everything()
        log_server.start()
        await edge.until_event("cue_log.unreachable", "the log has not been told the present")
        async with watch(control, edge) as newcomer:
            seen = await newcomer.next()
        may_tell.set()
        after = await viewer.until_type("snapshot")
    assert (seen["epoch"], seen["seq"], seen["state"]) == (before["epoch"], before["seq"], before["state"])
    assert after["epoch"] != before["epoch"]
    assert after["state"]["on_air"]["look"]["id"] == "look-1"


async def test_a_replica_that_had_everything_takes_over_and_nobody_notices(
    tmp_path: Path, log_server: LogServer
) -> None:
    replica = LogServer(tmp_path / "replica", replica_of=log_server)
    try:
        async with (
            Switch.listening(log_server.port) as address,
            open_house(tmp_path / "data", redis_url=address.url) as control,
            edge_group(address.url, control.base_url) as edge,
            watch(control, edge) as viewer,
        ):
            snapshot = await viewer.next()
            await take(control, "look-1")
            heard = await until_look(viewer, "look-1")
            await replica.until_it_has_what_has(log_server)
            log_server.kill()
            await replica.promote()
            address.point_to(replica.port)
            await take(control, "look-2")
            heard += await until_look(viewer, "look-2")
    finally:
        replica.kill()
    first = snapshot["seq"] + 1
    assert [message["seq"] for message in heard] == list(range(first, first + len(heard)))
    assert [message["look"]["id"] for message in heard if message["type"] == "cue"] == ["look-1", "look-2"]


async def test_an_edge_waits_for_a_log_that_is_away_and_keeps_its_viewers(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    await take(control, "look-1")
    await until_shown(control, edge, "look-1")
    async with watch(control, edge) as viewer:
        await viewer.next()
        log_server.kill()
        async with watch(control, edge) as newcomer:
            assert (await newcomer.next())["state"]["on_air"]["look"]["id"] == "look-1"
        log_server.start()
        await take(control, "look-2")
        await until_look(viewer, "look-2")
