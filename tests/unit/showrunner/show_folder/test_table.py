import pytest

from showrunner.show_folder.problems import Problems
from showrunner.show_folder.table import MAX_ROWS, Column, Row, read_table

COLUMNS = (Column("cue", ("Cue",), 4, required=True), Column("price", ("Price", "Variant Price"), 10))


def read(text: str) -> tuple[list[Row], Problems]:
    problems = Problems("t.csv")
    table = read_table(text, COLUMNS, problems, titles=10)
    return ([] if table is None else list(table.rows())), problems


def places(problems: Problems) -> list[tuple[int | None, str | None]]:
    return [(problem.row, problem.column) for problem in problems.kept]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    rows, problems = read('Cue,Price\n1,"a\nb"\n\n2,\n')
    assert [(row.number, row["cue"]) for row in rows] == [(2, "1"), (4, "2")]
    assert problems.kept == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(end: str):
    rows, _ = read(f"Cue,Price{end}1,2{end}")
    assert rows[0]["price"] == "2"


def test_a_missing_column_is_an_error_in_the_header_row():
    assert places(read("Price\n1\n")[1]) == [(1, "Cue")]


def test_a_misspelt_column_is_named_with_the_missing_one():
    _, problems = read("Cues,Price\n1,2\n")
    assert "'Cues'" in problems.kept[0].reason


def test_a_misspelt_optional_column_is_a_warning():
    _, problems = read("Cue,Pricce\n1,2\n")
    assert [(problem.severity, problem.column) for problem in problems.kept] == [("warning", "Pricce")]


def test_two_names_of_one_column_are_an_error():
    assert places(read("Cue,Price,Variant Price\n1,2,3\n")[1]) == [(1, "Variant Price")]


def test_ragged_rows_are_errors_and_trailing_blank_cells_are_not():
    rows, problems = read("Cue,Price\n1\n2,3,4\n5,6,,\n")
    assert places(problems) == [(2, None), (3, None)]
    assert [row["cue"] for row in rows] == ["1", "2", "5"]


def test_a_quote_never_closed_is_found_where_it_opened():
    _, problems = read('Cue,Price\n1,2\n3,"4\n5,6\n')
    assert places(problems) == [(3, None)]
    assert "never closed" in problems.kept[0].reason


def test_a_quote_never_closed_in_a_long_file_is_found_where_it_opened():
    _, problems = read('Cue,Price\n1,"2\n' + "3,4\n" * 50_000)
    assert places(problems) == [(2, None)]


def test_text_after_a_closing_quote_is_an_error_and_the_next_row_is_still_read():
    rows, problems = read('Cue,Price\n"1"x,2\n3,4\n')
    assert places(problems) == [(2, None)]
    assert [row["cue"] for row in rows] == ["3"]


def test_a_cell_that_is_too_long_is_an_error():
    assert places(read("Cue,Price\n12345,1\n")[1]) == [(2, "Cue")]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_named(separator: str):
    _, problems = read(f"Cue{separator}Price\n1{separator}2\n")
    assert "commas" in problems.kept[0].reason


def test_a_file_of_blank_cells_has_no_header():
    assert "no header" in read(",,\n,,\n")[1].kept[0].reason


@pytest.mark.parametrize("text", ["", "  \n\n"])
def test_an_empty_file_says_so(text: str):
    assert "empty" in read(text)[1].kept[0].reason


def test_too_many_rows_are_refused_and_the_reading_ends():
    rows, problems = read("Cue\n" + "1\n" * (MAX_ROWS + 5))
    assert len(rows) == MAX_ROWS - 1
    assert places(problems) == [(MAX_ROWS + 1, None)]
