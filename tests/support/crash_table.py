"""Kill -9 under load, many times over, and what it cost: ``python tests/support/crash_table.py --kills 100``."""

import argparse
import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.ids import BuyerId, ChannelId
from crash_audit import Verdict, audit
from crash_books import Books
from crash_crowd import Viewer, World, buy_over_http, first_message, produce
from crash_server import CrashServer
from crash_show import CHANNELS, SHOW_ID
from showrunner.feed_parts import wall_clock
from showrunner.token_printing import signing_keys
from waiting import until

HTTP_BUYERS, VIEWERS = 10, 4
MAX_ACKS_BETWEEN_KILLS = 60
STARTING_SHARE = 0.2
"""Of the kills, while the process is still starting."""

MAX_STARTING_S = 0.6
TOKEN_LIFETIME_MS = 3_600_000
TRYING_PAYMENTS = {"delay_ms": 200, "failure_share": 0.2, "duplicate_share": 0.2, "reorder": True, "seed": "crash"}


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One life of the server: how it ended, what was on air when it began."""

    phase: str
    restart_s: float
    acks: int
    on_air: str | None
    on_air_is_right: bool


class Crashes(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run.

    Attributes:
        vanished: acknowledged orders the last process does not answer for.
        gaps: viewers' feeds that did not go on exactly, with why.
        snapshots, resumed: how the viewers' feeds began.
        cues_lost: takes that were acknowledged and are not in the feed exactly once.
    """

    lives: list[Life]
    verdict: Verdict
    acks: int
    repeats: int
    other_answers: list[Any]
    again: int
    refused: dict[str, int]
    surprises: list[str]
    vanished: int
    takes: int
    cues_lost: int
    viewers: int
    gaps: list[str]
    snapshots: int
    resumed: int

    @property
    def kills(self) -> int:
        """How often the server was killed."""
        return len(self.lives)


async def crash(folder: Path, kills: int, seed: int) -> Crashes:
    """Run a show under load and kill its process so many times, at moments drawn from the seed."""
    draw = random.Random(seed)  # noqa: S311 - moments to be had again from the seed
    books = Books()
    lives = list[Life]()
    async with CrashServer(folder) as server, aiohttp.ClientSession() as http:
        ready = await server.start_command()
        keys = ViewerTokens(signing_keys(server.data, server.show, None), wall_clock)

        def issue(channel: str, buyer: str) -> str:
            return keys.issue(ChannelId(channel), BuyerId(buyer), TOKEN_LIFETIME_MS)

        world = World(server.url, http, books, issue, ready["producer_token"])
        viewers = [Viewer(world, CHANNELS[number % len(CHANNELS)]) for number in range(VIEWERS)]
        async with load(world, viewers, draw):
            await tapping(world, viewers, draw)
            while len(lives) < kills:
                lives.append(await one_life(server, world, viewers, draw, last=len(lives) + 1 == kills))
        vanished = await repeat_everything(world)
        newest = await newest_seq(world)
        await until(lambda: all(viewer.seq >= newest for viewer in viewers), "every viewer has the newest message")
    return Crashes(
        lives=lives,
        verdict=audit(server.data / "checkout.sqlite3", books),
        acks=books.acks,
        repeats=books.repeats,
        other_answers=books.other_answers,
        again=books.again,
        refused=dict(books.refused),
        surprises=books.surprises,
        vanished=vanished,
        takes=len(books.takes),
        cues_lost=cues_lost(world),
        viewers=len(viewers),
        gaps=[gap for viewer in viewers for gap in viewer.gaps],
        snapshots=sum(viewer.snapshots for viewer in viewers),
        resumed=sum(viewer.resumed for viewer in viewers),
    )
