"""The feed's door, handshake and socket as an echo server, which is what the suite knows how to test.

Bytes go the product's own way, in and out: what is read as a message, closed as an error or answered as a ping is
decided by the code under test. Only what the feed *means* is replaced: whatever comes as a message goes back as one.
The feed's own bounds on size and number of messages, and its refusal of binary ones, are lifted, since the suite
exceeds them all.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from aiohttp import web
from websockets.frames import Frame, Opcode

from broadcast.channels.adapters import feed_socket, viewer_reader, wire
from broadcast.channels.adapters.door import Door
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.feed_socket import FeedSocket
from broadcast.channels.adapters.waiting_heads import WaitingHeads
from broadcast.channels.adapters.wire import Wire
from broadcast.channels.frames import deflated, deflated_frame, text_frame
from broadcast.channels.handshake import Upgrade
from showrunner.listening import listen

PATH = "/v1/shows/echo/feed?channel=web"
_LARGEST = 64 << 20
_MANY = 10**9
_TEXT, _BINARY = 0x1, 0x2


class _Feed:
    """A channel nobody sends anything on."""

    def write_straight(self, _viewer: object, _descriptor: int) -> None:
        """Nothing is ever sent to a crowd."""

    def write_aside(self, _viewer: object, _descriptor: int) -> None:
        """The same."""

    def leave(self, _viewer: object) -> None:
        """Nobody is counted."""


class _Hub:
    """Lets everybody in."""

    counts_addresses = False

    def __init__(self) -> None:
        self.leaving = WaitingHeads()

    def admit(self, _request: object, _address: str) -> _Feed:
        """Let a viewer in."""
        return _Feed()

    def join(self, _feed: _Feed, viewer: "EchoSocket", *_more: object) -> None:
        """Greet a viewer with the handshake alone."""
        viewer.greet()


class _Everything:
    """Reads every text as a message."""

    def decode(self, text: bytes) -> bytes:
        """Return it."""
        return text


class EchoSocket(FeedSocket):
    """One viewer who hears what they say."""

    __slots__ = ("_binary",)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._binary = False

    def greet(self) -> None:
        """Send the answer to the handshake."""
        self._write(b"")

    def _tap(self, tap: Any) -> None:
        self._write(self._framed(tap))

    def _framed(self, payload: bytes) -> bytes:
        """Return a message as the feed's go out: compressed for whoever agreed to that."""
        return deflated_frame(deflated(payload)) if self.deflates else text_frame(payload)

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._binary = True
            self._piece([], frame)
        elif frame.opcode is Opcode.CONT and self._binary and self._message is not None:
            self._piece(self._message, frame)
        else:
            self._binary = self._binary and frame.opcode is not Opcode.TEXT
            super()._frame(frame)

    def _piece(self, parts: list[bytes], frame: Frame) -> None:
        parts.append(bytes(frame.data))
        self._message = None if frame.fin else parts
        if frame.fin:
            framed = self._framed(b"".join(parts))
            self._write(bytes([framed[0] ^ _TEXT ^ _BINARY]) + framed[1:])


class EchoDoor(Door):
    """The door, with echo behind it."""

    def greet(self, wire: Wire, upgrade: Upgrade, rest: bytes) -> None:
        """Let a viewer in."""
        EchoSocket(self._hub, self._on_tap).open(wire, upgrade, rest)


@contextmanager
def bounds_lifted() -> Iterator[None]:
    """Take the feed's bounds away, and have every text read as a message."""
    with (
        patch.object(feed_socket, "MAX_MESSAGE_BYTES", _LARGEST),
        patch.object(viewer_reader, "MAX_MESSAGE_BYTES", _LARGEST),
        patch.object(feed_socket, "MAX_FRAMES_PER_WINDOW", _MANY),
        patch.object(feed_socket, "_decoder", _Everything()),
        patch.object(wire, "MAX_BACKLOG_BYTES", _LARGEST),
    ):
        yield


class EchoServer:
    """An echo server on a free port, for as long as the block lasts."""

    async def __aenter__(self) -> str:
        self._runner = web.AppRunner(web.Application(), access_log=None)
        await self._runner.setup()
        http = cast("Any", self._runner.server)
        listening = listen("127.0.0.1", 0, shared=False)
        self._door = EchoDoor(cast("FeedHub", _Hub()), _nobody_taps, http, WaitingHeads())
        self._door.open(listening)
        return f"ws://127.0.0.1:{listening.getsockname()[1]}{PATH}"

    async def __aexit__(self, *_failure: object) -> None:
        await self._door.close()
        await self._runner.cleanup()


async def _nobody_taps(*_tap: object) -> None:
    await asyncio.sleep(0)
