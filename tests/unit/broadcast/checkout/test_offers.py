from typing import Any

import pytest

from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.errors import Refusal
from broadcast.money import Money


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
