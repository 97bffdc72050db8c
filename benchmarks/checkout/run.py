"""``python -m benchmarks checkout``: what a one-tap order costs, ours beside its peers, in one run on one machine.

Everybody wants the same SKU. The empty authenticated JSON POST, which every cost is compared with, is an address of
the very process that sells (see ``shop``). The designs take turns, size of crowd by size of crowd, and ratios are
between medians over the same rounds, so that a noisy machine is noisy for all.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.checkout import report
from benchmarks.checkout.contenders import FEED_BUYERS, Buyers, Contender, Door, Service
from benchmarks.checkout.drop import GONE, write_tokens
from benchmarks.checkout.services import distributed, embedded, on_postgres, on_valkey
from benchmarks.fanout.installing import CannotInstallError
from benchmarks.fanout.programs import ProgramError

TABLE_WIDTH = 130
SLOW_TAPS = 256
"""Taps of a round for designs that take tens of milliseconds each; at least two for everybody who waits."""

Starting = Callable[[Path], AbstractAsyncContextManager[list[Service]]]

SERVICES: dict[str, Starting] = {
    "embedded": embedded,
    "distributed": distributed,
    "postgres_batch": on_postgres("postgres_batch"),
    "valkey_batch": on_valkey,
    "conditional_update": on_postgres("conditional_update"),
    "obvious": on_postgres("obvious"),
}


@dataclass(frozen=True)
class Plan:
    """How large a run is.

    Attributes:
        waiting: crowd sizes: buyers waiting for an answer at any time.
        taps: of one round of one design.
        overload: a crowd ten times the largest.
    """

    waiting: tuple[int, ...]
    rounds: int
    taps: int
    overload: int
    overload_taps: int


FULL = Plan(waiting=(64, 128, 256, 512), rounds=9, taps=5_000, overload=5_120, overload_taps=30_000)
QUICK = Plan(waiting=(64, 512), rounds=2, taps=2_000, overload=2_560, overload_taps=8_000)


def contenders(taps: int) -> list[Contender]:
    """Return every line of the table."""
    ours = "embedded"
    return [
        Contender("empty", "empty POST", ours, "http", taps, path="/v1/empty", right="ok"),
        Contender("embedded_http", "ours embedded, HTTP", ours, "http", taps),
        Contender("embedded_ws", "ours embedded, open WebSocket", ours, "ws", taps),
        Contender("sold_out", "ours sold out, HTTP", ours, "http", taps, sku=GONE, right="conflicts"),
        Contender("sold_out_ws", "ours sold out, open WebSocket", ours, "ws", taps, sku=GONE, right="conflicts"),
        Contender("distributed", "ours distributed, by a door", "distributed", "http", taps),
        Contender("distributed_owner", "ours distributed, at the owner", "distributed_owner", "http", taps),
        Contender("postgres_batch", "PostgreSQL, batch in one statement", "postgres_batch", "http", taps),
        Contender("valkey_batch", "Valkey function, batch, fsync always", "valkey_batch", "http", taps),
        Contender("update", "UPDATE … WHERE left > 0 a tap", "conditional_update", "http", SLOW_TAPS),
        Contender("obvious", "SELECT … FOR UPDATE a tap", "obvious", "http", SLOW_TAPS),
    ]


class Run:
    """One run: it starts what it measures, and ends it whatever happens."""

    def __init__(self, plan: Plan, folder: Path, console: Console) -> None:
        self.plan = plan
        self.results = report.Results()
        self._folder = folder
        self._console = console
        self._tokens = write_tokens(folder / "tokens", [f"buyer-{number}" for number in range(FEED_BUYERS)])
        self._services: dict[str, Service] = {}
        self._crowds: dict[tuple[str, Door], Buyers] = {}

    async def _open(self, closing: AsyncExitStack) -> list[Contender]:
        """Start every service and let its buyers come."""
        for name, starting in SERVICES.items():
            try:
                started = await closing.enter_async_context(starting(self._folder))
            except (CannotInstallError, ProgramError) as missing:
                self.results.missing[name] = str(missing)
            else:
                self._services |= {service.name: service for service in started}
        running = [one for one in contenders(self.plan.taps) if one.service in self._services]
        for one in running:
            if (one.service, one.door) not in self._crowds:
                buyers = await Buyers.come(self._services[one.service], one.door, self._folder, self._tokens)
                closing.push_async_callback(buyers.go)
                self._crowds[one.service, one.door] = buyers
        return running

    async def _round(self, one: Contender, waiting: int) -> None:
        taps = max(one.taps, 2 * waiting)
        buyers = self._crowds[one.service, one.door]
        measured = await buyers.tap(self._services[one.service], one, waiting, taps)
        self.results.add(one, measured)

    async def turns(self) -> None:
        """Let every design take its turn, round by round."""
        async with AsyncExitStack() as closing:
            running = await self._open(closing)
            for one in running:  # what is only done once: imports, plans, every buyer's token
                buyers = self._crowds[one.service, one.door]
                taps = min(one.taps, FEED_BUYERS)
                await buyers.tap(self._services[one.service], one, min(self.plan.waiting), taps)
            for number in range(self.plan.rounds):
                turn = number % len(running)
                for waiting in self.plan.waiting:
                    for one in running[turn:] + running[:turn]:
                        await self._round(one, waiting)
                self._console.print(f"  round {number + 1} of {self.plan.rounds}")
            await self._overload(running)

    async def _overload(self, running: list[Contender]) -> None:
        """Ten times the crowd, all of whom come again at once, whatever they are answered."""
        for one in running:
            if one.name not in {"empty", "embedded_http", "embedded_ws", "distributed"}:
                continue
            service = self._services[one.service]
            buyers = await Buyers.come(service, one.door, self._folder, self._tokens, self.plan.overload)
            try:
                await buyers.tap(service, one, self.plan.overload, self.plan.overload)
                self.results.overload[one.name] = await buyers.tap(
                    service, one, self.plan.overload, self.plan.overload_taps
                )
            finally:
                await buyers.go()


def main(*, quick: bool) -> None:
    """Measure, print and record."""
    console = Console(width=TABLE_WIDTH)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="checkout-", dir=disk()) as folder:
        run = Run(QUICK if quick else FULL, Path(folder), console)
        asyncio.run(run.turns())
    report.tell(run.results, command, console, name="checkout-quick" if quick else "checkout")


def disk() -> Path:
    """Return a folder that is on a disk: what is synced to memory proves nothing."""
    return Path("/var/tmp")  # noqa: S108 - only its file system counts, the folder made in it is ours alone
