"""The buyer's side in a real browser: one tap, agreeing anew when taken back, sizes before the drop, places in line."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from demo import Demo
from examiner import obstacles
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.timeout(300)

CARD_TIMEOUT_MS = 60_000
"""A card comes with the picture, which is seconds behind on a good machine and more on a busy one."""

AN_HOUR_MS = 600_000
PHONE = {"width": 390, "height": 844}
SCARCE_LOOK, SCARCE_SKU, SCARCE_PIECES = "look-4", "LIN-SHOE-43", 6


class House:
    """The demo by its public contract, as producers and other buyers have it."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo

    def take(self, look: str) -> None:
        """Put a look on every screen at once: nothing here is about when its card comes."""
        self._demo.put_on_screens(look)

    def nobody_pays(self) -> None:
        """Payments take longer than any test: what is reserved stays so."""
        ready = self._demo.ready
        self._demo.post(f"/v1/shows/{ready['show']}/sandbox", ready["producer_token"], {"delay_ms": AN_HOUR_MS})

    def others_take(self, sku: str, pieces: int) -> list[tuple[str, str]]:
        """Return the orders of others, two pieces each, with their buyers' tokens."""
        return self._demo.bought_by_others(sku, pieces)

    def give_back(self, order: str, token: str) -> None:
        self._demo.post(f"/v1/orders/{order}/cancel", token, {})


@pytest.fixture(scope="module")
def house(running_demo: Demo) -> House:
    return House(running_demo)


@pytest.fixture
def visit(browser: Browser, running_demo: Demo) -> Iterator[Callable[..., Page]]:
    """Opens a page of the demo by its name, in a browser of its own."""
    contexts = []

    def open_page(page: str, locale: str = "en-US", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": locale, **options})
        contexts.append(context)
        opened = context.new_page()
        opened.goto(running_demo.ready["pages"][page])
        return opened

    yield open_page
    for context in contexts:
        context.close()


def card(page: Page, look: str) -> Locator:
    shown = page.locator(f'[data-look="{look}"]')
    expect(shown).to_be_visible(timeout=CARD_TIMEOUT_MS)
    return shown


def press(within: Page | Locator, action: str) -> None:
    within.locator(f'[data-action="{action}"]').click()


def status(shown: Locator, word: str) -> Locator:
    return shown.locator(f'[data-order-status="{word}"]')


def take_consent_back(viewer: Page) -> None:
    """Only then a buyer of the sandbox is asked how orders are paid."""
    press(viewer, "bag")
    press(viewer, "revoke")
    expect(viewer.locator('[data-consent="none"]')).to_be_visible()
    viewer.keyboard.press("Escape")


@pytest.mark.parametrize("page", ["watch_taobao", "partner"])
def test_a_new_buyers_first_tap_is_an_order(page: str, house: House, visit: Callable[..., Page]) -> None:
    viewer = visit(page)
    house.take("look-5")
    shown = card(viewer, "look-5")
    press(shown, "buy")
    expect(status(shown, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    assert viewer.get_by_role("dialog", name="One tap from now on").count() == 0
    # What the tap took as agreed is stored behind its back, by reference.
    expect(shown.locator("[data-pays]")).to_contain_text("to home · Test payment ••")


def test_an_order_that_is_not_stored_as_agreed_is_an_order_all_the_same(
    house: House, visit: Callable[..., Page]
) -> None:
    viewer = visit("watch_taobao")
    viewer.route("**/v1/me/consent", lambda route: route.abort())
    house.take("look-5")
    shown = card(viewer, "look-5")
    press(shown, "buy")
    expect(status(shown, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)


def test_a_buyer_who_took_it_back_agrees_once_and_from_then_on_one_tap_orders(
    house: House, visit: Callable[..., Page]
) -> None:
    viewer = visit("watch_taobao")
    take_consent_back(viewer)
    house.take("look-5")
    shown = card(viewer, "look-5")
    press(shown, "buy")
    # The tap is kept: nothing is ordered before the buyer has agreed.
    expect(viewer.get_by_role("dialog", name="One tap from now on")).to_be_visible()
    expect(status(shown, "agreeing")).to_be_attached()
    press(viewer, "agree")
    expect(status(shown, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    expect(shown.locator("[data-pays]")).to_contain_text("to home · Test payment ••")
    house.take("look-7")
    again = card(viewer, "look-7")
    press(again, "buy")
    expect(status(again, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    assert viewer.get_by_role("dialog").count() == 0


def test_a_consent_taken_back_is_asked_for_again(house: House, visit: Callable[..., Page]) -> None:
    viewer = visit("watch_taobao")
    house.take("look-5")
    shown = card(viewer, "look-5")
    press(shown, "buy")
    expect(status(shown, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    take_consent_back(viewer)
    expect(shown.locator("[data-pays]")).to_have_count(0)
    press(shown, "buy")
    expect(viewer.locator('[data-action="agree"]')).to_be_visible()


def test_who_opens_the_bag_is_told_how_orders_are_paid_though_their_page_would_ask_last(
    visit: Callable[..., Page], running_demo: Demo
) -> None:
    viewer = visit("watch_taobao")
    viewer.add_init_script("Math.random = () => 0.999")
    viewer.goto(running_demo.ready["pages"]["watch_taobao"])
    press(viewer, "bag")
    expect(viewer.locator('[data-action="revoke"]')).to_be_visible()


def test_a_kept_tap_outlives_a_reload_and_goes_by_keyboard(house: House, visit: Callable[..., Page]) -> None:
    viewer = visit("watch_taobao", viewport=PHONE)
    take_consent_back(viewer)
    house.take("look-5")
    buy = card(viewer, "look-5").locator('[data-action="buy"]')
    buy.focus()
    viewer.keyboard.press("Enter")
    expect(viewer.locator('[data-action="agree"]')).to_be_visible()
    viewer.keyboard.press("Escape")
    expect(buy).to_be_focused()
    viewer.reload()
    shown = card(viewer, "look-5")
    expect(status(shown, "agreeing")).to_be_visible()
    shown.locator('[data-action="buy"]').focus()
    viewer.keyboard.press("Enter")
    viewer.locator('[data-action="agree"]').focus()
    viewer.keyboard.press("Enter")
    expect(status(shown, "paid")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    expect(viewer.locator('[data-action="bag"]')).to_have_attribute("data-count", "1")


def test_a_size_chosen_before_the_drop_is_the_size_of_the_card(house: House, visit: Callable[..., Page]) -> None:
    viewer = visit("watch_taobao")
    press(viewer, "bag")
    viewer.get_by_label("Clothes (S, M, L)").select_option("L")
    viewer.keyboard.press("Escape")
    house.take("look-1")
    expect(card(viewer, "look-1").locator('[data-action="buy"]')).to_have_attribute("data-sku", "ADI-TRACK-L")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_sheet_and_the_bag_have_no_serious_obstacle_for_anyone(
    locale: str, house: House, visit: Callable[..., Page]
) -> None:
    viewer = visit("watch_taobao", locale, viewport=PHONE, bypass_csp=True)
    take_consent_back(viewer)
    house.take("look-5")
    press(card(viewer, "look-5"), "buy")
    expect(viewer.locator('[data-action="agree"]')).to_be_visible()
    assert obstacles(viewer) == []
    press(viewer, "agree")
    expect(viewer.locator("[data-pays]").first).to_be_attached()
    press(viewer, "bag")
    expect(viewer.locator('[data-action="revoke"]')).to_be_visible()
    assert obstacles(viewer) == []


def test_who_stands_in_line_takes_with_one_tap_what_came_back(house: House, visit: Callable[..., Page]) -> None:
    viewer = visit("watch_taobao")
    house.take(SCARCE_LOOK)
    shown = card(viewer, SCARCE_LOOK)
    house.nobody_pays()
    others = house.others_take(SCARCE_SKU, SCARCE_PIECES)
    shown.locator(f'[data-size-sku="{SCARCE_SKU}"]').click()
    press(shown, "join-line")
    expect(shown.locator('[data-line="waiting"]')).to_be_attached(timeout=CARD_TIMEOUT_MS)
    expect(shown.locator('[data-action="buy"]')).to_contain_text("place 1")
    viewer.reload()
    shown = card(viewer, SCARCE_LOOK)
    expect(shown.locator('[data-line="waiting"]')).to_be_attached()
    house.give_back(*others[0])
    expect(shown.locator('[data-line="offered"]')).to_be_attached(timeout=CARD_TIMEOUT_MS)
    expect(shown.locator('[data-action="buy"]')).to_have_attribute("data-sku", SCARCE_SKU)
    press(shown, "buy")
    expect(status(shown, "reserved")).to_be_visible(timeout=CARD_TIMEOUT_MS)
    press(shown, "cancel")
    expect(status(shown, "released")).to_be_visible()
