"""``[terms.<product or SKU>]`` in ``show.toml``: how an article is sold, where not just at its price from its look."""

import zoneinfo
from collections.abc import Collection, Iterable, Mapping

import msgspec

from broadcast.ids import ChannelId, Sku
from broadcast.messages import MAX_QUANTITY
from broadcast.money import Money
from broadcast.show import Article, TimedPrice
from showrunner.show_folder import cells
from showrunner.show_folder.instants import instant_ms
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.toml_file import TomlTable

MAX_SHARE_SECONDS = 86_400
MAX_PAYMENT_SECONDS = 90 * 86_400
ALL_PERCENT = 100

_KEYS = (
    "launch_price", "launch_from", "launch_until", "sale_opens", "sale_ends", "payment_due", "payment_after_seconds",
    "limit_per_product", "shares", "shares_seconds",
)  # fmt: skip


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a product, or one SKU, is sold.

    Attributes:
        row, column: where it is written.
        prices: launch prices.
        opens_ms, ends_ms: sale window, programme time.
        payment_due_ms: a pre-order's payment is asked for then.
        payment_after_ms: a pre-order's payment is asked for so long after the tap.
        limit_per_product: pieces one buyer may order of all its sizes.
        shares: channel → percent of the stock kept for it.
        shares_ms: how long after the look is shown.
    """

    row: int | None
    column: str | None
    prices: tuple[TimedPrice, ...] = ()
    opens_ms: int | None = None
    ends_ms: int | None = None
    payment_due_ms: int | None = None
    payment_after_ms: int | None = None
    limit_per_product: int | None = None
    shares: dict[ChannelId, int] = {}
    shares_ms: int = 0


def parse_terms(root: TomlTable, currency: str | None, zone: zoneinfo.ZoneInfo | None) -> dict[str, Terms]:
    """Read every table of terms, by the product or SKU it is for."""
    tables = root.table("terms")
    return {} if tables is None else {name: _terms(table, currency, zone) for name, table in tables.tables()}


def terms_by_sku(
    terms: Mapping[str, Terms], articles: Iterable[Article], channels: Collection[ChannelId] | None, problems: Problems
) -> dict[Sku, Terms]:
    """Return each SKU's terms: its own, else its product's; note names that are in no file.

    Args:
        terms: as read.
        articles: of the catalogue.
        channels: of the show, or None where they were not read.
        problems: of the file the terms are in.
    """
    found: dict[Sku, Terms] = {}
    used: set[str] = set()
    for article in articles:
        name = article.sku if article.sku in terms else article.handle
        if name in terms:
            found[article.sku] = terms[name]
            used.add(name)
    for name, one in terms.items():
        if name not in used:
            problems.error(one.row, one.column, f"{shown(name)} is neither a product nor a SKU of the catalogue")
        for channel in one.shares:
            if channels is not None and channel not in channels:
                problems.error(one.row, one.column, f"{shown(channel)} is not a channel of the show")
    return found


def _terms(table: TomlTable, currency: str | None, zone: zoneinfo.ZoneInfo | None) -> Terms:
    table.only(_KEYS)
    row, column = table.place()
    opens_ms, ends_ms = instant_ms(table, "sale_opens", zone), instant_ms(table, "sale_ends", zone)
    if opens_ms is not None and ends_ms is not None and ends_ms <= opens_ms:
        table.error("sale_ends", "is not after sale_opens")
    due_ms = instant_ms(table, "payment_due", zone)
    after = table.integer("payment_after_seconds", 1, MAX_PAYMENT_SECONDS)
    if due_ms is not None and after is not None:
        table.error("payment_after_seconds", "and payment_due are two answers to one question: write one of them")
    return Terms(
        row=row,
        column=column,
        prices=_launch(table, currency, zone),
        opens_ms=opens_ms,
        ends_ms=ends_ms,
        payment_due_ms=due_ms,
        payment_after_ms=None if after is None else after * 1000,
        limit_per_product=table.integer("limit_per_product", 1, MAX_QUANTITY),
        shares=_shares(table),
        shares_ms=1000
        * (table.integer("shares_seconds", 1, MAX_SHARE_SECONDS, required="shares" in table.values) or 0),
    )


def _launch(table: TomlTable, currency: str | None, zone: zoneinfo.ZoneInfo | None) -> tuple[TimedPrice, ...]:
    if not {"launch_price", "launch_from", "launch_until"} & table.values.keys():
        return ()
    price = _amount(table, table.text("launch_price", required=True), currency)
    from_ms = instant_ms(table, "launch_from", zone, required=True)
    until_ms = instant_ms(table, "launch_until", zone, required=True)
    if from_ms is None or until_ms is None or price is None:
        return ()
    if until_ms <= from_ms:
        table.error("launch_until", "is not after launch_from")
        return ()
    return (TimedPrice(from_ms=from_ms, until_ms=until_ms, price=price),)


def _amount(table: TomlTable, written: str | None, currency: str | None) -> Money | None:
    if written is None or currency is None:
        return None
    try:
        return cells.amount(written, currency)
    except ValueError as reason:
        table.error("launch_price", str(reason))
        return None


def _shares(table: TomlTable) -> dict[ChannelId, int]:
    written = table.table("shares")
    if written is None:
        return {}
    shares = {
        ChannelId(channel): percent
        for channel in written.values
        if (percent := written.integer(channel, 1, ALL_PERCENT)) is not None
    }
    if sum(shares.values()) > ALL_PERCENT:
        table.error("shares", f"are {sum(shares.values())} percent together, at most {ALL_PERCENT} can be kept")
    return shares
