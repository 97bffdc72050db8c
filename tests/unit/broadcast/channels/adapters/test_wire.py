"""Connections without a transport: in order, bounded, and closed only when nobody can mistake them."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest

from broadcast.channels.adapters.wire import MAX_BACKLOG_BYTES, Wire, Wires

MORE_THAN_A_SOCKET_HOLDS = b"x" * 2_000_000


class Listening:
    """Hears what comes in."""

    def __init__(self) -> None:
        self.heard = b""
        self.news = asyncio.Event()
        self.over = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.heard += data
        self.news.set()

    def ended(self) -> None:
        self.over.set()


class Line:
    """A wire, and the other side of it."""

    def __init__(self, wires: Wires) -> None:
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        self.theirs.setblocking(False)
        self.speaker = Listening()
        self.wire = Wire(wires, ours.detach(), "192.0.2.1", self.speaker)
        wires.enter(self.wire)

    async def read(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        data = b""
        while len(data) < size:
            some = await loop.sock_recv(self.theirs, 1_000_000)
            if not some:
                break
            data += some
        return data


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    wires = Wires()
    wires.start()
    yield wires
    wires.stop()


@pytest.fixture
async def line(wires: Wires) -> AsyncIterator[Line]:
    line = Line(wires)
    yield line
    line.theirs.close()


async def test_what_the_other_side_says_is_heard(line: Line) -> None:
    line.theirs.send(b"hello")
    await line.speaker.news.wait()
    assert line.speaker.heard == b"hello"


async def test_bytes_written_while_the_other_side_does_not_read_arrive_whole_and_in_order(line: Line) -> None:
    filling = 0
    while line.wire.straight:
        assert line.wire.write(b"a" * 10_000)
        filling += 10_000
    assert line.wire.write(b"b" * 1_000)
    assert await line.read(filling + 1_000) == b"a" * filling + b"b" * 1_000
    while not line.wire.straight:  # noqa: ASYNC110 - a wire tells nobody that its backlog is gone
        await asyncio.sleep(0)
    assert line.wire.write(b"c")
    assert await line.read(1) == b"c"


async def test_a_reader_who_lets_too_much_wait_is_reported_as_too_slow(line: Line) -> None:
    assert not line.wire.write(MORE_THAN_A_SOCKET_HOLDS)
    assert len(MORE_THAN_A_SOCKET_HOLDS) > MAX_BACKLOG_BYTES


async def test_a_farewell_arrives_after_all_that_waited_and_then_the_stream_ends(line: Line) -> None:
    filling = 0
    while line.wire.straight:
        line.wire.write(b"a" * 10_000)
        filling += 10_000
    line.wire.close(b"farewell")
    assert not line.wire.write(b"nothing more")
    assert await line.read(filling + 100) == b"a" * filling + b"farewell"
    line.theirs.send(b"still talking")
    await line.speaker.news.wait()
    line.theirs.close()
    await line.speaker.over.wait()


async def test_a_connection_that_breaks_is_over_once(line: Line) -> None:
    line.theirs.close()
    await line.speaker.over.wait()
    assert not line.wire.write(b"anybody there?")
    line.wire.abort()
    assert line.wire.descriptor == -1


async def test_a_cut_wire_keeps_its_descriptor_until_this_turn_of_the_loop_is_over(line: Line) -> None:
    descriptor = line.wire.descriptor
    line.wire.abort()
    other = socket.socket()
    assert other.fileno() != descriptor
    os.fstat(descriptor)
    await line.speaker.over.wait()
    other.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


async def test_a_descriptor_handed_out_stays_open_and_is_looked_after_no_more(wires: Wires, line: Line) -> None:
    descriptor = wires.hand_out(line.wire)
    line.theirs.send(b"for somebody else")
    with socket.socket(fileno=descriptor) as theirs_now:
        assert await asyncio.get_running_loop().sock_recv(theirs_now, 100) == b"for somebody else"
    assert line.speaker.heard == b""
    assert len(wires) == 0


async def test_stopping_ends_every_connection(wires: Wires, line: Line) -> None:
    wires.stop()
    wires.stop()
    assert line.speaker.over.is_set()
    assert await line.read(1) == b""


async def test_one_flood_does_not_keep_the_others_waiting(wires: Wires, line: Line) -> None:
    quiet = Line(wires)
    line.theirs.send(b"x" * 100_000)
    quiet.theirs.send(b"me too")
    await quiet.speaker.news.wait()
    assert len(line.speaker.heard) < 100_000
    quiet.theirs.close()
