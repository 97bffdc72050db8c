"""A viewer in real Chromium, and everything they go through while the browser takes screenshots as fast as it can."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from benchmarks.skew.screenshots import Box, Seen, card_rules, look_at

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1000, 620
JPEG_QUALITY = 80
PICTURE_TIMEOUT_MS = 60_000
MAX_WAITING = 400
"""Screenshots that may wait to be read; beyond it the newest are dropped, which only makes them fewer."""

_PLAYING = "() => { const v = document.querySelector('viewer-page')?.shadowRoot?.querySelector('video');"
IS_PLAYING = _PLAYING + " return v && v.readyState >= 3 && v.currentTime > 0 && !v.paused; }"
STANDS = _PLAYING + " return v && v.readyState < 3; }"
BOX = (
    _PLAYING
    + """
  const box = v.getBoundingClientRect();
  const fit = getComputedStyle(v).objectFit === 'cover' ? Math.max : Math.min;
  const scale = fit(box.width / v.videoWidth, box.height / v.videoHeight);
  const width = v.videoWidth * scale, height = v.videoHeight * scale;
  return [box.x + (box.width - width) / 2, box.y + (box.height - height) / 2, width, height];
}"""
)
# Two spots in opposite corners change all the time: the browser's capturer then sees every image as one of the same
# kind, and does not leave out those in which, once in a while, a card changes too.
STYLE = """rules => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.querySelector('viewer-page').shadowRoot.adoptedStyleSheets.push(sheet);
  for (const corner of ['left: 0; top: 0', 'right: 0; bottom: 0']) {
    const spot = document.createElement('i');
    spot.style.cssText = `position: fixed; ${corner}; width: 1px; height: 1px; background: #888; pointer-events: none`;
    spot.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 500, iterations: Infinity });
    document.body.append(spot);
  }
}"""
VIDEO = "document.querySelector('viewer-page').shadowRoot.querySelector('video')"


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start the Chromium of this machine."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError("no Chromium found: make test installs one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",  # benchmark machines often run as root
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()


class Filmed:
    """A page that is being filmed: every image the browser puts together, read as it comes."""

    def __init__(self, page: Page, browser: CDPSession, box: Box, readers: Executor) -> None:
        self.page = page
        self.browser = browser
        self.dropped = 0
        self._box = box
        self._readers = readers
        self._reading: list[asyncio.Future[Seen]] = []
        self._open: set[asyncio.Future[Any]] = set()

    async def start(self) -> None:
        """Begin to take screenshots."""
        self.browser.on("Page.screencastFrame", self._shot)
        await self.browser.send("Page.startScreencast", {"format": "jpeg", "quality": JPEG_QUALITY, "everyNthFrame": 1})

    async def stop(self) -> list[Seen]:
        """Take no more, and return every image read, in the order they were taken."""
        await self.browser.send("Page.stopScreencast")
        self.browser.remove_listener("Page.screencastFrame", self._shot)
        await asyncio.gather(*self._open, return_exceptions=True)
        seen = await asyncio.gather(*self._reading)
        self._reading = []
        return sorted(seen, key=lambda image: image.shot_s)

    def _shot(self, event: dict[str, Any]) -> None:
        answer = asyncio.ensure_future(self.browser.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        self._open.add(answer)
        answer.add_done_callback(self._open.discard)
        if sum(not reading.done() for reading in self._reading[-MAX_WAITING:]) >= MAX_WAITING:
            self.dropped += 1
            return
        loop = asyncio.get_running_loop()
        shot_s = float(event["metadata"]["timestamp"])
        self._reading.append(
            loop.run_in_executor(self._readers, look_at, shot_s, base64.b64decode(event["data"]), self._box)
        )

    async def run(self, script: str) -> Any:
        """Run a script on the video element ``v``."""
        return await self.page.evaluate(f"() => {{ const v = {VIDEO}; return {script}; }}")

    async def until_playing(self) -> None:
        """Wait until the picture moves."""
        await self.page.wait_for_function(IS_PLAYING, timeout=PICTURE_TIMEOUT_MS)

    async def until_it_stands(self) -> None:
        """Wait until the picture has nothing left to play."""
        await self.page.wait_for_function(STANDS, timeout=PICTURE_TIMEOUT_MS)


@asynccontextmanager
async def watching(browser: Browser, address: str, looks: tuple[str, ...], readers: Executor) -> AsyncIterator[Filmed]:
    """Open a viewer's page as a browser of its own, and film it from its first picture on."""
    context: BrowserContext = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    try:
        page = await context.new_page()
        await page.goto(address)
        await page.wait_for_function("() => document.querySelector('viewer-page')?.shadowRoot?.querySelector('video')")
        await page.evaluate(STYLE, card_rules(looks))
        await page.wait_for_function(IS_PLAYING, timeout=PICTURE_TIMEOUT_MS)
        x, y, width, height = await page.evaluate(BOX)
        filmed = Filmed(page, await context.new_cdp_session(page), Box(x, y, width, height), readers)
        await filmed.start()
        yield filmed
    finally:
        await context.close()
