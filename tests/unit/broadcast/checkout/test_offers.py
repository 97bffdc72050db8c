from typing import Any

import pytest

from broadcast.checkout.offers import Offer, Openings, SaleWindow, catalogue
from broadcast.checkout.shares import Shares
from broadcast.errors import Refusal
from broadcast.money import Money
from broadcast.show import TimedPrice


def why(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.name


def offer(**different: object) -> Offer:
    plain = {"sku": "coat-m", "price": Money(1, "CNY"), "stock": 1, "limit_per_buyer": 1, "title": "Coat"}
    return Offer(**(plain | different))


def test_a_sku_nobody_has_shown_is_not_on_sale():
    refusal = Openings({"youku": 0}).refusal("coat-m", "youku", 10**15)
    assert why(refusal) == "not-on-sale"
    assert refusal.more == {"sku": "coat-m"}


def test_a_channel_may_buy_from_the_instant_its_own_viewers_see_the_look():
    openings = Openings({"youku": 3_000, "beijing-tv": 60_000})
    openings.open("coat-m", 1_000_000)

    early = openings.refusal("coat-m", "youku", 1_002_999)
    assert (why(early), early.more) == ("not-on-sale", {"opens_at_ms": 1_003_000})
    assert openings.refusal("coat-m", "youku", 1_003_000) is None
    assert why(openings.refusal("coat-m", "beijing-tv", 1_003_000)) == "not-on-sale"
    assert openings.refusal("coat-m", "beijing-tv", 1_060_000) is None


def test_a_trimmed_fence_counts_at_once():
    openings = Openings({"beijing-tv": 60_000})
    openings.open("coat-m", 1_000_000)
    openings.set_fence("beijing-tv", 45_000)
    assert openings.refusal("coat-m", "beijing-tv", 1_045_000) is None


def test_the_show_is_not_sold_on_a_channel_it_is_not_on():
    openings = Openings({"youku": 0})
    openings.open("coat-m", 0)
    assert why(openings.refusal("coat-m", "elsewhere", 10)) == "no-such-channel"


def test_a_sku_shown_again_later_stays_on_sale_in_between():
    openings = Openings({"youku": 0})
    assert openings.open("coat-m", 1_000)
    assert not openings.open("coat-m", 9_000)
    assert openings.refusal("coat-m", "youku", 1_000) is None


def test_an_opening_brought_forward_counts_from_the_earlier_instant():
    openings = Openings({"youku": 0})
    openings.open("coat-m", 9_000)
    assert openings.open("coat-m", 1_000)
    assert openings.refusal("coat-m", "youku", 1_000) is None


def test_a_withdrawn_sku_is_off_sale_until_opened_again():
    openings = Openings({"youku": 0})
    openings.open("coat-m", 1_000)
    assert openings.withdraw("coat-m")
    assert not openings.withdraw("coat-m")
    assert openings.is_withdrawn("coat-m")
    assert why(openings.refusal("coat-m", "youku", 5_000)) == "not-on-sale"

    assert openings.open("coat-m", 6_000)
    assert not openings.is_withdrawn("coat-m")
    assert why(openings.refusal("coat-m", "youku", 5_000)) == "not-on-sale"
    assert openings.refusal("coat-m", "youku", 6_000) is None


@pytest.mark.parametrize(
    "wrong", [{"stock": -1}, {"price": Money(-1, "CNY")}, {"limit_per_buyer": 0}, {"limit_per_buyer": -3}]
)
def test_a_catalogue_with_a_nonsensical_offer_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="coat-m"):
        catalogue([offer(**wrong)])


def test_a_catalogue_names_each_sku_once():
    with pytest.raises(ValueError, match="twice"):
        catalogue([offer(), offer()])
    assert list(catalogue([offer(), offer(sku="coat-l", limit_per_buyer=None)])) == ["coat-m", "coat-l"]


LAUNCH, LIST = Money(99_900, "CNY"), Money(129_900, "CNY")
launch = TimedPrice(from_ms=1_000_000, until_ms=2_000_000, price=LAUNCH)
late = Openings({"youku": 3_000, "tv": 0}, {"youku": 8_000, "tv": 60_000})
coat = offer(price=LIST, prices=(launch,))


def honoured(seen: Money | None, channel: str, now: int) -> Money:
    return coat.price_between(*late.picture(channel, now), seen)


def test_a_price_counts_from_the_frame_it_begins_with_to_the_frame_it_ends_before():
    assert [coat.price_at(at) for at in (999_999, 1_000_000, 1_999_999, 2_000_000)] == [LIST, LAUNCH, LAUNCH, LIST]


def test_nobody_gets_the_next_price_before_the_earliest_picture_of_their_channel_shows_it():
    assert honoured(LAUNCH, "youku", 1_002_999) == LIST
    assert honoured(LAUNCH, "youku", 1_003_000) == LAUNCH
    assert honoured(None, "youku", 1_003_000) == LAUNCH


def test_a_viewer_is_never_refused_the_price_their_own_picture_still_shows():
    for now in (2_003_000, 2_007_999):  # the fastest picture has the new price, the slowest not yet
        assert honoured(LAUNCH, "youku", now) == LAUNCH
        assert honoured(LIST, "youku", now) == LIST
        assert honoured(None, "youku", now) == LIST
    assert honoured(LAUNCH, "youku", 2_008_000) == LIST
    assert honoured(LAUNCH, "tv", 2_059_999) == LAUNCH
    assert honoured(LAUNCH, "tv", 2_060_000) == LIST


def test_a_price_shorter_than_the_spread_of_pictures_is_honoured_while_one_of_them_shows_it():
    flash = offer(price=LIST, prices=(TimedPrice(from_ms=1_000_000, until_ms=1_001_000, price=LAUNCH),))
    assert flash.price_between(999_000, 1_002_000, LAUNCH) == LAUNCH
    assert flash.price_between(1_001_000, 1_002_000, LAUNCH) == LIST
    assert flash.price_between(998_000, 999_999, LAUNCH) == LIST


def test_a_sale_begins_with_the_earliest_picture_of_a_channel_and_ends_with_its_last():
    window = SaleWindow(opens_ms=1_000_000, ends_ms=2_000_000)
    openings = Openings({"youku": 3_000}, {"youku": 8_000}, {"coat-m": window})
    openings.open("coat-m", 500_000)
    assert openings.refusal("coat-m", "youku", 1_002_999).more == {"opens_at_ms": 1_003_000}
    assert openings.refusal("coat-m", "youku", 1_003_000) is None
    assert openings.refusal("coat-m", "youku", 2_007_999) is None
    over = openings.refusal("coat-m", "youku", 2_008_000)
    assert (over.name, over.more) == ("not-on-sale", {"ended_at_ms": 2_008_000})


def test_a_sale_is_over_once_it_has_ended_on_the_slowest_channel():
    openings = Openings({"youku": 3_000, "tv": 60_000}, windows={"coat-m": SaleWindow(ends_ms=2_000_000)})
    assert (openings.now_over(2_059_999), openings.is_ended("coat-m")) == ([], False)
    assert (openings.now_over(2_060_000), openings.is_ended("coat-m")) == (["coat-m"], True)
    assert openings.now_over(9_000_000) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"prices": (launch, TimedPrice(from_ms=1_999_999, until_ms=3_000_000, price=LAUNCH))},
        {"prices": (TimedPrice(from_ms=5, until_ms=5, price=LAUNCH),)},
        {"prices": (TimedPrice(from_ms=1, until_ms=5, price=Money(1, "USD")),)},
        {"prices": (TimedPrice(from_ms=1, until_ms=5, price=Money(-1, "CNY")),)},
        {"window": SaleWindow(opens_ms=7, ends_ms=7)},
        {"limit_per_group": 2},
        {"group": "coat", "limit_per_group": 0},
        {"shares": Shares(percent={"tv": 101}, pooled_after_ms=1)},
        {"shares": Shares(percent={"tv": 60, "youku": 41}, pooled_after_ms=1)},
        {"shares": Shares(percent={"tv": 0}, pooled_after_ms=1)},
        {"shares": Shares(percent={"tv": 10})},
        {"shares": Shares(percent={"tv": 10}, pooled_after_ms=-1)},
    ],
)
def test_a_catalogue_with_nonsensical_windows_or_shares_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="coat-m"):
        catalogue([offer(**wrong)])
