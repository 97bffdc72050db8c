"""Every page as its user has it, in a real browser, on one running demo. Each test puts looks of its own on air."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from demo import Demo
from examiner import obstacles
from playwright.sync_api import Browser, Locator, Page, Route, expect
from wrong_clock import A_DAY_MS, wrong_clock

pytestmark = pytest.mark.timeout(300)

CARD_TIMEOUT_MS = 60_000
"""A card comes with the picture, which is seconds behind on a good machine and more on a busy one."""

A_SECOND_MS = 1_000
ROW_PX = 60
"""More than a row of buttons is high."""

LOOK_IN_THIRTEEN_S = re.compile(r"Next look in about (1[0-3]|\d) s")
"""The phone counts down to the channel's usual delay, fifteen seconds."""

SECONDS_EARLIER = re.compile(r"^-\d{4,}$")
"""A trim of at least a second, in milliseconds."""

SCREENS = ("front", "console", "watch_taobao", "tv", "companion", "partner")


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, running_demo: Demo) -> Iterator[Visit]:
    """Opens a page of the demo by its name, or by its address, as a browser of its own."""
    contexts = []

    def open_page(page: str, locale: str = "en-US", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=locale, **options)
        contexts.append(context)
        opened = context.new_page()
        opened.goto(running_demo.ready["pages"].get(page, page))
        return opened

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def look_on_air(running_demo: Demo) -> str:
    """A look on every screen."""
    look = "look-5"
    running_demo.put_on_screens(look)
    return look


def card(page: Page, look: str) -> Locator:
    return page.locator(f'[data-look="{look}"]')


def wait_for_card(page: Page, look: str) -> Locator:
    expect(card(page, look)).to_be_visible(timeout=CARD_TIMEOUT_MS)
    return card(page, look)


def test_an_undone_take_gives_the_screen_back_to_the_look_before(visit: Visit, running_demo: Demo) -> None:
    viewer = visit("watch_taobao")
    at_ms = running_demo.put_on_screens("look-1")
    running_demo.press("take", look="look-2", at_ms=at_ms + A_SECOND_MS)
    wait_for_card(viewer, "look-2")
    running_demo.press("undo")
    wait_for_card(viewer, "look-1")
    expect(card(viewer, "look-2")).to_have_count(0)


def test_a_clear_takes_the_card_off_and_the_look_can_still_be_bought_below(visit: Visit, running_demo: Demo) -> None:
    viewer = visit("watch_taobao")
    at_ms = running_demo.put_on_screens("look-3")
    wait_for_card(viewer, "look-3")
    running_demo.press("clear", at_ms=at_ms + A_SECOND_MS)
    expect(card(viewer, "look-3")).to_have_count(0, timeout=CARD_TIMEOUT_MS)
    viewer.locator("look-strip button").first.click()
    past = viewer.locator('[data-past-look="look-3"]')
    expect(past.locator('[data-action="buy"]')).to_be_enabled()


def test_a_buyer_at_a_keyboard_buys_and_keeps_their_place(look_on_air: str, visit: Visit) -> None:
    viewer = visit("watch_taobao")
    shown = wait_for_card(viewer, look_on_air)
    buy = shown.locator('[data-action="buy"]')
    buy.focus()
    viewer.keyboard.press("Enter")
    expect(shown.locator('[data-order-status="paid"]')).to_be_visible(timeout=CARD_TIMEOUT_MS)
    expect(buy).to_be_focused()
    expect(viewer.locator('[data-action="bag"]')).to_have_attribute("data-count", "1")


def with_a_cue(route: Route) -> None:
    """Give the film's playlist a cue, as a live source's has: a text track made of it is against the page's policy."""
    answer = route.fetch()
    playlist = answer.text()
    dated = re.search(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
    if dated is not None:
        cue = f'#EXT-X-DATERANGE:ID="cue",CLASS="snbn.look",START-DATE="{dated[1]}",X-SNBN-LOOK="look-6"\n'
        playlist = playlist.replace("#EXTINF", cue + "#EXTINF", 1)
    route.fulfill(response=answer, body=playlist)


def test_the_browser_has_nothing_to_complain_of_while_a_look_is_bought(visit: Visit, running_demo: Demo) -> None:
    viewer = visit("about:blank")
    complaints: list[str] = []
    viewer.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    viewer.on("pageerror", lambda error: complaints.append(str(error)))
    viewer.route("**/media.m3u8", with_a_cue)
    viewer.goto(running_demo.ready["pages"]["watch_taobao"])
    running_demo.put_on_screens("look-6")
    shown = wait_for_card(viewer, "look-6")
    shown.locator('[data-action="buy"]').click()
    expect(shown.locator('[data-order-status="paid"]')).to_be_visible(timeout=CARD_TIMEOUT_MS)
    assert complaints == []


def test_the_television_shows_the_look_and_a_code_that_leads_to_the_phone(
    look_on_air: str, visit: Visit, running_demo: Demo
) -> None:
    show = running_demo.ready["show"]
    television = visit(f"{running_demo.ready['base_url']}/tv/{show}?channel=taobao")
    wait_for_card(television, look_on_air)
    expect(television.locator(f'[data-companion="/companion/{show}?channel=taobao"]')).to_be_visible()
    code = television.locator("[data-companion] img")
    assert code.evaluate("image => image.complete && image.naturalWidth") > 0


def test_a_partners_page_shows_the_card_and_hears_of_cues_and_orders(look_on_air: str, visit: Visit) -> None:
    partner = visit("partner")
    shown = wait_for_card(partner, look_on_air)
    expect(partner.locator('[data-event="cue"]', has_text=look_on_air)).to_be_visible()
    shown.locator('[data-action="buy"]').click()
    expect(partner.locator('[data-event="order"]', has_text='"paid"')).to_be_visible(timeout=CARD_TIMEOUT_MS)


def test_a_wrong_producer_token_is_refused_and_another_can_be_entered(visit: Visit, running_demo: Demo) -> None:
    address = f"{running_demo.ready['base_url']}/console/{running_demo.ready['show']}"
    console = visit(f"{address}#token=wrong")
    expect(console.get_by_role("alert").filter(has_text="not accepted")).to_be_visible()
    assert console.locator('[data-command="take"]').count() == 0
    assert "wrong" not in console.url
    console.get_by_label("Producer token").fill(running_demo.ready["producer_token"])
    console.keyboard.press("Enter")
    expect(console.locator('[data-command="take"]')).to_be_enabled()


def test_a_producers_stock_is_on_the_desk_below_its_tab(visit: Visit) -> None:
    console = visit("console")
    tab = console.locator('.side-views [data-view-button="stock"]')
    expect(tab).to_be_visible()
    stock = console.locator("console-stock")
    stock.scroll_into_view_if_needed()
    above, below = tab.bounding_box(), stock.bounding_box()
    assert above is not None
    assert below is not None
    assert above["height"] < ROW_PX
    assert above["y"] + above["height"] <= below["y"]
    assert below["height"] >= 2 * ROW_PX


def test_a_page_speaks_the_browsers_language_until_the_viewer_chooses(visit: Visit) -> None:
    viewer = visit("watch_taobao", locale="zh-CN")
    bag = viewer.locator('[data-action="bag"]')
    expect(bag).to_contain_text("购物袋")
    viewer.locator('[data-lang="en"]').click()
    expect(bag).to_contain_text("Your bag")
    expect(viewer.locator("html")).to_have_attribute("lang", "en")
    viewer.reload()
    expect(bag).to_contain_text("Your bag")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_page_has_no_serious_obstacle_for_anyone(screen: str, look_on_air: str, visit: Visit) -> None:
    page = visit(screen, bypass_csp=True)
    expect(page.get_by_role("heading").first).to_be_attached()
    if screen in {"watch_taobao", "partner", "tv"}:
        wait_for_card(page, look_on_air)
    assert obstacles(page) == []


# A take of this very moment is seconds ahead of every picture, and later ones wait for it: these come last.


def test_i_see_it_now_brings_the_card_to_the_phone_at_once(visit: Visit, running_demo: Demo) -> None:
    phone = visit(f"{running_demo.ready['base_url']}/companion/{running_demo.ready['show']}?channel=toutiao")
    expect(phone.locator('[data-action="seen"]')).to_be_visible()
    running_demo.press("take", look="look-7")
    # The channel is far behind: the phone knows the cue and keeps the card until the viewer says they see the look.
    expect(phone.locator('[data-ahead="look-7"]')).to_be_attached()
    # This viewer's TV is faster than most: it shows the look two seconds after the stage.
    expect(phone.get_by_text(LOOK_IN_THIRTEEN_S)).to_be_visible()
    expect(card(phone, "look-7")).to_have_count(0)
    phone.locator('[data-action="seen"]').click()
    expect(card(phone, "look-7")).to_be_visible()
    # The card came because of the tap: from now on this viewer's cards come seconds earlier than the channel's usual.
    expect(phone.locator("[data-trim]")).to_have_attribute("data-trim", SECONDS_EARLIER)


@pytest.mark.parametrize("off_ms", [A_DAY_MS, -A_DAY_MS], ids=["a day fast", "a day slow"])
def test_a_phone_whose_clock_is_wrong_counts_down_to_the_same_second(
    off_ms: int, visit: Visit, running_demo: Demo
) -> None:
    phone = visit("about:blank")
    phone.add_init_script(wrong_clock(off_ms))
    phone.goto(f"{running_demo.ready['base_url']}/companion/{running_demo.ready['show']}?channel=toutiao")
    expect(phone.locator('[data-action="seen"]')).to_be_visible()
    running_demo.press("take", look="look-8" if off_ms > 0 else "look-9")
    expect(phone.get_by_text(LOOK_IN_THIRTEEN_S)).to_be_visible()
