"""The door: what happens to a connection before it is known what it wants."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from typing import cast

import pytest

from broadcast.channels.adapters.door import Door
from broadcast.channels.adapters.waiting_heads import WaitingHeads


class Http(asyncio.Protocol):
    """Stands for the HTTP server: says what it was given."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"got:" + data)


class Street:
    """A door on a port of its own."""

    def __init__(self) -> None:
        self.waiting = WaitingHeads(timeout_s=30)
        self.door = Door(None, None, Http, self.waiting)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def somebody_waits(self) -> None:
        while len(self.waiting) == 0:  # noqa: ASYNC110 - the door tells nobody who comes
            await asyncio.sleep(0)


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    street.door.open(street.listening)
    yield street
    street.waiting.close()
    await street.door.close()


async def test_a_request_reaches_the_http_server_with_every_byte_that_was_read_of_it(street: Street) -> None:
    reader, writer = await street.call()
    await street.somebody_waits()
    writer.write(b"GET / HT")
    writer.write(b"TP/1.1\r\nHost: a\r\n\r\nbody")
    assert await reader.readexactly(31) == b"got:GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    writer.write(b" and more")
    assert b"body" in await reader.readexactly(4)
    writer.close()


async def test_where_there_is_no_feed_asking_for_it_is_ordinary_http(street: Street) -> None:
    asked = (
        b"GET /v1/shows/gala/feed?channel=web HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for parts in ((asked,), (asked[:20], asked[20:])):
        reader, writer = await street.call()
        writer.write(parts[0])
        if len(parts) > 1:
            await street.somebody_waits()
            writer.write(parts[1])
        assert await reader.readexactly(len(asked) + 4) == b"got:" + asked
        writer.close()


async def test_a_head_without_end_is_left_to_the_http_server_which_refuses_it(street: Street) -> None:
    reader, writer = await street.call()
    writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
    assert (await reader.readexactly(8)).startswith(b"got:GET ")
    writer.close()


async def test_a_caller_who_leaves_without_a_word_is_forgotten(street: Street) -> None:
    _, writer = await street.call()
    await street.somebody_waits()
    writer.close()
    while len(street.waiting):  # noqa: ASYNC110 - the door tells nobody who goes
        await asyncio.sleep(0)


async def test_a_process_that_may_hold_no_more_looks_away_and_serves_them_later(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = 0

    def no_room(_listening: socket.socket) -> None:
        nonlocal refusals
        refusals += 1
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket.socket, "accept", no_room)
    reader, writer = await street.call()
    while not refusals:  # noqa: ASYNC110 - refused by the kernel's word alone
        await asyncio.sleep(0)
    monkeypatch.undo()
    writer.write(b"GET /later HTTP/1.1\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"got:GET /later HTTP/1.1\r\n\r\n"
    assert refusals == 1
    writer.close()


async def test_a_shut_door_takes_nobody_and_may_be_shut_again(street: Street) -> None:
    street.door.shut()
    street.door.shut()
    with pytest.raises(ConnectionRefusedError):
        await street.call()


async def test_a_house_full_of_http_connections_says_so_and_has_room_again_when_one_leaves(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadcast.channels.adapters.door.MAX_HTTP_CONNECTIONS", 1)
    reader, writer = await street.call()
    writer.write(b"GET /first HTTP/1.1\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"got:GET /first HTTP/1.1\r\n\r\n"
    refused, late = await street.call()
    late.write(b"GET /second HTTP/1.1\r\n\r\n")
    answer = await refused.read()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"/busy" in answer
    writer.close()
    late.close()
    while True:
        reader, writer = await street.call()
        writer.write(b"GET /third HTTP/1.1\r\n\r\n")
        if (await reader.read(100)).startswith(b"got:GET /third"):
            break
        writer.close()
    writer.close()
