"""Checkout processes as they run in production: of their own, started by the command line, on a real PostgreSQL."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from house import PAYMENT_KEY, PRODUCER_KEY, SHOW_FOLDER, channel_key

from showrunner.show_folder import load_show

PATIENCE_S = 40.0
LINK_KEY = "the secret that our own processes share with one another"
EDGE_LINK_KEY = "the secret that edges share with the checkout processes"
COMMAND = ("-c", "from showrunner.cli import main; main()", "serve", "--role")


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SHOWRUNNER_")}


class DeskProcess:
    """One process of ours, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.base_url = ""
        self.link = ""
        self.events: list[dict[str, Any]] = []
        self._over = False
        self._heard = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())

    @classmethod
    async def run(cls, environment: dict[str, str], role: str) -> Self:
        """Start a process of a role; it may not serve yet."""
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, *COMMAND, role, env=environment, stderr=asyncio.subprocess.PIPE
            )
        )

    @property
    def owns(self) -> bool:
        """Whether the last it said is that the desk is its own."""
        told = [event["event"] for event in self.events if event["event"] in {"desk.ours", "desk.lost"}]
        return bool(told) and told[-1] == "desk.ours"

    async def until(self, name: str, count: int = 1) -> dict[str, Any]:
        """Wait until the process has logged so many events of a name, and return the last of them."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(found := [event for event in self.events if event["event"] == name]) < count:
                    assert not self._over, self.events
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            raise AssertionError(f"no {name} in {self.events}") from None
        return found[count - 1]

    async def serving(self) -> None:
        """Wait until it serves."""
        told = await self.until("checkout.serving")
        self.base_url, self.link = told["at"], told["link"]

    def kill(self) -> None:
        """Kill -9."""
        with suppress(ProcessLookupError):
            self.process.kill()

    def freeze(self) -> None:
        """Stop it where it is: connections stay open, nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """Ask it to drain, and return its exit code."""
        self.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def close(self) -> None:
        """End it, however it is."""
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


def desk_environment(database_url: str, show: Path = SHOW_FOLDER, **settings: Any) -> dict[str, str]:
    """Return the settings of a checkout process."""
    keys = {channel.id: channel_key(channel.id) for channel in load_show(show).channels}
    return {
        **clean_environment(),
        "SHOWRUNNER_SHOW": str(show),
        "SHOWRUNNER_DATABASE_URL": database_url,
        "SHOWRUNNER_PORT": "0",
        "SHOWRUNNER_LINK_PORT": "0",
        "SHOWRUNNER_LINK_KEY": LINK_KEY,
        "SHOWRUNNER_EDGE_LINK_KEY": EDGE_LINK_KEY,
        "SHOWRUNNER_CHANNEL_KEYS": json.dumps(keys),
        "SHOWRUNNER_PRODUCER_KEY": PRODUCER_KEY,
        "SHOWRUNNER_PAYMENT_KEY": PAYMENT_KEY,
        **{f"SHOWRUNNER_{name.upper()}": str(value) for name, value in settings.items()},
    }


async def start_desk(database_url: str, **settings: Any) -> DeskProcess:
    """Start a checkout process; it may not serve yet."""
    return await DeskProcess.run(desk_environment(database_url, **settings), "checkout")


@asynccontextmanager
async def desk_group(database_url: str, count: int, **settings: Any) -> AsyncIterator[list[DeskProcess]]:
    """Run checkout processes until the block ends; the first of them owns the desk."""
    desks: list[DeskProcess] = []
    try:
        for number in range(count):
            desks.append(await start_desk(database_url, **settings))
            await desks[-1].serving()
            if number == 0:
                await desks[-1].until("desk.ours")
        yield desks
    finally:
        await asyncio.gather(*(desk.close() for desk in desks))
