"""A thin asyncio protocol over ``websockets``' I/O-free core, writing through uvloop's transport.

The middle way between the whole library and ours: one core kept a viewer, frames built once. A line on standard input
is a cue.
"""

import asyncio
from typing import cast

import uvloop
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from benchmarks.fanout.peers.cue_lines import cue_lines

BACKLOG = 4_096

viewers: set[asyncio.Transport] = set()


class Viewer(asyncio.Protocol):
    """One viewer and its core."""

    __slots__ = ("_core", "_transport")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a core."""
        self._transport = cast("asyncio.Transport", transport)
        self._core = ServerProtocol()

    def data_received(self, data: bytes) -> None:
        """Let the core read, and write what it says."""
        core = self._core
        core.receive_data(data)
        for event in core.events_received():
            if isinstance(event, Request):
                core.send_response(core.accept(event))
                if core.state is State.OPEN:
                    viewers.add(self._transport)
        for answer in core.data_to_send():
            self._transport.write(answer)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the viewer."""
        viewers.discard(self._transport)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Viewer, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    async for cue in cue_lines():
        frame = Frame(Opcode.TEXT, cue.encode()).serialize(mask=False)
        for transport in viewers:
            transport.write(frame)


uvloop.run(main())
