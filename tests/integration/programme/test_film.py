from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest

from broadcast.ids import LookId
from broadcast.programme import boxes, frame_code
from broadcast.programme.adapters.film import make_film
from broadcast.programme.adapters.prepare import prepare_programme
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.storyboard import FilmLook

LOOKS = [
    FilmLook(id=LookId("look-1"), number="1", brand="Opening Ceremony", title="Canal Street", wears=("Coat, cobalt",)),
    FilmLook(id=LookId("look-2"), number="12A", brand="波司登", title="雪线", wears=("Gown, red",)),
    FilmLook(id=LookId("look-3"), number="3", brand="A brand whose name goes on and on and on", title="Suit " * 30),
]


def nothing(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    make_film(LOOKS, path, seconds_per_look=1, progress=nothing)
    return path


def seen(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> int | None:
    """Read the frame code as a page would: the lightness around the middle of each cell."""
    height, width = picture.shape[:2]
    points = frame_code.middles(width, height)
    return frame_code.read([float(picture[y - 1 : y + 2, x - 2 : x + 3].mean()) for x, y in points])


def test_every_frame_tells_its_number_after_compression(film: Path):
    with av.open(str(film)) as container:
        numbers = [seen(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert numbers == list(range(75))


def test_the_number_is_still_read_from_a_player_of_another_size(film: Path):
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(width=960, height=540, format="rgb24") for frame in container.decode(video=0)]
    assert [seen(frame) for frame in frames] == list(range(75))


def test_a_frame_lies_at_its_number_times_forty_milliseconds(film: Path):
    with av.open(str(film)) as container:
        times = [Fraction(frame.pts or 0) * frame.time_base for frame in container.decode(video=0)]
    assert times == [Fraction(number, 25) for number in range(75)]


def test_the_film_is_heard_from_beginning_to_end(film: Path):
    with av.open(str(film)) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert abs(sound.shape[1] - 3 * 48_000) <= 2048
    loudness = [float(np.abs(sound[:, start : start + 24_000]).max()) for start in range(0, 120_000, 24_000)]
    assert min(loudness) > 0.02
    assert max(loudness) < 0.4


def test_looks_look_different(film: Path):
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    one, two = (frame[60:280, 270:370].astype(int) for frame in (frames[20], frames[45]))
    assert np.abs(one - two).mean() > 5


def test_drawing_tells_how_far_it_is(tmp_path: Path):
    told: list[tuple[int, int]] = []
    make_film(LOOKS[:1], tmp_path / "film.mp4", seconds_per_look=1, progress=lambda *at: told.append(at))
    assert told[-1] == (25, 25)
    assert told == sorted(told)


def test_a_film_stopped_half_way_is_not_there_at_all(tmp_path: Path):
    def stop(done: int, _: int) -> None:
        if done > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_film(LOOKS, tmp_path / "film.mp4", seconds_per_look=1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_film_without_looks_is_refused(tmp_path: Path):
    with pytest.raises(ProgrammeError) as refused:
        prepare_programme([], tmp_path, nothing)
    assert refused.value.reason == "bad-storyboard"


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ProgrammeError) as refused:
        prepare_programme(LOOKS, blocked / "cache", nothing)
    assert refused.value.reason == "no-space"


def test_the_bundled_programme_is_made_once_and_picture_and_sound_are_cut_on_the_same_instant(tmp_path: Path):
    stages: list[str] = []
    first = prepare_programme(LOOKS, tmp_path, lambda stage, *_: stages.append(stage), seconds_per_look=2)
    assert set(stages) == {"film", "segments"}
    assert [entry.name for entry in tmp_path.iterdir()] == [first.folder.name]
    assert first.index.frame_ticks is not None
    assert [segment.duration_ticks // first.index.frame_ticks for segment in first.index.segments] == [48, 48, 48, 6]
    assert first.index.init_uri is not None
    tracks = boxes.tracks((first.folder / first.index.init_uri).read_bytes())
    for segment in first.index.segments:
        runs = boxes.runs((first.folder / segment.uri).read_bytes())
        starts = {Fraction(runs[number].first_ticks, track.timescale) for number, track in tracks.items()}
        assert starts == {Fraction(segment.start_ticks, first.index.timescale)}
    stages.clear()
    assert prepare_programme(LOOKS, tmp_path, lambda stage, *_: stages.append(stage), seconds_per_look=2) == first
    assert stages == []


def test_another_rundown_is_another_film(tmp_path: Path):
    first = prepare_programme(LOOKS[:1], tmp_path, nothing, seconds_per_look=1)
    second = prepare_programme(LOOKS[1:2], tmp_path, nothing, seconds_per_look=1)
    assert first.folder != second.folder
    assert prepare_programme(LOOKS[:1], tmp_path, nothing, seconds_per_look=1) == first


def test_a_programme_can_be_prepared_in_a_process_of_its_own(tmp_path: Path):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        made = elsewhere.submit(prepare_programme, LOOKS[:1], tmp_path, nothing, seconds_per_look=1).result(timeout=60)
    assert made == prepare_programme(LOOKS[:1], tmp_path, nothing, seconds_per_look=1)
