"""What was measured, as ratios, as a table, as a plot and as JSON."""

import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from benchmarks.checkout.contenders import Contender, Round
from benchmarks.fanout.programs import ProgramError
from benchmarks.recording import RESULTS, Targets, reached, record

VS_EMPTY = ("embedded_http", "embedded_ws", "distributed", "distributed_owner", "sold_out")
VS_OURS = ("obvious", "update")
TARGETS: Targets = {
    "embedded_http_vs_empty_post": ("≤", 1.5),
    "embedded_ws_vs_empty_post": ("≤", 0.5),
    "distributed_vs_empty_post": ("≤", 2.5),
    "sold_out_vs_empty_post": ("≤", 1.1),
    "obvious_vs_ours": ("≥", 30),
    "update_vs_ours": ("≥", 10),
    "distributed_512_vs_64": ("≥", 1.0),
}
"""What the checkout is meant to reach."""


@dataclass
class Results:
    """Everything one run measured, and what it could not."""

    contenders: dict[str, Contender] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    overload: dict[str, Round] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, contender: Contender, measured: Round) -> None:
        """Take in a round."""
        self.contenders[contender.name] = contender
        self.rounds.setdefault(contender.name, []).append(measured)

    def crowds(self) -> list[int]:
        """Return the sizes of crowd."""
        return sorted({one.waiting for one in self.rounds["empty"]})

    def median(self, name: str, what: str, waiting: int | None = None) -> float:
        """Return a median over the rounds, of one size of crowd or of all."""
        values = [getattr(one, what) for one in self.rounds[name] if waiting in {None, one.waiting}]
        return float(statistics.median(values))

    def ratios(self, waiting: int | None = None) -> dict[str, float]:
        """Return the ratios, of one size of crowd or of all."""
        empty = self.median("empty", "cpu_us", waiting)
        ours = self.median("embedded_http", "cpu_us", waiting)
        found = {
            f"{name}_vs_empty_post": self.median(name, "cpu_us", waiting) / empty
            for name in VS_EMPTY
            if name in self.rounds
        }
        found |= {
            f"{name}_vs_ours": self.median(name, "cpu_us", waiting) / ours for name in VS_OURS if name in self.rounds
        }
        return {name: round(ratio, 3) for name, ratio in found.items()}

    def figures(self) -> dict[str, Any]:
        """Return the figures; those of a design that was not to be had are missing."""
        figures: dict[str, Any] = self.ratios()
        crowds = self.crowds()
        for name in ("embedded_http", "embedded_ws", "distributed"):
            if name in self.rounds:
                few, many = (self.median(name, "per_second", size) for size in (crowds[0], crowds[-1]))
                figures[f"{name}_{crowds[-1]}_vs_{crowds[0]}"] = round(many / few, 3)
        figures["by_crowd"] = {str(waiting): self.ratios(waiting) for waiting in crowds}
        figures["designs"] = {name: self._design(name) for name in self.rounds}
        figures["overload"] = {name: _rounded(asdict(one)) for name, one in self.overload.items()}
        figures["missing"] = self.missing
        return figures

    def _design(self, name: str) -> dict[str, Any]:
        what = ("server_us", "database_us", "per_second", "p50_ms", "p99_ms")
        by_crowd = {
            str(waiting): {one: round(self.median(name, one, waiting), 2) for one in what} for waiting in self.crowds()
        }
        done = self.rounds[name]
        taps, syncs = sum(one.taps for one in done), sum(one.syncs for one in done)
        return {"label": self.contenders[name].label, "taps": taps, "fsyncs": syncs, "by_crowd": by_crowd}


def tell(results: Results, command: str, console: Console, *, name: str) -> None:
    """Print the tables, and write the plot and the JSON.

    Raises:
        ProgramError: ours itself was not measured.
    """
    if "embedded_http" not in results.rounds:
        raise ProgramError(f"nothing to tell: {results.missing}")
    figures = results.figures()
    console.print(_designs(results), _crowded(results), _overloaded(results), reached(figures, TARGETS))
    for peer, why in results.missing.items():
        console.print(f"[yellow]not measured: {peer}: {why}")
    record(name, command, figures)
    _plot(results, RESULTS / f"{name}.png")
    console.print(f"written: benchmarks/results/{name}.json and {name}.png")


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 2) for name, value in values.items()}


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def _designs(results: Results) -> Table:
    crowds = results.crowds()
    table = _table(
        f"One tap on one SKU, {crowds[0]} to {crowds[-1]} buyers waiting: medians over all rounds",
        "design", "server µs", "database µs", "of the empty POST", "taps per fsync",
    )  # fmt: skip
    empty = results.median("empty", "cpu_us")
    for name, contender in results.contenders.items():
        done = results.rounds[name]
        syncs = sum(one.syncs for one in done)
        table.add_row(
            contender.label,
            f"{results.median(name, 'server_us'):,.1f}",
            f"{results.median(name, 'database_us'):,.1f}",
            f"{results.median(name, 'cpu_us') / empty:.2f}",
            f"{sum(one.taps for one in done) / syncs:,.1f}" if syncs else "no fsync",
        )
    return table


def _crowded(results: Results) -> Table:
    crowds = results.crowds()
    table = _table("By crowd: taps per second · p99 ms", "design", *(f"{waiting} waiting" for waiting in crowds))
    for name, contender in results.contenders.items():
        cells = [
            f"{results.median(name, 'per_second', size):,.0f} · {results.median(name, 'p99_ms', size):,.0f}"
            for size in crowds
        ]
        table.add_row(contender.label, *cells)
    return table


def _overloaded(results: Results) -> Table:
    table = _table(
        "Ten times the crowd", "design", "waiting", "answers per second", "p50 ms", "p99 ms", "worst ms", "told busy"
    )
    for name, one in results.overload.items():
        table.add_row(
            results.contenders[name].label, f"{one.waiting:,}", f"{one.per_second:,.0f}", f"{one.p50_ms:,.0f}",
            f"{one.p99_ms:,.0f}", f"{one.worst_ms:,.0f}", f"{one.busy:,}",
        )  # fmt: skip
    return table


def _plot(results: Results, path: Path) -> None:
    mpl.use("Agg")
    figure, (cost, rate, wait) = plt.subplots(1, 3, figsize=(18, 5.5), layout="constrained")
    names = list(results.contenders)[::-1]
    labels = [results.contenders[name].label for name in names]
    server = [results.median(name, "server_us") for name in names]
    database = [results.median(name, "database_us") for name in names]
    cost.barh(labels, server, color="tab:blue", label="server")
    cost.barh(labels, database, left=server, color="tab:orange", label="database")
    for row, both in enumerate(zip(server, database, strict=True)):
        cost.text(sum(both), row, f" {sum(both):,.0f}", va="center")
    cost.set(xscale="log", xlabel="processor time per tap, µs (median)", title="cost")
    cost.set_xlim(10, max(map(sum, zip(server, database, strict=True))) * 3)
    cost.legend(loc="upper right")
    crowds = results.crowds()
    for name, contender in results.contenders.items():
        for axis, what in ((rate, "per_second"), (wait, "p99_ms")):
            line = [results.median(name, what, waiting) for waiting in crowds]
            ours = name.startswith(("embedded", "distributed", "sold_out"))
            style = "o-" if ours else "s--" if name == "empty" else "x:"
            axis.plot(crowds, line, style, label=contender.label)
    for axis, label in ((rate, "answers per second"), (wait, "p99 from tap to answer, ms")):
        axis.set(xscale="log", yscale="log", xlabel="buyers waiting", ylabel=label, xticks=crowds, xticklabels=crowds)
        axis.minorticks_off()
    rate.set_title("throughput")
    wait.set_title("waiting")
    rate.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    figure.savefig(path, dpi=110)
    plt.close(figure)
