from pathlib import Path

import pytest

from broadcast.checkout.settlement import Rates
from showrunner.settings import SettingsError
from showrunner.settlement_files import read_rates


def test_without_a_file_nobody_keeps_anything_but_the_brand(tmp_path: Path):
    assert read_rates(tmp_path) == Rates()


def test_a_shows_rates_are_read(tmp_path: Path):
    (tmp_path / "settlement.toml").write_text(
        "commission = 500\n[by_channel]\nyouku = 800\n[by_provider]\nstripe = 290\n"
    )
    rates = read_rates(tmp_path)
    assert (rates.commission, rates.by_channel, rates.by_provider) == (500, {"youku": 800}, {"stripe": 290})


@pytest.mark.parametrize(
    "text",
    ["commission = 10001", "commission = -1", "commission = 2.5", "comission = 500", "[by_brand]\nNuit = -1",
     "gateway_fixed = -1", "commission = "],
)  # fmt: skip
def test_rates_that_are_none_are_refused_by_name_of_the_file(tmp_path: Path, text: str):
    (tmp_path / "settlement.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"settlement\.toml"):
        read_rates(tmp_path)
