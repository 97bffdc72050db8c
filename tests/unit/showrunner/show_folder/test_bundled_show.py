from itertools import pairwise
from pathlib import Path

import pytest

from showrunner.show_folder import check, load_show

FOLDER = Path(__file__).parents[4] / "shows" / "tmall-collection-2017"


def test_the_bundled_show_has_no_problems():
    report = check([FOLDER])
    assert report.problems == ()


def test_the_bundled_show_is_the_2017_night_in_small():
    show = load_show(FOLDER)
    assert len({look.brand for look in show.looks}) == 27
    assert len(show.looks) >= 40
    assert len(show.articles) >= 120
    assert {channel.id for channel in show.channels} == {
        "youku", "weibo", "toutiao", "taobao", "tmall", "beijing-tv", "web",
    }  # fmt: skip


def test_the_brands_the_press_named_are_in_it():
    brands = {look.brand for look in load_show(FOLDER).looks}
    assert brands >= {
        "Guerlain", "adidas", "Pandora", "Ray-Ban", "Estée Lauder", "Victoria's Secret", "Rimowa", "Polo Ralph Lauren",
        "SMCP", "Furla", "Opening Ceremony", "Robert Geller", "Jason Wu",
    }  # fmt: skip


def test_everything_of_the_bundled_show_is_in_chinese_and_english():
    show = load_show(FOLDER)
    titles = [
        show.info.titles,
        *(look.titles for look in show.looks),
        *(item.titles for item in show.articles.values()),
    ]
    titles += [channel.names for channel in show.channels]
    assert all({"zh", "en"} <= names.keys() for names in titles)


def test_every_article_of_the_bundled_show_is_worn_by_a_look_and_has_its_picture():
    show = load_show(FOLDER)
    assert {sku for look in show.looks for sku in look.skus} == set(show.articles)
    assert all(article.image and (FOLDER / article.image).is_file() for article in show.articles.values())


def test_the_bundled_plan_has_no_gaps():
    looks = load_show(FOLDER).looks
    for look, following in pairwise(looks):
        assert look.planned_start_ms is not None
        assert look.planned_duration_ms is not None
        assert look.planned_start_ms + look.planned_duration_ms == following.planned_start_ms


@pytest.mark.parametrize(("low", "high"), [(1, 10), (100, 1000)])
def test_some_stock_sells_out_in_a_demo_and_some_lasts(low: int, high: int):
    assert any(low <= article.stock <= high for article in load_show(FOLDER).articles.values())
