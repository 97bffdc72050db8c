"""``[spending]`` in ``show.toml``: what an order and a buyer may cost before the buyer has to show who they are."""

from collections.abc import Collection

import msgspec

from broadcast.checkout.spending import SpendingLimits, SpendingRule
from broadcast.ids import ChannelId
from showrunner.show_folder import cells
from showrunner.show_folder.addresses import web_page
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.toml_file import TomlTable

DEFAULT_MAX_AGE_SECONDS = 300
MAX_AGE_SECONDS = 86_400
MAX_WINDOW_SECONDS = 366 * 86_400
MAX_ACR_VALUES = 16
MAX_ACR_CHARS = 256

_RULE_KEYS = ("per_order", "per_buyer", "window_seconds", "max_age_seconds", "acr_values", "step_up_url")
_KEYS = (*_RULE_KEYS, "channels")


class SpendingTable(msgspec.Struct, frozen=True):
    """A ``[spending]`` table as read.

    Attributes:
        limits: what it says.
        places: channel → (row, column) of its table.
    """

    limits: SpendingLimits
    places: dict[ChannelId, tuple[int | None, str | None]]


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """One table's own keys; None where it is silent."""

    url: str | None = None
    per_order: int | None = None
    per_buyer: int | None = None
    window_ms: int | None = None
    max_age_ms: int | None = None
    acr_values: tuple[str, ...] | None = None


def parse_spending(root: TomlTable, currency: str | None) -> SpendingTable | None:
    """Read the spending limits, or return None where the show has none. A channel's own keys count instead."""
    table = root.table("spending")
    if table is None:
        return None
    table.only(_KEYS)
    everywhere = _written(table, currency)
    rule = _rule(table, everywhere, everywhere)
    channels: dict[ChannelId, SpendingRule] = {}
    places: dict[ChannelId, tuple[int | None, str | None]] = {}
    inner = table.table("channels")
    for name, channel in inner.tables() if inner is not None else ():
        channel.only(_RULE_KEYS)
        own = _rule(channel, _written(channel, currency), everywhere)
        places[ChannelId(name)] = channel.place()
        if own is not None:
            channels[ChannelId(name)] = own
    if rule is None and inner is None:
        table.error(None, "limits nothing: write per_order, per_buyer, or both")
    return SpendingTable(SpendingLimits(everywhere=rule, by_channel=channels), places)


def check_channels(table: SpendingTable, channels: Collection[ChannelId], problems: Problems) -> None:
    """Note limits of channels that the show does not go out on."""
    for channel, place in table.places.items():
        if channel not in channels:
            problems.error(*place, f"{shown(channel)} is not a channel of the show")


def _rule(table: TomlTable, own: _Written, everywhere: _Written) -> SpendingRule | None:
    def either(key: str) -> object:
        value = getattr(own, key)
        return getattr(everywhere, key) if value is None else value

    written = msgspec.convert({key: either(key) for key in _Written.__struct_fields__}, _Written)
    if written.per_order is None and written.per_buyer is None:
        return None
    if written.window_ms is not None and written.per_buyer is None:
        table.error("window_seconds", "is about per_buyer, which is missing")
    if written.url is None:
        if "step_up_url" not in table.values:
            table.error(None, "step_up_url is missing: where a buyer beyond the limit shows who they are")
        return None
    return SpendingRule(
        url=written.url,
        per_order=written.per_order,
        per_buyer=written.per_buyer,
        window_ms=written.window_ms,
        max_age_ms=DEFAULT_MAX_AGE_SECONDS * 1000 if written.max_age_ms is None else written.max_age_ms,
        acr_values=written.acr_values or (),
    )


def _written(table: TomlTable, currency: str | None) -> _Written:
    window = table.integer("window_seconds", 1, MAX_WINDOW_SECONDS)
    age = table.integer("max_age_seconds", 1, MAX_AGE_SECONDS)
    return _Written(
        url=_url(table),
        per_order=_amount(table, "per_order", currency),
        per_buyer=_amount(table, "per_buyer", currency),
        window_ms=None if window is None else window * 1000,
        max_age_ms=None if age is None else age * 1000,
        acr_values=_acr_values(table),
    )


def _amount(table: TomlTable, key: str, currency: str | None) -> int | None:
    written = table.text(key)
    if written is None or currency is None:
        return None
    try:
        return cells.amount(written, currency).value
    except ValueError as reason:
        table.error(key, str(reason))
        return None


def _url(table: TomlTable) -> str | None:
    written = table.text("step_up_url")
    if written is None:
        return None
    try:
        return web_page(written)
    except ValueError as reason:
        table.error("step_up_url", str(reason))
        return None


def _acr_values(table: TomlTable) -> tuple[str, ...] | None:
    if "acr_values" not in table.values:
        return None
    values = table.texts("acr_values")
    if len(values) > MAX_ACR_VALUES:
        table.error("acr_values", f"has {len(values)} values, at most {MAX_ACR_VALUES} are allowed")
    for value in values:
        plain = value.isascii() and value.isprintable() and not set(value) & set(' "\\')
        if not 1 <= len(value) <= MAX_ACR_CHARS or not plain:
            table.error("acr_values", f"{shown(value)} is not a value: visible ASCII, no spaces, quotes or backslashes")
    return tuple(values)
