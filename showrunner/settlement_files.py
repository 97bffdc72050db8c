"""The files of a settlement: the rates it reads, the CSV it writes."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.table import Table

from broadcast.checkout.reconciliation import Difference
from broadcast.checkout.settlement import Line, Rates, Settlement
from showrunner.settings import SettingsError
from showrunner.show_folder.problems import Problems
from showrunner.show_folder.rates import RATES, parse_rates
from showrunner.show_folder.reading import read_text

LINE_COLUMNS = (
    "brand", "channel", "currency", "orders", "refunded", "gross", "refunds", "fees", "commission", "net", "house",
)  # fmt: skip
ENTRY_COLUMNS = ("order", "movement", "account", "value", "currency")
DIFFERENCE_COLUMNS = ("order", "provider", "kind", "ours", "theirs", "reason", "action", "repaired")


DIFFERENCES = "differences.csv"
"""Written last: where it is, the report is whole."""


def read_rates(folder: Path) -> Rates:
    """Return a show's rates.

    Raises:
        SettingsError: the file cannot be read, or a rate is none.
    """
    path = folder / RATES
    if not path.exists():
        return Rates()
    problems = Problems(str(path))
    text = read_text(path, problems)
    rates = Rates() if text is None else parse_rates(text, problems)
    if problems.errors:
        raise SettingsError("\n".join(str(problem) for problem in problems.kept if problem.severity == "error"))
    return rates


def write_settlement(settlement: Settlement, out: Path) -> None:
    """Write ``settlement.csv`` (a line for each brand, channel and currency) and ``entries.csv``; minor units."""
    _write(out / "settlement.csv", LINE_COLUMNS, settlement.lines)
    _write(out / "entries.csv", ENTRY_COLUMNS, settlement.entries)


def write_differences(differences: Sequence[Difference], out: Path) -> None:
    """Write ``differences.csv``."""
    _write(out / DIFFERENCES, DIFFERENCE_COLUMNS, differences)


def settlement_table(lines: Sequence[Line]) -> Table:
    """Return the lines for a terminal."""
    table = Table(*LINE_COLUMNS, title="Settlement, in minor units")
    for line in lines:
        table.add_row(*(str(getattr(line, name)) for name in LINE_COLUMNS))
    return table


def differences_table(differences: Sequence[Difference]) -> Table:
    """Return the differences for a terminal."""
    table = Table(*DIFFERENCE_COLUMNS, title="Differences")
    for one in differences:
        table.add_row(*(str(getattr(one, name)) for name in DIFFERENCE_COLUMNS))
    return table


def _write(path: Path, columns: Sequence[str], rows: Iterable[object]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([getattr(row, name) for name in columns] for row in rows)
    fresh.replace(path)
