"""What viewers go through while they are filmed."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

import msgspec
from playwright.async_api import Browser

from benchmarks.skew.house import House
from benchmarks.skew.screenshots import Seen
from benchmarks.skew.viewer import Filmed, watching

CHANNEL = "taobao"
BACK_S = 24
STALL_ROOM_S = 3
FASTER = 1.25


class Lengths(msgspec.Struct, frozen=True):
    """How long each part is filmed, in seconds."""

    part_s: float
    joins: int
    join_s: float


class Part(msgspec.Struct, frozen=True):
    """A stretch of one viewer's screen."""

    phase: str
    images: list[Seen]


Scene = Callable[[Filmed], Awaitable[None]]


async def seek_back(viewer: Filmed) -> None:
    """Go back in the picture."""
    await viewer.run(f"v.currentTime -= {BACK_S}, null")
    await viewer.until_playing()


async def press_back(viewer: Filmed) -> None:
    """Press the page's own button that goes back."""
    await viewer.page.locator('viewer-page [data-command="back"]').dispatch_event("click")
    await viewer.until_playing()


async def stall(viewer: Filmed) -> None:
    """Lose the network until nothing is left to play, then find it again."""
    network = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await viewer.browser.send("Network.enable")
    await viewer.browser.send("Network.emulateNetworkConditions", network)
    await viewer.until_it_stands()
    await asyncio.sleep(STALL_ROOM_S)
    await viewer.browser.send("Network.emulateNetworkConditions", {**network, "offline": False})
    await viewer.until_playing()


async def pause(viewer: Filmed) -> None:
    """Stop the picture for a while."""
    await viewer.run("v.pause(), null")
    await asyncio.sleep(STALL_ROOM_S)
    await viewer.run("v.play().then(() => null)")


async def faster(viewer: Filmed) -> None:
    """Play faster than life."""
    await viewer.run(f"v.playbackRate = {FASTER}, null")


async def as_usual(viewer: Filmed) -> None:
    """Play as fast as life, from where it is."""
    await viewer.run("v.playbackRate = 1, null")


SCENES: tuple[tuple[str, Scene], ...] = (
    ("plain", as_usual),
    ("after a seek back", seek_back),
    ("faster", faster),
    ("after a stall", stall),
    ("after a pause", pause),
    ("after a seek back", press_back),
)


async def film(browser: Browser, house: House, lengths: Lengths, readers: Executor) -> list[Part]:
    """Film one viewer through everything, then some that join late."""
    parts: list[Part] = []
    address = house.watch(CHANNEL)
    for phase, scene in SCENES:
        async with watching(browser, address, house.looks, readers) as viewer:
            await asyncio.sleep(lengths.join_s / 4)
            await scene(viewer)
            await asyncio.sleep(lengths.part_s)
            parts.append(Part(phase, await viewer.stop()))
    for _ in range(lengths.joins):
        async with watching(browser, address, house.looks, readers) as viewer:
            await asyncio.sleep(lengths.join_s)
            parts.append(Part("late join", await viewer.stop()))
    return parts
