"""A viewer who does not read costs only itself."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
from cue_logs import cue
from house import House
from viewers import BareSocket, upgrade_request
from websockets.exceptions import ConnectionClosed

from broadcast.ids import LookId
from broadcast.messages import LookView

BATCHES = 20
BATCH = 20
BIG = 40_000
"""Characters of one message; all together are several times what the kernel and our bound hold for one viewer."""


@asynccontextmanager
async def a_stalled_viewer(house: House, request: bytes) -> AsyncIterator[BareSocket]:
    """Ask for the feed with a small window, and do not read."""
    host, _, port = house.base_url.removeprefix("http://").rpartition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1_024)
    try:
        writer.write(request)
        yield BareSocket(reader, writer)
    finally:
        writer.transport.abort()


async def send_big_news(house: House) -> None:
    """Send more than any socket holds."""
    look = LookView(id=LookId("big"), number="1", title="x" * BIG, titles={}, brand="b", offers=(), links={})
    for batch in range(BATCHES):
        big = [msgspec.structs.replace(cue(f"big-{batch}-{place}"), look=look) for place in range(BATCH)]
        await house.running.cue_log.append(big, 1)


async def audience_is(house: House, viewers: int) -> None:
    async with asyncio.timeout(30):
        while sum(house.running.hub.audience().values()) != viewers:  # noqa: ASYNC110 - the hub tells nobody who comes
            await asyncio.sleep(0)


async def read_everything(house: House, channel: str) -> list[int]:
    """Watch, and return the place of every message until the last of the big news."""
    seqs: list[int] = []
    async with house.watch(channel) as viewer:
        await viewer.next()
        while len(seqs) < BATCHES * BATCH:
            async with asyncio.timeout(30):
                seqs.append((await viewer.receive())["seq"])
    return seqs


async def resume(house: House, epoch: str, after: int) -> list[int]:
    """Go on after a place, and return the places of what came: all that was missed, or as much as fits at once."""
    seqs: list[int] = []
    async with house.watch("web", epoch=epoch, after=after) as viewer:
        assert (await viewer.next())["type"] == "resumed"
        with suppress(ConnectionClosed):
            while after + len(seqs) < BATCHES * BATCH:
                seqs.append((await viewer.receive())["seq"])
    return seqs


async def test_a_viewer_who_stops_reading_is_let_go_and_the_others_miss_nothing(running_show: House) -> None:
    request = upgrade_request(running_show.feed_path("web"))
    async with a_stalled_viewer(running_show, request) as stalled, asyncio.TaskGroup() as crowd:
        others = [crowd.create_task(read_everything(running_show, channel)) for channel in ("web", "web", "youku")]
        await audience_is(running_show, 4)
        await send_big_news(running_show)
        for other in others:
            assert await other == list(range(1, BATCHES * BATCH + 1))
        await audience_is(running_show, 0)
        await stalled.read_head()
        assert await stalled.read_close_code() == 4001


async def test_a_listener_who_stops_reading_is_let_go_and_the_others_miss_nothing(running_show: House) -> None:
    request = f"GET {running_show.feed_path('web')} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n".encode()
    async with a_stalled_viewer(running_show, request), asyncio.TaskGroup() as crowd:
        await audience_is(running_show, 1)
        other = crowd.create_task(read_everything(running_show, "web"))
        await audience_is(running_show, 2)
        await send_big_news(running_show)
        assert await other == list(range(1, BATCHES * BATCH + 1))
        await audience_is(running_show, 0)


async def test_a_viewer_let_go_for_being_slow_resumes_without_a_gap(running_show: House) -> None:
    async with a_stalled_viewer(running_show, upgrade_request(running_show.feed_path("web"))) as stalled:
        await audience_is(running_show, 1)
        await send_big_news(running_show)
        await audience_is(running_show, 0)
        await stalled.read_head()
        got = []
        while (frame := await stalled.read_frame())[0] != 0x88:
            got.append(json.loads(frame[frame.index(b"{") :]))
    assert got[0]["type"] == "snapshot"
    seqs = [message["seq"] for message in got[1:]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) < BATCHES * BATCH
    while seqs[-1] < BATCHES * BATCH:
        seqs += await resume(running_show, got[0]["epoch"], seqs[-1])
    assert seqs == list(range(1, BATCHES * BATCH + 1))
