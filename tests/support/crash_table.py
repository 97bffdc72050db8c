"""Kill -9 under load, many times over, and what it cost: ``python tests/support/crash_table.py --kills 100``."""

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop
from crash_audit import Verdict, audit
from crash_books import LASTING, Books, Kind
from crash_crowd import Viewer, World, buy_over_http, first_message, press_go, produce
from crash_server import CrashServer
from crash_show import CHANNELS, SHOW_ID
from rich.console import Console
from rich.table import Table
from waiting import until

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.ids import BuyerId, ChannelId
from showrunner.feed_parts import wall_clock
from showrunner.token_printing import signing_keys

HTTP_BUYERS, VIEWERS = 10, 4
MAX_TOLD_BETWEEN_KILLS: dict[Kind, int] = {"order": 200, "take": 6, "message": 40}
"""A process dies in the moment people are told the last of up to so many things of one kind."""

STARTING_SHARE = 0.25
"""Of the kills, while the process is still starting."""

MAX_STARTING_S = 0.6
FIRST_TIMEOUT_S, KILL_TIMEOUT_S = 120.0, 5.0
TOKEN_LIFETIME_MS = 3_600_000
TRYING_PAYMENTS = {"delay_ms": 50, "failure_share": 0.2, "duplicate_share": 0.2, "reorder": True, "seed": "crash"}


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One life of the server: when it ended, how long its start took, what was on air then, and what was wrong."""

    ends: str
    restart_s: float
    on_air: str | None
    wrong: str = ""


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
        """How often the server was killed under load; at the very end it is killed once more, before the audit."""
        return len(self.lives) - 1


async def crash(folder: Path, kills: int, seed: int) -> Crashes:
    """Run a show under load and kill its process so many times, at moments drawn from the seed.

    Raises:
        TimeoutError: it took longer than ``FIRST_TIMEOUT_S`` and ``KILL_TIMEOUT_S`` for each kill.
    """
    async with asyncio.timeout(FIRST_TIMEOUT_S + kills * KILL_TIMEOUT_S):
        return await _crash(folder, kills, seed)


async def _crash(folder: Path, kills: int, seed: int) -> Crashes:
    draw = random.Random(seed)  # noqa: S311 - moments to be had again from the seed
    books = Books()
    async with CrashServer(folder) as server, aiohttp.ClientSession() as http:
        ready = await server.start_command()
        keys = ViewerTokens(signing_keys(server.data, server.show, None), wall_clock)

        def issue(channel: str, buyer: str) -> str:
            return keys.issue(ChannelId(channel), BuyerId(buyer), TOKEN_LIFETIME_MS)

        world = World(server.url, http, books, issue, ready["producer_token"])
        viewers = [Viewer(world, CHANNELS[number % len(CHANNELS)]) for number in range(VIEWERS)]
        async with crowd(world, viewers, draw) as taps:
            lives = [await one_life(server, world, viewers, "order", draw)]
            for _ in range(kills - 1):
                await server.start()
                ends = None if draw.random() < STARTING_SHARE else draw.choice(tuple(MAX_TOLD_BETWEEN_KILLS))
                lives.append(await one_life(server, world, viewers, ends, draw))
            await server.start_command()
            lives.append(await served(server, world, viewers, "audit"))
            world.closing.set()
            await asyncio.gather(*taps)
            vanished = await repeat_everything(world)
            newest = (await first_message(server.url, CHANNELS[0]))["seq"]
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


@asynccontextmanager
async def crowd(world: World, viewers: list[Viewer], draw: random.Random) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Let everybody do what they do, and yield those who buy or produce; what goes wrong with one ends it all."""
    draws = [random.Random(draw.getrandbits(64)) for _ in range(HTTP_BUYERS + VIEWERS)]  # noqa: S311 - seeded taps
    async with asyncio.TaskGroup() as people:
        watching = [people.create_task(viewer.watch()) for viewer in viewers]
        tapping = [people.create_task(produce(world))]
        tapping += [people.create_task(buy_over_http(world, draws.pop())) for _ in range(HTTP_BUYERS)]
        tapping += [people.create_task(viewer.buy(draws.pop())) for viewer in viewers]
        yield tapping
        for task in watching:
            task.cancel()


async def one_life(
    server: CrashServer, world: World, viewers: list[Viewer], ends: Kind | None, draw: random.Random
) -> Life:  # fmt: skip
    """Let the server live until it tells people of something, and kill it there; or while it is still starting."""
    if ends is None:
        life = Life(ends="starting", restart_s=draw.uniform(0, MAX_STARTING_S), on_air=None)
        await asyncio.sleep(life.restart_s)
        server.kill_now()
    else:
        life = await served(server, world, viewers, ends)
        await world.books.moment(ends, draw.randint(1, MAX_TOLD_BETWEEN_KILLS[ends]), server.kill_now)
    world.on_stage.clear()
    await server.gone()
    return life


async def served(server: CrashServer, world: World, viewers: list[Viewer], ends: str) -> Life:
    """Wait until the server serves again, look at what it shows, and let the show go on."""
    restart_s = await server.ready(world.http)
    on_air = (await first_message(server.url, CHANNELS[0]))["state"]["on_air"]
    look = on_air["look"]["id"] if on_air is not None else None
    expected = world.books.looks_that_may_be_on_air()
    wrong = "" if look in expected else f"{look} is on air, {expected} should be"
    if world.books.takes:
        take, cue = world.books.takes[-1]
        _, again = await press_go(world, take)
        wrong += "" if again["cue"]["id"] == cue else f"{take} was {cue}, and again {again}"
    await world.post(f"/v1/shows/{SHOW_ID}/sandbox", world.producer_token, TRYING_PAYMENTS)
    world.on_stage.set()
    await until(lambda: all(viewer.connection is not None for viewer in viewers), "every viewer is back")
    return Life(ends=ends, restart_s=restart_s, on_air=look, wrong=wrong)


async def repeat_everything(world: World) -> int:
    """Send every acknowledged tap once more and ask for its order; return how many orders are not there."""
    vanished = 0
    for tap, body in list(world.books.acknowledged.values()):
        await world.settle(tap)
        headers = {"Authorization": f"Bearer {tap.token}"}
        async with world.http.get(f"{world.url}/v1/orders/{body['order']}", headers=headers) as response:
            known = msgspec.json.decode(await response.read())
        vanished += any(known.get(field) != body[field] for field in LASTING)
    return vanished


def cues_lost(world: World) -> int:
    """Return how many acknowledged takes are not in a channel's feed exactly once."""
    messages = [(channel, msgspec.json.decode(text)) for (channel, _), text in world.feed.items()]
    told = Counter((channel, message["id"]) for channel, message in messages if message["type"] == "cue")
    return sum(told[channel, cue] != 1 for channel in CHANNELS for _, cue in world.books.takes)


def table(crashes: Crashes) -> Table:
    """Return a run as a table."""
    shown = Table(title="kill -9 under load", title_justify="left", show_header=False)
    ends = Counter(life.ends for life in crashes.lives[:-1])
    restarts = sorted(life.restart_s for life in crashes.lives[1:-1] if life.ends != "starting")
    rows: dict[str, object] = {
        "kills": f"{crashes.kills}: " + ", ".join(f"{name} {count}" for name, count in ends.most_common()),
        "orders acknowledged": crashes.acks,
        "taps sent again after a cut": crashes.again,
        "repeated taps": crashes.repeats,
        "refused": ", ".join(f"{name} {count}" for name, count in sorted(crashes.refused.items())),
        "orders released / pieces sold": f"{crashes.verdict.released} / {crashes.verdict.sold}",
        "takes acknowledged": crashes.takes,
        "feeds resumed": f"{crashes.resumed}, {crashes.snapshots} snapshots for {crashes.viewers} viewers",
        "serving again after": f"{restarts[len(restarts) // 2]:.2f} s median, {restarts[-1]:.2f} s most",
        "acknowledged orders lost": crashes.verdict.lost + crashes.vanished,
        "units oversold": crashes.verdict.oversold,
        "duplicate orders": crashes.verdict.double + crashes.verdict.unknown,
        "units leaked": crashes.verdict.leaked,
        "ledger entries out of balance": crashes.verdict.unbalanced,
        "repeats answered otherwise": len(crashes.other_answers) + len(crashes.surprises),
        "takes lost or doubled in the feed": crashes.cues_lost,
        "wrong on air after a restart": sum(bool(life.wrong) for life in crashes.lives),
        "gaps in the feed": len(crashes.gaps),
    }
    for name, value in rows.items():
        shown.add_row(name, str(value))
    return shown


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        crashes = uvloop.run(crash(Path(folder), asked.kills, asked.seed))
    Console().print(table(crashes))


if __name__ == "__main__":
    main()
