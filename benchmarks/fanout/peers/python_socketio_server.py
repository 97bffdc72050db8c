"""python-socketio's room emit behind aiohttp, on uvloop. A line on standard input is a cue."""

import json

import socketio
import uvloop
from aiohttp import web

from benchmarks.fanout.peers.cue_lines import cue_lines

BACKLOG = 4_096

viewers = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])


@viewers.event  # type: ignore[untyped-decorator]  # no type information published
async def connect(sid: str, _environ: dict[str, object]) -> None:
    await viewers.enter_room(sid, "show")


async def main() -> None:
    app = web.Application()
    viewers.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=BACKLOG)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    async for cue in cue_lines():
        await viewers.emit("cue", json.loads(cue), room="show")


uvloop.run(main())
