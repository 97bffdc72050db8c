"""What was seen, as a table, as a plot and as JSON."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from rich.console import Console
from rich.table import Table

from benchmarks.recording import RESULTS, Targets, reached, record
from benchmarks.skew.clocks import Said
from benchmarks.skew.judging import FRAME_MS, Verdict
from benchmarks.skew.maps import Dated
from benchmarks.skew.scenes import Part

NOT_MEASURED = "not measured"

TARGETS: Targets = {
    "takes": ("≥", 100),
    "early_cards": ("≤", 0),
    "on_frame_share": ("≥", 0.95),
    "two_frame_share": ("≥", 1),
    "map_error_ms_max": ("≤", 1),
    "map_error_ms_max_first_frame": ("≤", 1),
    "clock_error_ms_p95": ("≤", 5),
    "clock_bound_violations": ("≤", 0),
}
"""What the card on the frame is meant to reach."""

__all__ = ["Part", "Results", "tell"]


@dataclass
class Results:
    """Everything one run saw."""

    verdicts: list[Verdict] = field(default_factory=list)
    images: int = 0
    illegible: int = 0
    early: int = 0
    clock: list[Said] = field(default_factory=list)
    dated: list[Dated] = field(default_factory=list)
    passed_on: int = 0

    def figures(self) -> dict[str, Any]:
        """Return the figures.

        Raises:
            ValueError: nothing was seen at all.
        """
        if not self.verdicts or not self.dated or not self.clock:
            raise ValueError("no take, no frame or no clock was seen")
        errors = [abs(each.error_ms) for each in self.dated]
        first = [abs(each.error_ms) for each in self.dated if each.first]
        clock = [abs(each.error_ms) for each in self.clock]
        elapsed = [verdict.elapsed_ms for verdict in self.verdicts if verdict.elapsed_ms is not None]
        return {
            "takes": len(self.verdicts),
            "on_frame_share": _share(verdict.on_frame for verdict in self.verdicts),
            "two_frame_share": _share(verdict.within_two for verdict in self.verdicts),
            "early_cards": self.early,
            "clock_error_ms_p95": round(quantile(clock, 0.95), 3),
            "clock_error_ms_max": round(max(clock), 3),
            "clock_bound_ms_p95": round(quantile([each.bound_ms for each in self.clock], 0.95), 3),
            "clock_bound_violations": sum(each.violated for each in self.clock),
            "clock_samples": len(self.clock),
            "map_error_ms_p50": quantile(errors, 0.5),
            "map_error_ms_p99": quantile(errors, 0.99),
            "map_error_ms_max": max(errors),
            "map_error_ms_max_first_frame": max(first) if first else NOT_MEASURED,
            "map_frames": len(errors),
            "map_first_frames": len(first),
            "map_frames_passed_on": self.passed_on,
            "elapsed_skew_ms_p50": round(quantile(elapsed, 0.5), 1) if elapsed else NOT_MEASURED,
            "elapsed_skew_ms_p95": round(quantile(elapsed, 0.95), 1) if elapsed else NOT_MEASURED,
            "elapsed_skew_takes": len(elapsed),
            "images": self.images,
            "images_illegible": self.illegible,
            "images_per_take": round(statistics.median(verdict.images for verdict in self.verdicts), 1),
            "by_phase": {phase: self._of_phase(phase) for phase in self.phases()},
        }

    def phases(self) -> list[str]:
        """Return what viewers went through, in that order."""
        return list(dict.fromkeys(verdict.phase for verdict in self.verdicts))

    def _of_phase(self, phase: str) -> dict[str, Any]:
        mine = [verdict for verdict in self.verdicts if verdict.phase == phase]
        return {
            "takes": len(mine),
            "on_frame_share": _share(verdict.on_frame for verdict in mine),
            "two_frame_share": _share(verdict.within_two for verdict in mine),
            "early_cards": sum(verdict.early for verdict in mine),
        }


def _share(held: Iterable[bool]) -> float:
    each = list(held)
    return round(sum(each) / len(each), 4)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of them does not exceed."""
    ordered: list[float] = sorted(values)
    place: int = math.ceil(share * len(ordered)) - 1
    return ordered[max(0, place)]


def tell(results: Results, command: str, console: Console, *, name: str) -> None:
    """Print the tables, and write the plot and the JSON."""
    figures = results.figures()
    console.print(_phases(figures), _reached(figures))
    record(name, command, figures)
    _plot(results, RESULTS / f"{name}.png")
    console.print(f"written: benchmarks/results/{name}.json and {name}.png")


def _phases(figures: dict[str, Any]) -> Table:
    table = Table(title="Cards on the picture, from composited screenshots")
    for heading in ("viewer", "takes", "on the frame", "within two frames", "early images"):
        table.add_column(heading, justify="left" if heading == "viewer" else "right")
    for phase, part in figures["by_phase"].items():
        table.add_row(
            phase,
            str(part["takes"]),
            f"{part['on_frame_share']:.1%}",
            f"{part['two_frame_share']:.1%}",
            str(part["early_cards"]),
        )
    return table


def _reached(figures: dict[str, Any]) -> Table:
    table = reached({name: each for name, each in figures.items() if each != NOT_MEASURED}, TARGETS)
    for name in ("elapsed_skew_ms_p50", "elapsed_skew_ms_p95", "elapsed_skew_takes", "images", "map_frames"):
        table.add_row(name, str(figures[name]), "")
    return table


def _plot(results: Results, path: Path) -> None:
    mpl.use("Agg")
    figure, (late, elapsed, clock) = plt.subplots(1, 3, figsize=(17, 5), layout="constrained")
    frames = [0 if each.late_after_ms is None else each.late_after_ms // FRAME_MS + 1 for each in results.verdicts]
    last = max(*frames, 3)
    bottom = [0] * (last + 1)
    for phase in results.phases():
        of_phase = [count for count, each in zip(frames, results.verdicts, strict=True) if each.phase == phase]
        counts = [of_phase.count(place) for place in range(last + 1)]
        late.bar(range(last + 1), counts, bottom=bottom, label=phase)
        bottom = [below + count for below, count in zip(bottom, counts, strict=True)]
    late.set(xlabel="frames of picture without the card, from the take on", ylabel="takes", xticks=range(last + 1))
    late.set_title(f"{len(frames)} takes, {results.images:,} screenshots, {results.early} with a card too early")
    late.legend()
    spans = sorted(each.elapsed_ms for each in results.verdicts if each.elapsed_ms is not None)
    if spans:
        elapsed.step(spans, [(place + 1) / len(spans) for place in range(len(spans))], where="post")
    elapsed.axvline(FRAME_MS, color="tab:grey", linestyle=":", label="one frame")
    elapsed.set(xlabel="ms from the first due frame to the card", ylabel="share of takes", ylim=(0, 1.02))
    elapsed.set_title(f"elapsed on screen, {len(spans)} takes without a break in the screenshots")
    elapsed.legend()
    clock.plot([each.bound_ms for each in results.clock], color="tab:grey", label="stated bound")
    clock.plot([-each.bound_ms for each in results.clock], color="tab:grey")
    clock.plot([each.error_ms for each in results.clock], ".", color="tab:red", label="error")
    clock.set(xlabel="sample", ylabel="ms", title="the server's time as the page has it")
    clock.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)
