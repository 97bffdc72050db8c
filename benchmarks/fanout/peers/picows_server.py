"""picows with its transport's ``send``, on uvloop. A line on standard input is a cue."""

import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server  # type: ignore[import-not-found]  # installed by the benchmark

from benchmarks.fanout.peers.cue_lines import cue_lines

BACKLOG = 4_096

viewers: set[WSTransport] = set()


class Viewer(WSListener):  # type: ignore[misc]  # picows publishes no base type mypy can read
    """One viewer."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Let the viewer in."""
        viewers.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget the viewer."""
        viewers.discard(transport)


def _viewer(_request: WSUpgradeRequest) -> Viewer:
    return Viewer()


async def main() -> None:
    server = await ws_create_server(_viewer, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    async for cue in cue_lines():
        message = cue.encode()
        for viewer in viewers:
            viewer.send(WSMsgType.TEXT, message)


uvloop.run(main())
