from pathlib import Path

import pytest

from showrunner.show_folder import reading
from showrunner.show_folder.problems import Problems
from showrunner.show_folder.reading import read_text


def read(path: Path, data: bytes) -> tuple[str | None, Problems]:
    path.write_bytes(data)
    problems = Problems(str(path))
    return read_text(path, problems), problems


def test_utf8_is_read_with_and_without_byte_order_mark(tmp_path: Path):
    for data in ("Title\n红裙\n".encode(), "Title\n红裙\n".encode("utf-8-sig")):
        text, problems = read(tmp_path / "a.csv", data)
        assert (text, problems.kept) == ("Title\n红裙\n", [])


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("gbk", "GBK"),
        ("gb18030", "GBK"),
    ],
)
def test_another_encoding_is_named_and_still_read(tmp_path: Path, encoding: str, named: str):
    words = "Cue,Title\n1,Opening\n2,天猫潮流盛典红色连衣裙\n"
    text, problems = read(tmp_path / "a.csv", words.encode(encoding))
    assert named in problems.kept[0].reason
    assert text == words


def test_a_western_encoding_is_named_with_the_line_of_its_first_byte(tmp_path: Path):
    text, problems = read(tmp_path / "a.csv", "Cue,Title\n1,Opening\n2,Café noir, naïve été\n".encode("cp1252"))
    assert (problems.kept[0].row, "0xe9" in problems.kept[0].reason) == (3, True)
    assert text is not None
    assert "Café noir" in text


def test_nul_bytes_are_an_error_at_their_line(tmp_path: Path):
    text, problems = read(tmp_path / "a.csv", b"Cue,Title\n1,Ope\0ning\n")
    assert (problems.kept[0].row, "NUL" in problems.kept[0].reason) == (2, True)
    assert text == "Cue,Title\n1,Opening\n"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"<?xml version='1.0'?><mos><roCreate/></mos>", "MOS"),
        (b"<html></html>", "XML"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, data: bytes, named: str):
    text, problems = read(tmp_path / "a", data)
    assert text is None
    assert named in problems.kept[0].reason


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 10)
    text, problems = read(tmp_path / "a.csv", b"x" * 11)
    assert text is None
    assert problems.errors == 1


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path):
    for path in (tmp_path / "missing.csv", tmp_path):
        problems = Problems(str(path))
        assert read_text(path, problems) is None
        assert problems.errors == 1
