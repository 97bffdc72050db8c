"""Viewers: over WebSocket, over Server-Sent Events, and over a bare socket that shows every byte."""

import asyncio
import base64
import json
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from contract import Contract
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 15.0
"""How long a test waits for something that must come. Only a failing test ever waits this long."""

Message = dict[str, Any]


class Viewer:
    """Reads a feed's messages in order, each held against the documents."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    async def receive(self) -> Message:
        raise NotImplementedError

    async def next(self) -> Message:
        """Return the next message."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.receive()
        self._contract.check_message(message)
        return message

    async def until(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first message that is wanted; those before it are passed over."""
        while not wanted(message := await self.next()):
            pass
        return message

    async def until_type(self, kind: str) -> Message:
        return await self.until(lambda message: message["type"] == kind)

    async def take(self, count: int) -> list[Message]:
        return [await self.next() for _ in range(count)]


class SocketViewer(Viewer):
    """A viewer over WebSocket."""

    def __init__(self, contract: Contract, connection: ClientConnection) -> None:
        super().__init__(contract)
        self.connection = connection
        self._kept: deque[Message] = deque()

    async def receive(self) -> Message:
        if self._kept:
            return self._kept.popleft()
        text = await self.connection.recv(decode=True)
        message: Message = json.loads(text)
        return message

    async def say(self, message: Message | str | bytes) -> None:
        await self.connection.send(json.dumps(message) if isinstance(message, dict) else message)

    async def ask(self, message: Message | str) -> Message:
        """Send a message and return its answer: the next message that is none of the feed's own; those are kept."""
        await self.say(message)
        before: list[Message] = []
        while (answer := await self.next())["type"] not in {"order", "problem", "clock"}:
            before.append(answer)
        self._kept.extendleft(reversed(before))
        return answer

    async def closed(self) -> int:
        """Read until the server closes, and return the close code."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


class EventViewer(Viewer):
    """A viewer over Server-Sent Events."""

    def __init__(self, contract: Contract, response: aiohttp.ClientResponse) -> None:
        super().__init__(contract)
        self.response = response
        self.last_event_id = ""
        self.retry_ms = 0

    async def receive(self) -> Message:
        data = ""
        async for line in self.response.content:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "id":
                self.last_event_id = value
            elif field == "retry":
                self.retry_ms = int(value)
            elif field == "data":
                data = value
            elif not field and data:
                message: Message = json.loads(data)
                return message
        raise EOFError("the feed has ended")


@asynccontextmanager
async def watching(
    contract: Contract, address: str, *, origin: str | None = None, protocols: tuple[str, ...] = ("cues.v1",)
) -> AsyncIterator[SocketViewer]:
    """Open a feed over WebSocket."""
    async with connect(
        address.replace("http://", "ws://"),
        origin=origin,
        subprotocols=list(protocols) or None,
        proxy=None,
        max_queue=None,
    ) as connection:
        yield SocketViewer(contract, connection)


class BareSocket:
    """A connection on which a test writes bytes and reads bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_head(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def read_frame(self) -> bytes:
        """Return one unmasked frame, header included (RFC 6455, section 5.2)."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readexactly(2)
            size = head[1]
            extended = b""
            if size == 126:
                extended = await self.reader.readexactly(2)
            elif size == 127:
                extended = await self.reader.readexactly(8)
            if extended:
                size = int.from_bytes(extended, "big")
            return head + extended + await self.reader.readexactly(size)

    async def read_close_code(self) -> int:
        """Read until a close frame comes and return its code."""
        while (frame := await self.read_frame())[0] != 0x88:
            pass
        return int.from_bytes(frame[2:4], "big")

    async def read_to_end(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()


def upgrade_request(path: str, host: str = "show.example", **headers: str) -> bytes:
    """Return an opening handshake (RFC 6455, section 4.1); a header given as empty text is left out."""
    every = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items() if value)
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


@asynccontextmanager
async def bare_socket(host: str, port: int) -> AsyncIterator[BareSocket]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield BareSocket(reader, writer)
    finally:
        writer.transport.abort()


def masked_frame(payload: bytes, opcode: int = 0x1, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a client's frame, masked with zeros so that its payload can be read in the test."""
    first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
    size = len(payload)
    if size <= 125:
        length = bytes([0x80 | size])
    elif size <= 0xFFFF:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([first]) + length + bytes(4) + payload
