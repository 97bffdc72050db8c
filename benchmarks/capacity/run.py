"""Print what 1, 10 and 100 million viewers need; write ``capacity.json``, ``capacity.png`` and the document's table."""

import asyncio
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.capacity.measured import costs
from benchmarks.capacity.model import Costs, Host, Plan, Show, limits, plan
from benchmarks.recording import RESULTS, record

AUDIENCES = (1_000_000, 10_000_000, 100_000_000)
SPREADS_S = (0.25, 0.5, 1.0, 2.0, 4.0)
DOCUMENT = Path(__file__).parents[2] / "docs" / "capacity.md"
_TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)

GIB = 2**30


def main(*, quick: bool = False) -> None:
    """Run the model; with ``quick`` nothing is written."""
    measured, sources = asyncio.run(costs(print))
    host, show = Host(), Show()
    plans = [plan(viewers, measured, host, show) for viewers in AUDIENCES]
    text = table(measured, sources, host, show, plans)
    print(text)
    if quick:
        return
    figures: dict[str, Any] = {
        "costs": asdict(measured),
        "sources": sources,
        "host": asdict(host),
        "show": asdict(show),
        "viewers_per_host_by": limits(measured, host, show),
        "plans": [asdict(one) for one in plans],
    }
    record("capacity", "python -m benchmarks capacity", figures)
    plot(measured, host, show)
    DOCUMENT.write_text(_TABLE.sub(lambda _: text, DOCUMENT.read_text("utf-8")), "utf-8")


def table(measured: Costs, sources: dict[str, str], host: Host, show: Show, plans: list[Plan]) -> str:
    """Return the figures as two Markdown tables."""
    lines = ["| measured cost | | from |", "| --- | --- | --- |"]
    labels = {
        "delivery_us": "one cue to one viewer, µs of edge CPU",
        "handshake_us": "greeting one viewer, µs of edge CPU",
        "probe_us": "answering one clock probe, µs of edge CPU",
        "follower_us": "one record to one follower, µs of log CPU",
        "process_bytes": "an idle viewer in the edge process, bytes",
        "kernel_bytes": "an idle viewer in the kernel, bytes",
        "frame_bytes": "one cue as a frame, bytes",
    }
    for name, value in asdict(measured).items():
        lines.append(f"| {labels[name]} | {value:,.1f} | {sources[name]} |")
    lines += ["", f"| | {' | '.join(f'{one.viewers / 1e6:,.0f} million' for one in plans)} |", "| --- " * 4 + "|"]
    rows = {
        f"edge hosts ({host.cores} cores, {host.memory_bytes / GIB:.0f} GiB, {host.network_bits_s / 1e9:.0f} Gb/s)": [
            f"{one.hosts:,}" for one in plans
        ],
        "viewers on a host": [f"{one.viewers_per_host:,}" for one in plans],
        "bound by": [one.bound_by for one in plans],
        "edge processes": [f"{one.processes:,}" for one in plans],
        "replicas of the cue log": [f"{one.log_replicas:,}" for one in plans],
        "viewers' memory on a host, GiB": [f"{one.memory_bytes_per_host / GIB:.1f}" for one in plans],
        "one cue leaving a host, Gbit": [f"{one.cue_bits_per_host / 1e9:.2f}" for one in plans],
        f"steady traffic of a host at {show.messages_s:g} message a second, Gb/s": [
            f"{one.steady_bits_s_per_host / 1e9:.2f}" for one in plans
        ],
        "steady CPU of a host": [f"{one.steady_cpu_share:.0%}" for one in plans],
        "last viewer of a cue, s": [f"{one.spread_s:.2f}" for one in plans],
        f"all back after {show.lost_share:.0%} of the hosts die, s of CPU": [
            f"{one.back_after_loss_s:.1f}" for one in plans
        ],
    }
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def plot(measured: Costs, host: Host, show: Show) -> None:
    """Draw hosts against audience, one line a spread."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    audiences = [10 ** (exponent / 10) for exponent in range(50, 83)]
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for spread_s in SPREADS_S:
        wanted = replace(show, spread_s=spread_s)
        hosts = [plan(round(viewers), measured, host, wanted).hosts for viewers in audiences]
        axes.plot(audiences, hosts, label=f"{spread_s:g} s")
    axes.set(xscale="log", yscale="log", xlabel="viewers", ylabel=f"edge hosts of {host.cores} cores")
    axes.set_title("Hosts for a cue to reach its last viewer within")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(title="last viewer within")
    figure.savefig(RESULTS / "capacity.png", dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
