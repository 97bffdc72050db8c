"""``python -m benchmarks storm``: an edge is killed with -9, and its audience comes back to the other one."""

import asyncio
import tempfile
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from benchmarks.recording import RESULTS, record
from benchmarks.storm.seen import Seen
from benchmarks.storm.storm import Storm, let_loose
from showrunner.settings import FeedSettings

VIEWERS, QUICK_VIEWERS = 10_000, 2_000
TIGHT_SHARE = 5
"""The tight setting lets that part of the viewers that lost their edge come back a second."""


def storms(viewers: int) -> list[Storm]:
    """Return the storms: admission as it is by default, and tight, with viewers who do as told and who do not."""
    default = int(FeedSettings.model_fields["handshakes_per_second"].default)
    tight = viewers // 2 // TIGHT_SHARE
    return [
        Storm(f"{default:,} a second (default)", viewers, default, heeds=True),
        Storm(f"{tight:,} a second", viewers, tight, heeds=True),
        Storm(f"{tight:,} a second, hint not read", viewers, tight, heeds=False),
    ]


def main(*, quick: bool = False) -> None:
    """Run the storms, print, and record unless ``quick``."""
    seen = asyncio.run(_run(storms(QUICK_VIEWERS if quick else VIEWERS)))
    console = Console()
    console.print(_table(seen))
    if quick:
        return
    figures = {name: one.figures() for name, one in seen.items()}
    record("storm", "python -m benchmarks storm", figures)
    _plot(seen, RESULTS / "storm.png")
    console.print("written: benchmarks/results/storm.json and storm.png")


async def _run(storms: list[Storm]) -> dict[str, Seen]:
    with tempfile.TemporaryDirectory(prefix="storm-") as made:
        folders = [Path(made) / str(number) for number in range(len(storms))]
        for folder in folders:
            folder.mkdir()
        return {storm.name: await let_loose(storm, folder) for storm, folder in zip(storms, folders, strict=True)}


def _table(seen: dict[str, Seen]) -> Table:
    table = Table(title="An edge is killed; its viewers come back to the other")
    for heading in (
        "handshakes an edge takes",
        "came back",
        "50 / 95 / 100 % back, s",
        "told to wait",
        "gaps",
        "CPU a comeback, µs",
        "last of a cue before, ms",
        "last in the storm, ms",
    ):
        table.add_column(heading, justify="left" if heading.startswith("handshakes") else "right")
    for name, one in seen.items():
        figures = one.figures()
        delay = figures["cue_to_last_viewer_that_stayed_ms"]
        table.add_row(
            name,
            f"{figures['resumed_exactly']:,} of {figures['lost_their_edge']:,}",
            " / ".join(f"{seconds:.2f}" for seconds in figures["back_s"].values()),
            f"{figures['told_to_wait']['times']:,}",
            str(figures["gaps_or_repetitions"] + figures["snapshots_instead"]),
            f"{figures['edge_cpu_us_per_comeback']:.0f}",
            *(f"{delay[phase]['median']:.0f}, worst {delay[phase]['worst']:.0f}" for phase in ("before", "storm")),
        )
    return table


def _plot(seen: dict[str, Seen], path: Path) -> None:
    mpl.use("Agg")
    figure, (back, delay) = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for name, one in seen.items():
        back_s = one.back_s()
        back.step(
            [0.0, *back_s], [100 * place / one.lost for place in range(len(back_s) + 1)], where="post", label=name
        )
        since_s = [(one.sent_ns[seq] - one.storm.from_ns) / 1e9 for seq in one.sent_ns if seq in one.told]
        took_ms = [(one.told[seq].last_stayed_ns - one.sent_ns[seq]) / 1e6 for seq in one.sent_ns if seq in one.told]
        delay.plot(since_s, took_ms, ".-", label=name)
    viewers = next(iter(seen.values())).viewers
    back.set(xlabel="seconds after the edge was killed", ylabel="% of its viewers back", ylim=(0, 102))
    back.set_title(f"{viewers:,} viewers on two edges, one is killed")
    back.legend(loc="lower right")
    delay.axvline(0, color="tab:grey", linestyle=":")
    delay.set(xlabel="seconds after the edge was killed", ylabel="ms to the last viewer of the other edge")
    delay.set_title("a cue every 200 ms, seen by those who stayed")
    delay.set_ylim(bottom=0)
    delay.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)
