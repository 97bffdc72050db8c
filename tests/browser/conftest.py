"""A real browser, and a real demo process on the bundled show."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo import Demo
from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where films are kept, for every process of this run: drawing one takes all of a core for seconds."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "films").mkdir(exist_ok=True)
    return folder / "films"


@pytest.fixture
def demo(tmp_path: Path, films: Path) -> Iterator[Demo]:
    """A demo process, started."""
    demo = Demo(tmp_path, films)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def running_demo(tmp_path_factory: pytest.TempPathFactory, films: Path) -> Iterator[Demo]:
    """One demo process for every test of a module."""
    demo = Demo(tmp_path_factory.mktemp("demo"), films)
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
