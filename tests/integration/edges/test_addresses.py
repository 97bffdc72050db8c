"""Viewers counted by where they come from, on real connections."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from house import SHOW, SHOW_FOLDER
from viewers import BareSocket, upgrade_request

from broadcast.channels.adapters.address_caps import AddressCaps
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.cue_log import LogMessage, LogRecord
from broadcast.channels.deep_links import LinkBook
from broadcast.clock import WallMs
from broadcast.ids import Epoch, ShowId
from broadcast.overlay.scene import Scene
from showrunner.listening import Listener
from showrunner.show_folder import load_show

Address = tuple[str, int]


class SilentLog:
    """A cue log in which nothing ever happens."""

    epoch = Epoch("quiet")

    async def open(self) -> Sequence[LogRecord]:
        return ()

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        raise NotImplementedError

    async def settled(self) -> None:
        raise NotImplementedError

    async def follow(self, after: int) -> AsyncIterator[LogRecord]:  # noqa: ARG002 - the port's signature
        await asyncio.Event().wait()
        raise NotImplementedError
        yield

    async def close(self) -> None:
        raise NotImplementedError


@pytest.fixture
async def one_each() -> AsyncIterator[Address]:
    """A server that gives every address one place, loopback addresses too."""
    show = load_show(SHOW_FOLDER)
    hub = FeedHub(
        ShowId(SHOW),
        SilentLog(),
        new_scene=lambda: Scene(show.info, show.articles.values()),
        profiles=show.channels,
        links=LinkBook(ShowId(SHOW), {}),
        now=lambda: WallMs(1_000),
        max_viewers=100,
        addresses=AddressCaps(1, uncapped=()),
    )
    listener = Listener(web.Application(), hub, lambda *_: asyncio.sleep(0))
    await hub.start()
    yield "127.0.0.1", await listener.start("127.0.0.1", 0)
    await hub.stop()
    await listener.stop()


async def come(server: Address, source: str) -> tuple[BareSocket, bytes]:
    """Open the feed from a source address, and return the connection and the first frame."""
    reader, writer = await asyncio.open_connection(*server, local_addr=(source, 0))
    socket = BareSocket(reader, writer)
    await socket.send(upgrade_request(f"/v1/shows/{SHOW}/feed?channel=web"))
    await socket.read_head()
    return socket, await socket.read_frame()


def refused(frame: bytes) -> bool:
    return frame[0] == 0x88 and int.from_bytes(frame[2:4], "big") == 4002


async def test_an_address_that_has_its_place_is_told_to_come_later_and_costs_no_other(one_each: Address) -> None:
    first, greeting = await come(one_each, "127.0.0.2")
    assert b'"snapshot"' in greeting
    second, farewell = await come(one_each, "127.0.0.2")
    assert refused(farewell)
    other, greeting = await come(one_each, "127.0.0.3")
    assert b'"snapshot"' in greeting
    for socket in (first, second, other):
        socket.writer.transport.abort()


async def test_an_address_whose_viewer_left_has_its_place_again(one_each: Address) -> None:
    first, _ = await come(one_each, "127.0.0.2")
    first.writer.transport.abort()
    async with asyncio.timeout(15):
        while refused((again := await come(one_each, "127.0.0.2"))[1]):
            again[0].writer.transport.abort()
    again[0].writer.transport.abort()
