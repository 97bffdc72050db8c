"""What is measured: a design, the programs it runs in, and the door its buyers come through."""

import contextlib
import mmap
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

import psutil

from benchmarks.checkout.drop import CHANNEL, HOT, SHOW
from benchmarks.fanout import installing
from benchmarks.fanout.programs import Program, ProgramError
from benchmarks.machine import cpu_ns

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
HTTP_BUYERS = 512
"""Keep-alive connections to each server."""

FEED_BUYERS = 2_048
"""Viewers with an open feed. A few of them tap at a time: a viewer may not tap without end. No more than that takes:
telling an audience of the stock is the feed's cost (``benchmarks fanout``), and not the tap's."""

Door = Literal["http", "ws"]
_sources = count(2)


class SyncCounter:
    """Counts the fsyncs of a program and all its children."""

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / f"{name}.syncs"
        path.write_bytes(bytes(mmap.PAGESIZE))
        # the database's user is another one, and must reach both
        folder.chmod(0o711)
        path.chmod(0o666)
        built = installing.compiled("sync_counter", PEERS, "-shared", "-fPIC", "-ldl")
        library = Path(shutil.copy(built, folder / f"{name}.so"))  # its own: one in use must not be written over
        self.environment = {"LD_PRELOAD": str(library), "SYNCS_COUNTED_IN": str(path)}
        with path.open("r+b") as file:
            self._at = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def read(self) -> int:
        """Return how many there were."""
        return int.from_bytes(self._at[:8], sys.byteorder)


def tree_cpu_ns(roots: list[int]) -> int:
    """Return the processor time of processes and all that descend from them."""
    spent = 0
    for root in roots:
        for process in (psutil.Process(root), *psutil.Process(root).children(recursive=True)):
            with contextlib.suppress(OSError):  # it ended meanwhile
                spent += cpu_ns(process.pid)
    return spent


@dataclass
class Service:
    """A running design: where it listens, whose processor time counts, how often it synced."""

    name: str
    port: int
    server_pids: Callable[[], list[int]]
    database_pids: Callable[[], list[int]] = field(default=list)
    syncs: Callable[[], int] = field(default=lambda: 0)


@dataclass(frozen=True)
class Contender:
    """One line of the table.

    Attributes:
        name: in figures; ``label`` is for people.
        taps: of one round; slow designs get few.
        path, sku: what is asked for.
        right: which answer it should give.
    """

    name: str
    label: str
    service: str
    door: Door
    taps: int
    path: str = "/v1/orders"
    sku: str = HOT
    right: Literal["placed", "ok", "conflicts"] = "placed"


@dataclass(frozen=True)
class Round:
    """One round of one contender; times are per tap.

    Attributes:
        server_us, database_us: processor time.
        p50_ms, p99_ms, worst_ms: from a tap to its answer.
        syncs: of the whole round.
        busy: taps that were told to come back.
    """

    waiting: int
    taps: int
    server_us: float
    database_us: float
    per_second: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    syncs: int
    busy: int

    @property
    def cpu_us(self) -> float:
        """All processor time per tap."""
        return self.server_us + self.database_us


class Buyers:
    """The buyers of one service through one door."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @classmethod
    async def come(cls, service: Service, door: Door, folder: Path, tokens: Path, many: int | None = None) -> "Buyers":
        """Connect them all."""
        number = next(_sources)
        buyers = many or (FEED_BUYERS if door == "ws" else HTTP_BUYERS)
        command = (
            str(installing.compiled("buyers", PEERS)), "127.0.0.1", str(service.port), str(buyers),
            f"127.0.8.{number}", door, f"/v1/shows/{SHOW}/feed?channel={CHANNEL}", str(tokens),
        )  # fmt: skip
        program = await Program.start(f"buyers-{number}", *command, folder=folder, cwd=folder)
        await program.hear()
        return cls(program)

    async def tap(self, service: Service, contender: Contender, waiting: int, taps: int) -> Round:
        """Let them tap.

        Raises:
            ProgramError: some answers were not what they should be.
        """
        await self._program.say(b"fresh\n")
        await self._program.hear()
        server, database = service.server_pids(), service.database_pids()
        before = tree_cpu_ns(server), tree_cpu_ns(database), service.syncs()
        await self._program.say(f"go {taps} {waiting} {contender.path} {SHOW} {contender.sku}\n".encode())
        said = [int(word) for word in (await self._program.hear())[1:]]
        after = tree_cpu_ns(server), tree_cpu_ns(database), service.syncs()
        elapsed_ns, answered, p50, p99, worst, placed, ok, conflicts, busy, others = said
        right = {"placed": placed, "ok": ok, "conflicts": conflicts}[contender.right]
        if others or right == 0 or right + busy != answered:
            raise ProgramError(f"{contender.name} answered otherwise: {said}")
        return Round(
            waiting=waiting,
            taps=taps,
            server_us=(after[0] - before[0]) / taps / 1e3,
            database_us=(after[1] - before[1]) / taps / 1e3,
            per_second=answered * 1e9 / elapsed_ns,
            p50_ms=p50 / 1e3,
            p99_ms=p99 / 1e3,
            worst_ms=worst / 1e3,
            syncs=after[2] - before[2],
            busy=busy,
        )

    async def go(self) -> None:
        """Disconnect."""
        await self._program.end()


async def start(
    name: str, *command: str, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[Program, int]:
    """Start one of our Python programs and return it with the port it says."""
    # programs take their environment from this process; nothing else is started meanwhile
    with in_environment(environment or {}):
        program = await Program.start(name, sys.executable, "-m", *command, folder=folder, cwd=ROOT)
    return program, int((await program.hear())[0])


@contextlib.contextmanager
def in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Let what is started meanwhile find these variables."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
