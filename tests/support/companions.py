"""A companion device, small: DVB-CSS by the letter of ETSI TS 103 286-2, and nothing of ours in it."""

import asyncio
import json
import struct
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp

WALL_CLOCK = struct.Struct(">BBbBLLLLLLL")
PATIENCE_S = 20


class WallClockProbe(asyncio.DatagramProtocol):
    """Asks a wall clock server over UDP."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no subclass of asyncio's

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - asyncio's signature
        self.answers.put_nowait(data)

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def wall_clock_probe(url: str) -> WallClockProbe:
    """Return a probe of the server at a ``udp://`` address."""
    address = urlsplit(url)
    assert address.scheme == "udp"
    assert address.port is not None
    loop = asyncio.get_running_loop()
    _, probe = await loop.create_datagram_endpoint(WallClockProbe, remote_addr=(address.hostname, address.port))
    return probe


async def wall_clock_offset(probe: WallClockProbe) -> tuple[int, int]:
    """Return the server's wall clock less this machine's monotonic clock, and the round trip, in ns."""
    sent = time.monotonic_ns()
    probe.send(WALL_CLOCK.pack(0, 0, 0, 0, 0, *divmod(sent, 10**9), 0, 0, 0, 0))
    async with asyncio.timeout(PATIENCE_S):
        answer = await probe.answers.get()
    arrived = time.monotonic_ns()
    version, kind, precision, _, frequency_error, *times = WALL_CLOCK.unpack(answer)
    assert (version, kind) == (0, 1)
    assert -30 < precision < 0
    assert frequency_error > 0
    assert times[0] * 10**9 + times[1] == sent
    received, transmitted = times[2] * 10**9 + times[3], times[4] * 10**9 + times[5]
    assert received <= transmitted
    return (received - sent + transmitted - arrived) // 2, (arrived - sent) - (transmitted - received)


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """Return the next message of the server."""
    async with asyncio.timeout(PATIENCE_S):
        message: dict[str, Any] = json.loads(await socket.receive_str())
    return message


async def follow(socket: aiohttp.ClientWebSocketResponse, selector: str, stem: str = "") -> dict[str, Any]:
    """Ask for a timeline and return the first control timestamp."""
    await socket.send_str(json.dumps({"contentIdStem": stem, "timelineSelector": selector}))
    return await told(socket)


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Return what the server closes the connection with; what it still says is thrown away."""
    async with asyncio.timeout(PATIENCE_S):
        while (await socket.receive()).type not in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}:
            pass
    return socket.close_code
