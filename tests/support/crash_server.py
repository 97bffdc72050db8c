"""A demo process that is killed, again and again, on one data folder and one port."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from crash_show import write_show
from ports import free_port

START_TIMEOUT_S = 120.0
LOOK_EVERY_S = 0.01
START_LOOKS = 12_000
"""Looks at whether the process is ready: two minutes, for a machine that is very busy."""

SAID_CHARS = 2_000
"""Of what a process said last, when it ended by itself."""


def _environment() -> dict[str, str]:
    """Return our environment, with nobody made to wait: the crowd taps over a few connections, as a farm does."""
    return {**os.environ, "SHOWRUNNER_SUSPECT_DELAY_MS": "0"}


class CrashServer:
    """The show ``crash_show`` writes, served by one process at a time.

    The first and the last process are the installed command's; those between come from the starter.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.output = folder / "demo.log"
        self.show = write_show(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = ["demo", "--show", str(self.show), "--data", str(self.data), "--port", str(self.port)]
        self._arguments += ["--programme", str(folder / "programme.mp4"), "--json"]
        self._starter: asyncio.subprocess.Process | None = None
        self._command: asyncio.subprocess.Process | None = None
        self._pid: int | None = None

    async def __aenter__(self) -> Self:
        self._starter = await asyncio.create_subprocess_exec(
            sys.executable, str(Path(__file__).with_name("starter.py")),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(),
        )  # fmt: skip
        await self._answer()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_now()
        if self._command is not None:
            await self._command.wait()
        if self._starter is not None:
            self._starter.kill()
            await self._starter.wait()

    async def start_command(self) -> dict[str, Any]:
        """Start the installed command and return what it prints once ready."""
        program = str(Path(sys.executable).with_name("showrunner"))
        with self.output.open("ab") as log:
            self._command = await asyncio.create_subprocess_exec(
                program,
                *self._arguments,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=_environment(),
            )
        self._pid = self._command.pid
        assert self._command.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await self._command.stdout.readline()
        assert line, self._said()
        ready: dict[str, Any] = json.loads(line)
        return ready

    async def start(self) -> None:
        """Start another process and return at once."""
        self._pid = (await self._answer({"arguments": self._arguments, "output": str(self.output)}))["pid"]

    async def ready(self, http: aiohttp.ClientSession) -> float:
        """Wait until the process can take a tap; return how many seconds that took."""
        began = time.monotonic()
        for _ in range(START_LOOKS):
            if await self._is_ready(http):
                return time.monotonic() - began
            assert not await self._ended(), self._said()
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError(f"not ready in time: {self._said()}")

    def kill_now(self) -> None:
        """Kill -9 the process and all it started, here and now: no farewell, nothing flushed."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself: ``gone`` says with what
                os.killpg(self._pid, signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until the killed process is no more."""
        if self._command is not None:
            await self._command.wait()
            assert self._command.returncode == -signal.SIGKILL, self._said()
        elif self._pid is not None:
            status = (await self._answer({"reap": self._pid}))["status"]
            assert status == -signal.SIGKILL, self._said()
        self._command = self._pid = None

    def _said(self) -> str:
        return self.output.read_text()[-SAID_CHARS:]

    async def _ended(self) -> bool:
        if self._command is not None:
            return self._command.returncode is not None
        return bool((await self._answer({"ended": self._pid}))["ended"])

    async def _is_ready(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except (OSError, aiohttp.ClientError):
            return False

    async def _answer(self, asked: dict[str, Any] | None = None) -> dict[str, Any]:
        assert self._starter is not None
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        if asked is not None:
            self._starter.stdin.write(json.dumps(asked).encode() + b"\n")
        line = await self._starter.stdout.readline()
        assert line, self._said()
        answer: dict[str, Any] = json.loads(line)
        return answer
