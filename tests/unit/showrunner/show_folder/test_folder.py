from collections.abc import Callable
from pathlib import Path

import pytest

from showrunner.show_folder import ShowFolderError, check, load_show

Rewrite = Callable[[str, str, str], Path]


def test_a_folder_becomes_a_show(folder: Path):
    show = load_show(folder)
    assert show.info.id == "night"
    assert [look.title for look in show.looks] == ["Opening", "The Bag"]
    assert show.looks[1].brand == "Atelier"
    assert list(show.articles) == ["RED-S", "RED-M", "BAG"]
    assert [channel.id for channel in show.channels] == ["web", "station"]
    assert (show.settings.hold_ms, show.folder) == (120_000, folder)
    assert show.articles[show.looks[0].skus[0]].price.currency == "CNY"


def test_the_problems_of_all_files_are_named_at_once(with_change: Rewrite):
    with_change("show.toml", "CNY", "RMB")
    with_change("channels.toml", "4000", "-4")
    with_change("catalogue.csv", ",5,", ",many,")
    folder = with_change("rundown.csv", "BAG", "BAGG")
    with pytest.raises(ShowFolderError) as failure:
        load_show(folder)
    assert [(Path(problem.file).name, problem.row, problem.column) for problem in failure.value.problems] == [
        ("show.toml", 6, "currency"),
        ("channels.toml", 5, "web.latency_ms"),
        ("catalogue.csv", 2, "Inventory quantity"),
        ("rundown.csv", 3, "SKUs"),
    ]
    assert "did you mean 'BAG'" in str(failure.value)


def test_an_article_that_is_wrong_is_not_also_unknown(with_change: Rewrite):
    folder = with_change("catalogue.csv", "RED-S,Size,S,1299.00", "RED-S,Size,S,-1")
    assert [problem.column for problem in check([folder]).problems] == ["Price"]


@pytest.mark.parametrize("name", ["show.toml", "channels.toml", "catalogue.csv", "rundown.csv"])
def test_every_file_is_needed(folder: Path, name: str):
    (folder / name).unlink()
    with pytest.raises(ShowFolderError, match=name):
        load_show(folder)


def test_warnings_do_not_keep_a_show_from_loading(with_change: Rewrite):
    folder = with_change("rundown.csv", "0:01:20,0:01:00", "0:00:10,0:01:00")
    assert check([folder]).warnings == 1
    assert len(load_show(folder).looks) == 2


def test_titles_are_in_the_language_the_show_says(with_change: Rewrite):
    folder = with_change("show.toml", 'id = "night"', 'id = "night"\nlanguage = "fr"')
    show = load_show(folder)
    assert show.info.titles["fr"] == "The Night"
    assert show.looks[0].titles == {"fr": "Opening", "zh": "开场"}
    assert show.channels[0].names == {"fr": "Web", "zh": "网页"}
