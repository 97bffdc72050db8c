"""A CSV file as a table: its header matched to known columns, its rows numbered as a spreadsheet numbers them.

The format is RFC 4180 as spreadsheets write it. Cells are text and stay text: a cell that begins like a formula
(``=``, ``+``, ``-``, ``@``) means nothing here.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from showrunner.show_folder.problems import Problems

MAX_ROWS = 200_000
"""Rows of a table, header included; a longer one is refused."""

MAX_COLUMNS = 500
"""Columns of a table. Shopify's own export has about 60, and more with metafields and markets."""

MAX_UNUSED_CHARS = 131_072
"""The length of a cell no column rule bounds further (the csv module's own limit)."""

_LANGUAGE_COLUMN = re.compile(r"^title \(([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\)$")
_CLOSE_ENOUGH = 0.75


class Column(NamedTuple):
    """A column that is read.

    Attributes:
        key: the name rows are asked with.
        headers: every accepted header, the preferred first. Case and spacing don't matter.
        max_chars: the longest cell.
        required: whether the table is wrong without it.
    """

    key: str
    headers: tuple[str, ...]
    max_chars: int
    required: bool = False


class Row:
    """One row: ``row["sku"]`` is the trimmed cell, empty where the cell is blank or the column is absent."""

    __slots__ = ("_cells", "_places", "number")

    def __init__(self, number: int, cells: list[str], places: Mapping[str, int]) -> None:
        self.number = number
        self._cells = cells
        self._places = places

    def __getitem__(self, key: str) -> str:
        place = self._places.get(key)
        return "" if place is None else self._cells[place]


class Table:
    """A table whose header has been understood; its rows are read once, while iterating.

    Attributes:
        languages: BCP 47 tag → key, of the columns ``Title (zh)``, ``Title (en)`` ….
    """

    def __init__(
        self,
        records: Iterator[tuple[int, list[str]]],
        width: int,
        columns: Sequence[tuple[Column, str, int]],
        headers: Mapping[str, str],
        languages: Mapping[str, str],
        problems: Problems,
    ) -> None:
        self._records = records
        self._width = width
        self._columns = columns
        self._places = {column.key: place for column, _, place in columns}
        self._headers = {**headers, **{column.key: header for column, header, _ in columns}}
        self.languages = languages
        self._problems = problems

    def has(self, key: str) -> bool:
        """Tell whether the table has the column."""
        return key in self._places

    def header(self, key: str) -> str:
        """Return the column's header as the file writes it, the preferred one where the file has no such column."""
        return self._headers[key]

    def rows(self) -> Iterator[Row]:
        """Yield every row that is not blank, noting ragged rows and cells that are too long on the way."""
        for number, cells in self._records:
            if number > MAX_ROWS:
                self._problems.error(number, None, f"more than {MAX_ROWS:,} rows: the rest was not read")
                return
            if not any(cells):
                continue
            self._fit(number, cells)
            for column, header, place in self._columns:
                cell = cells[place].strip()
                if len(cell) > column.max_chars:
                    self._problems.error(
                        number, header, f"has {len(cell):,} characters, at most {column.max_chars:,} are allowed"
                    )
                    cell = cell[: column.max_chars]
                cells[place] = cell
            yield Row(number, cells, self._places)

    def _fit(self, number: int, cells: list[str]) -> None:
        if len(cells) == self._width:
            return
        if len(cells) < self._width or any(cell.strip() for cell in cells[self._width :]):
            self._problems.error(
                number, None, f"has {len(cells)} cells, the header has {self._width}: is a comma or a quote missing?"
            )
        cells.extend([""] * (self._width - len(cells)))


def read_table(text: str, columns: Sequence[Column], problems: Problems, *, titles: int) -> Table | None:
    """Understand a table's header.

    Args:
        text: the file.
        columns: the columns to look for; others are left alone.
        problems: where missing, doubled and misspelt columns are noted.
        titles: the longest cell of the language columns ``Title (xx)``.

    Returns:
        The table, or None where there is no header to go by.
    """
    if not text.strip():
        problems.error(None, None, "the file is empty")
        return None
    records = _records(text, problems)
    number, header = next(((number, cells) for number, cells in records if any(map(str.strip, cells))), (0, []))
    if not header:
        if not problems.errors:  # else a quote swallowed the header, and has been noted
            problems.error(None, None, "has no header: every cell is blank")
        return None
    if len(header) == 1 and (other := _other_separator(header[0])):
        problems.error(number, None, f"columns are separated by {other}: they must be separated by commas")
        return None
    if len(header) > MAX_COLUMNS:
        problems.error(number, None, f"has {len(header):,} columns, at most {MAX_COLUMNS} are allowed")
        return None
    while header and not header[-1].strip():
        header.pop()
    found, languages = _match(header, number, columns, titles, problems)
    preferred = {column.key: column.headers[0] for column in columns}
    return Table(records, len(header), found, preferred, languages, problems)


def normal(header: str) -> str:
    """Return a header as headers are compared: case and spacing don't matter."""
    return " ".join(header.casefold().split())


def _match(
    header: list[str], number: int, columns: Sequence[Column], titles: int, problems: Problems
) -> tuple[list[tuple[Column, str, int]], dict[str, str]]:
    known = {normal(name): column for column in columns for name in column.headers}
    found: dict[str, tuple[Column, str, int]] = {}
    languages: dict[str, str] = {}
    strangers: dict[str, str] = {}
    for place, written in enumerate(header):
        name = normal(written)
        column = known.get(name)
        language = _LANGUAGE_COLUMN.match(name)
        if column is None and language is not None:
            column = Column(f"title:{language[1]}", (written,), titles)
            languages[language[1]] = column.key
        if column is None:
            strangers[name] = written.strip()
        elif column.key in found:
            problems.error(number, written.strip(), f"is the same column as {found[column.key][1]!r}: remove one")
        else:
            found[column.key] = (column, written.strip(), place)
    for column in columns:
        if column.key not in found:
            _missing(column, number, strangers, problems)
    return list(found.values()), languages


def _missing(column: Column, number: int, strangers: Mapping[str, str], problems: Problems) -> None:
    close = [
        strangers[match]
        for name in column.headers
        for match in difflib.get_close_matches(normal(name), strangers, n=1, cutoff=_CLOSE_ENOUGH)
    ]
    if column.required:
        hint = f": is {close[0]!r} meant to be it?" if close else ""
        also = f" (or {', '.join(map(repr, column.headers[1:]))})" if len(column.headers) > 1 else ""
        problems.error(number, column.headers[0], f"the column is missing{also}{hint}")
    elif close:
        problems.warning(number, close[0], f"is not read: is it meant to be {column.headers[0]!r}?")


def _other_separator(first: str) -> str | None:
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in first:
            return name
    return None


def _records(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells). A row that is not CSV is noted and left out; an unclosed quote ends the reading."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        line = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            said = str(failure)
            if "unexpected end" in said:
                problems.error(number, None, f"a quote opened in this row (line {line} of the file) is never closed")
                return
            if "field larger" in said:
                problems.error(
                    number,
                    None,
                    f"a cell has more than {MAX_UNUSED_CHARS:,} characters: is its quote (line {line} of the file) "
                    "never closed?",
                )
                return
            problems.error(
                number,
                None,
                "has text after a closing quote: a quote inside a cell is written twice, "
                f"and one opened before may be missing its end (line {reader.line_num} of the file)",
            )
