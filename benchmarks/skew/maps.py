"""Whether the page dates each frame right: the programme time it computed against the number burned into that frame.

The page is not asked about itself alone: the very frame is taken out of the video (WebCodecs), its own timestamp says
that it is the one the page was told of, and its pixels say which frame of the film it is.
"""

import time
from typing import Any

import msgspec
from playwright.async_api import Browser

from benchmarks.skew.judging import Film
from broadcast.programme.frame_code import middles, read

JOINS = 8
WATCH_MS = 4_000
PICTURE_TIMEOUT_MS = 60_000
SAME_FRAME_S = 0.001

_INSTRUMENT = """places => {
  window.seenFrames = [];
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  const canvas = new OffscreenCanvas(1, 1);
  const draw = canvas.getContext('2d', { willReadFrequently: true });
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return ask.call(this, (now, told) => {
      callback(now, told);
      const page = document.querySelector('viewer-page');
      const reading = page?.readingAt(told.mediaTime) ?? null;
      const frame = new VideoFrame(this);
      const { codedWidth: width, codedHeight: height } = frame;
      canvas.width = width;
      canvas.height = Math.ceil(height / 40);
      draw.drawImage(frame, 0, 0);
      const y = Math.floor(height / 90);
      const row = draw.getImageData(0, y, width, 1).data;
      seenFrames.push({
        told_s: told.mediaTime,
        own_s: frame.timestamp / 1e6,
        programme_ms: reading?.programme_ms ?? null,
        source: reading?.source ?? null,
        lightness: places.map(x => row[4 * Math.floor(x * width)]),
      });
      frame.close();
    });
  };
}"""


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """One frame: what the page made of it, and what it is."""

    first: bool
    error_ms: int
    source: str


async def date_frames(browser: Browser, address: str, film: Film) -> tuple[list[Dated], int]:
    """Join again and again, and compare every frame from the first; return what was found, and frames not comparable.

    Not comparable is a frame that had already given way to the next when it was taken out of the video, or one the page
    does not date (``programme_ms`` is None): of the latter there must be none.
    """
    dated: list[Dated] = []
    passed_on = 0
    places = [x / 1000 for x, _ in middles(1000, 100)]
    for _ in range(JOINS):
        context = await browser.new_context()
        try:
            page = await context.new_page()
            await page.add_init_script(f"({_INSTRUMENT})({places})")
            await page.goto(address)
            await page.wait_for_function("() => window.seenFrames?.length > 0", timeout=PICTURE_TIMEOUT_MS)
            await page.wait_for_timeout(WATCH_MS)
            frames: list[dict[str, Any]] = await page.evaluate("() => seenFrames")
        finally:
            await context.close()
        seen_s = time.time()
        for place, frame in enumerate(frames):
            number = read(frame["lightness"])
            same = abs(frame["told_s"] - frame["own_s"]) < SAME_FRAME_S
            if number is None or not same:
                passed_on += 1
                continue
            programme_ms = frame["programme_ms"]
            truth_ms = film.captured_ms(number, seen_s)
            error_ms = programme_ms - truth_ms if programme_ms is not None else film.frames * 40
            dated.append(Dated(first=place == 0, error_ms=error_ms, source=str(frame["source"])))
    return dated, passed_on
