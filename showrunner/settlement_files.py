"""The files of a settlement: the rates it reads, the CSV it writes."""

import csv
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from rich.table import Table

from broadcast.checkout.reconciliation import Difference
from broadcast.checkout.settlement import BASIS_POINTS, Line, Rates, Settlement
from showrunner.settings import SettingsError

RATES = "settlement.toml"
"""In the show's folder; without it nobody keeps anything of a sale but its brand."""

LINE_COLUMNS = (
    "brand", "channel", "currency", "orders", "refunded", "gross", "refunds", "fees", "commission", "net", "house",
)  # fmt: skip
ENTRY_COLUMNS = ("order", "movement", "account", "value", "currency")
DIFFERENCE_COLUMNS = ("order", "provider", "kind", "ours", "theirs", "reason", "action", "repaired")


class _RatesFile(Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rates as written: every key is one of ours."""


def read_rates(folder: Path) -> Rates:
    """Return a show's rates.

    Raises:
        SettingsError: the file cannot be read, or a rate is none.
    """
    path = folder / RATES
    if not path.exists():
        return Rates()
    try:
        rates = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _RatesFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise SettingsError(f"{path}: {wrong}") from wrong
    all_of_them = (
        rates.commission, rates.gateway_fee, *rates.by_channel.values(), *rates.by_brand.values(),
        *rates.by_provider.values(),
    )  # fmt: skip
    if any(not 0 <= rate <= BASIS_POINTS for rate in all_of_them) or rates.gateway_fixed < 0:
        raise SettingsError(f"{path}: rates are basis points from 0 to {BASIS_POINTS}, and nothing is negative")
    return rates


def write_settlement(settlement: Settlement, out: Path) -> None:
    """Write ``settlement.csv`` (a line for each brand, channel and currency) and ``entries.csv``; minor units."""
    _write(out / "settlement.csv", LINE_COLUMNS, settlement.lines)
    _write(out / "entries.csv", ENTRY_COLUMNS, settlement.entries)


def write_differences(differences: Sequence[Difference], out: Path) -> None:
    """Write ``differences.csv``."""
    _write(out / "differences.csv", DIFFERENCE_COLUMNS, differences)


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
