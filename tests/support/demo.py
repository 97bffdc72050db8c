"""``showrunner demo`` as a stranger runs it, and producers who give it commands over its public contract."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

BUNDLED = Path(__file__).parents[2] / "shows" / "tmall-collection-2017"
STOP_TIMEOUT_S = 30
ANSWER_S = 30

SEEN_BY_NOW_MS = 15_000
"""The picture of every page that plays is past an instant this long ago."""


class Demo:
    """One demo, on one data folder and, once started, one port.

    Args:
        folder: of its own.
        films: where the bundled film is kept, drawn by whoever needs it first.
        programme: a live source's address instead of the film.
        environment: settings besides those a demo has by itself.
    """

    def __init__(
        self, folder: Path, films: Path, *, programme: str | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._films = films
        self._programme = programme
        self._environment = {**os.environ, **(environment or {})}
        self.show = folder / "show"
        shutil.copytree(BUNDLED, self.show)
        # The same night with a film that is drawn in seconds.
        settings = self.show / "show.toml"
        settings.write_text(settings.read_text().replace("seconds_per_look = 5", "seconds_per_look = 1"))
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        (self.data / "programme").symlink_to(films)
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.ready: dict[str, Any] = {}

    def start(self) -> dict[str, Any]:
        """Start it, and return what it says when it is ready."""
        command = [sys.executable, "-m", "showrunner", "demo", "--json", "--port", str(self._port)]
        command += ["--show", str(self.show), "--data", str(self.data)]
        if self._programme is not None:
            command += ["--programme", self._programme]
        with (self._films / "lock").open("w") as drawing, (self._folder / "demo.log").open("a") as log:
            fcntl.flock(drawing, fcntl.LOCK_EX)  # one draws the film, the others find it
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
        assert line, (self._folder / "demo.log").read_text()
        self.ready = json.loads(line)
        self._port = int(self.ready["base_url"].rpartition(":")[2])
        return self.ready

    def kill(self) -> None:
        """Kill -9: no farewell, nothing flushed."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_TIMEOUT_S)
        self._close()

    def stop(self) -> None:
        """Ask it to end, as Ctrl+C does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_TIMEOUT_S)
            self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    # ------------------------------------------------------------ its public contract

    def post(self, path: str, token: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Ask it something, with a token or without (empty), and return the answer."""
        sent = {"Content-Type": "application/json", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        asked = Request(self.ready["base_url"] + path, json.dumps(body).encode(), sent)  # noqa: S310 - on loopback
        with urlopen(asked, timeout=ANSWER_S) as answer:  # noqa: S310 - the same
            told: dict[str, Any] = json.load(answer)
            return told

    def text(self, path: str) -> str:
        """Read what is at a path."""
        with urlopen(self.ready["base_url"] + path, timeout=ANSWER_S) as answer:  # noqa: S310 - on loopback
            read: str = answer.read().decode()
            return read

    def press(self, command: str, **fields: Any) -> dict[str, Any]:
        """Give a producer's command, and return the cue it made."""
        path = f"/v1/shows/{self.ready['show']}/commands"
        body = {"command": command, "key": uuid4().hex, **fields}
        cue: dict[str, Any] = self.post(path, self.ready["producer_token"], body).get("cue") or {}
        return cue

    def bought_by_others(self, sku: str, pieces: int) -> list[tuple[str, str]]:
        """Let other people buy pieces, two each; return their orders with the tokens they bought them by."""
        show, bought = self.ready["show"], []
        for _ in range(pieces // 2):
            guest = self.post(f"/v1/shows/{show}/guests", "", {"channel": "tmall"})["token"]
            order = {"show": show, "sku": sku, "quantity": 2}
            bought.append((self.post("/v1/orders", guest, order, **{"Idempotency-Key": uuid4().hex})["order"], guest))
        return bought

    def put_on_screens(self, look: str) -> int:
        """Take a look for an instant every picture is past, and return that instant: its card comes at once."""
        seen_by_now_ms = time.time_ns() // 1_000_000 - SEEN_BY_NOW_MS
        at_ms: int = self.press("take", look=look, at_ms=seen_by_now_ms)["at_ms"]
        return at_ms
