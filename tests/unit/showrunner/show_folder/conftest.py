"""A small show that is right, for tests to break in one place at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

SHOW = """\
id = "night"
title = "The Night"
titles = { zh = "夜" }
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "CNY"
programme = "film"

[settings]
hold_seconds = 120
limit_per_buyer = 3
seconds_per_look = 6
"""

CHANNELS = """\
[web]
name = "Web"
names = { zh = "网页" }
kind = "web"
latency_ms = 4000
guests = true
origins = ["https://shop.example"]

[web.links]
web = "https://shop.example/{show}/{look}?sku={sku}"

[station]
name = "Station"
kind = "tv"
latency_ms = 60000
"""

CATALOGUE = """\
Title,Title (zh),URL handle,Vendor,SKU,Option1 name,Option1 value,Price,Compare-at price,Inventory quantity,Image Src
Red Dress,红裙,red-dress,Maison,RED-S,Size,S,1299.00,1599.00,5,media/red.svg
,,red-dress,,RED-M,,M,1299.00,1599.00,40,
Gold Bag,金包,gold-bag,Atelier,BAG,Title,Default Title,2690,,0,https://pictures.example/bag.jpg
"""

RUNDOWN = """\
Cue,Look,Title,Title (zh),Brand,SKUs,Start,Duration,Notes
1,1,Opening,开场,Maison,RED-S; RED-M,0:00:00,0:01:20,Lights down
2,2,The Bag,包,,BAG,0:01:20,0:01:00,
"""

Rewrite = Callable[..., Path]


@pytest.fixture
def show_text() -> str:
    return SHOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    show = tmp_path / "night"
    (show / "media").mkdir(parents=True)
    (show / "media" / "red.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name, text in (
        ("show.toml", SHOW),
        ("channels.toml", CHANNELS),
        ("catalogue.csv", CATALOGUE),
        ("rundown.csv", RUNDOWN),
    ):
        (show / name).write_text(text, encoding="utf-8")
    return show


@pytest.fixture
def with_change(folder: Path) -> Rewrite:
    """Replace a piece of one of the show's files; the piece must be there."""

    def rewrite(name: str, old: str, new: str) -> Path:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return rewrite
