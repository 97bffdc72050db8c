"""A real browser, and a real demo process on the bundled show."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

BUNDLED = Path(__file__).parents[2] / "shows" / "tmall-collection-2017"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 30


class Demo:
    """``showrunner demo`` as a stranger runs it, on one data folder and, once started, one port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._show = folder / "show"
        shutil.copytree(BUNDLED, self._show)
        # The same night with a film that is drawn in seconds.
        settings = self._show / "show.toml"
        settings.write_text(settings.read_text().replace("seconds_per_look = 5", "seconds_per_look = 1"))
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.ready: dict[str, Any] = {}

    def start(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "showrunner", "demo", "--json", "--port", str(self._port)]
        command += ["--show", str(self._show), "--data", str(self._folder / "data")]
        with (self._folder / "demo.log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
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
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_TIMEOUT_S)
            self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo process, started."""
    demo = Demo(tmp_path)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def running_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo process for every test of a module."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as installed on this machine.

    Not kept for the session: the driver's event loop runs in this thread while it is open, and would be in the way of
    every asynchronous test after it.
    """
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert path is not None, "no Chromium found: make test installs one"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",  # test machines often run as root
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield chromium
        chromium.close()
