"""What a stranger sees on a fresh machine, in a real browser."""

import re
from typing import Any

import pytest
from demo import Demo
from playwright.sync_api import Browser, Page, expect

CARD_TIMEOUT_MS = 60_000
"""A card comes with the picture, which is seconds behind on a good machine and more on a busy one."""

ORDER_TIMEOUT_MS = 30_000
RECONNECT_TIMEOUT_MS = 90_000
SCARCE_CUE, SCARCE_LOOK, SCARCE_SKU = "4", "look-4", "LIN-SHOE-43"


def open_page(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
    page.goto(address)
    return page


def playing(page: Page) -> float:
    seconds: float = page.locator("video").first.evaluate("video => video.currentTime")
    return seconds


def counter(page: Page, name: str) -> Any:
    return page.locator(f'[data-counter="{name}"]').first


@pytest.mark.timeout(600)
def test_a_stranger_sees_a_look_buys_it_and_finds_everything_again_after_a_crash(  # noqa: PLR0915 - one story, in order
    demo: Demo, browser: Browser
) -> None:
    pages = demo.ready["pages"]
    console = open_page(browser, pages["console"])
    youku = open_page(browser, pages["watch_youku"])
    taobao = open_page(browser, pages["watch_taobao"])
    partner = open_page(browser, pages["partner"])
    viewers = (youku, taobao, partner)
    go = console.locator('[data-command="take"]').first
    expect(go).to_be_enabled()

    # Nothing is on screen before the first GO; then the card comes on every page, and the picture keeps playing.
    for page in viewers:
        assert page.locator('[data-look="look-1"]').count() == 0
    go.click()
    for page in viewers:
        expect(page.locator('[data-look="look-1"]').first).to_be_visible(timeout=CARD_TIMEOUT_MS)
    before = playing(youku)
    expect(youku.locator('a[href*="youku"]').first).to_be_visible()
    expect(taobao.locator('a[href*="taobao"]').first).to_be_visible()
    assert taobao.locator('a[href*="youku"]').count() == 0

    # One tap: reserved, then paid; the console's stock and counters move.
    card = youku.locator('buy-card[data-look="look-1"]')
    sku = card.locator('[data-action="buy"]').get_attribute("data-sku")
    stock = console.locator(f'[data-row="look-1"] [data-stock-sku="{sku}"]').first
    had = int(stock.inner_text())
    card.locator('[data-action="buy"]').click()
    expect(card.locator('[data-order-status="reserved"]')).to_be_visible(timeout=ORDER_TIMEOUT_MS)
    expect(card.locator('[data-order-status="paid"]')).to_be_visible(timeout=ORDER_TIMEOUT_MS)
    expect(counter(console, "placed")).to_have_attribute("data-value", "1")
    expect(counter(console, "paid")).to_have_attribute("data-value", "1")
    expect(stock).to_have_text(str(had - 1))
    assert playing(youku) > before

    # The scarce look: when others have bought its last pieces, every card says so.
    console.locator(f'[data-row="{SCARCE_LOOK}"]').click()
    expect(console.locator(f'[data-next="{SCARCE_LOOK}"]').first).to_be_visible()
    expect(go).to_be_enabled()
    go.click()
    expect(console.locator(f'[data-on-air="{SCARCE_LOOK}"]').first).to_be_visible()
    left = int(console.locator(f'[data-row="{SCARCE_LOOK}"] [data-stock-sku="{SCARCE_SKU}"]').first.inner_text())
    demo.bought_by_others(SCARCE_SKU, left)
    for page in viewers:
        expect(page.locator(f'[data-look="{SCARCE_LOOK}"]').first).to_be_visible(timeout=CARD_TIMEOUT_MS)
        size = page.locator(f'[data-look="{SCARCE_LOOK}"] [data-size-sku="{SCARCE_SKU}"]').first
        expect(size).to_have_attribute("data-state", "sold_out", timeout=ORDER_TIMEOUT_MS)
    placed = counter(console, "placed")
    expect(placed).to_have_attribute("data-value", re.compile(r"[1-9]"))
    orders_before = placed.get_attribute("data-value")

    # kill -9 in mid-show, start again: the same look, the same orders, the same stock, and the pages come back alone.
    demo.kill()
    expect(console.locator("[data-link]").first).not_to_have_attribute(
        "data-link", "live", timeout=RECONNECT_TIMEOUT_MS
    )
    demo.start()
    expect(console.locator("[data-link]").first).to_have_attribute("data-link", "live", timeout=RECONNECT_TIMEOUT_MS)
    expect(console.locator(f'[data-on-air="{SCARCE_LOOK}"]').first).to_be_visible()
    expect(placed).to_have_attribute("data-value", str(orders_before))
    expect(console.locator(f'[data-row="{SCARCE_LOOK}"] [data-stock-sku="{SCARCE_SKU}"]').first).to_have_text("0")
    expect(stock).to_have_text(str(had - 1))
    for page in viewers:
        expect(page.locator(f'[data-look="{SCARCE_LOOK}"]').first).to_be_visible(timeout=RECONNECT_TIMEOUT_MS)
    # A take after the restart reaches the pages that were open before it: they really are connected again.
    expect(go).to_be_enabled(timeout=RECONNECT_TIMEOUT_MS)
    go.click()
    for page in viewers:
        expect(page.locator('[data-look="look-5"]').first).to_be_visible(timeout=RECONNECT_TIMEOUT_MS)
