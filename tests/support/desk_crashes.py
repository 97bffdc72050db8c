"""Kill -9 of our processes, PostgreSQL and Valkey under load: ``python tests/support/desk_crashes.py --kills 100``.

The layout is production's: control, checkout processes, PostgreSQL, Valkey, each a process. Buyers come to every door,
repeat themselves, and go to another door when one does not answer. In the end the record is held against what they
were told.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Literal, Self

import aiohttp
import asyncpg
import msgspec
import uvloop
from control_process import control_environment
from crash_audit import LEDGER, ORDERS, SHELVES, Verdict, judge
from crash_books import LASTING, Books
from crash_crowd import World, buy_over_http
from crash_show import SHOW_ID, looks, write_show
from desk_buyers import producer_token, token
from desk_group import clean_environment, desk_environment
from log_server import LogServer
from ports import free_port
from postgres import PostgresServer
from rich.console import Console
from rich.table import Table
from waiting import until

from showrunner.databases import Database, migrate_postgres

BUYERS, DESKS = 24, 3
MAX_ACKS_BETWEEN_KILLS = 60
ANSWER_TIMEOUT_S = 12.0
FIRST_TIMEOUT_S, KILL_TIMEOUT_S = 180.0, 20.0
SAID_CHARS = 2_000
"""Of what a process said last, when it does not serve."""

Victim = Literal["owner", "door", "postgres", "valkey", "control"]
VICTIMS: dict[Victim, int] = {"owner": 5, "door": 2, "postgres": 2, "valkey": 1, "control": 1}
"""Who is killed, how often in proportion."""


class Doors(World):
    """Everybody's world where any door will do."""

    doors: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """A door."""
        return random.choice(self.doors)  # noqa: S311 - whoever is turned away somewhere goes elsewhere

    @url.setter
    def url(self, _url: str) -> None:
        """There is more than one."""


class Blow(msgspec.Struct, frozen=True):
    """One kill: of whom, and how long until the next order was acknowledged."""

    victim: Victim
    silent_s: float


class DeskCrashes(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run; ``vanished`` are acknowledged orders that the last owner does not answer for."""

    blows: list[Blow]
    verdict: Verdict
    acks: int
    repeats: int
    again: int
    refused: dict[str, int]
    other_answers: int
    surprises: list[str]
    vanished: int
    turns: int


class Forked:
    """A process the starter forked: loading what it runs takes longer than all the rest of its start."""

    def __init__(self, starter: "Starter", output: Path, pid: int) -> None:
        self._starter = starter
        self._output = output
        self.pid = pid

    @property
    def events(self) -> list[str]:
        """What it has said so far, by name."""
        lines = self._output.read_text(errors="replace").splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{") and line.endswith("}")]

    @property
    def owns(self) -> bool:
        """Whether the last it said of the desk is that it is its own."""
        told = [event for event in self.events if event in {"desk.ours", "desk.lost"}]
        return bool(told) and told[-1] == "desk.ours"

    async def serving(self) -> None:
        """Wait until it serves."""
        try:
            await until(lambda: not {"checkout.serving", "serving"}.isdisjoint(self.events), "it serves")
        except AssertionError as late:
            raise AssertionError(self._output.read_text(errors="replace")[-SAID_CHARS:]) from late

    async def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        os.killpg(self.pid, signal.SIGKILL)
        await self._starter.ask({"reap": self.pid})


class Starter:
    """Starts our processes."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self._folder = folder
        self._process = process
        self._asking = asyncio.Lock()
        self._started = 0

    @classmethod
    async def begin(cls, folder: Path) -> Self:
        """Load what is to be run."""
        starter = cls(
            folder,
            await asyncio.create_subprocess_exec(
                sys.executable, str(Path(__file__).with_name("starter.py")), env=clean_environment(),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            ),
        )  # fmt: skip
        await starter.ask(None)
        return starter

    async def ask(self, asked: dict[str, Any] | None) -> dict[str, Any]:
        """Send one request and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._asking:
            if asked is not None:
                self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    async def run(self, environment: dict[str, str], role: str) -> Forked:
        """Start a process of a role."""
        self._started += 1
        output = self._folder / f"{role}-{self._started}.log"
        output.touch()
        arguments = ["serve", "--role", role]
        told = await self.ask({"arguments": arguments, "output": str(output), "environment": environment})
        return Forked(self, output, told["pid"])

    async def end(self) -> None:
        """Start no more."""
        self._process.kill()
        await self._process.wait()


class Layout:
    """Production's processes, any of which may be killed and comes back on its port."""

    def __init__(self, folder: Path, postgres: PostgresServer, database_url: str) -> None:
        self.folder = folder
        self.postgres = postgres
        self.url = database_url
        self.show = write_show(folder)
        told = (self.show / "show.toml").read_text()
        (self.show / "show.toml").write_text(told.replace('"film"', f'"{folder / "programme.mp4"}"'))
        self.valkey = LogServer(folder / "valkey")
        self.starter: Starter | None = None
        self.control: Forked | None = None
        self.control_port = free_port()
        self.desks: list[Forked] = []
        self.ports = [(free_port(), free_port()) for _ in range(DESKS)]
        self.turns = 0

    @property
    def doors(self) -> tuple[str, ...]:
        """Where taps are taken."""
        return tuple(f"http://127.0.0.1:{port}" for port, _ in self.ports)

    async def start(self) -> None:
        """Start everything."""
        self.starter = await Starter.begin(self.folder)
        for number in range(DESKS):
            self.desks.append(await self._desk(number))
        await asyncio.gather(*(desk.serving() for desk in self.desks))
        await self._start_control()
        assert self.control is not None
        await self.control.serving()

    async def _desk(self, number: int) -> Forked:
        assert self.starter is not None
        port, link_port = self.ports[number]
        environment = desk_environment(self.url, show=self.show, port=port, link_port=link_port, suspect_delay_ms=0)
        return await self.starter.run(environment, "checkout")

    async def _start_control(self) -> None:
        environment = control_environment(
            self.folder / "data", self.url, self.valkey.url, self.show, port=self.control_port, suspect_delay_ms=0
        )
        assert self.starter is not None
        self.control = await self.starter.run(environment, "control")

    async def kill(self, victim: Victim, draw: random.Random) -> None:
        """Kill -9 one, and start it again."""
        if victim == "postgres":
            await asyncio.to_thread(self.postgres.kill)
            await asyncio.to_thread(self.postgres.start)
        elif victim == "valkey":
            self.valkey.kill()
            await asyncio.to_thread(self.valkey.start)
        elif victim == "control":
            assert self.control is not None
            await self.control.kill()
            await self._start_control()
        else:
            wanted = [number for number, desk in enumerate(self.desks) if desk.owns is (victim == "owner")]
            number = draw.choice(wanted or range(DESKS))
            self.turns += self.desks[number].events.count("desk.ours")
            await self.desks[number].kill()
            self.desks[number] = await self._desk(number)

    async def whole(self) -> None:
        """Wait until everybody lives and somebody owns the desk."""
        await asyncio.gather(*(desk.serving() for desk in self.desks))
        assert self.control is not None
        await self.control.serving()
        await until(lambda: any(desk.owns for desk in self.desks), "somebody owns the desk")

    async def close(self) -> None:
        """End everything."""
        processes = [*self.desks, *([self.control] if self.control is not None else [])]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                await process.kill()
        if self.starter is not None:
            await self.starter.end()
        self.valkey.kill()


async def crash(folder: Path, postgres: PostgresServer, url: str, kills: int, seed: int) -> DeskCrashes:
    """Kill so many times under load, at moments drawn from the seed.

    Raises:
        TimeoutError: it took longer than ``FIRST_TIMEOUT_S`` and ``KILL_TIMEOUT_S`` for each kill.
    """
    layout = Layout(folder, postgres, url)
    try:
        async with asyncio.timeout(FIRST_TIMEOUT_S + kills * KILL_TIMEOUT_S):
            await layout.start()
            return await _crash(layout, kills, seed)
    finally:
        await layout.close()


async def _crash(layout: Layout, kills: int, seed: int) -> DeskCrashes:
    draw = random.Random(seed)  # noqa: S311 - moments to be had again from the seed
    books = Books()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)) as http:
        world = Doors("", http, books, lambda channel, buyer: token(buyer, channel), producer_token(SHOW_ID))
        world.doors = layout.doors
        await open_looks(layout, http)
        blows = []
        async with asyncio.TaskGroup() as people:
            buyers = [
                people.create_task(buy_over_http(world, random.Random(draw.getrandbits(64))))  # noqa: S311 - seeded
                for _ in range(BUYERS)
            ]
            for _ in range(kills):
                victim = draw.choices(list(VICTIMS), list(VICTIMS.values()))[0]
                await layout.whole()
                await books.moment("order", draw.randint(1, MAX_ACKS_BETWEEN_KILLS), lambda: None)
                began = time.monotonic()
                await layout.kill(victim, draw)
                acks = books.acks
                await until(lambda acks=acks: books.acks > acks, "somebody can buy again")
                blows.append(Blow(victim, time.monotonic() - began))
            await layout.whole()
            world.closing.set()
            await asyncio.gather(*buyers)
        vanished = await repeat_everything(world)
    turns = layout.turns + sum(desk.events.count("desk.ours") for desk in layout.desks)
    while layout.desks:
        await layout.desks.pop().kill()
    return DeskCrashes(
        blows=blows,
        verdict=await audit(layout.url, books),
        acks=books.acks,
        repeats=books.repeats,
        again=books.again,
        refused=dict(books.refused),
        other_answers=len(books.other_answers),
        surprises=books.surprises,
        vanished=vanished,
        turns=turns,
    )


async def open_looks(layout: Layout, http: aiohttp.ClientSession) -> None:
    """Take every look, so that everything is on sale."""
    for look in looks():
        async with http.post(
            f"http://127.0.0.1:{layout.control_port}/v1/shows/{SHOW_ID}/commands",
            json={"command": "take", "look": look, "key": f"take {look}"},
            headers={"Authorization": f"Bearer {producer_token(SHOW_ID)}"},
        ) as answer:
            assert answer.status == 200, await answer.text()


async def repeat_everything(world: Doors) -> int:
    """Send every acknowledged tap once more and ask for its order; return how many orders are not there."""
    vanished = 0
    for tap, body in list(world.books.acknowledged.values()):
        await world.settle(tap)
        headers = {"Authorization": f"Bearer {tap.token}"}
        async with world.http.get(f"{world.url}/v1/orders/{body['order']}", headers=headers) as response:
            known = msgspec.json.decode(await response.read())
        vanished += any(known.get(field) != body[field] for field in LASTING)
    return vanished


async def audit(url: str, books: Books) -> Verdict:
    """Hold the record against the books. Nothing of ours runs on it any more."""
    record = await asyncpg.connect(url, server_settings={"search_path": Database.CHECKOUT.schema})
    try:
        found: list[Any] = [[tuple(row) for row in await record.fetch(query)] for query in (ORDERS, SHELVES, LEDGER)]
    finally:
        await record.close()
    return judge(*found, books)


def table(crashes: DeskCrashes) -> Table:
    """Return a run as a table."""
    shown = Table(title="kill -9 under load, many processes", title_justify="left", show_header=False)
    for name, value in figures(crashes).items():
        shown.add_row(name, str(value))
    return shown


def figures(crashes: DeskCrashes) -> dict[str, Any]:
    """Return a run as figures."""
    silent: dict[str, list[float]] = {}
    for blow in crashes.blows:
        silent.setdefault(blow.victim, []).append(blow.silent_s)
    return {
        "kills": len(crashes.blows),
        **{f"kills of {victim}": count for victim, count in Counter(b.victim for b in crashes.blows).most_common()},
        "turns of ownership": crashes.turns,
        "orders acknowledged": crashes.acks,
        "taps sent again": crashes.again,
        "repeated taps": crashes.repeats,
        "refused": ", ".join(f"{name} {count}" for name, count in sorted(crashes.refused.items())),
        **{
            f"buying again after a kill of {victim}, s, median and most": f"{sorted(s)[len(s) // 2]:.2f}, {max(s):.2f}"
            for victim, s in silent.items()
        },
        "acknowledged orders lost": crashes.verdict.lost + crashes.vanished,
        "units oversold": crashes.verdict.oversold,
        "duplicate orders": crashes.verdict.double + crashes.verdict.unknown,
        "units leaked": crashes.verdict.leaked,
        "ledger entries out of balance": crashes.verdict.unbalanced,
        "repeats answered otherwise": crashes.other_answers + len(crashes.surprises),
    }


def main() -> None:
    """Run it, print the table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a file for the figures, as JSON")
    asked = parser.parse_args()
    server = PostgresServer()
    try:
        server.start()
        url = server.url(server.new_database())
        asyncio.run(migrate_postgres(url))
        with tempfile.TemporaryDirectory() as folder:
            crashes = uvloop.run(crash(Path(folder), server, url, asked.kills, asked.seed))
    finally:
        server.remove()
    Console().print(table(crashes))
    if asked.keep is not None:
        asked.keep.write_text(json.dumps({"seed": asked.seed, "figures": figures(crashes)}, indent=2) + "\n")


if __name__ == "__main__":
    main()
