from hypothesis import given
from hypothesis import strategies as st

from broadcast.clock import ProgrammeMs
from broadcast.programme.clock import Correlation, ms_to_ticks, ticks_to_ms

TIMESCALES = st.sampled_from([1_000, 12_800, 30_000, 48_000, 90_000])


def a_correlation(timescale: int = 90_000) -> Correlation:
    return Correlation(
        capture_ms=ProgrammeMs(1_700_000_000_000), pts_ticks=900_000, timescale=timescale, error_ms=0, source="origin"
    )


def test_a_frame_is_dated_by_its_distance_from_the_known_one():
    known = a_correlation()
    assert known.captured_at(900_000) == 1_700_000_000_000
    assert known.captured_at(900_000 + 3_600) == 1_700_000_000_040
    assert known.captured_at(900_000 - 90_000) == 1_699_999_999_000


def test_a_frame_of_29_97_is_dated_to_the_nearest_millisecond():
    known = a_correlation(30_000)
    assert [known.captured_at(900_000 + frame * 1001) - 1_700_000_000_000 for frame in range(4)] == [0, 33, 67, 100]


@given(ms=st.integers(-(10**12), 10**13), timescale=TIMESCALES)
def test_every_millisecond_comes_back_from_the_stream_it_went_to(ms: int, timescale: int):
    assert ticks_to_ms(ms_to_ticks(ms, timescale), timescale) == ms


@given(ticks=st.integers(-(10**15), 10**15), timescale=TIMESCALES)
def test_a_tick_is_never_dated_more_than_half_a_millisecond_off(ticks: int, timescale: int):
    assert abs(ticks_to_ms(ticks, timescale) * timescale - ticks * 1000) * 2 <= timescale


@given(pts=st.integers(0, 10**12), later=st.integers(0, 10**9), timescale=TIMESCALES)
def test_later_frames_are_never_dated_earlier(pts: int, later: int, timescale: int):
    known = a_correlation(timescale)
    assert known.captured_at(pts + later) >= known.captured_at(pts)


def test_the_timestamp_of_an_instant_is_the_frame_captured_then():
    known = a_correlation()
    assert known.pts_at(ProgrammeMs(1_700_000_000_040)) == 903_600
