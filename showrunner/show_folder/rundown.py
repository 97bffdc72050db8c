"""``rundown.csv``: the looks in the order they are planned, with the SKUs each one sells."""

import difflib
import re
from collections.abc import Mapping

import msgspec

from broadcast.ids import LookId, Sku
from broadcast.show import Article, Look
from showrunner.show_folder import cells
from showrunner.show_folder.catalogue import MAX_BRAND_CHARS, MAX_TITLE_CHARS, Catalogue
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.table import Column, Row, Table, read_table

MAX_CUE_CHARS = 16
MAX_NOTES_CHARS = 1000
MAX_SKUS_PER_LOOK = 50
"""SKUs of one look: what one card can hold and one cue can carry."""

_MAX_SKUS_CHARS = 4000
_MAX_TIME_CHARS = 16
_MAX_HINTED = 50
_MAX_SEARCHED = 5_000
"""Unknown SKUs that get a suggestion, and SKUs searched for it: a large catalogue would take minutes."""

_SEPARATORS = re.compile(r"[;|\n]")
_CUE = re.compile(r"[^\W_](?:[\w.\-/]*\w)?")

COLUMNS = (
    Column("cue", ("Cue",), MAX_CUE_CHARS, required=True),
    Column("number", ("Look",), MAX_CUE_CHARS),
    Column("id", ("Look ID",), MAX_TITLE_CHARS),
    Column("title", ("Title",), MAX_TITLE_CHARS, required=True),
    Column("brand", ("Brand",), MAX_BRAND_CHARS),
    Column("skus", ("SKUs",), _MAX_SKUS_CHARS, required=True),
    Column("start", ("Start",), _MAX_TIME_CHARS),
    Column("duration", ("Duration",), _MAX_TIME_CHARS),
    Column("notes", ("Notes",), MAX_NOTES_CHARS),
)
"""Every column that is read; ``Title (zh)``, ``Title (en)`` … are read too, others are left alone."""


class PlannedLook(msgspec.Struct, frozen=True):
    """A row of the rundown.

    Attributes:
        row: its number.
        skus: what it wants to sell, right or wrong.
        look: the look, its brand perhaps still blank; None where something in the row is wrong.
    """

    row: int
    skus: tuple[Sku, ...]
    look: Look | None


class Rundown(msgspec.Struct, frozen=True):
    """A rundown as read: its rows, in order, and its headers for further problems."""

    looks: tuple[PlannedLook, ...]
    headers: dict[str, str]


def parse_rundown(text: str, problems: Problems, *, language: str) -> Rundown:
    """Read a rundown.

    Args:
        text: the file.
        problems: where everything wrong is noted.
        language: BCP 47 tag of the column ``Title``.
    """
    table = read_table(text, COLUMNS, problems, titles=MAX_TITLE_CHARS)
    if table is None:
        return Rundown((), {})
    return _Reader(table, problems, language).read()


def looks_with_articles(rundown: Rundown, catalogue: Catalogue, problems: Problems) -> tuple[Look, ...]:
    """Hold a rundown against its catalogue: every SKU must be listed, a blank brand is the articles' brand."""
    looks: list[Look] = []
    hints = _MAX_HINTED if len(catalogue.listed) <= _MAX_SEARCHED else 0
    for planned in rundown.looks:
        for sku in planned.skus:
            if sku not in catalogue.listed:
                close = difflib.get_close_matches(sku, catalogue.listed, n=1) if hints else []
                hints = max(0, hints - 1)
                hint = f", did you mean {close[0]!r}?" if close else ""
                problems.error(planned.row, rundown.headers["skus"], f"{shown(sku)} is not in the catalogue{hint}")
        look = planned.look
        if look is None:
            continue
        if not look.brand:
            brand = _brand(look, catalogue.articles)
            if brand is None:
                problems.error(
                    planned.row, rundown.headers["brand"], "is blank, and the look's articles do not agree on one"
                )
                continue
            look = msgspec.structs.replace(look, brand=brand)
        looks.append(look)
    return tuple(looks)


def _brand(look: Look, articles: Mapping[Sku, Article]) -> str | None:
    if not all(sku in articles for sku in look.skus):
        return ""  # the missing article is the problem, and is noted where it is missing
    brands = {articles[sku].brand for sku in look.skus}
    return brands.pop() if len(brands) == 1 and "" not in brands else None


class _Reader:
    def __init__(self, table: Table, problems: Problems, language: str) -> None:
        self._table = table
        self._problems = problems
        self._language = language
        self._seen: dict[tuple[str, str], int] = {}
        self._repeated_cues: set[str] = set()
        self._planned_row = 0
        self._planned_start_ms = -1
        self._planned_end_ms = -1

    def read(self) -> Rundown:
        looks: list[PlannedLook] = []
        for row in self._table.rows():
            skus = self._skus(row)
            looks.append(PlannedLook(row.number, skus, self._look(row, skus)))
        if not looks:
            self._problems.error(None, None, "has a header but no looks")
        return Rundown(tuple(looks), {column.key: self._table.header(column.key) for column in COLUMNS})

    def _look(self, row: Row, skus: tuple[Sku, ...]) -> Look | None:
        errors = self._problems.errors
        cue = self._cue(row)
        number = row["number"] or cue
        look_id = self._id(row, number)
        if self._table.has("title") and not row["title"]:
            self._wrong(row, "title", "is blank")
        start_ms = self._span(row, "start")
        duration_ms = self._span(row, "duration")
        if duration_ms == 0:
            self._wrong(row, "duration", "is 0")
        self._plan(row, start_ms, duration_ms)
        if self._problems.errors != errors or not skus or not row["title"] or not cue:
            return None
        titles = {tag: row[key] for tag, key in self._table.languages.items() if row[key]}
        titles.setdefault(self._language, row["title"])
        return Look(
            id=LookId(look_id),
            cue=cue,
            number=number,
            title=row["title"],
            titles=titles,
            brand=row["brand"],
            skus=skus,
            planned_start_ms=start_ms,
            planned_duration_ms=duration_ms,
            notes=row["notes"],
        )

    def _cue(self, row: Row) -> str:
        cue = row["cue"]
        if not self._table.has("cue"):
            return ""
        if not cue:
            self._wrong(row, "cue", "is blank")
        elif _CUE.fullmatch(cue) is None:
            self._wrong(row, "cue", f"{shown(cue)} must be letters, digits, “.”, “-” and “/”")
        elif not self._is_new(row, "cue", cue):
            self._repeated_cues.add(cue)
        return cue

    def _id(self, row: Row, number: str) -> str:
        repeated = bool(row["number"]) and not self._is_new(row, "number", number)
        look_id = row["id"] or f"look-{cells.slug(number)}"
        try:
            cells.name(look_id)
        except ValueError as reason:
            if row["id"]:
                self._wrong(row, "id", str(reason))
            elif number:
                self._wrong(row, "id", f"is needed: the look number {shown(number)} cannot stand in an address")
            return look_id
        if row["id"] or not (repeated or number in self._repeated_cues):
            self._is_new(row, "id", look_id)
        return look_id

    def _is_new(self, row: Row, key: str, value: str) -> bool:
        first = self._seen.setdefault((key, value), row.number)
        if first != row.number:
            self._wrong(row, key, f"{shown(value)} is already in row {first}")
        return first == row.number

    def _skus(self, row: Row) -> tuple[Sku, ...]:
        if not self._table.has("skus"):
            return ()
        written = [part.strip() for part in _SEPARATORS.split(row["skus"])]
        skus = [part for part in written if part]
        if not skus:
            self._wrong(row, "skus", "is blank: a look sells at least one SKU")
        if len(skus) > MAX_SKUS_PER_LOOK:
            self._wrong(row, "skus", f"has {len(skus)} SKUs, at most {MAX_SKUS_PER_LOOK} are allowed")
            return ()
        return tuple(Sku(sku) for place, sku in enumerate(skus) if self._is_sku(row, sku, skus[:place]))

    def _is_sku(self, row: Row, sku: str, before: list[str]) -> bool:
        if sku in before:
            self._wrong(row, "skus", f"{shown(sku)} is listed twice")
            return False
        try:
            cells.sku(sku)
        except ValueError as reason:
            hint = " (SKUs are separated by “;” or “|”)" if "," in sku else ""
            self._wrong(row, "skus", f"{reason}{hint}")
            return False
        return True

    def _span(self, row: Row, key: str) -> int | None:
        if not row[key]:
            return None
        try:
            return cells.span_ms(row[key])
        except ValueError as reason:
            self._wrong(row, key, str(reason))
            return None

    def _plan(self, row: Row, start_ms: int | None, duration_ms: int | None) -> None:
        if start_ms is None:
            return
        if start_ms < self._planned_start_ms:
            self._warn(row, "start", f"{row['start']} is before the start planned in row {self._planned_row}")
        elif start_ms < self._planned_end_ms:
            self._warn(row, "start", f"{row['start']} is before row {self._planned_row} is planned to end")
        self._planned_row = row.number
        self._planned_start_ms = start_ms
        self._planned_end_ms = start_ms + (duration_ms or 0)

    def _wrong(self, row: Row, key: str, reason: str) -> None:
        self._problems.error(row.number, self._table.header(key), reason)

    def _warn(self, row: Row, key: str, reason: str) -> None:
        self._problems.warning(row.number, self._table.header(key), reason)
