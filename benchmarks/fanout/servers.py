"""The servers that are measured, ours among them, all driven the same way: start, publish a cue, stop."""

import asyncio
import contextlib
import socket
import sys
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal

from aiohttp import ClientSession
from redis.asyncio import Redis

from benchmarks.fanout import installing
from benchmarks.fanout.cue import EPOCH_CHARS, cue, feed_path, line
from benchmarks.fanout.programs import Program, ProgramError
from broadcast.channels.adapters.redis_log import RedisCueLog
from broadcast.ids import Epoch, ShowId
from broadcast.messages import Cue

AudienceProtocol = Literal["websocket", "socket.io"]
SENT_MS = 1_750_000_000_000
START_ATTEMPTS = 100
RETRY_S = 0.05
_SOCKET_IO_PATH = "/socket.io/?EIO=4&transport=websocket"
_ROOT = Path(__file__).parents[2]


class Server(ABC):
    """One server under measurement.

    Attributes:
        name: in figures; ``label`` is for people.
        protocol: what its audience speaks; ``path`` is where it asks for the feed.
    """

    protocol: AudienceProtocol = "websocket"
    path = "/"

    def __init__(self, name: str, label: str, folder: Path) -> None:
        self.name = name
        self.label = label
        self.port = 0
        self._folder = folder
        self._published = 0

    @property
    @abstractmethod
    def pids(self) -> list[int]:
        """The processes whose CPU and memory count."""

    @abstractmethod
    async def start(self) -> None:
        """Start listening on loopback.

        Raises:
            CannotInstallError: it is not to be had here.
            ProgramError: it does not start.
        """

    @abstractmethod
    async def publish(self) -> None:
        """Hand the next cue to the server."""

    @abstractmethod
    async def stop(self) -> None:
        """End it."""

    def _next(self) -> Cue:
        self._published += 1
        return cue(self._published, Epoch("0" * EPOCH_CHARS), SENT_MS)


class LineServer(Server):
    """A program that says its port and then takes a cue a line."""

    def __init__(
        self, name: str, label: str, folder: Path, *command: str, protocol: AudienceProtocol = "websocket"
    ) -> None:
        super().__init__(name, label, folder)
        self._command = command
        self.protocol = protocol
        self.path = _SOCKET_IO_PATH if protocol == "socket.io" else "/"
        self._program: Program | None = None

    @property
    def pids(self) -> list[int]:
        """The one process."""
        return [self._program.pid] if self._program else []

    def command(self) -> tuple[tuple[str, ...], Path]:
        """Return what to run and where, installing what it needs."""
        return self._command, _ROOT

    def modules(self) -> Path | None:
        """Return where more Python modules are, installing them."""
        return None

    async def start(self) -> None:
        """Start it and learn its port."""
        command, cwd = self.command()
        self._program = await Program.start(self.name, *command, folder=self._folder, cwd=cwd, modules=self.modules())
        self.port = int((await self._program.hear())[0])

    async def publish(self) -> None:
        """Say the cue."""
        if self._program is None:
            raise RuntimeError("start it first")
        await self._program.say(line(self._next()))

    async def stop(self) -> None:
        """End it."""
        if self._program is not None:
            await self._program.end()


class SendLoop(LineServer):
    """The bare C loop."""

    def command(self) -> tuple[tuple[str, ...], Path]:
        """Compile it."""
        return (str(installing.compiled("send_loop")),), _ROOT


class SendLoops(Server):
    """As many bare C loops on one port as we have edges."""

    path = "/"

    def __init__(self, name: str, label: str, folder: Path, count: int) -> None:
        super().__init__(name, label, folder)
        self._count = count
        self._programs: list[Program] = []

    @property
    def pids(self) -> list[int]:
        """Every loop."""
        return [program.pid for program in self._programs]

    async def start(self) -> None:
        """Start the first on a free port and the others beside it."""
        command = str(installing.compiled("send_loop"))
        for number in range(self._count):
            port = [str(self.port)] if self.port else []
            program = await Program.start(f"{self.name}-{number}", command, *port, folder=self._folder, cwd=_ROOT)
            self._programs.append(program)
            self.port = int((await program.hear())[0])

    async def publish(self) -> None:
        """Say the cue to each."""
        said = line(self._next())
        await asyncio.gather(*(program.say(said) for program in self._programs))

    async def stop(self) -> None:
        """End every loop."""
        for program in self._programs:
            await program.end()


class NodeServer(LineServer):
    """A server on Node."""

    def command(self) -> tuple[tuple[str, ...], Path]:
        """Install its packages."""
        return ("node", *self._command), installing.node_peers()


class PythonServer(LineServer):
    """A server on Python, one of the modules beside this one; ``needs`` is a package that is not of the product."""

    def __init__(
        self,
        name: str,
        label: str,
        folder: Path,
        module: str,
        *,
        protocol: AudienceProtocol = "websocket",
        needs: str | None = None,
    ) -> None:
        command = (sys.executable, "-m", f"benchmarks.fanout.peers.{module}")
        super().__init__(name, label, folder, *command, protocol=protocol)
        self._needs = needs

    def modules(self) -> Path | None:
        """Install the package."""
        return installing.python_peer(self._needs) if self._needs else None


class Nchan(Server):
    """nginx with nchan, one worker; cues come by HTTP."""

    path = "/feed"

    def __init__(self, name: str, label: str, folder: Path) -> None:
        super().__init__(name, label, folder)
        self._program: Program | None = None
        self._session: ClientSession | None = None

    @property
    def pids(self) -> list[int]:
        """The worker; the master does nothing."""
        if self._program is None:
            return []
        master = self._program.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        return [int(child) for child in children]

    async def start(self) -> None:
        """Write its configuration and start it on a free port."""
        nginx = installing.nchan()
        self.port = free_port()
        prefix = self._folder / self.name
        prefix.mkdir(exist_ok=True)
        configuration = prefix / "nginx.conf"
        text = (installing.PEERS / "nchan.conf").read_text(encoding="utf-8")
        for mark, value in (("@PORT@", self.port), ("@MODULE@", nginx.module), ("@PREFIX@", prefix)):
            text = text.replace(mark, str(value))
        configuration.write_text(text, encoding="utf-8")
        log = str(prefix / "error.log")
        self._program = await Program.start(
            self.name, str(nginx.program), "-p", str(prefix), "-c", str(configuration), "-e", log,
            folder=self._folder, cwd=prefix,
        )  # fmt: skip
        # an octet stream would go out as binary frames
        self._session = ClientSession(headers={"Content-Type": "text/plain"})
        await _answering(self.port)

    async def publish(self) -> None:
        """Post the cue."""
        if self._session is None:
            raise RuntimeError("start it first")
        body = line(self._next()).rstrip(b"\n")
        async with self._session.post(f"http://127.0.0.1:{self.port}/publish", data=body) as answer:
            if answer.status not in {200, 201, 202}:
                raise ProgramError(f"nchan took no cue: {answer.status}")

    async def stop(self) -> None:
        """End master and worker."""
        if self._session is not None:
            await self._session.close()
        if self._program is not None:
            with contextlib.suppress(ProcessLookupError):
                self._program.terminate()
            await self._program.end()


class Edges(Server):
    """The product's edge, one process or several on one port, following the cue log on Valkey."""

    def __init__(self, name: str, label: str, folder: Path, redis_url: str, count: int = 1) -> None:
        super().__init__(name, label, folder)
        self._show = ShowId(f"{name}-{uuid.uuid4().hex}")  # a log of its own
        self.path = feed_path(self._show)
        self._redis_url = redis_url
        self._cue_log = RedisCueLog(Redis.from_url(redis_url), self._show, lambda: uuid.uuid4().hex[:EPOCH_CHARS])
        self._count = count
        self._programs: list[Program] = []
        self._reserved = socket.socket()

    @property
    def pids(self) -> list[int]:
        """Every edge."""
        return [program.pid for program in self._programs]

    async def start(self) -> None:
        """Start every edge on one port."""
        await self._cue_log.open()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = self._reserved.getsockname()[1]
        command = (sys.executable, "-m", "benchmarks.fanout.edge", self._redis_url, self._show, str(self.port))
        for number in range(self._count):
            program = await Program.start(f"{self.name}-{number}", *command, folder=self._folder, cwd=_ROOT)
            self._programs.append(program)
            await program.hear()

    async def publish(self) -> None:
        """Append the cue to the log."""
        await self._cue_log.append([self._next()], SENT_MS)

    async def stop(self) -> None:
        """End every edge."""
        self._reserved.close()
        await self._cue_log.close()
        for program in self._programs:
            await program.end()


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answering(port: int) -> None:
    for _ in range(START_ATTEMPTS):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(RETRY_S)
        else:
            writer.close()
            return
    raise ProgramError(f"nothing answers on port {port}")
