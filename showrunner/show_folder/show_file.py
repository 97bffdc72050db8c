"""``show.toml``: what the show is called, when it starts, what it costs in, what its picture is, and its settings."""

import re
import zoneinfo
from pathlib import Path
from typing import Literal

import msgspec
from babel.numbers import is_currency as is_known_currency

from broadcast.ids import ShowId
from broadcast.messages import MAX_QUANTITY
from broadcast.money import is_currency
from broadcast.programme.addresses import parse_address
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.splice_rules import MAX_RULES, SpliceRule
from broadcast.show import ShowInfo
from showrunner.show_folder import cells
from showrunner.show_folder.instants import instant_ms
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.spending import SpendingTable, parse_spending
from showrunner.show_folder.terms import Terms, parse_terms
from showrunner.show_folder.toml_file import TomlTable, read_toml

DEFAULT_LANGUAGE = "en"
DEFAULT_HOLD_SECONDS = 300
DEFAULT_LIMIT_PER_BUYER = 2
DEFAULT_SECONDS_PER_LOOK = 8

MAX_SHOW_TITLE_CHARS = 200
MAX_HOLD_SECONDS = 86_400
MAX_SECONDS_PER_LOOK = 3_600

_KEYS = (
    "id", "title", "titles", "language", "start", "time_zone", "currency", "programme", "settings", "splices",
    "terms", "spending",
)  # fmt: skip
_SETTING_KEYS = ("hold_seconds", "limit_per_buyer", "seconds_per_look")
_SPLICE_KEYS = tuple(SpliceRule.__struct_fields__)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class ProgrammeSource(msgspec.Struct, frozen=True):
    """Where the picture comes from.

    Attributes:
        kind: ``film`` (the runway film made from the rundown), ``file`` or ``url``.
        location: absolute path of the file, or the address; empty for the film.
    """

    kind: Literal["film", "file", "url"]
    location: str = ""


class ShowSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a show may set.

    Attributes:
        hold_ms: how long a reservation waits for its payment.
        limit_per_buyer: pieces of one SKU one buyer may order, where the article sets no limit of its own.
        seconds_per_look: how long each look walks in the film.
        splices: what the source's splice messages (SCTE 35) mean, the first that fits counts.
    """

    hold_ms: int = DEFAULT_HOLD_SECONDS * 1000
    limit_per_buyer: int = DEFAULT_LIMIT_PER_BUYER
    seconds_per_look: int = DEFAULT_SECONDS_PER_LOOK
    splices: tuple[SpliceRule, ...] = ()


class ShowFile(msgspec.Struct, frozen=True):
    """A ``show.toml`` as read."""

    info: ShowInfo
    settings: ShowSettings
    programme: ProgrammeSource
    language: str
    terms: dict[str, Terms]
    spending: SpendingTable | None = None


def parse_show(text: str, problems: Problems, *, folder: Path) -> tuple[ShowFile | None, str | None, str]:
    """Read a show file.

    Args:
        text: the file.
        problems: where everything wrong is noted.
        folder: the show's folder: its name stands in for a missing ``id``, relative programme files begin there.

    Returns:
        The file, or None where something is wrong, then what the other files need from it even so: the currency
        (None where it is wrong) and the language of titles.
    """
    root = read_toml(text, problems)
    if root is None:
        return None, None, DEFAULT_LANGUAGE
    root.only(_KEYS)
    language = _language(root)
    title = root.text("title", required=True, max_chars=MAX_SHOW_TITLE_CHARS)
    titles = root.titles("titles", MAX_SHOW_TITLE_CHARS)
    show = _id(root, folder)
    zone_name, zone = _time_zone(root)
    start_ms = instant_ms(root, "start", zone, required=True)
    currency = _currency(root)
    terms = parse_terms(root, currency, zone)
    spending = parse_spending(root, currency)
    programme = _programme(root, folder)
    settings = msgspec.structs.replace(_settings(root), splices=tuple(_splices(root)))
    if problems.errors or title is None or start_ms is None or currency is None or zone_name is None:
        return None, currency, language
    info = ShowInfo(
        id=ShowId(show),
        title=title,
        titles={language: title} | titles,
        starts_at_ms=start_ms,
        time_zone=zone_name,
        currency=currency,
    )
    return ShowFile(info, settings, programme, language, terms, spending), currency, language


def _language(root: TomlTable) -> str:
    language = root.text("language") or DEFAULT_LANGUAGE
    if _LANGUAGE.fullmatch(language) is None:
        root.error("language", f"{shown(language)} is not a language tag: write en, zh, zh-Hant …")
        return DEFAULT_LANGUAGE
    return language


def _id(root: TomlTable, folder: Path) -> str:
    written = root.text("id")
    show = written or cells.slug(folder.resolve().name)
    try:
        cells.name(show)
    except ValueError as reason:
        root.error(
            "id", str(reason) if written else f"is needed: the folder's name cannot stand in an address ({reason})"
        )
    return show


def _time_zone(root: TomlTable) -> tuple[str | None, zoneinfo.ZoneInfo | None]:
    written = root.text("time_zone", required=True)
    if written is None:
        return None, None
    try:
        return written, zoneinfo.ZoneInfo(written)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        root.error("time_zone", f"{shown(written)} is not a time zone: write its IANA name, as Asia/Shanghai")
        return written, None


def _currency(root: TomlTable) -> str | None:
    currency = root.text("currency", required=True)
    if currency is None:
        return None
    if not is_currency(currency) or not is_known_currency(currency):
        root.error("currency", f"{shown(currency)} is not an ISO 4217 currency code, as CNY")
        return None
    return currency


def _programme(root: TomlTable, folder: Path) -> ProgrammeSource:
    film = ProgrammeSource("film")
    written = root.text("programme")
    if written is None or written == "film":
        return film
    if "://" in written:
        try:
            parse_address(written)
        except ProgrammeError as unusable:
            root.error("programme", unusable.detail)
        return ProgrammeSource("url", written)
    file = folder.resolve() / written
    if not file.is_file():
        root.error("programme", f"{shown(written)} is neither “film”, an address, nor a file in the show's folder")
    return ProgrammeSource("file", str(file))


def _settings(root: TomlTable) -> ShowSettings:
    table = root.table("settings")
    if table is None:
        return ShowSettings()
    table.only(_SETTING_KEYS)
    hold = table.integer("hold_seconds", 1, MAX_HOLD_SECONDS)
    limit = table.integer("limit_per_buyer", 1, MAX_QUANTITY)
    seconds = table.integer("seconds_per_look", 1, MAX_SECONDS_PER_LOOK)
    return ShowSettings(
        hold_ms=(hold or DEFAULT_HOLD_SECONDS) * 1000,
        limit_per_buyer=limit or DEFAULT_LIMIT_PER_BUYER,
        seconds_per_look=seconds or DEFAULT_SECONDS_PER_LOOK,
    )


def _splices(root: TomlTable) -> list[SpliceRule]:
    """Read ``[splices.NAME]`` tables: each is a rule, its name is for people."""
    table = root.table("splices")
    rules: list[SpliceRule] = []
    for _, rule in table.tables() if table is not None else ():
        rule.only(_SPLICE_KEYS)
        values = {key: value for key, value in rule.values.items() if key in _SPLICE_KEYS}
        try:
            rules.append(msgspec.convert(values, SpliceRule))
        except msgspec.ValidationError as wrong:
            reason, _, place = str(wrong).partition(" - at `$.")
            rule.error(place.rstrip("`") or None, reason)
    if table is not None and len(rules) > MAX_RULES:
        table.error(None, f"holds more than {MAX_RULES} rules")
    return rules
