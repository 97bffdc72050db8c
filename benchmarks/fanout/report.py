"""What was measured, as ratios, as a table, as a plot and as JSON."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from benchmarks.fanout.cue import CUE_BYTES
from benchmarks.fanout.programs import ProgramError
from benchmarks.fanout.rounds import Measured
from benchmarks.recording import RESULTS, Targets, reached, record

COST_SHOWN_US = 30.0
"""Bars of slower servers are cut off here; the number beside them is not."""

TARGETS: Targets = {
    "cpu_vs_nchan": ("≤", 0.7),
    "cpu_vs_bare_send": ("≤", 1.2),
    "cpu_vs_websockets_broadcast": ("≤", 0.6),
    "cpu_vs_python_socketio": ("≤", 0.1),
    "bytes_per_viewer": ("≤", 2048),
    "handshakes_vs_nchan": ("≥", 0.5),
    "last_viewer_vs_bare_send": ("≤", 1.35),
}
"""What the fan-out is meant to reach."""


@dataclass
class Results:
    """Everything one run measured, and what it could not."""

    servers: dict[str, Measured] = field(default_factory=dict)
    sizes: dict[str, Measured] = field(default_factory=dict)
    handshake_ns: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def cpu_ratios(self, share: float = 0.5) -> dict[str, float]:
        """Return our CPU per delivered cue over each peer's, at one quantile of the same rounds."""
        ours = self.servers["ours"]
        return {
            f"cpu_vs_{name}": round(ours.cpu_us(share) / peer.cpu_us(share), 3)
            for name, peer in self.servers.items()
            if name != "ours"
        }

    def bytes_per_viewer(self, measured: Measured) -> float:
        """Return memory per viewer; ours at the size where it is greatest.

        A small audience partly fits into memory the process had left over from starting, so the largest one tells.
        """
        if measured is not self.servers["ours"]:
            return measured.bytes_per_viewer
        return max(size.bytes_per_viewer for size in (measured, *self._of_ours()))

    def figures(self) -> dict[str, Any]:
        """Return the figures; those of a peer that was not to be had are missing."""
        ours = self.servers["ours"]
        figures: dict[str, Any] = {**self.cpu_ratios(), "bytes_per_viewer": round(self.bytes_per_viewer(ours))}
        costs = {name: statistics.median(spent) for name, spent in self.handshake_ns.items() if spent}
        for name in ("nchan", "bare_send"):
            if name in costs:
                figures[f"handshakes_vs_{name}"] = round(costs[name] / costs["ours"], 3)
        if "bare_send" in self.servers:
            figures["last_viewer_vs_bare_send"] = round(ours.last_ms() / self.servers["bare_send"].last_ms(), 3)
        figures["p10"] = self.cpu_ratios(0.1)
        figures["cost_by_viewers"] = self._cost_by_viewers()
        figures["handshakes_per_cpu_s"] = {name: round(1e9 / cost) for name, cost in costs.items()}
        figures["servers"] = {name: measured.as_json() for name, measured in self.servers.items()}
        figures["missing"] = self.missing
        return figures

    def _cost_by_viewers(self) -> dict[str, Any]:
        costs: dict[str, Any] = {}
        for measured in self._of_ours():
            cost = measured.as_json()
            bare = self.sizes.get(f"bare_send-{measured.viewers}")
            if bare is not None:
                cost["bare_send_cpu_us"] = bare.as_json()["cpu_us"]
                cost["cpu_vs_bare_send"] = round(measured.cpu_us() / bare.cpu_us(), 3)
            costs[str(measured.viewers)] = cost
        return costs

    def _of_ours(self) -> list[Measured]:
        return [measured for name, measured in self.sizes.items() if name.startswith("ours-")]


def tell(results: Results, command: str, console: Console, *, name: str) -> None:
    """Print the tables, and write the plot and the JSON.

    Raises:
        ProgramError: ours itself was not measured.
    """
    if "ours" not in results.servers or not results.servers["ours"].deliveries:
        raise ProgramError(f"nothing to tell: {results.missing}")
    figures = results.figures()
    console.print(_servers(results), _sizes(results), reached(figures, TARGETS, figures["p10"]))
    for peer, why in results.missing.items():
        console.print(f"[yellow]not measured: {peer}: {why}")
    record(name, command, figures)
    _plot(results, RESULTS / f"{name}.png")
    console.print(f"written: benchmarks/results/{name}.json and {name}.png")


def _servers(results: Results) -> Table:
    viewers = results.servers["ours"].viewers
    table = Table(title=f"One {CUE_BYTES}-byte cue to {viewers:,} viewers: server CPU per delivery")
    for heading in ("server", "µs, median", "µs, p10", "last viewer ms", "bytes per viewer", "handshakes per CPU s"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for measured in results.servers.values():
        table.add_row(
            measured.label,
            f"{measured.cpu_us():.2f}",
            f"{measured.cpu_us(0.1):.2f}",
            f"{measured.last_ms():.1f}",
            f"{results.bytes_per_viewer(measured):,.0f}",
            f"{measured.handshakes_per_cpu_s():,.0f}",
        )
    return table


def _sizes(results: Results) -> Table:
    table = Table(title="Cost by viewers")
    for heading in ("server", "µs, median", "µs, p10", "last viewer ms", "bytes per viewer"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for measured in results.sizes.values():
        table.add_row(
            measured.label,
            f"{measured.cpu_us():.2f}",
            f"{measured.cpu_us(0.1):.2f}",
            f"{measured.last_ms():.1f}",
            f"{measured.bytes_per_viewer:,.0f}",
        )
    return table


def _plot(results: Results, path: Path) -> None:
    mpl.use("Agg")
    figure, (cost, memory, sizes) = plt.subplots(1, 3, figsize=(17, 5), layout="constrained")
    servers = list(results.servers.values())[::-1]
    labels = [measured.label for measured in servers]
    colours = ["tab:red" if measured is results.servers["ours"] else "tab:grey" for measured in servers]
    cost.barh(labels, [measured.cpu_us() for measured in servers], color=colours)
    cost.plot([measured.cpu_us(0.1) for measured in servers], labels, "k|", markersize=12, label="10th percentile")
    for row, measured in enumerate(servers):
        cost.text(min(measured.cpu_us(), COST_SHOWN_US), row, f" {measured.cpu_us():.1f}", va="center")
    cost.set(xlim=(0, COST_SHOWN_US * 1.15), xlabel="server CPU per delivered cue, µs (median)")
    cost.set_title(f"{CUE_BYTES}-byte cue, {results.servers['ours'].viewers:,} viewers each")
    cost.legend(loc="lower right")
    held = [results.bytes_per_viewer(measured) / 1024 for measured in servers]
    memory.barh(labels, held, color=colours)
    for row, kib in enumerate(held):
        memory.text(kib, row, f" {kib:.1f}", va="center")
    memory.set(xlabel="server memory per idle viewer, KiB", title="memory", yticklabels=[])
    memory.set_xlim(0, max(held) * 1.15)
    for prefix, label, colour in (("ours-", "ours", "tab:red"), ("bare_send-", "bare C send()", "tab:grey")):
        line = [measured for name, measured in results.sizes.items() if name.startswith(prefix)]
        sizes.plot(
            [measured.viewers for measured in line],
            [measured.cpu_us() for measured in line],
            "o-",
            color=colour,
            label=label,
        )
    sizes.set(xscale="log", xlabel="viewers", ylabel="server CPU per delivered cue, µs (median)", title="by viewers")
    sizes.set_ylim(bottom=0)
    sizes.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)
