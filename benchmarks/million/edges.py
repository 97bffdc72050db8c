"""The product's edges, started as in production, following a cue log on a real Valkey server."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import cpu_ns
from benchmarks.million.kernel import process_bytes

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
SHOW = "million"

_SHOW_FILES = {
    "show.toml": f"""
id = "{SHOW}"
title = "One Million"
language = "en"
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "CNY"
programme = "film"
""",
    "rundown.csv": "Cue,Look,Look ID,Title,Brand,SKUs\n1,1,look,Coat,Brand,S\n",
    "catalogue.csv": "Title,URL handle,Vendor,SKU,Price,Inventory quantity\nCoat,coat,Brand,S,199.00,100\n",
    "channels.toml": '[web]\nname = "Web"\nkind = "web"\nlatency_ms = 0\n',
}


def write_show(folder: Path) -> Path:
    """Write the smallest show there is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _SHOW_FILES.items():
        (folder / name).write_text(content, "utf-8")
    return folder


class Edges:
    """The running edge processes."""

    def __init__(self, parent: asyncio.subprocess.Process) -> None:
        self._parent = parent
        self.pids: list[int] = []
        self.port = 0
        self.faults: list[dict[str, Any]] = []

    async def until_serving(self, processes: int) -> None:
        """Read what the edges say until all serve."""
        async with asyncio.timeout(START_TIMEOUT_S):
            while len(self.pids) < processes:
                await self._read_line()

    async def listen(self) -> None:
        """Go on reading what they say, for faults."""
        while await self._read_line():
            pass

    async def _read_line(self) -> bool:
        if self._parent.stderr is None:
            raise RuntimeError("started without standard error")
        line = await self._parent.stderr.readline()
        if not line:
            return False
        event = json.loads(line) if line.startswith(b"{") else {"event": line.decode(), "level": "error"}
        if event["event"] == "edge.serving":
            self.pids.append(event["pid"])
            self.port = event["port"]
        elif event["level"] != "info":
            self.faults.append(event)
        return True

    def cpu_ns(self) -> int:
        """Return the CPU time of all edges so far."""
        return sum(cpu_ns(pid) for pid in self.pids)

    def memory_bytes(self) -> dict[str, int]:
        """Return the memory of all edges: shared pages shared out (Pss), and pages that are one edge's alone."""
        return {
            name: sum(process_bytes(pid, field) for pid in self.pids)
            for name, field in (("pss", "Pss"), ("private", "Private_Dirty"))
        }

    async def stop(self) -> None:
        """End them; nobody waits for a million farewells."""
        if self._parent.returncode is None:
            os.killpg(self._parent.pid, signal.SIGKILL)
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await self._parent.wait()


@asynccontextmanager
async def edges(
    redis_url: str, show: Path, processes: int, max_viewers: int, handshakes_per_second: int = 0
) -> AsyncIterator[Edges]:
    """Run so many edge processes on one free port; 0 handshakes a second is no limit."""
    environment = {
        **os.environ,
        "SHOWRUNNER_ROLE": "edge",
        "SHOWRUNNER_SHOW": str(show),
        "SHOWRUNNER_REDIS_URL": redis_url,
        "SHOWRUNNER_CHECKOUT_URL": "http://127.0.0.1:9",  # nobody taps
        "SHOWRUNNER_PORT": "0",
        "SHOWRUNNER_PROCESSES": str(processes),
        "SHOWRUNNER_MAX_VIEWERS": str(max_viewers),
        "SHOWRUNNER_HANDSHAKES_PER_SECOND": str(handshakes_per_second),
        # Both ends of every connection share this machine's two cores: no signs of life while it is measured.
        "SHOWRUNNER_HEARTBEAT_S": "86400",
    }
    command = (sys.executable, "-c", "from showrunner.cli import main; main()", "serve")
    parent = await asyncio.create_subprocess_exec(
        *command, env=environment, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    running = Edges(parent)
    listening: asyncio.Task[None] | None = None
    try:
        await running.until_serving(processes)
        listening = asyncio.create_task(running.listen())
        yield running
    finally:
        await running.stop()
        if listening is not None:
            await listening
