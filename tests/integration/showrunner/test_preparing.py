import subprocess
import sys
from pathlib import Path

import pytest
from house import SHOW_FOLDER
from little_video import write_video

from showrunner import preparing
from showrunner.preparing import PrepareError, prepare
from showrunner.show_folder import LoadedShow, load_show


@pytest.fixture
def show() -> LoadedShow:
    return load_show(SHOW_FOLDER)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "programme.mp4")


def quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def test_a_programme_made_before_is_found_again_without_another_process(
    show: LoadedShow, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(show, video, tmp_path / "cache", quiet)
    assert all((first.folder / segment.uri).is_file() for segment in first.index.segments)

    def no_process(*_asked: object) -> None:
        raise AssertionError("another process was started")

    monkeypatch.setattr(preparing, "_make", no_process)
    assert prepare(show, video, tmp_path / "cache", quiet) == first


def test_a_damaged_programme_is_made_again(show: LoadedShow, video: Path, tmp_path: Path) -> None:
    first = prepare(show, video, tmp_path / "cache", quiet)
    damaged = first.folder / first.index.segments[0].uri
    damaged.write_bytes(b"")
    assert prepare(show, video, tmp_path / "cache", quiet) == first
    assert damaged.stat().st_size == first.index.segments[0].size_bytes


def test_a_file_that_is_not_there_or_no_video_is_told(show: LoadedShow, tmp_path: Path) -> None:
    with pytest.raises(PrepareError, match="there is no such file"):
        prepare(show, tmp_path / "nowhere.mp4", tmp_path / "cache", quiet)
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(PrepareError, match=r"text\.mp4"):
        prepare(show, text, tmp_path / "cache", quiet)


def test_a_server_does_not_load_what_draws_and_encodes() -> None:
    code = "import sys, showrunner.preparing; print({'numpy', 'PIL'} & sys.modules.keys())"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
