"""Where results are kept, and what each of them says beside its figures; and the table of what was wanted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from rich.table import Table

from benchmarks.machine import machine

RESULTS = Path(__file__).parent / "results"

Targets = Mapping[str, tuple[Literal["≤", "≥"], float]]
"""Figure → how it is to compare with which number."""


def record(name: str, command: str, figures: Mapping[str, Any]) -> None:
    """Write ``results/<name>.json``: the machine, the command, the figures."""
    RESULTS.mkdir(exist_ok=True)
    recorded = {"machine": machine(), "command": command, "figures": figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")


def reached(figures: Mapping[str, Any], targets: Targets, p10: Mapping[str, float] | None = None) -> Table:
    """Return what was measured beside what was wanted; ``p10`` adds the figures at the tenth percentile."""
    table = Table(title="Reach")
    headings = ["figure", "measured", *(["p10"] if p10 is not None else []), "wanted"]
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, (relation, wanted) in targets.items():
        shown = "not measured"
        if name in figures:
            met = figures[name] <= wanted if relation == "≤" else figures[name] >= wanted
            shown = f"[{'green' if met else 'red'}]{figures[name]}"
        between = [str(p10.get(name, ""))] if p10 is not None else []
        table.add_row(name, shown, *between, f"{relation} {wanted}")
    return table
