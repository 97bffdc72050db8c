"""A programme process as it runs in production, started again where it was after it died."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desk_group import LINK_KEY, DeskProcess, clean_environment
from house import SHOW_FOLDER
from ports import free_port


class ProgrammeProcess:
    """The process that has the picture, at addresses that stay."""

    def __init__(self, folder: Path, redis_url: str, show: Path = SHOW_FOLDER, **settings: Any) -> None:
        self.port, self.link_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.link = f"127.0.0.1:{self.link_port}"
        self.recording = folder / "recording"
        self._environment = {
            **clean_environment(),
            "SHOWRUNNER_SHOW": str(show),
            "SHOWRUNNER_DATA": str(folder),
            "SHOWRUNNER_REDIS_URL": redis_url,
            "SHOWRUNNER_PORT": str(self.port),
            "SHOWRUNNER_LINK_PORT": str(self.link_port),
            "SHOWRUNNER_LINK_KEY": LINK_KEY,
            **{f"SHOWRUNNER_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.process: DeskProcess | None = None

    async def start(self) -> None:
        """Run it; it may not serve yet."""
        self.process = await DeskProcess.run(self._environment, "programme")

    async def serving(self) -> None:
        """Wait until it serves."""
        assert self.process is not None
        await self.process.until("programme.serving")

    async def stop(self) -> int:
        """Ask it to drain, and return its exit code."""
        assert self.process is not None
        return await self.process.stop()

    async def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        if self.process is not None:
            await self.process.close()
            self.process = None


@asynccontextmanager
async def programme_process(
    folder: Path, redis_url: str, show: Path = SHOW_FOLDER, **settings: Any
) -> AsyncIterator[ProgrammeProcess]:
    """Have a programme process, not started yet, until the block ends."""
    programme = ProgrammeProcess(folder, redis_url, show, **settings)
    try:
        yield programme
    finally:
        await programme.kill()
