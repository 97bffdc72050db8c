from pathlib import Path
from typing import Any

import pytest

from broadcast.money import Money
from broadcast.show import TimedPrice
from showrunner.show_folder.problems import Problems, in_order
from showrunner.show_folder.show_file import parse_show
from showrunner.show_folder.terms import terms_by_sku

SHOW = """\
title = "Gala"
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "CNY"

[terms.coat]
"""
AT_EIGHT_MS = 1_509_451_200_000


class Sold:
    """An article, as far as terms ask."""

    def __init__(self, sku: str, handle: str) -> None:
        self.sku = sku
        self.handle = handle


def read(lines: str, tmp_path: Path) -> tuple[Any, Problems]:
    problems = Problems("show.toml")
    file, _, _ = parse_show(SHOW + lines, problems, folder=tmp_path)
    return (None if file is None else file.terms), problems


def test_terms_say_how_a_product_is_sold(tmp_path: Path):
    terms, problems = read(
        """\
launch_price = "999.00"
launch_from = 2017-10-31T20:00:00
launch_until = 2017-10-31T21:00:00
sale_opens = 2017-10-31T12:00:00Z
sale_ends = 2017-11-01T20:00:00
payment_due = 2017-11-11T00:00:00
limit_per_product = 2
shares = { tmall = 40, tv = 20 }
shares_seconds = 60
""",
        tmp_path,
    )
    assert problems.errors == 0
    coat = terms["coat"]
    hour = 3_600_000
    assert coat.prices == (TimedPrice(from_ms=AT_EIGHT_MS, until_ms=AT_EIGHT_MS + hour, price=Money(99_900, "CNY")),)
    assert (coat.opens_ms, coat.ends_ms) == (AT_EIGHT_MS, AT_EIGHT_MS + 24 * hour)
    assert coat.payment_due_ms == AT_EIGHT_MS + 244 * hour
    assert (coat.limit_per_product, coat.shares, coat.shares_ms) == (2, {"tmall": 40, "tv": 20}, 60_000)


@pytest.mark.parametrize(
    ("lines", "row", "reason"),
    [
        ('launch_price = "999.001"\nlaunch_from = 2017-10-31T20:00:00\nlaunch_until = 2017-10-31T21:00:00', 7, "finer"),
        ('launch_price = "9"\nlaunch_from = 2017-10-31T20:00:00\nlaunch_until = 2017-10-31T20:00:00', 9, "not after"),
        ('launch_price = "9"', 6, "is missing"),
        ("sale_opens = 2017-10-31T20:00:00\nsale_ends = 2017-10-31T19:00:00", 8, "not after"),
        ("sale_ends = 7", 7, "not a date and time"),
        ("payment_due = 2017-11-11T00:00:00\npayment_after_seconds = 5", 8, "one of them"),
        ("payment_after_seconds = 0", 7, "between 1"),
        ("limit_per_product = 0", 7, "between 1"),
        ("shares = { tmall = 40 }", 6, "is missing"),
        ("shares = { tmall = 60, tv = 41 }\nshares_seconds = 1", 7, "101 percent"),
        ('shares = { tmall = "most" }\nshares_seconds = 1', 7, "whole number"),
        ("limit_per_produkt = 1", 7, "did you mean 'limit_per_product'"),
    ],
)
def test_what_is_wrong_with_terms_is_named_with_its_row(lines: str, row: int, reason: str, tmp_path: Path):
    _, problems = read(lines, tmp_path)
    assert problems.errors >= 1
    assert any(problem.row == row and reason in problem.reason for problem in in_order([problems]))


def test_a_skus_own_terms_count_before_its_products(tmp_path: Path):
    terms, problems = read("limit_per_product = 1\n[terms.COAT-S]\npayment_after_seconds = 5\n", tmp_path)
    found = terms_by_sku(terms, [Sold("COAT-S", "coat"), Sold("COAT-M", "coat"), Sold("HAT", "hat")], None, problems)
    assert {sku: one.payment_after_ms for sku, one in found.items()} == {"COAT-S": 5_000, "COAT-M": None}
    assert problems.errors == 0


def test_terms_for_what_is_in_no_file_are_errors(tmp_path: Path):
    terms, problems = read("shares = { radio = 5 }\nshares_seconds = 1\n", tmp_path)
    terms_by_sku(terms, [Sold("HAT", "hat")], {"tmall"}, problems)
    reasons = [problem.reason for problem in in_order([problems])]
    assert [problem.row for problem in in_order([problems])] == [6, 6]
    assert "neither a product nor a SKU" in reasons[0]
    assert "radio" in reasons[1]
