"""Edges as they run in production: processes of their own under one parent, started by the command line."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from house import SHOW_FOLDER

PATIENCE_S = 30.0
COMMAND = ("-c", "from showrunner.cli import main; main()", "serve", "--role", "edge")


class EdgeGroup:
    """The edges of one host."""

    def __init__(self, process: asyncio.subprocess.Process, host: str) -> None:
        self.process = process
        self.host = host
        self.port = 0
        self.events: list[dict[str, Any]] = []
        self._over = False
        self._heard = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def serving(self) -> list[int]:
        """The processes that began to serve, in that order, those that are gone included."""
        return [event["pid"] for event in self.events if event["event"] == "edge.serving"]

    async def until_serving(self, processes: int) -> None:
        """Wait until so many processes have begun to serve since the start."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.serving) < processes:
                self._heard.clear()
                await self._heard.wait()
                assert not self._over, self.events
        self.port = next(event["port"] for event in self.events if event["event"] == "edges.starting")

    async def until_event(self, name: str, reason: str) -> None:
        """Wait until some process has logged an event for a reason."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(event["event"] == name and event.get("reason") == reason for event in self.events):
                self._heard.clear()
                await self._heard.wait()

    def kill(self) -> None:
        """The host dies: every process of the group, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)

    async def stop(self) -> int:
        """Ask the group to drain, and return its exit code."""
        self.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            self.kill()
        await self.process.wait()
        await self._hearing

    async def _hear(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.events.append(json.loads(line) if line.startswith(b"{") else {"event": line.decode()})
            self._heard.set()
        self._over = True
        self._heard.set()


@asynccontextmanager
async def edge_group(
    redis_url: str, checkout_url: str | None, *, processes: int = 1, **settings: Any
) -> AsyncIterator[EdgeGroup]:
    """Run edges that follow a cue log, until the block ends."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SHOWRUNNER_")},
        "SHOWRUNNER_SHOW": str(SHOW_FOLDER),
        "SHOWRUNNER_REDIS_URL": redis_url,
        **({"SHOWRUNNER_CHECKOUT_URL": checkout_url} if checkout_url is not None else {}),
        "SHOWRUNNER_PORT": "0",
        "SHOWRUNNER_PROCESSES": str(processes),
        **{f"SHOWRUNNER_{name.upper()}": str(value) for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, *COMMAND, env=environment, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    group = EdgeGroup(process, "127.0.0.1")
    try:
        await group.until_serving(processes)
        yield group
    finally:
        await group.close()
