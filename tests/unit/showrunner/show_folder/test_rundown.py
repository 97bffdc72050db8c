import pytest

from broadcast.ids import Sku
from showrunner.show_folder.catalogue import parse_catalogue
from showrunner.show_folder.problems import Problems
from showrunner.show_folder.rundown import looks_with_articles, parse_rundown

HEADER = "Cue,Look,Look ID,Title,Title (zh),Brand,SKUs,Start,Duration,Notes\n"
CATALOGUE = (
    "Title,Vendor,SKU,Price,Inventory quantity\nDress,Maison,RED-S,10,1\nCoat,Maison,COAT,10,1\nBag,Atelier,BAG,10,1\n"
)


def read(rows: str, header: str = HEADER):
    problems = Problems("rundown.csv")
    catalogue = parse_catalogue(CATALOGUE, Problems("c"), currency="CNY", language="en", folder=None)
    looks = looks_with_articles(parse_rundown(header + rows, problems, language="en"), catalogue, problems)
    return looks, [(problem.row, problem.column, problem.severity) for problem in problems.kept], problems


def test_a_row_becomes_a_look():
    (look,), places, _ = read("12A,7,the-coat,The Coat,大衣,Maison,COAT; RED-S,0:01:00,0:00:30.5,Slowly\n")
    assert places == []
    assert (look.id, look.cue, look.number, look.title, look.brand) == ("the-coat", "12A", "7", "The Coat", "Maison")
    assert look.titles == {"en": "The Coat", "zh": "大衣"}
    assert look.skus == ("COAT", "RED-S")
    assert (look.planned_start_ms, look.planned_duration_ms, look.notes) == (60_000, 30_500, "Slowly")


def test_a_look_without_number_and_id_is_named_by_its_cue():
    (look,), places, _ = read("12A,Coat,COAT\n", "Cue,Title,SKUs\n")
    assert (look.number, look.id, places) == ("12A", "look-12a", [])


@pytest.mark.parametrize("skus", ["RED-S;COAT", "RED-S | COAT", '"RED-S\nCOAT"', ";RED-S;;COAT;"])
def test_skus_are_separated_by_semicolons_bars_or_lines(skus: str):
    (look,), _, _ = read(f"1,1,,T,,B,{skus},,,\n")
    assert look.skus == ("RED-S", "COAT")


def test_a_blank_brand_is_the_articles_brand():
    (look,), places, _ = read("1,1,,T,,,RED-S;COAT,,,\n")
    assert (look.brand, places) == ("Maison", [])


def test_a_blank_brand_of_articles_of_two_brands_is_an_error():
    assert read("1,1,,T,,,RED-S;BAG,,,\n")[1] == [(2, "Brand", "error")]


def test_a_sku_may_be_in_several_looks():
    looks, places, _ = read("1,1,,T,,B,RED-S,,,\n2,2,,T,,B,RED-S,,,\n")
    assert (len(looks), places) == (2, [])


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2,2,,T,,B,NOPE,,,", "SKUs"),
        ("2,2,,T,,B,,,,", "SKUs"),
        ("2,2,,T,,B,RED-S;RED-S,,,", "SKUs"),
        ('2,2,,T,,B,"RED-S, COAT",,,', "SKUs"),
        ("2,2,,T,,B," + ";".join(f"S{n}" for n in range(51)) + ",,,", "SKUs"),
        (",2,,T,,B,RED-S,,,", "Cue"),
        ("1,2,,T,,B,RED-S,,,", "Cue"),
        ("#2,2,,T,,B,RED-S,,,", "Cue"),
        ("2,1,,T,,B,RED-S,,,", "Look"),
        ("2,2,look-1,T,,B,RED-S,,,", "Look ID"),
        ("2,2,Look One,T,,B,RED-S,,,", "Look ID"),
        ("2,第二,,T,,B,RED-S,,,", "Look ID"),
        ("2,2,,,,B,RED-S,,,", "Title"),
        ("2,2,,T,,B,RED-S,1:30,,", "Start"),
        ("2,2,,T,,B,RED-S,,soon,", "Duration"),
        ("2,2,,T,,B,RED-S,,0:00:00,", "Duration"),
        ("2,2,,T,,B,RED-S,,," + "x" * 1001, "Notes"),
    ],
)
def test_a_wrong_cell_is_one_error_at_its_row_and_column(row: str, column: str):
    _, places, _ = read(f"1,1,,T,,B,RED-S,,,\n{row}\n")
    assert set(places) == {(3, column, "error")}
    assert len(places) == 1 or "S0" in row


def test_an_unknown_sku_is_named_even_where_the_row_has_another_error():
    assert read("1,1,,T,,B,NOPE,soon,,\n")[1] == [(2, "Start", "error"), (2, "SKUs", "error")]


def test_an_unknown_sku_suggests_the_one_that_was_meant():
    assert "'RED-S'" in read("1,1,,T,,B,RED-X,,,\n")[2].kept[0].reason


def test_planned_starts_out_of_order_are_a_warning():
    _, places, problems = read("1,1,,T,,B,BAG,0:05:00,,\n2,2,,T,,B,BAG,0:04:00,,\n")
    assert places == [(3, "Start", "warning")]
    assert "before the start planned in row 2" in problems.kept[0].reason


def test_a_look_planned_before_the_last_one_ends_is_a_warning():
    assert read("1,1,,T,,B,BAG,0:00:00,0:01:00,\n2,2,,T,,B,BAG,0:00:59,,\n")[1] == [(3, "Start", "warning")]


def test_notes_keep_what_looks_like_a_formula():
    (look,), _, _ = read("1,1,,T,,B,BAG,,,=cmd()\n")
    assert look.notes == "=cmd()"


def test_the_looks_keep_the_rundowns_order():
    looks, _, _ = read("9,9,,T,,B,BAG,,,\n1,1,,T,,B,BAG,,,\n")
    assert [look.cue for look in looks] == ["9", "1"]
    assert looks[0].skus == (Sku("BAG"),)
