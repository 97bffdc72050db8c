from pathlib import Path

import pytest

from broadcast.checkout.spending import SpendingLimits, SpendingRule
from showrunner.show_folder.problems import Problems, in_order
from showrunner.show_folder.show_file import parse_show
from showrunner.show_folder.spending import check_channels

SHOW = """\
title = "Gala"
start = 2017-10-31T19:30:00
time_zone = "Asia/Shanghai"
currency = "CNY"

[spending]
"""
URL = "https://id.example/step-up"


def read(lines: str, tmp_path: Path, channels: set[str] | None = None) -> tuple[SpendingLimits | None, list[str]]:
    problems = Problems("show.toml")
    file, _, _ = parse_show(SHOW + lines, problems, folder=tmp_path)
    table = None if file is None else file.spending
    if table is not None and channels is not None:
        check_channels(table, channels, problems)
    said = [f"{one.row} {one.column}: {one.reason}" for one in in_order([problems])]
    return (None if table is None else table.limits), said


def test_limits_are_read_in_minor_units_and_a_channels_own_keys_count_instead(tmp_path: Path):
    limits, problems = read(
        f"""\
per_order = "2000.00"
per_buyer = "5000"
window_seconds = 3600
step_up_url = "{URL}"

[spending.channels.youku]
per_order = "100.00"
max_age_seconds = 60
acr_values = ["phr"]
""",
        tmp_path,
        {"youku"},
    )
    assert problems == []
    assert limits is not None
    usual = SpendingRule(url=URL, per_order=200_000, per_buyer=500_000, window_ms=3_600_000, max_age_ms=300_000)
    assert limits.everywhere == limits.of("web") == usual
    assert limits.of("youku") == SpendingRule(
        url=URL, per_order=10_000, per_buyer=500_000, window_ms=3_600_000, max_age_ms=60_000, acr_values=("phr",)
    )


def test_one_channel_alone_may_have_limits(tmp_path: Path):
    limits, problems = read(f'[spending.channels.web]\nper_buyer = "1.00"\nstep_up_url = "{URL}"\n', tmp_path, {"web"})
    assert problems == []
    assert limits is not None
    assert limits.everywhere is None
    assert limits.of("web") == SpendingRule(url=URL, per_buyer=100, max_age_ms=300_000)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("", "6 spending: limits nothing"),
        ('per_order = "1.00"\n', "6 spending: step_up_url is missing"),
        (f'per_order = "1.001"\nstep_up_url = "{URL}"\n', "7 spending.per_order: "),
        (f'per_order = 5\nstep_up_url = "{URL}"\n', "7 spending.per_order: must be a text"),
        (f'per_buyer = "-5"\nstep_up_url = "{URL}"\n', "7 spending.per_buyer: "),
        (f'per_order = "1"\nwindow_seconds = 60\nstep_up_url = "{URL}"\n', "8 spending.window_seconds: is about"),
        (f'per_buyer = "1"\nwindow_seconds = 0\nstep_up_url = "{URL}"\n', "8 spending.window_seconds: is 0"),
        ('per_order = "1"\nstep_up_url = "http://id.example"\n', "8 spending.step_up_url: "),
        ('per_order = "1"\nstep_up_url = "javascript:alert(1)"\n', "8 spending.step_up_url: "),
        ('per_order = "1"\nstep_up_url = "https://id.example/{sku}"\n', "8 spending.step_up_url: "),
        (f'per_order = "1"\nstep_up_url = "{URL}"\nacr_values = ["a b"]\n', "9 spending.acr_values: "),
        (f'per_order = "1"\nstep_up_url = "{URL}"\nmax_age_seconds = 86401\n', "9 spending.max_age_seconds: "),
        (f'per_ordr = "1"\nstep_up_url = "{URL}"\n', "7 spending.per_ordr: is not a key of this table, did you mean"),
        (
            f'per_order = "1"\nstep_up_url = "{URL}"\n[spending.channels.yuoku]\nper_order = "2"\n',
            "9 spending.channels.yuoku: 'yuoku' is not a channel",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, lines: str, wrong: str):
    _, problems = read(lines, tmp_path, {"youku"})
    assert any(problem.startswith(wrong) for problem in problems), problems
