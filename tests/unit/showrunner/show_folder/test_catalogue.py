from pathlib import Path

import pytest

from broadcast.ids import Sku
from broadcast.money import Money
from showrunner.show_folder.catalogue import Catalogue, parse_catalogue
from showrunner.show_folder.problems import Problems

NEW = (
    "Title,URL handle,Vendor,SKU,Barcode,Option1 name,Option1 value,Price,"
    "Compare-at price,Inventory quantity,Product image URL"
)
OLD = (
    "Title,Handle,Vendor,Variant SKU,Variant Barcode,Option1 Name,Option1 Value,Variant Price,"
    "Variant Compare At Price,Variant Inventory Qty,Image Src"
)
ROWS = """\
Red Dress,red-dress,Maison,RED-S,4006381333931,Size,S,1299.00,1599.00,5,https://p.example/1.jpg
,red-dress,,RED-M,,,M,1399.00,,40,
"""


def read(text: str, folder: Path | None = None, currency: str = "CNY") -> tuple[Catalogue, Problems]:
    problems = Problems("catalogue.csv")
    return parse_catalogue(text, problems, currency=currency, language="en", folder=folder), problems


def reasons(problems: Problems) -> list[tuple[int | None, str | None, str]]:
    return [(problem.row, problem.column, problem.severity) for problem in problems.kept]


@pytest.mark.parametrize("header", [NEW, OLD, NEW.upper(), OLD.replace("Variant Price", "  variant   price ")])
def test_shopifys_new_and_old_column_names_read_the_same(header: str):
    catalogue, problems = read(f"{header}\n{ROWS}")
    assert problems.kept == []
    small = catalogue.articles[Sku("RED-S")]
    assert (small.handle, small.title, small.brand, small.options) == (
        "red-dress",
        "Red Dress",
        "Maison",
        {"Size": "S"},
    )
    assert (small.price, small.compare_at, small.stock) == (Money(129_900, "CNY"), Money(159_900, "CNY"), 5)
    assert (small.image, small.barcode) == ("https://p.example/1.jpg", "4006381333931")


def test_a_variant_row_takes_title_brand_option_name_and_picture_from_its_product():
    medium = read(f"{NEW}\n{ROWS}")[0].articles[Sku("RED-M")]
    assert (medium.title, medium.brand, medium.options) == ("Red Dress", "Maison", {"Size": "M"})
    assert medium.image == "https://p.example/1.jpg"
    assert (medium.price, medium.compare_at) == (Money(139_900, "CNY"), None)


def test_a_blank_price_is_the_products_price():
    catalogue, problems = read(
        "Title,Handle,SKU,Price,Compare-at price,Inventory quantity\nA,a,A-1,10,12,1\n,a,A-2,,,1\n"
    )
    assert problems.kept == []
    assert catalogue.articles[Sku("A-2")].price == Money(1000, "CNY")
    assert catalogue.articles[Sku("A-2")].compare_at == Money(1200, "CNY")


def test_a_row_with_neither_handle_nor_title_belongs_to_the_product_above():
    catalogue, problems = read("Title,SKU,Price,Inventory quantity\nA Hat,A-1,10,1\n,A-2,10,1\n")
    assert problems.kept == []
    assert catalogue.articles[Sku("A-2")].handle == "a-hat"


def test_a_row_that_only_brings_another_picture_is_no_article():
    catalogue, problems = read(f"{NEW}\n{ROWS},red-dress,,,,,,,,,https://p.example/2.jpg\n")
    assert problems.kept == []
    assert list(catalogue.articles) == ["RED-S", "RED-M"]


def test_a_product_of_a_single_variant_has_no_options():
    catalogue, _ = read(
        "Title,Handle,SKU,Option1 Name,Option1 Value,Price,Inventory quantity\nBag,bag,BAG,Title,Default Title,10,1"
    )
    assert catalogue.articles[Sku("BAG")].options == {}


def test_titles_in_other_languages_and_a_limit_are_read():
    catalogue, _ = read(
        "Title,Title (zh),title (ZH-Hant),SKU,Price,Inventory quantity,Limit per buyer\nBag,包,包包,BAG,10,1,2\n"
    )
    assert catalogue.articles[Sku("BAG")].titles == {"en": "Bag", "zh": "包", "zh-hant": "包包"}
    assert catalogue.articles[Sku("BAG")].limit_per_buyer == 2


def test_variants_without_sku_get_one_and_one_warning_says_so():
    text = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty\n"
    catalogue, problems = read(
        f"{text}varsity-top,Varsity Top,Size,Small,,60,1\nvarsity-top,,,Large,,60,1\nhat,Hat,Title,Default Title,,5,1\n"
    )
    assert list(catalogue.articles) == ["varsity-top-small", "varsity-top-large", "hat"]
    assert reasons(problems) == [(2, "Variant SKU", "warning")]
    assert "varsity-top-small (row 2)" in problems.kept[0].reason


@pytest.mark.parametrize(
    ("cell", "wrong", "column"),
    [
        ("1299.00", "-5", "Price"),
        ("1299.00", "free", "Price"),
        ("1299.00", "12.999", "Price"),
        (",5,", ",five,", "Inventory quantity"),
        (",5,", ",-1,", "Inventory quantity"),
        (",5,", ",2.5,", "Inventory quantity"),
        (",5,", ",,", "Inventory quantity"),
        (",5,", ",99999999,", "Inventory quantity"),
        ("RED-S", "RED S", "SKU"),
        ("RED-S", "RED-M", "SKU"),
        ("1599.00", "abc", "Compare-at price"),
        ("https://p.example/1.jpg", "../../x.jpg", "Product image URL"),
        ("Red Dress,red-dress", ",red-dress", "Title"),
        ("red-dress,Maison", "red dress,Maison", "URL handle"),
    ],
)
def test_a_wrong_cell_is_an_error_at_its_row_and_column(cell: str, wrong: str, column: str):
    _, problems = read(f"{NEW}\n{ROWS}".replace(cell, wrong, 1))
    assert (column, "error") in [(problem.column, problem.severity) for problem in problems.kept]
    assert {problem.row for problem in problems.kept} <= {2, 3}


def test_every_wrong_cell_of_a_row_is_named_at_once():
    _, problems = read(f"{NEW}\n{ROWS}".replace("1299.00", "-1").replace(",5,", ",x,").replace("RED-S", "RED S"))
    assert {problem.column for problem in problems.kept} == {"Price", "Inventory quantity", "SKU"}


def test_a_sku_given_twice_names_the_row_that_had_it_first():
    _, problems = read(f"{NEW}\n{ROWS.replace('RED-M', 'RED-S')}")
    assert [(problem.row, problem.column) for problem in problems.kept] == [(3, "SKU")]
    assert "row 2" in problems.kept[0].reason


def test_a_barcode_with_a_wrong_check_digit_is_a_warning_and_left_out():
    catalogue, problems = read(f"{NEW}\n{ROWS.replace('4006381333931', '4006381333930')}")
    assert reasons(problems) == [(2, "Barcode", "warning")]
    assert catalogue.articles[Sku("RED-S")].barcode is None


def test_a_compare_at_price_that_is_not_higher_is_a_warning_and_not_shown():
    catalogue, problems = read(f"{NEW}\n{ROWS.replace('1599.00', '1299.00')}")
    assert reasons(problems) == [(2, "Compare-at price", "warning")]
    assert catalogue.articles[Sku("RED-S")].compare_at is None


def test_a_free_article_is_a_warning():
    _, problems = read("Title,SKU,Price,Inventory quantity\nBag,BAG,0,1\n")
    assert reasons(problems) == [(2, "Price", "warning")]


def test_prices_follow_the_currencys_decimals():
    text = "Title,SKU,Price,Inventory quantity\nBag,BAG,1200,1\n"
    assert read(text, currency="JPY")[0].articles[Sku("BAG")].price == Money(1200, "JPY")
    assert read(text.replace("1200", "1200.5"), currency="JPY")[1].errors == 1
    assert read(text.replace("1200", "1.234"), currency="KWD")[0].articles[Sku("BAG")].price == Money(1234, "KWD")


def test_a_picture_that_is_not_in_the_folder_is_an_error(tmp_path: Path):
    text = "Title,SKU,Price,Inventory quantity,Image Src\nBag,BAG,10,1,media/bag.svg\n"
    assert read(text, tmp_path)[1].errors == 1
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "bag.svg").write_text("<svg/>")
    assert read(text, tmp_path)[1].errors == 0


def test_a_picture_link_that_leads_out_of_the_folder_is_an_error(tmp_path: Path):
    (tmp_path / "secret.png").write_text("secret")
    show = tmp_path / "show"
    show.mkdir()
    (show / "bag.png").symlink_to(tmp_path / "secret.png")
    _, problems = read("Title,SKU,Price,Inventory quantity,Image Src\nBag,BAG,10,1,bag.png\n", show)
    assert "leads out" in problems.kept[0].reason


def test_a_cell_that_looks_like_a_formula_stays_text():
    catalogue, problems = read(
        'Title,SKU,Price,Inventory quantity\n"=HYPERLINK(""http://x"")",BAG,10,1\n@SUM,+1,10,1\n'
    )
    assert problems.kept == []
    assert [article.title for article in catalogue.articles.values()] == ['=HYPERLINK("http://x")', "@SUM"]
