"""Checks show folders and single files of a show, and names every problem at once."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from showrunner.show_folder import catalogue, rundown
from showrunner.show_folder.folder import FILE_NAMES, SETTLEMENT, Examined, Kind, ShowText, read_folder
from showrunner.show_folder.problems import CheckedFile, Problems, Report, in_order
from showrunner.show_folder.reading import read_text
from showrunner.show_folder.table import normal
from showrunner.show_folder.toml_file import read_toml

_NAME_HINTS: tuple[tuple[str, Kind], ...] = (
    ("rundown", "rundown"),
    ("catalog", "catalogue"),
    ("product", "catalogue"),
    ("channel", "channels"),
    ("show", "show"),
)
_SHOW_KEYS = frozenset({"title", "start", "currency", "time_zone", "programme"})
_HEADERS: dict[Kind, frozenset[str]] = {
    "rundown": frozenset(normal(name) for column in rundown.COLUMNS for name in column.headers),
    "catalogue": frozenset(normal(name) for column in catalogue.COLUMNS for name in column.headers),
}
_MIN_HEADERS = 2
_MAX_HEADER_CHARS = 65_536


def check(paths: Sequence[Path]) -> Report:
    """Check show folders, and files of shows.

    Single files given together belong to one show: a rundown among them is held against the catalogue among them.
    A file is recognised by its name (``rundown.csv`` …), else by its header or keys.
    """
    collected: list[Problems] = []
    files: list[CheckedFile] = []
    loose: list[ShowText] = []
    for path in paths:
        if _is_folder(path):
            examined = _folder(path)
            collected += examined.problems
            files += examined.files
            continue
        problems = Problems(str(path))
        text = read_text(path, problems)
        kind = _kind(path, text)
        if kind is not None:
            loose.append(ShowText(kind, path, text, problems))
            continue
        if text is not None:
            problems.error(None, None, _unknown(text))
        collected.append(problems)
        files.append(CheckedFile(file=str(path), kind="unknown", entries=0))
    if loose:
        examined = Examined(loose, None)
        collected += examined.problems
        files += examined.files
    return Report(
        files=tuple(files),
        problems=in_order(collected),
        errors=sum(problems.errors for problems in collected),
        warnings=sum(problems.warnings for problems in collected),
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, a folder that may not be entered: reading it will say so
        return False


def _folder(folder: Path) -> Examined:
    if any(os.path.lexists(folder / name) for name in FILE_NAMES.values()):
        return read_folder(folder, settlement=True)
    problems = Problems(str(folder))
    problems.error(None, None, f"is no show's folder: it has none of {', '.join(FILE_NAMES.values())}")
    nothing = Examined((), folder)
    nothing.problems.append(problems)
    return nothing


def _kind(path: Path, text: str | None) -> Kind | None:
    name = path.name.casefold()
    for kind, usual in (*FILE_NAMES.items(), *SETTLEMENT.items()):
        if name == usual:
            return kind
    if text is None:
        return None
    if name.endswith(".toml"):
        return _kind_of_toml(text) or _kind_by_name(name, ("show", "channels"))
    return _kind_of_table(text) or (_kind_by_name(name, ("rundown", "catalogue")) if name.endswith(".csv") else None)


def _kind_by_name(name: str, among: tuple[Kind, ...]) -> Kind | None:
    return next((kind for hint, kind in _NAME_HINTS if hint in name and kind in among), None)


def _kind_of_toml(text: str) -> Kind | None:
    root = read_toml(text, Problems(""))
    if root is None:
        return None
    if _SHOW_KEYS & root.values.keys():
        return "show"
    if root.values and all(isinstance(value, dict) for value in root.values.values()):
        return "channels"
    return None


def _kind_of_table(text: str) -> Kind | None:
    try:
        header = next(csv.reader(io.StringIO(text[:_MAX_HEADER_CHARS], newline="")), [])
    except csv.Error:
        return None
    names = {normal(cell) for cell in header}
    best = max(_HEADERS, key=lambda kind: len(_HEADERS[kind] & names))
    return best if len(_HEADERS[best] & names) >= _MIN_HEADERS else None


def _unknown(text: str) -> str:
    if not text.strip():
        return "the file is empty"
    return (
        "is none of a show's files: its first row has no columns of a rundown (Cue, Title, SKUs …) or a catalogue "
        "(URL handle, Title, Price …), and it is no TOML file of a show or its channels"
    )
