"""What the picture carries by itself, in a real browser: looks without a feed, and play without a hitch."""

import re
from collections.abc import Iterator

import pytest
from demo import Demo
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

pytestmark = pytest.mark.timeout(300)

CARD_TIMEOUT_MS = 90_000
"""A card comes with the picture, which is seconds behind on a good machine and more on a busy one."""

PICTURE_MS = """() => {
  const page = document.querySelector('viewer-page');
  const video = page?.renderRoot?.querySelector('video') ?? null;
  return video === null ? 0 : page.readingAt(video.currentTime)?.programme_ms ?? 0;
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def test_a_page_whose_network_carries_no_feed_shows_the_look_on_its_frame(running_demo: Demo, page: Page) -> None:
    tried: list[str] = []

    def refuse(socket: WebSocketRoute) -> None:
        tried.append(socket.url)
        socket.close(code=3000)

    page.route_web_socket(re.compile(r"/feed\?"), refuse)
    page.route(re.compile(r"/feed\?"), lambda route: route.abort())
    page.goto(running_demo.ready["pages"]["watch_taobao"])
    expect(page.locator('[data-picture="playing"]')).to_be_visible(timeout=CARD_TIMEOUT_MS)
    cue = running_demo.press("take", look="look-7")
    expect(page.locator('[data-look="look-7"]')).to_be_visible(timeout=CARD_TIMEOUT_MS)
    assert page.evaluate(PICTURE_MS) >= cue["at_ms"]
    assert tried
