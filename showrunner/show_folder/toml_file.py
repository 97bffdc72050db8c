"""A TOML file (v1.0.0) with every value asked for by type and bounds, and its line known for the report."""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator
from typing import Any

from showrunner.show_folder.problems import Problems, shown

MAX_TEXT_CHARS = 2048
"""The length of a text value no rule bounds further."""

MAX_KEYS = 1000
"""Keys of one table; more are refused."""

_SYNTAX_PLACE = re.compile(r"^(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_TABLE = re.compile(r"^\s*\[\s*(?P<path>[^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*(?P<path>[\w\-.\"' ]+?)\s*=")
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", list: "a list", dict: "a table"}


class TomlTable:
    """One table of a TOML file.

    Every getter returns the value, or None where the key is absent or its value is wrong; what is wrong is noted
    with the line and the full key.
    """

    def __init__(
        self, values: dict[str, Any], path: tuple[str, ...], lines: dict[str, int], problems: Problems
    ) -> None:
        self.values = values
        self._path = path
        self._lines = lines
        self._problems = problems

    def place(self, key: str | None = None) -> tuple[int | None, str | None]:
        """Return (line, full key) for a report; the table's own where no key is given."""
        path = (*self._path, key) if key is not None else self._path
        for length in range(len(path), 0, -1):
            line = self._lines.get(".".join(path[:length]))
            if line is not None:
                return line, ".".join(path)
        return None, ".".join(path) or None

    def error(self, key: str | None, reason: str) -> None:
        """Note an error at a key of this table."""
        self._problems.error(*self.place(key), reason)

    def warning(self, key: str | None, reason: str) -> None:
        """Note a warning at a key of this table."""
        self._problems.warning(*self.place(key), reason)

    def text(self, key: str, *, required: bool = False, max_chars: int = MAX_TEXT_CHARS) -> str | None:
        """Return a text that is not blank, trimmed."""
        value = self._typed(key, str, required=required)
        if value is None:
            return None
        text = str(value).strip()
        if not text:
            self.error(key, "is blank")
            return None
        if len(text) > max_chars:
            self.error(key, f"has {len(text):,} characters, at most {max_chars:,} are allowed")
            return None
        return text

    def integer(self, key: str, low: int, high: int, *, required: bool = False) -> int | None:
        """Return a whole number within bounds."""
        value = self._typed(key, int, required=required)
        if value is None:
            return None
        number = int(value)
        if not low <= number <= high:
            self.error(key, f"is {number:,}, it must be between {low:,} and {high:,}")
            return None
        return number

    def boolean(self, key: str) -> bool | None:
        """Return a truth value."""
        value = self._typed(key, bool)
        return None if value is None else bool(value)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; entries of another kind are noted and left out."""
        entries = self._typed(key, list) or []
        if not all(isinstance(entry, str) for entry in entries):
            self.error(key, "must be a list of texts")
        return [entry for entry in entries if isinstance(entry, str)]

    def table(self, key: str) -> "TomlTable | None":
        """Return a table inside this one."""
        value = self._typed(key, dict)
        return None if value is None else TomlTable(value, (*self._path, key), self._lines, self._problems)

    def tables(self) -> Iterator[tuple[str, "TomlTable"]]:
        """Yield (name, table) of every table inside this one; a value of another kind is noted."""
        for key in self.values:
            inner = self.table(key)
            if inner is not None:
                yield key, inner

    def titles(self, key: str, max_chars: int) -> dict[str, str]:
        """Return a text in several languages: a table of language tag → text."""
        table = self.table(key)
        if table is None:
            return {}
        return {tag: text for tag in table.values if (text := table.text(tag, max_chars=max_chars)) is not None}

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not among the known ones, with the one that was probably meant."""
        for key in self.values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f", did you mean {close[0]!r}?" if close else f": known are {', '.join(sorted(known))}"
                self.error(key, f"is not a key of this table{hint}")

    def _typed(self, key: str, kind: type, *, required: bool = False) -> Any:
        value = self.values.get(key)
        if value is None:
            if required:
                self.error(key, "is missing")
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.error(key, f"must be {_KINDS[kind]}, not {shown(str(value))}")
            return None
        return value


def read_toml(text: str, problems: Problems) -> TomlTable | None:
    """Parse a TOML file, or note where its syntax is wrong and return None."""
    if not text.strip():
        problems.error(None, None, "the file is empty")
        return None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        place = _SYNTAX_PLACE.match(str(failure))
        if place is None:
            problems.error(None, None, f"is not TOML: {failure}")
        elif place["line"] is None:
            problems.error(text.count("\n") + 1, None, f"is not TOML: {place['reason']} (at the end of the file)")
        else:
            problems.error(int(place["line"]), None, f"is not TOML: {place['reason']} (column {place['column']})")
        return None
    except RecursionError:
        problems.error(None, None, "is nested too deeply")
        return None
    if len(values) > MAX_KEYS:
        problems.error(None, None, f"has {len(values):,} keys, at most {MAX_KEYS:,} are allowed")
        return None
    return TomlTable(values, (), _lines(text), problems)


def _lines(text: str) -> dict[str, int]:
    """Map each full key to the line it is written on; tomllib does not say."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        if header is not None:
            table = _plain(header["path"])
            lines.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key is not None:
            path = _plain(key["path"])
            lines.setdefault(f"{table}.{path}" if table else path, number)
    return lines


def _plain(path: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in path.split("."))
