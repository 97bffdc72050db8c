"""``python -m benchmarks compression``: the bundled show's real messages, plain and compressed once for everybody."""

import statistics
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.recording import record
from broadcast.channels.adapters.channel_feed import ChannelFeed
from broadcast.channels.cue_log import LogRecord
from broadcast.channels.deep_links import LinkBook
from broadcast.channels.frames import Frames
from broadcast.clock import WallMs, captured_at
from broadcast.ids import CueId, Epoch
from broadcast.messages import Cue
from broadcast.overlay.scene import Scene, look_view
from showrunner.pictures import with_pictures
from showrunner.show_folder import load_show

SHOW = Path(__file__).parents[2] / "shows" / "tmall-collection-2017"
EPOCH = Epoch("0" * 32)
AT_MS = 1_509_451_200_000
MANY = 200
"""How often each thing is timed."""

_DEFLATED_BIT = 0x40
_SHORT, _LENGTH_16 = 126, 127


def main(*, quick: bool = False) -> None:
    """Measure, print, and record unless ``quick``."""
    takes, snapshot, made_us = messages()
    figures = {
        "take": told(takes, made_us["take"]),
        "snapshot": told([snapshot], made_us["snapshot"]),
        "snapshot_next_millisecond_us": made_us["snapshot_again"],
    }
    console = Console()
    console.print(table(figures))
    if quick:
        return
    record("compression", "python -m benchmarks compression", figures)
    console.print("written: benchmarks/results/compression.json")


def messages() -> tuple[list[Frames], Frames, dict[str, float]]:
    """Return every look's take, the snapshot after the last, and what making them cost, in µs of CPU."""
    show = load_show(SHOW)
    articles = with_pictures(show)
    scene = Scene(show.info, articles.values())
    links = LinkBook(show.info.id, {article.sku: article.handle for article in articles.values()})
    feed = ChannelFeed(show.channels[0], links)
    takes, costs = [], []
    for seq, look in enumerate(show.looks, 1):
        cue = Cue(
            seq=seq,
            epoch=EPOCH,
            id=CueId(f"{seq:032d}"),
            at_ms=captured_at(WallMs(AT_MS)),
            sent_ms=AT_MS,
            action="take",
            look=look_view(look, articles, scene.level),
        )
        scene.apply(cue)
        begun = time.process_time_ns()
        takes.append(feed.frames(LogRecord(seq, cue), EPOCH))
        costs.append(time.process_time_ns() - begun)
    seq, state = len(takes), scene.state(captured_at(WallMs(AT_MS)))

    def anew() -> None:
        feed.reset()
        feed.snapshot(show.info.id, EPOCH, seq, AT_MS, state)

    first = cpu_us(anew, MANY // 10)
    snapshot = feed.snapshot(show.info.id, EPOCH, seq, AT_MS, state)
    again = cpu_us(lambda: feed.snapshot(show.info.id, EPOCH, seq, AT_MS, state), MANY)
    made = {"take": statistics.median(costs) / 1e3, "snapshot": first, "snapshot_again": again}
    return takes, snapshot, {name: round(cost, 1) for name, cost in made.items()}


def told(frames: list[Frames], made_us: float) -> dict[str, Any]:
    """Return sizes, and what reading one costs a viewer, each the median over the messages."""
    plain = statistics.median(len(frame.websocket) for frame in frames)
    small = statistics.median(len(frame.deflated) for frame in frames)
    reading = statistics.median(cpu_us(partial(inflated, frame.deflated), MANY) for frame in frames)
    return {
        "plain_bytes": plain,
        "deflated_bytes": small,
        "share": round(small / plain, 4),
        "made_us": made_us,
        "read_us": round(reading, 1),
    }


def inflated(frame: bytes) -> bytes:
    """Read a compressed frame as a viewer does.

    Raises:
        ValueError: it is not compressed, or not what it was made of.
    """
    if not frame[0] & _DEFLATED_BIT:
        raise ValueError("the frame is not compressed")
    size = frame[1]
    head = 2 if size < _SHORT else 4 if size < _LENGTH_16 else 10
    text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame[head:] + b"\x00\x00\xff\xff")
    if not text.endswith(b"}"):
        raise ValueError("the frame does not hold a whole message")
    return text


def cpu_us(work: Callable[[], object], times: int) -> float:
    """Return the CPU one piece of work takes."""
    begun = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - begun) / times / 1e3


def table(figures: dict[str, Any]) -> Table:
    """Return the figures side by side."""
    shown = Table(title="One message, plain and compressed once for everybody")
    for heading in ("message", "plain, bytes", "compressed, bytes", "share", "made, µs", "read by a viewer, µs"):
        shown.add_column(heading, justify="left" if heading == "message" else "right")
    for name in ("take", "snapshot"):
        one = figures[name]
        shown.add_row(
            name,
            f"{one['plain_bytes']:,.0f}",
            f"{one['deflated_bytes']:,.0f}",
            f"{one['share']:.1%}",
            f"{one['made_us']:,.0f}",
            f"{one['read_us']:,.0f}",
        )
    shown.caption = (
        f"the same snapshot a millisecond later is made in {figures['snapshot_next_millisecond_us']:,.0f} µs"
    )
    return shown
