"""The audience: as many light processes as hold it, each with a source address of its own."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fanout.programs import Program

SOURCE = Path(__file__).parent / "crowd.c"
HEADERS = Path(__file__).parents[1] / "fanout" / "peers"
SERVER = "127.0.0.1"


class CannotRunError(Exception):
    """The run cannot be made on this machine; the message says why."""


def compiled(folder: Path) -> Path:
    """Compile the audience.

    Raises:
        CannotRunError: there is no C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise CannotRunError("the audience is a C program: install a C compiler")
    program = folder / "crowd"
    subprocess.run([compiler, "-O2", "-I", str(HEADERS), "-o", str(program), str(SOURCE)], check=True, timeout=120)
    return program


@dataclass(frozen=True)
class Told:
    """How far a cue has come: viewers with the whole of it and nothing else, viewers with something else, and when."""

    complete: int
    wrong: int
    watching: int
    lost: int
    last_ns: int


class Crowd:
    """The audience's processes."""

    def __init__(self) -> None:
        self._programs: list[Program] = []
        self.watching: list[int] = []
        self.lost: list[int] = []

    def add(self, program: Program) -> None:
        """Count a process in, with nobody in it. If memory ends, it goes first, not a stranger's process."""
        Path(f"/proc/{program.pid}/oom_score_adj").write_text("1000", "ascii")
        self._programs.append(program)
        self.watching.append(0)
        self.lost.append(0)

    async def come(self, place: int, viewers: int) -> None:
        """Let so many viewers more come in one of the processes."""
        program = self._programs[place]
        await program.say(b"come %d\n" % viewers)
        _, watching, lost = await program.hear()
        self.watching[place], self.lost[place] = int(watching), int(lost)

    async def count(self, frame_bytes: int) -> None:
        """From now on count the bytes of one cue at every viewer."""
        await self._all(b"count %d\n" % frame_bytes)

    async def tell(self) -> Told:
        """Return how far the cue has come, over all."""
        answers = [[int(word) for word in words[1:]] for words in await self._all(b"tell\n")]
        complete, wrong, watching, lost, last_ns = zip(*answers, strict=True)
        return Told(sum(complete), sum(wrong), sum(watching), sum(lost), max(last_ns))

    async def _all(self, command: bytes) -> list[list[str]]:
        for program in self._programs:
            await program.say(command)
        return [await program.hear() for program in self._programs]

    async def go(self) -> None:
        """Everybody leaves."""
        await asyncio.gather(*(program.end() for program in self._programs))


@asynccontextmanager
async def crowd(processes: int, port: int, path: str, folder: Path) -> AsyncIterator[Crowd]:
    """Start the audience's processes, with nobody in them yet."""
    program, running = str(compiled(folder)), Crowd()
    try:
        for number in range(processes):
            source = f"127.0.{1 + number // 200}.{number % 200 + 2}"
            command = (program, SERVER, str(port), source, path)
            running.add(await Program.start(f"crowd-{number}", *command, folder=folder, cwd=folder))
        yield running
    finally:
        await running.go()
