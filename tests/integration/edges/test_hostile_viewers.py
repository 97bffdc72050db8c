"""One bad viewer costs only itself: the others get every message, in order, whatever it does."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from edge_group import EdgeGroup, edge_group
from feed_crowd import Crowd, crowd_of
from house import SHOW, House
from log_server import LogServer
from viewers import BareSocket, bare_socket, masked_frame, upgrade_request

from broadcast.channels.adapters.waiting_heads import MAX_WAITING_HEADS
from broadcast.ids import CueId, Epoch, LookId
from broadcast.messages import Cue, LookView

HONEST = 8
HEAVY_BYTES = 50_000


@pytest.fixture
async def crowd(edge: EdgeGroup) -> AsyncIterator[Crowd]:
    """The viewers who do nothing wrong."""
    async with crowd_of(HONEST, SHOW, [(edge.host, edge.port)]) as crowd:
        yield crowd


async def open_feed(control: House, bad: BareSocket) -> None:
    await bad.send(upgrade_request(control.feed_path("web")))
    assert b"101" in await bad.read_head()
    await bad.read_frame()


async def viewers(control: House, edge: EdgeGroup) -> int:
    async with control.http.get(edge.base_url + "/metrics") as answer:
        found = re.search(r'snbn_viewers{channel="web"} (\d+)', await answer.text())
    assert found is not None
    return int(found[1])


async def show_looks(control: House, crowd: Crowd) -> None:
    """Take looks until each honest viewer has them all, and make sure that nobody noticed anything."""
    for look in ("look-1", "look-2", "look-3"):
        answer = await control.command("take", look=look)
    await crowd.all_at(control.running.cue_log.epoch, answer.body["seq"])
    assert crowd.faults == []
    assert not crowd.closes
    assert len({tuple(watcher.heard) for watcher in crowd.watchers}) == 1


async def test_a_viewer_that_reads_nothing_is_closed_and_the_others_get_everything(
    control: House, edge: EdgeGroup, crowd: Crowd
) -> None:
    bad = socket.socket()
    bad.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    bad.setblocking(False)
    with bad:
        await asyncio.get_running_loop().sock_connect(bad, (edge.host, edge.port))
        await asyncio.get_running_loop().sock_sendall(bad, upgrade_request(control.feed_path("web")))
        async with asyncio.timeout(30):
            while await viewers(control, edge) != HONEST + 1:
                pass
            sent = 0
            while await viewers(control, edge) != HONEST:
                (record,) = await control.running.cue_log.append([heavy_cue(sent, control.running.cue_log.epoch)], 0)
                await crowd.all_at(control.running.cue_log.epoch, record.seq)
                sent += 1
        assert sent * HEAVY_BYTES > 262_144
    await show_looks(control, crowd)


def heavy_cue(number: int, epoch: Epoch) -> Cue:
    title = "x" * HEAVY_BYTES
    look = LookView(id=LookId("heavy"), number="1", title=title, titles={}, brand="", offers=(), links={})
    cue_id = CueId(f"heavy-{number}")
    return Cue(seq=0, epoch=epoch, id=cue_id, at_ms=number, sent_ms=0, action="take", look=look)


async def test_a_viewer_that_floods_is_closed_and_the_others_get_everything(
    control: House, edge: EdgeGroup, crowd: Crowd
) -> None:
    async with bare_socket(edge.host, edge.port) as bad:
        await open_feed(control, bad)
        await bad.send(masked_frame(b'{"type":"clock","t0_ms":1}') * 500)
        assert await bad.read_close_code() == 4003
        await show_looks(control, crowd)


async def test_a_viewer_that_sends_too_much_at_once_is_closed_and_the_others_get_everything(
    control: House, edge: EdgeGroup, crowd: Crowd
) -> None:
    async with bare_socket(edge.host, edge.port) as bad:
        await open_feed(control, bad)
        await bad.send(masked_frame(b"x" * 100_000))
        assert await bad.read_close_code() == 1009
        await show_looks(control, crowd)


async def test_connections_that_say_nothing_cost_each_other_and_nobody_else(
    control: House, edge: EdgeGroup, crowd: Crowd
) -> None:
    async with AsyncExitStack() as open_sockets:
        silent = [
            await open_sockets.enter_async_context(bare_socket(edge.host, edge.port))
            for _ in range(MAX_WAITING_HEADS + 50)
        ]
        await silent[-1].send(b"GET /v1/shows/")
        for cut in silent[:50]:
            assert await cut.read_to_end() == b""
        await open_feed(control, silent[50])
        await show_looks(control, crowd)


async def test_a_head_without_end_is_refused_and_the_others_get_everything(
    control: House, edge: EdgeGroup, crowd: Crowd
) -> None:
    async with bare_socket(edge.host, edge.port) as bad:
        await bad.send(b"GET /v1/shows/little-show/feed HTTP/1.1\r\nX: " + b"x" * 20_000)
        assert b" 400 " in await bad.read_to_end()
        await show_looks(control, crowd)


async def test_a_full_channel_says_when_to_come_back_and_costs_no_other_channel(
    control: House, log_server: LogServer
) -> None:
    async with (
        edge_group(log_server.url, control.base_url, max_viewers_per_channel=2) as edge,
        crowd_of(2, SHOW, [(edge.host, edge.port)]) as crowd,
        bare_socket(edge.host, edge.port) as third,
    ):
        await third.send(upgrade_request(control.feed_path("web")))
        frame = await third.read_frame() if b"101" in await third.read_head() else b""
        assert int.from_bytes(frame[2:4], "big") == 4002
        assert re.search(rb"retry in \d+ ms", frame)
        await show_looks(control, crowd)
        async with bare_socket(edge.host, edge.port) as elsewhere:
            await elsewhere.send(upgrade_request(control.feed_path("youku")))
            await elsewhere.read_head()
            assert b'"snapshot"' in await elsewhere.read_frame()
