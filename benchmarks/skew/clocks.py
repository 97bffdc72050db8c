"""How right the page is about the server's time. Page and server run on one machine, so the truth is its own clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from playwright.async_api import Browser, Page

DAY_MS = 86_400_000
WRONG_BY_MS = (0, DAY_MS + 123_456, -DAY_MS - 7_654, 0, 3_600_000, 37)
"""What the clocks of the viewers are wrong by, one viewer after another."""

SAMPLES = 40
EVERY_MS = 100

_SHIFTED = """shift => {
  const origin = performance.timeOrigin;
  window.machineNow = () => origin + performance.now();
  const wall = Date.now.bind(Date);
  window.machineWall = wall;
  Date.now = () => wall() + shift;
  Object.defineProperty(performance, 'timeOrigin', { get: () => origin + shift });
}"""
_ASK = """async ([samples, every]) => {
  const page = document.querySelector('viewer-page');
  const said = [];
  while (said.length < samples) {
    await new Promise(resolve => setTimeout(resolve, every));
    // The wall clock counts whole milliseconds: waited for until it ticks, it is right to a few microseconds.
    const last = machineWall();
    let now = last;
    while (now === last) now = machineWall();
    const told = page.serverTime;
    if (told !== null) said.push([told.now_ms - now, told.error_ms, told.source]);
  }
  return said;
}"""


class Said(msgspec.Struct, frozen=True):
    """One answer of a page: how far off it was, and the bound it stated."""

    error_ms: float
    bound_ms: float
    source: str

    @property
    def violated(self) -> bool:
        """The stated bound does not hold."""
        return abs(self.error_ms) > self.bound_ms


@asynccontextmanager
async def _viewer(browser: Browser, address: str, wrong_by_ms: int) -> AsyncIterator[Page]:
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.add_init_script(f"({_SHIFTED})({wrong_by_ms})")
        await page.goto(address)
        yield page
    finally:
        await context.close()


async def ask_clocks(browser: Browser, address: str) -> list[Said]:
    """Ask viewers with clocks of all kinds for the server's time, from their first answer on."""
    said: list[Said] = []
    for wrong_by_ms in WRONG_BY_MS:
        async with _viewer(browser, address, wrong_by_ms) as page:
            await page.wait_for_function("() => document.querySelector('viewer-page')?.serverTime?.source === 'probe'")
            said += [Said(*each) for each in await page.evaluate(_ASK, [SAMPLES, EVERY_MS])]
            await asyncio.sleep(0)
    return said
