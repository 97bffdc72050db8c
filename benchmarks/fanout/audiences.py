"""The audience of one server, and what one cue to all of it costs the server."""

import asyncio
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.fanout import installing
from benchmarks.fanout.cue import CUE_BYTES
from benchmarks.fanout.programs import Program, ProgramError
from benchmarks.fanout.servers import Server
from benchmarks.machine import cpu_ns, kernel_network_ns, resident_bytes

SETTLE_S = 0.02
"""How long a server may finish what a cue set off before its clock is read."""

VIEWERS_PER_PROCESS = 19_000
"""An audience process may hold 20,000 descriptors here."""

_sources = count(2)


def server_cpu_ns(server: Server) -> int:
    """Return the CPU time of a server so far, with what the kernel finishes for whoever sends."""
    return sum(cpu_ns(pid) for pid in server.pids) + kernel_network_ns()


def server_memory_bytes(server: Server) -> int:
    """Return the memory of a server now."""
    return sum(resident_bytes(pid) for pid in server.pids)


@dataclass(frozen=True)
class Delivery:
    """One cue to one audience.

    Attributes:
        cpu_ns: server CPU, per viewer.
        last_ns: from handing the cue to the server until the last viewer had it.
    """

    cpu_ns: float
    last_ns: int


class Audience:
    """Viewers of one server, in as few processes as hold them."""

    def __init__(self, server: Server, programs: list[Program], viewers: int) -> None:
        self.server = server
        self.viewers = viewers
        self.programs = programs

    @classmethod
    async def come(cls, server: Server, viewers: int, folder: Path) -> "Audience":
        """Connect everybody and return once all have shaken hands."""
        program = str(installing.compiled("audience"))
        starting = []
        left = viewers
        while left > 0:
            some = min(left, VIEWERS_PER_PROCESS)
            left -= some
            number = next(_sources)
            command = (
                program, "127.0.0.1", str(server.port), str(some), f"127.0.{number // 250}.{number % 250 + 2}",
                server.protocol, server.path,
            )  # fmt: skip
            starting.append(Program.start(f"audience-{number}", *command, folder=folder, cwd=folder))
        audience = cls(server, await asyncio.gather(*starting), viewers)
        try:
            await asyncio.gather(*(program.hear() for program in audience.programs))
        except ProgramError:
            await audience.go()
            raise
        return audience

    async def one_cue(self) -> Delivery:
        """Publish one cue and wait until every viewer has it, once."""
        for program in self.programs:
            await program.say(b"count\n")
        await asyncio.gather(*(program.hear() for program in self.programs))
        before = server_cpu_ns(self.server)
        published = time.monotonic_ns()
        async with asyncio.TaskGroup() as together:
            # a cue that could not be published is not waited for
            together.create_task(self.server.publish())
            hearing = [together.create_task(program.hear()) for program in self.programs]
        heard = [task.result() for task in hearing]
        await asyncio.sleep(SETTLE_S)
        spent = server_cpu_ns(self.server) - before
        last = max(int(words[1]) for words in heard)
        received = sum(int(words[3]) for words in heard)
        if any(words[4] != "0" for words in heard) or received < self.viewers * CUE_BYTES:
            raise ProgramError(f"{self.server.name} did not deliver each viewer one whole cue: {heard}")
        return Delivery(spent / self.viewers, last - published)

    def with_more(self, more: "Audience") -> "Audience":
        """Return both audiences of the same server as one."""
        return Audience(self.server, self.programs + more.programs, self.viewers + more.viewers)

    async def go(self) -> None:
        """Disconnect everybody."""
        await asyncio.gather(*(program.end() for program in self.programs))
