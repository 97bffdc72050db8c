"""The drop everybody is after: one SKU with pieces for all, one that is gone, and who buys."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.clock import WallMs
from broadcast.ids import BuyerId, ChannelId
from showrunner.show_folder import LoadedShow

SHOW = "drop-night"
CHANNEL = ChannelId("web")
HOT, GONE = "HOT", "GONE"
HOT_PIECES = 5_000_000
PRICE, CURRENCY = 129_900, "CNY"
HOLD_MS = 24 * 3_600_000

CHANNEL_KEY = "a-channel-key-that-signs-viewer-tokens"
PRODUCER_KEY = "a-producer-key-that-signs-no-tokens-here"
PAYMENT_KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TOKEN_LIFETIME_MS = 24 * 3_600_000

FILES = {
    "show.toml": f"""\
id = "{SHOW}"
title = "Drop Night"
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "{CURRENCY}"
programme = "film"

[settings]
hold_seconds = 86400
limit_per_buyer = 99
""",
    "channels.toml": f"""\
[{CHANNEL}]
name = "Web"
kind = "web"
latency_ms = 0
""",
    "catalogue.csv": f"""\
Title,URL handle,Vendor,SKU,Price,Inventory quantity
The hot one,hot,House,{HOT},{PRICE / 100:.2f},{HOT_PIECES}
The gone one,gone,House,{GONE},{PRICE / 100:.2f},0
""",
    "rundown.csv": f"""\
Cue,Look,Look ID,Title,Brand,SKUs
1,1,look-1,The drop,House,{HOT}; {GONE}
""",
}


UNLIMITED = 1_000_000_000
"""A benchmark's buyer buys thousands of pieces."""


def unlimited(show: LoadedShow) -> LoadedShow:
    """Return the show with no limit that a buyer of a benchmark would ever meet."""
    limits = msgspec.structs.replace(show.settings, limit_per_buyer=UNLIMITED)
    return msgspec.structs.replace(show, settings=limits)


def write_show(folder: Path) -> Path:
    """Write the show's folder."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def wall_clock() -> WallMs:
    """Return the time."""
    return WallMs(time.time_ns() // 1_000_000)


def tokens() -> ViewerTokens:
    """Return what issues and verifies the buyers' tokens, fresh: it remembers none."""
    return ViewerTokens({CHANNEL: CHANNEL_KEY.encode()}, wall_clock)


def write_tokens(path: Path, buyers: Sequence[str]) -> Path:
    """Write one token a line."""
    issuing = tokens()
    lines = [issuing.issue(CHANNEL, BuyerId(buyer), TOKEN_LIFETIME_MS) for buyer in buyers]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
