from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showrunner.show_folder import Report, check

Rewrite = Callable[[str, str, str], Path]
NAMES = ("show.toml", "channels.toml", "catalogue.csv", "rundown.csv")


def found(report: Report) -> list[tuple[str, int | None, str | None, str]]:
    return [(Path(p.file).name, p.row, p.column, p.severity) for p in report.problems]


def test_a_right_folder_has_no_problems(folder: Path):
    report = check([folder])
    assert (report.ok, report.errors, report.warnings, report.problems) == (True, 0, 0, ())
    assert {file.kind: file.entries for file in report.files} == {
        "show": 1,
        "channels": 2,
        "catalogue": 3,
        "rundown": 2,
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_file_alone_is_recognised_by_its_name(folder: Path, name: str):
    report = check([folder / name])
    assert report.ok
    assert report.files[0].kind == Path(name).stem


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_another_name_is_recognised_by_what_is_in_it(folder: Path, name: str):
    other = (folder / name).rename(folder / f"november{Path(name).suffix}")
    assert check([other]).files[0].kind == Path(name).stem


def test_files_given_together_are_held_against_each_other(with_change: Rewrite):
    folder = with_change("rundown.csv", "BAG", "BAGG")
    assert check([folder / "rundown.csv"]).ok
    together = check([folder / "rundown.csv", folder / "catalogue.csv"])
    assert found(together) == [("rundown.csv", 3, "SKUs", "error")]


def test_what_could_not_be_looked_up_is_said(folder: Path):
    assert "no catalogue" in check([folder / "rundown.csv"]).files[0].note


def test_a_catalogues_prices_are_in_the_currency_of_the_show_file_given_with_it(with_change: Rewrite):
    with_change("show.toml", "CNY", "JPY")
    folder = with_change("catalogue.csv", "2690", "2690.50")
    assert check([folder / "catalogue.csv"]).ok
    together = check([folder / "catalogue.csv", folder / "show.toml"])
    assert found(together) == [("catalogue.csv", 4, "Price", "error")]


def test_a_folder_that_is_no_show_is_an_error(tmp_path: Path):
    report = check([tmp_path])
    assert (report.errors, report.problems[0].file) == (1, str(tmp_path))


def test_a_missing_path_is_an_error(tmp_path: Path):
    assert check([tmp_path / "nothing.csv"]).errors == 1


def test_a_file_of_no_known_kind_is_an_error(tmp_path: Path):
    (tmp_path / "a.csv").write_text("Name,Phone\nA,1\n")
    report = check([tmp_path / "a.csv"])
    assert (report.errors, report.files[0].kind) == (1, "unknown")


def test_one_bad_file_does_not_hide_the_others(folder: Path, tmp_path: Path):
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04")
    (folder / "rundown.csv").write_bytes(b"")
    report = check([tmp_path / "b.xlsx", folder, tmp_path / "nothing"])
    assert {name for name, *_ in found(report)} == {"b.xlsx", "rundown.csv", "nothing"}


def test_a_rundown_of_a_hundred_thousand_rows_is_checked_to_its_last_row(tmp_path: Path):
    rows = "".join(f"{n},Look {n},SKU-{n}\n" for n in range(1, 100_000))
    (tmp_path / "rundown.csv").write_text(f"Cue,Title,SKUs\n{rows}1,Again,SKU-1\n")
    report = check([tmp_path / "rundown.csv"])
    assert report.files[0].entries == 100_000
    assert found(report) == [("rundown.csv", 100_001, "Cue", "error")]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.binary(max_size=400))
def test_no_bytes_whatever_make_the_check_fail(tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    assert not check([path]).ok


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=9), max_size=6), st.sampled_from(NAMES[2:]))
def test_no_cells_whatever_make_the_check_fail(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], name: str
):
    header = {"rundown.csv": "Cue,Title,SKUs,Start", "catalogue.csv": "Title,SKU,Price,Inventory quantity"}[name]
    path = tmp_path_factory.mktemp("any") / name
    text = "\n".join([header, *(",".join(row) for row in rows)])
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    assert all(problem.file == str(path) for problem in check([path]).problems)
