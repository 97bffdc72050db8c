"""A show made for being crashed: a few looks, one article everybody wants, plenty of the others."""

from pathlib import Path

from little_video import write_video

SHOW_ID = "crash-night"
CHANNELS = ("web", "youku")
LOOKS = 8
HOT = "HOT"
HOT_STOCK = 120
PLENTY_STOCK = 50_000
LIMIT_PER_BUYER = 2

_SHOW = f"""\
id = "{SHOW_ID}"
title = "The Night It Crashed"
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "CNY"
programme = "film"

[settings]
hold_seconds = 6
limit_per_buyer = {LIMIT_PER_BUYER}
"""

_CHANNEL = """\
[{channel}]
name = "{channel}"
kind = "web"
latency_ms = 0
"""


def stock() -> dict[str, int]:
    """Return SKU → pieces: one article for each look, and the one that is in all of them."""
    return {HOT: HOT_STOCK, **{f"PLENTY-{number}": PLENTY_STOCK for number in range(1, LOOKS + 1)}}


def looks() -> list[str]:
    """Return the looks in their order."""
    return [f"look-{number}" for number in range(1, LOOKS + 1)]


def write_show(folder: Path) -> Path:
    """Write the show's folder, and its programme beside it as ``programme.mp4``."""
    show = folder / "show"
    show.mkdir(parents=True)
    (show / "show.toml").write_text(_SHOW)
    (show / "channels.toml").write_text("\n".join(_CHANNEL.format(channel=channel) for channel in CHANNELS))
    articles = [f"{sku},{sku.lower()},House,{sku},100.00,{pieces}" for sku, pieces in stock().items()]
    (show / "catalogue.csv").write_text(
        "\n".join(["Title,URL handle,Vendor,SKU,Price,Inventory quantity", *articles, ""])
    )
    cues = [f"{number},{number},{look},{look},House,{HOT}; PLENTY-{number}" for number, look in enumerate(looks(), 1)]
    (show / "rundown.csv").write_text("\n".join(["Cue,Look,Look ID,Title,Brand,SKUs", *cues, ""]))
    write_video(folder / "programme.mp4")
    return show
