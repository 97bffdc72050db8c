"""The product's edge as it runs at scale: a process of its own that follows the distributed cue log.

Usage: ``python -m benchmarks.fanout.edge REDIS_URL SHOW PORT``. Any number of them share one port. The port is
printed once the log is followed; the process ends when standard input does.
"""

import asyncio
import sys
import time
import uuid

import uvloop
from aiohttp import web
from redis.asyncio import Redis

from benchmarks.fanout.cue import CHANNEL, EPOCH_CHARS, PROFILE, show
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.feed_socket import Reply
from broadcast.channels.adapters.redis_log import RedisCueLog
from broadcast.channels.adapters.send_ring import SendRing
from broadcast.channels.deep_links import LinkBook
from broadcast.clock import WallMs
from broadcast.ids import ChannelId, ShowId
from broadcast.messages import Tap
from broadcast.overlay.scene import Scene
from showrunner.listening import Listener

MAX_VIEWERS = 20_000


async def _nobody_taps(_tap: Tap, _channel: ChannelId, _reply: Reply) -> None:
    raise AssertionError(f"viewers of {CHANNEL} only watch")


async def main(redis_url: str, name: ShowId, port: int) -> None:
    about = show(name)
    cue_log = RedisCueLog(Redis.from_url(redis_url), name, lambda: uuid.uuid4().hex[:EPOCH_CHARS])
    hub = FeedHub(
        name,
        cue_log,
        new_scene=lambda: Scene(about, ()),
        profiles=[PROFILE],
        links=LinkBook(name, {}),
        now=lambda: WallMs(time.time_ns() // 1_000_000),
        max_viewers=MAX_VIEWERS,
        ring=SendRing.open(),
    )
    await hub.start()
    listener = Listener(web.Application(), hub, _nobody_taps)
    print(await listener.start("127.0.0.1", port, shared=True), flush=True)
    loop = asyncio.get_running_loop()
    over = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(over), sys.stdin)
    await over.read()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], ShowId(sys.argv[2]), int(sys.argv[3])))
