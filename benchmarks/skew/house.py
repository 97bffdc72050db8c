"""The show that is filmed: the product's own demo with the bundled show, and a producer at the public commands."""

import asyncio
import json
import random
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from benchmarks.skew.judging import Film, Take
from broadcast.programme.storyboard import FRAME_RATE
from showrunner.show_folder import load_show

SHOW = Path(__file__).parents[2] / "shows" / "tmall-collection-2017"
SECONDS_PER_LOOK = 2
START_TIMEOUT_S = 300
STOP_TIMEOUT_S = 20

MIN_APART_S = 1.5
MAX_APART_S = 2.1
"""Takes are this far apart, at random, so that they fall anywhere in a frame."""

LEAD_MS = 200
"""A take is armed this much before its frame is captured."""


class House:
    """A running demo."""

    def __init__(self, ready: dict[str, Any], looks: tuple[str, ...], film: Film, http: ClientSession) -> None:
        self.base_url: str = ready["base_url"]
        self.show: str = ready["show"]
        self.looks = looks
        self.film = film
        self.takes: list[Take] = []
        self._token: str = ready["producer_token"]
        self._http = http

    def watch(self, channel: str) -> str:
        """Return the address of a viewer's page."""
        return f"{self.base_url}/watch/{self.show}?channel={channel}"

    async def direct(self, random_: random.Random) -> None:
        """Put one look after another on air, until cancelled."""
        number = 0
        while True:
            number = (number + 1) % len(self.looks)
            at_ms = time.time_ns() // 1_000_000 + LEAD_MS
            body = {"command": "take", "look": self.looks[number], "at_ms": at_ms, "key": uuid.uuid4().hex}
            headers = {"Authorization": f"Bearer {self._token}"}
            url = f"{self.base_url}/v1/shows/{self.show}/commands"
            async with self._http.post(url, json=body, headers=headers) as answer:
                answer.raise_for_status()
                cue = (await answer.json())["cue"]
            self.takes.append(Take(at_ms=cue["at_ms"], card=number))
            await asyncio.sleep(random_.uniform(MIN_APART_S, MAX_APART_S))


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Run the demo in a process of its own, with its state in a folder, until the block ends."""
    show = folder / "show"
    shutil.copytree(SHOW, show)
    settings = show / "show.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("seconds_per_look = 5", f"seconds_per_look = {SECONDS_PER_LOOK}"), encoding="utf-8"
    )
    data = folder / "data"
    command = ("-m", "showrunner", "demo", "--json", "--port", "0", "--show", str(show), "--data", str(data))
    with (folder / "demo.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        if process.stdout is None:
            raise RuntimeError("the demo has no output")
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError((folder / "demo.log").read_text())
        ready = json.loads(line)
        looks = tuple(look.id for look in load_show(show).looks)
        origin_ms = int((data / "programme-origin.json").read_text(encoding="utf-8"))
        film = Film(origin_ms=origin_ms, frames=len(looks) * SECONDS_PER_LOOK * FRAME_RATE)
        async with ClientSession() as http:
            yield House(ready, looks, film, http)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
