from pathlib import Path
from shutil import copytree

import pytest
from house import SHOW_FOLDER

from broadcast.checkout.settlement import Rates
from showrunner.show_folder import load_show
from showrunner.show_folder.check import check
from showrunner.show_folder.problems import Problem, Problems
from showrunner.show_folder.rates import RATES, parse_rates


def problems_of(text: str) -> list[tuple[int | None, str | None, str]]:
    problems = Problems(RATES)
    parse_rates(text, problems)
    return [(one.row, one.column, one.severity) for one in problems.kept]


def test_every_rate_is_read():
    text = (
        "commission = 500\ngateway_fee = 60\ngateway_fixed = 3\nfee_back_on_refund = true\n"
        "[by_channel]\nyouku = 800\n[by_brand]\nNuit = 300\n[by_provider]\nstripe = 290\n"
    )
    assert parse_rates(text, Problems(RATES)) == Rates(
        commission=500, gateway_fee=60, gateway_fixed=3, fee_back_on_refund=True,
        by_channel={"youku": 800}, by_brand={"Nuit": 300}, by_provider={"stripe": 290},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("commission = 10001", 1, "commission"),
        ("\ncommission = 2.5", 2, "commission"),
        ("comission = 500", 1, "comission"),
        ("commission = 5\n[by_brand]\nNuit = -1", 3, "by_brand.Nuit"),
        ("[by_channel]\nyouku = 'a lot'", 2, "by_channel.youku"),
        ("gateway_fixed = -1", 1, "gateway_fixed"),
        ("fee_back_on_refund = 1", 1, "fee_back_on_refund"),
        ("commission = ", 1, None),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, key: str | None):
    assert problems_of(text) == [(line, key, "error")]


def test_a_gateway_nobody_knows_is_pointed_out():
    assert problems_of("[by_provider]\nsrtipe = 290") == [(2, "by_provider.srtipe", "warning")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(SHOW_FOLDER, tmp_path / "show")
    return tmp_path / "show"


def test_a_shows_check_holds_its_rates_against_its_channels_and_brands(folder: Path):
    (folder / RATES).write_text(
        "commission = 500\n[by_channel]\nweb = 800\nwebb = 1\n[by_brand]\nPeacebird = 3\nNuit = 4\n"
    )
    report = check([folder])
    assert [(one.row, one.column) for one in report.problems] == [(4, "by_channel.webb"), (7, "by_brand.Nuit")]
    assert (report.errors, report.warnings) == (0, 2)
    assert {file.kind for file in report.files} == {"show", "channels", "catalogue", "rundown", "settlement"}


def test_wrong_rates_are_an_error_of_the_check_and_keep_no_show_from_its_air(folder: Path):
    (folder / RATES).write_text("commission = 99999\n")
    (problem,) = check([folder]).problems
    assert (problem.row, problem.column, problem.severity) == (1, "commission", "error")
    assert isinstance(problem, Problem)
    assert load_show(folder).info.id == "little-show"
    assert check([folder / RATES]).errors == 1
