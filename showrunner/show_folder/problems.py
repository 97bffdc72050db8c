"""What is wrong with a show's files, collected rather than raised, so that one check names everything at once."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]

MAX_PROBLEMS = 100_000
"""Problems kept word for word of one file; more are counted only."""

MAX_SHOWN_CHARS = 60
"""How much of a wrong value a reason quotes."""

MAX_LISTED_IN_ERROR = 20
"""Problems listed in the text of a ``ShowFolderError``; its ``problems`` has all of them."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person has to look at.

    Attributes:
        file: the file's path as it was given.
        row: the row as a spreadsheet numbers it (the header is row 1), the line of a TOML file, or None where the
            problem is the whole file.
        column: the column's header, or the key of a TOML file (``settings.hold_seconds``), or None.
        reason: what is wrong and, where it helps, what to write instead.
        severity: an ``error`` keeps the show from loading, a ``warning`` does not.
    """

    file: str
    row: int | None
    column: str | None
    reason: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return the problem on one line: file, row, column, reason."""
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        return f"{place}: {self.reason}"


class Problems:
    """The problems found in one file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.kept: list[Problem] = []
        self.errors = 0
        self.warnings = 0

    def error(self, row: int | None, column: str | None, reason: str) -> None:
        """Note something that keeps the show from loading."""
        self.errors += 1
        self._keep(row, column, reason, "error")

    def warning(self, row: int | None, column: str | None, reason: str) -> None:
        """Note something a person should look at, which the show can run with."""
        self.warnings += 1
        self._keep(row, column, reason, "warning")

    def _keep(self, row: int | None, column: str | None, reason: str, severity: Severity) -> None:
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(file=self.file, row=row, column=column, reason=reason, severity=severity))


class CheckedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file the check has read.

    Attributes:
        file: its path as it was given.
        kind: ``show``, ``rundown``, ``catalogue``, ``channels``, or ``unknown`` where it could not be told.
        entries: what it holds: looks, SKUs, channels; 0 where nothing could be read.
        note: what could not be checked, and why; empty where everything was.
    """

    file: str
    kind: str
    entries: int
    note: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.

    Attributes:
        files: what was read, in order.
        problems: sorted by file as given, then by row; at most ``MAX_PROBLEMS`` a file.
        errors: how many errors there are, kept or not.
        warnings: how many warnings there are, kept or not.
    """

    files: tuple[CheckedFile, ...]
    problems: tuple[Problem, ...]
    errors: int
    warnings: int

    @property
    def ok(self) -> bool:
        """Whether a show could be run from these files."""
        return self.errors == 0


class ShowFolderError(Exception):
    """A show's folder cannot be loaded.

    Attributes:
        problems: every problem found, warnings included.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in self.problems if problem.severity == "error"]
        lines = [str(problem) for problem in errors[:MAX_LISTED_IN_ERROR]]
        if len(errors) > MAX_LISTED_IN_ERROR:
            lines.append(f"… and {len(errors) - MAX_LISTED_IN_ERROR} more")
        super().__init__("\n".join(lines))


def shown(text: str) -> str:
    """Quote a wrong value for a reason: shortened, and with control characters escaped."""
    if len(text) > MAX_SHOWN_CHARS:
        return repr(text[:MAX_SHOWN_CHARS]) + "…"
    return repr(text)


def in_order(collected: Iterable[Problems]) -> tuple[Problem, ...]:
    """Return the problems of several files, each file's by row, whole-file problems first."""
    return tuple(
        problem
        for problems in collected
        for problem in sorted(problems.kept, key=lambda problem: problem.row if problem.row is not None else 0)
    )
