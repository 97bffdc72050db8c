"""``websockets`` with its ``broadcast``, on uvloop, without compression. A line on standard input is a cue."""

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.fanout.peers.cue_lines import cue_lines

BACKLOG = 4_096


async def main() -> None:
    viewers: set[ServerConnection] = set()

    async def hold(viewer: ServerConnection) -> None:
        viewers.add(viewer)
        try:
            await viewer.wait_closed()
        finally:
            viewers.discard(viewer)

    async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=BACKLOG) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        async for cue in cue_lines():
            broadcast(viewers, cue)


uvloop.run(main())
