"""The phone beside the television: joining by its short code, and getting in step with its picture."""

import re
from typing import Any

import pytest
from demo import Demo
from examiner import obstacles
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.timeout(300)

PHONE = {"width": 390, "height": 844}
CARD_TIMEOUT_MS = 60_000
PRESENT_MS = 10_000


@pytest.fixture
def phone(browser: Browser) -> Any:
    # The pages' own policy keeps foreign script out, and the examiner is one.
    context = browser.new_context(viewport=PHONE, locale="en-US", has_touch=True, is_mobile=True, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def television(browser: Browser, running_demo: Demo) -> Any:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-US")
    page = context.new_page()
    page.goto(f"{running_demo.ready['base_url']}/tv/{running_demo.ready['show']}?channel=toutiao")
    yield page
    context.close()


def shown_code(television: Page) -> str:
    """Return the number as a person reads it off the set."""
    number = television.locator("[data-join-code]")
    expect(number).to_be_visible()
    read = number.inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", read)
    return read


def test_a_number_read_off_the_television_leads_the_phone_to_its_channel(
    television: Page, phone: Page, running_demo: Demo
) -> None:
    ready = running_demo.ready
    phone.goto(f"{ready['base_url']}/companion")
    phone.get_by_label("Number on the TV").fill(shown_code(television))
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"{ready['base_url']}/companion/{ready['show']}?channel=toutiao")
    expect(phone.locator('[data-action="seen"]')).to_be_visible()


def test_a_number_no_television_shows_is_told_where_it_was_typed(
    television: Page, phone: Page, running_demo: Demo
) -> None:
    code = shown_code(television).replace(" ", "")
    phone.goto(f"{running_demo.ready['base_url']}/companion")
    number = phone.get_by_label("Number on the TV")
    number.fill(str((int(code) + 1) % 1_000_000).zfill(6))
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("alert").filter(has_text="No TV shows this number now")).to_be_visible()
    expect(number).to_be_focused()
    assert obstacles(phone) == []
    number.fill(code)
    phone.keyboard.press("Enter")
    phone.wait_for_url(re.compile("channel=toutiao"))


def test_a_viewer_whose_show_has_no_channel_in_its_address_chooses_it(phone: Page, running_demo: Demo) -> None:
    ready = running_demo.ready
    phone.goto(f"{ready['base_url']}/companion/{ready['show']}")
    phone.get_by_label("Beijing TV").check()
    phone.locator('[data-way="channel"] button').click()
    phone.wait_for_url(re.compile("channel=beijing-tv"))


def test_a_tap_says_what_it_was_taken_for_and_another_look_can_be_chosen_or_all_taken_back(
    phone: Page, running_demo: Demo
) -> None:
    ready = running_demo.ready
    phone.goto(f"{ready['base_url']}/companion/{ready['show']}?channel=beijing-tv")
    for look in ("look-2", "look-3"):
        running_demo.press("take", look=look)
        expect(phone.locator(f'[data-ahead="{look}"]').or_(phone.locator('[data-ahead="look-2"]'))).to_be_attached()
    trim = phone.locator("[data-trim]")
    seen = phone.locator('[data-action="seen"]')
    third = phone.locator('[data-look-seen="look-3"]')
    while not third.is_visible():
        # a hand is never so fast that a tap could be about a look that has just this moment stepped out
        if phone.locator('[data-action="take-back"]').is_visible():
            phone.locator('[data-action="take-back"]').click()
        seen.click()
    expect(phone.get_by_role("status").filter(has_text="Taken for look 2")).to_be_visible()
    assert obstacles(phone) == []
    taken = trim.get_attribute("data-trim")
    third.click()
    expect(phone.get_by_role("status").filter(has_text="Taken for look 3")).to_be_visible()
    assert trim.get_attribute("data-trim") != taken
    expect(phone.locator('[data-look="look-3"]')).to_be_visible(timeout=PRESENT_MS)
    phone.reload()
    expect(trim).not_to_have_attribute("data-trim", "0")
    seen.click()
    phone.locator('[data-action="take-back"]').click()
    expect(seen).to_be_focused()
    phone.locator('[data-action="reset"]').click()
    expect(trim).to_have_attribute("data-trim", "0")
