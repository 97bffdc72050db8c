"""How many watch, over all edges: what producers and operators are shown, whatever happens to edges and Valkey."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from edge_group import EdgeGroup, edge_group
from house import SHOW, House
from log_server import LogServer
from redis.asyncio import Redis
from viewers import watching

from broadcast.channels.adapters import audience_board
from broadcast.channels.adapters.audience_board import AudienceBoard, AudienceReporter
from broadcast.channels.adapters.redis_log import connect
from broadcast.ids import ChannelId, ShowId

PATIENCE_S = 30.0
WEB, YOUKU = ChannelId("web"), ChannelId("youku")
KEY = f"snbn:{{{SHOW}}}:audience"


def watch(control: House, edge: EdgeGroup, channel: str = "web") -> Any:
    return watching(control.contract, edge.base_url + control.feed_path(channel))


async def told_on_console(control: House, wanted: Mapping[str, int]) -> None:
    """Wait until a console is shown so many viewers."""
    async with control.console() as console, asyncio.timeout(PATIENCE_S):
        while True:
            event, state = await console.receive()
            if event == "state" and {name: state["audience"][name] for name in wanted} == wanted:
                return


async def test_a_producer_sees_the_viewers_of_every_edge_together(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    async with (
        watch(control, edge),
        watch(control, edge, "youku"),
        watch(control, other_edge),
        watch(control, other_edge),
        control.watch(),
    ):
        await told_on_console(control, {"web": 4, "youku": 1, "taobao": 0})
        async with control.http.get(control.base_url + "/metrics") as answer:
            metrics = await answer.text()
    assert 'snbn_audience{channel="web"} 4.0' in metrics
    assert 'snbn_viewers{channel="web"} 1.0' in metrics


async def test_a_producer_sees_what_the_viewers_of_every_edge_report_of_their_cards(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    async with watch(control, edge) as late, watch(control, other_edge) as later:
        await control.command("take", look="look-1")
        for viewer, after_ms in ((late, 40), (later, 400)):
            cue = await viewer.until_type("cue")
            report = {"type": "shown", "cue": cue["id"], "due_ms": cue["at_ms"], "shown_ms": cue["at_ms"] + after_ms}
            await viewer.connection.send(json.dumps({**report, "source": "frames"}))
        async with control.console() as console, asyncio.timeout(PATIENCE_S):
            while True:
                event, state = await console.receive()
                if event == "state" and state["card_errors"].get("web", {}).get("reports") == 2:
                    break
    assert 30 < state["card_errors"]["web"]["p50_ms"] < 50
    assert 350 < state["card_errors"]["web"]["p99_ms"] < 450


async def test_every_process_of_a_host_is_counted(control: House, log_server: LogServer) -> None:
    async with (
        edge_group(log_server.url, control.base_url, processes=2) as group,
        watch(control, group),
        watch(control, group),
        watch(control, group),
        watch(control, group),
    ):
        await told_on_console(control, {"web": 4})


async def test_the_viewers_of_a_killed_edge_vanish(control: House, edge: EdgeGroup, other_edge: EdgeGroup) -> None:
    async with watch(control, other_edge), watch(control, edge):
        await told_on_console(control, {"web": 2})
        edge.kill()
        await told_on_console(control, {"web": 1})


async def test_the_audience_is_known_again_after_the_server_lost_it(
    control: House, edge: EdgeGroup, log_server: LogServer
) -> None:
    async with watch(control, edge), control.watch():
        await told_on_console(control, {"web": 2})
        log_server.kill()
        await told_on_console(control, {"web": 1})
        log_server.lose_everything()
        log_server.start()
        await told_on_console(control, {"web": 2})


async def test_an_edge_that_stops_takes_its_report_back(control: House, edge: EdgeGroup, log_server: LogServer) -> None:
    async with watch(control, edge):
        await told_on_console(control, {"web": 1})
        await edge.stop()
    async with Redis.from_url(log_server.url) as client:
        assert await client.hlen(KEY) == 0


# ------------------------------------------------------------ the board by itself


@pytest.fixture
async def client(log_server: LogServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(log_server.url) as client:
        yield client


@pytest.fixture
async def report(log_server: LogServer) -> AsyncIterator[Callable[[Mapping[ChannelId, int]], None]]:
    """Let an edge with so many viewers report."""
    made: list[AudienceReporter] = []

    def edge(audience: Mapping[ChannelId, int]) -> None:
        reporter = AudienceReporter(
            connect(log_server.url), ShowId(SHOW), str(uuid.uuid4()), lambda: audience, lambda: b"{}"
        )
        made.append(reporter)
        reporter.start()

    yield edge
    for reporter in made:
        await reporter.stop()


@pytest.fixture
async def board(log_server: LogServer) -> AsyncIterator[AudienceBoard]:
    board = AudienceBoard(connect(log_server.url), ShowId(SHOW), lambda: {WEB: 0, YOUKU: 0})
    board.start()
    yield board
    await board.stop()


async def until(board: AudienceBoard, wanted: Mapping[ChannelId, int]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while board.audience() != wanted:  # noqa: ASYNC110 - the board is asked, it tells nobody
            await asyncio.sleep(0.05)


async def test_what_others_wrote_on_the_board_is_not_counted_and_swept_out(
    client: Redis, report: Callable[[Mapping[ChannelId, int]], None], board: AudienceBoard
) -> None:
    await client.hset(KEY, mapping={"stranger": "hello", "long ago": '1000 {"web":5}', "broken": "x {"})
    report({WEB: 3})
    await until(board, {WEB: 3, YOUKU: 0})
    assert await client.hlen(KEY) == 1


async def test_edges_beyond_the_bound_are_not_counted(
    client: Redis,
    report: Callable[[Mapping[ChannelId, int]], None],
    board: AudienceBoard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience_board, "MAX_EDGES", 2)
    monkeypatch.setattr(audience_board, "PACE_S", 0.05)
    for _ in range(2):
        report({WEB: 1})
    await until(board, {WEB: 2, YOUKU: 0})
    report({WEB: 1})
    async with asyncio.timeout(PATIENCE_S):
        while (await client.info("commandstats"))["cmdstat_evalsha"]["calls"] < 12:  # noqa: ASYNC110 - rounds of all
            await asyncio.sleep(0.05)
    assert await client.hlen(KEY) == 2
    assert board.audience() == {WEB: 2, YOUKU: 0}


async def test_the_board_runs_out_without_edges(
    client: Redis, report: Callable[[Mapping[ChannelId, int]], None], board: AudienceBoard
) -> None:
    report({WEB: 1})
    await until(board, {WEB: 1, YOUKU: 0})
    assert 0 < await client.pttl(KEY) <= audience_board.KEPT_MS


async def test_a_number_nobody_could_renew_ages_out(
    report: Callable[[Mapping[ChannelId, int]], None], log_server: LogServer
) -> None:
    now_s = 100.0
    board = AudienceBoard(connect(log_server.url), ShowId(SHOW), lambda: {WEB: 1}, lambda: now_s)
    report({WEB: 2})
    board.start()
    await until(board, {WEB: 3})
    log_server.kill()
    now_s += audience_board.KEPT_MS / 1000
    assert board.audience() == {WEB: 3}
    now_s += 0.001
    assert board.audience() == {WEB: 1}
    await board.stop()
