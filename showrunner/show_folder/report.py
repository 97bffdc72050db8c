"""What ``showrunner check`` prints, for a person or as JSON, and the exit code it ends with."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from showrunner.show_folder.check import check
from showrunner.show_folder.problems import Problem, Report

EXIT_CLEAN = 0
EXIT_PROBLEMS = 1

MAX_PRINTED = 500
"""Problems printed as a table; ``--json`` prints all that are kept."""

_ENTRIES = {"show": "show", "channels": "channels", "catalogue": "SKUs", "rundown": "looks"}


def run_check(paths: Sequence[Path], *, as_json: bool, console: Console) -> int:
    """Check files and folders, print what was found, and return the exit code.

    Returns:
        0 where there are no problems, or only warnings; 1 where there is an error.
    """
    report = check(paths)
    if as_json:
        console.out(to_json(report), highlight=False)
    else:
        _print(report, console)
    return EXIT_CLEAN if report.ok else EXIT_PROBLEMS


def to_json(report: Report) -> str:
    """Return the report as one JSON object: ``ok``, ``errors``, ``warnings``, ``files``, ``problems``."""
    body = {
        "ok": report.ok,
        "errors": report.errors,
        "warnings": report.warnings,
        "files": report.files,
        "problems": report.problems,
    }
    return msgspec.json.format(msgspec.json.encode(body).decode(), indent=2)


def summary(report: Report) -> str:
    """Return the last line of the report: how many files, errors and warnings."""
    counts = (_count(report.errors, "error"), _count(report.warnings, "warning"))
    return f"{_count(len(report.files), 'file')} checked: {' and '.join(counts)}"


def _print(report: Report, console: Console) -> None:
    printed = report.problems[:MAX_PRINTED]
    if console.is_terminal:
        for file, problems in itertools.groupby(printed, key=lambda problem: problem.file):
            console.print(Text(_visible(file), style="bold"), soft_wrap=True)
            console.print(_table(problems))
    else:
        for problem in printed:  # one line each, whatever its length: what a log or a grep wants
            console.print(Text(_visible(f"{problem.severity}: {problem}")), soft_wrap=True)
    hidden = report.errors + report.warnings - len(printed)
    if hidden:
        console.print(Text(f"… and {hidden:,} more; --json lists them"))
    for file in report.files:
        note = f" ({file.note})" if file.note else ""
        what = f"{file.entries:,} {_ENTRIES[file.kind]}" if file.kind in _ENTRIES else "not recognised"
        console.print(Text(f"{_visible(file.file)}: {what}{note}"), soft_wrap=True)
    style = "bold red" if report.errors else "bold yellow" if report.warnings else "bold green"
    console.print(Text(summary(report), style=style), soft_wrap=True)


def _table(problems: Iterable[Problem]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("Row", justify="right")
    table.add_column("Column", overflow="fold")
    table.add_column("Problem", overflow="fold", ratio=1)
    for problem in problems:
        error = problem.severity == "error"
        reason = Text.assemble(("error: ", "red") if error else ("warning: ", "yellow"), _visible(problem.reason))
        table.add_row("" if problem.row is None else str(problem.row), Text(_visible(problem.column or "")), reason)
    return table


def _visible(text: str) -> str:
    """Escape what a terminal would obey: a file's words must not move its cursor or colour its screen."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
