import io
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from showrunner.show_folder.report import run_check

Rewrite = Callable[[str, str, str], Path]


def run(paths: list[Path], *, as_json: bool = False, terminal: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    code = run_check(paths, as_json=as_json, console=Console(file=out, force_terminal=terminal, width=100))
    return code, out.getvalue()


def test_a_right_show_ends_with_its_counts_and_code_0(folder: Path):
    code, printed = run([folder])
    assert code == 0
    assert printed.splitlines()[-1] == "4 files checked: 0 errors and 0 warnings"


def test_an_error_ends_with_code_1_and_is_one_line_with_file_row_column_and_reason(with_change: Rewrite):
    folder = with_change("catalogue.csv", "2690", "-2690")
    code, printed = run([folder])
    assert code == 1
    assert printed.splitlines()[0] == f"error: {folder / 'catalogue.csv'}, row 4, Price: '-2690' is negative"


def test_warnings_alone_end_with_code_0(with_change: Rewrite):
    code, printed = run([with_change("rundown.csv", "0:01:20,0:01:00", "0:00:10,0:01:00")])
    assert code == 0
    assert printed.splitlines()[-1] == "4 files checked: 0 errors and 1 warning"


def test_a_terminal_gets_a_table(with_change: Rewrite):
    code, printed = run([with_change("rundown.csv", "BAG", "BAGG")], terminal=True)
    assert code == 1
    assert "BAGG" in printed


def test_json_has_every_problem_with_its_place(with_change: Rewrite):
    folder = with_change("rundown.csv", "BAG", "BAGG")
    code, printed = run([folder], as_json=True)
    body = json.loads(printed)
    assert (code, body["ok"], body["errors"], body["warnings"]) == (1, False, 1, 0)
    assert body["problems"][0] | {"reason": ""} == {
        "file": str(folder / "rundown.csv"),
        "row": 3,
        "column": "SKUs",
        "reason": "",
        "severity": "error",
    }
    assert {file["kind"] for file in body["files"]} == {"show", "channels", "catalogue", "rundown"}


def test_a_files_words_and_name_cannot_command_the_terminal(with_change: Rewrite):
    folder = with_change("rundown.csv", "Notes", "Notes\u202e")
    folder = folder.rename(folder.with_name("night\x1b]0;title\x07"))
    for terminal in (False, True):
        _, printed = run([folder], terminal=terminal)
        assert "Notes\\u202e" in printed
        assert "\u202e" not in printed
        assert "\x1b]" not in printed
        assert "\x07" not in printed


def test_a_flood_of_problems_is_counted_but_not_all_printed(tmp_path: Path):
    (tmp_path / "rundown.csv").write_text("Cue,Title,SKUs\n" + ",x,S\n" * 2000)
    code, printed = run([tmp_path / "rundown.csv"])
    assert code == 1
    assert "1,500 more" in printed
    assert printed.splitlines()[-1] == "1 file checked: 2,000 errors and 0 warnings"
    assert len(json.loads(run([tmp_path / "rundown.csv"], as_json=True)[1])["problems"]) == 2000
