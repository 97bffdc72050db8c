"""Programs a benchmark starts, speaks to line by line, and ends."""

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE
from pathlib import Path

ANSWER_TIMEOUT_S = 60.0
END_TIMEOUT_S = 10.0
LINE_BYTES = 65_536


class ProgramError(Exception):
    """A program ended or fell silent; the message has its last words."""


class Program:
    """One started program. Its standard error is kept in a file, to be quoted when it fails."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, errors: Path) -> None:
        self.name = name
        self._process = process
        self._errors = errors

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @classmethod
    async def start(cls, name: str, *command: str, folder: Path, cwd: Path, modules: Path | None = None) -> "Program":
        """Start a program; ``folder`` takes its standard error, ``modules`` is where Python finds more of them."""
        environment = {**os.environ, **({"PYTHONPATH": str(modules)} if modules else {})}
        errors = folder / f"{name}.stderr"
        with errors.open("wb") as written:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=written, cwd=cwd, env=environment, limit=LINE_BYTES
            )
        return cls(name, process, errors)

    async def say(self, line: bytes) -> None:
        """Write one line."""
        if self._process.stdin is None:
            raise RuntimeError("started without standard input")
        self._process.stdin.write(line)
        await self._process.stdin.drain()

    async def hear(self) -> list[str]:
        """Return the words of its next line.

        Raises:
            ProgramError: it ended, or said nothing for ``ANSWER_TIMEOUT_S``.
        """
        if self._process.stdout is None:
            raise RuntimeError("started without standard output")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                line = await self._process.stdout.readline()
        except TimeoutError as silent:
            raise ProgramError(
                f"{self.name} said nothing for {ANSWER_TIMEOUT_S:.0f} s. {self._last_words()}"
            ) from silent
        if not line:
            raise ProgramError(f"{self.name} ended. {self._last_words()}")
        return line.decode().split()

    def _last_words(self) -> str:
        return self._errors.read_text(errors="replace").strip()[-500:]

    def terminate(self) -> None:
        """Ask it to end by signal."""
        self._process.terminate()

    async def end(self) -> None:
        """Close its input and wait; a program that stays is ended by force."""
        with contextlib.suppress(ProcessLookupError, BrokenPipeError, ConnectionResetError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
