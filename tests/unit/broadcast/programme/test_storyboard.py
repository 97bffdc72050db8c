import pytest

from broadcast.ids import LookId
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.storyboard import FilmLook, shot_at, timecode, total_frames


def looks(count: int) -> list[FilmLook]:
    return [FilmLook(id=LookId(f"look-{n}"), number=str(n), brand="Brand", title="Coat") for n in range(count)]


def test_a_film_is_as_long_as_its_looks():
    assert total_frames(looks(41), 5) == 5125


@pytest.mark.parametrize(("count", "seconds"), [(0, 5), (3, 0), (3, -1), (50_000, 60)])
def test_a_film_of_nothing_or_without_end_is_refused(count: int, seconds: int):
    with pytest.raises(ProgrammeError) as refused:
        total_frames(looks(count), seconds)
    assert refused.value.reason == "bad-storyboard"


def test_a_look_starts_on_the_frame_after_the_last_of_the_one_before():
    assert (shot_at(124, 5).look, shot_at(125, 5).look) == (0, 1)
    assert (shot_at(125, 5).progress, shot_at(249, 5).progress) == (0, 124 / 125)


def test_timecode_counts_hours_minutes_seconds_frames():
    assert [timecode(frame) for frame in (0, 24, 25, 90_000 + 1)] == [
        "00:00:00:00",
        "00:00:00:24",
        "00:00:01:00",
        "01:00:00:01",
    ]
