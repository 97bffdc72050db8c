from pathlib import Path

import pytest

from showrunner.show_folder.problems import Problems
from showrunner.show_folder.show_file import ProgrammeSource, ShowFile, parse_show


def read(text: str, folder: Path = Path("the-night")) -> tuple[ShowFile | None, Problems]:
    problems = Problems("show.toml")
    return parse_show(text, problems, folder=folder)[0], problems


def test_a_show_file_is_read(show_text: str):
    show, problems = read(show_text)
    assert problems.kept == []
    assert show is not None
    assert (show.info.id, show.info.title, show.info.titles) == ("night", "The Night", {"en": "The Night", "zh": "夜"})
    assert (show.info.time_zone, show.info.currency) == ("Asia/Shanghai", "CNY")
    assert (show.settings.hold_ms, show.settings.limit_per_buyer, show.settings.seconds_per_look) == (120_000, 3, 6)
    assert show.programme == ProgrammeSource("film")


@pytest.mark.parametrize(
    "start",
    [
        "2017-10-31T19:30:00",
        '"2017-10-31T19:30:00"',
        "2017-10-31T19:30:00+08:00",
        '"2017-10-31 11:30:00Z"',
        "2017-10-31T12:30:00+01:00",
    ],
)
def test_a_start_is_local_or_has_an_offset(show_text: str, start: str):
    show, _ = read(show_text.replace("2017-10-31T19:30:00", start))
    assert show is not None
    assert show.info.starts_at_ms == 1_509_449_400_000


def test_the_folders_name_stands_in_for_a_missing_id(show_text: str):
    show, _ = read(show_text.replace('id = "night"\n', ""), Path("Été 2017"))
    assert show is not None
    assert show.info.id == "ete-2017"


def test_settings_may_be_left_out(show_text: str):
    show, _ = read(show_text[: show_text.index("[settings]")])
    assert show is not None
    assert (show.settings.hold_ms, show.settings.limit_per_buyer) == (300_000, 2)


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        ('title = "The Night"\n', "", None, "title"),
        ('"The Night"', '"  "', 2, "title"),
        ('"night"', '"The Night"', 1, "id"),
        ('zh = "夜"', "zh = 5", 3, "titles.zh"),
        ("2017-10-31T19:30:00", "2017-10-31", 4, "start"),
        ("2017-10-31T19:30:00", '"tonight"', 4, "start"),
        ("2017-10-31T19:30:00", "19:30:00", 4, "start"),
        ("2017-10-31T19:30:00", "1066-10-14T09:00:00Z", 4, "start"),
        ("Asia/Shanghai", "Asia/Shanghay", 5, "time_zone"),
        ("Asia/Shanghai", "../../etc/passwd", 5, "time_zone"),
        ("CNY", "RMB", 6, "currency"),
        ("CNY", "cny", 6, "currency"),
        ('"film"', '"missing.mp4"', 7, "programme"),
        ('"film"', '"gopher://x/"', 7, "programme"),
        ("hold_seconds = 120", "hold_seconds = 0", 10, "settings.hold_seconds"),
        ("limit_per_buyer = 3", "limit_per_buyer = 100", 11, "settings.limit_per_buyer"),
        ("limit_per_buyer", "limit_per_byer", 11, "settings.limit_per_byer"),
        ("currency", "curency", None, "currency"),
    ],
)
def test_a_wrong_value_is_an_error_at_its_line_and_key(
    show_text: str, old: str, new: str, line: int | None, column: str
):
    assert old in show_text
    show, problems = read(show_text.replace(old, new, 1))
    assert show is None
    assert (line, column) in [(problem.row, problem.column) for problem in problems.kept]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("udp://@239.0.0.1:5000?source=camera", "source is the address of a sender"),
        ("tcp://studio.example", "names no port"),
        ("rtmp://studio.example", "needs an application and a stream"),
    ],
)
def test_a_source_that_cannot_be_is_an_error_that_says_why(show_text: str, written: str, why: str):
    _, problems = read(show_text.replace('"film"', f'"{written}"', 1))
    (problem,) = problems.kept
    assert (problem.row, problem.column, problem.severity) == (7, "programme", "error")
    assert why in problem.reason


def test_everything_wrong_is_named_at_once():
    _, problems = read('titel = "x"\nstart = 5\ncurrency = "??"\n')
    assert {problem.column for problem in problems.kept} == {"titel", "title", "start", "currency", "time_zone"}


def test_a_start_that_the_clocks_skip_is_an_error_and_one_that_happens_twice_a_warning(show_text: str):
    berlin = show_text.replace("Asia/Shanghai", "Europe/Berlin")
    skipped = read(berlin.replace("2017-10-31T19:30:00", "2018-03-25T02:30:00"))[1]
    assert [(problem.column, problem.severity) for problem in skipped.kept] == [("start", "error")]
    twice = read(berlin.replace("2017-10-31T19:30:00", "2018-10-28T02:30:00"))[1]
    assert [(problem.column, problem.severity) for problem in twice.kept] == [("start", "warning")]


def test_a_programme_is_the_film_a_file_or_an_address(show_text: str, tmp_path: Path):
    (tmp_path / "night.mp4").write_bytes(b"x")
    by_file, _ = read(show_text.replace('"film"', '"night.mp4"'), tmp_path)
    assert by_file is not None
    assert by_file.programme == ProgrammeSource("file", str(tmp_path / "night.mp4"))
    by_address, _ = read(show_text.replace('"film"', '"rtmp://studio.example/live"'))
    assert by_address is not None
    assert by_address.programme == ProgrammeSource("url", "rtmp://studio.example/live")
