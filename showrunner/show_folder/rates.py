"""``settlement.toml``: who keeps how much of a sale. Without it nobody keeps anything of a sale but its brand."""

from collections.abc import Collection
from typing import get_args

from broadcast.checkout.payment import Provider
from broadcast.checkout.settlement import BASIS_POINTS, Rates
from broadcast.money import MAX_MINOR_UNITS
from showrunner.show_folder.problems import Problems
from showrunner.show_folder.toml_file import TomlTable, read_toml

RATES = "settlement.toml"

_KEYS = frozenset(Rates.__struct_fields__)


def parse_rates(
    text: str, problems: Problems, *, channels: Collection[str] | None = None, brands: Collection[str] | None = None
) -> Rates:
    """Return the rates of a show; what is wrong with them is noted, with its line.

    Args:
        text: the file's.
        problems: what is wrong.
        channels: the show's; None where they are not known.
        brands: the catalogue's; None where they are not known.
    """
    root = read_toml(text, problems)
    if root is None:
        return Rates()
    root.only(_KEYS)
    return Rates(
        commission=root.integer("commission", 0, BASIS_POINTS) or 0,
        by_channel=_by(root, "by_channel", channels),
        by_brand=_by(root, "by_brand", brands),
        gateway_fee=root.integer("gateway_fee", 0, BASIS_POINTS) or 0,
        by_provider=_by(root, "by_provider", get_args(Provider)),
        gateway_fixed=root.integer("gateway_fixed", 0, MAX_MINOR_UNITS) or 0,
        fee_back_on_refund=root.boolean("fee_back_on_refund") or False,
    )


def _by(root: TomlTable, key: str, known: Collection[str] | None) -> dict[str, int]:
    table = root.table(key)
    if table is None:
        return {}
    for name in table.values:
        if known is not None and name not in known:
            table.warning(name, f"no sale is of this one: known are {', '.join(sorted(known))}")
    return {name: rate for name in table.values if (rate := table.integer(name, 0, BASIS_POINTS)) is not None}
