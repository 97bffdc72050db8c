from hypothesis import given
from hypothesis import strategies as st

from broadcast.programme.clock import (
    JOIN_US,
    MAX_BEND_PPM,
    MAX_SPLICE_LEAD_US,
    MILLION,
    LiveClock,
    PacedClock,
    Unwrapper,
    splice_lead_us,
)

HZ = 90_000
START_US = 1_700_000_000 * MILLION


def settled_clock(delay_us: int = 0) -> LiveClock:
    """Return the clock of a source that has sent three seconds at 25 frames a second."""
    clock = LiveClock(HZ)
    for frame in range(76):
        clock.observe(frame * 3600, START_US + frame * 40_000 + delay_us)
    assert clock.settle(START_US + 3_100_000)
    return clock


@given(first=st.integers(0, (1 << 33) - 1), steps=st.lists(st.integers(-90_000, 900_000), max_size=50))
def test_timestamps_go_on_where_their_bits_run_out(first: int, steps: list[int]):
    unwrapper, expected = Unwrapper(33), first
    assert unwrapper.unwrap(first) == first
    for step in steps:
        expected += step
        assert unwrapper.unwrap(expected % (1 << 33)) == expected


def test_a_library_that_unwrapped_once_already_changes_nothing():
    unwrapper = Unwrapper(33)
    last = (1 << 33) - 3_600
    assert [unwrapper.unwrap(value) for value in (last, last + 3_600, last + 7_200)] == [last, 1 << 33, last + 7_200]


def test_the_earliest_arrival_dates_the_picture():
    clock = LiveClock(HZ)
    for frame in range(100):
        held_up = 0 if frame == 60 else 80_000
        clock.observe(frame * 3600, START_US + frame * 40_000 + held_up)
    assert clock.settle(START_US + 5 * MILLION)
    assert clock.captured_us(0) == START_US


def test_what_a_source_sends_at_once_when_it_is_connected_is_dated_by_what_follows():
    clock = LiveClock(HZ)
    for frame in range(250):  # ten seconds, kept back by a server, arrive in 100 ms
        clock.observe(frame * 3600, START_US + frame * 400)
    assert not clock.settle(START_US + 150_000)
    for frame in range(250, 325):
        clock.observe(frame * 3600, START_US + 100_000 + (frame - 250) * 40_000)
    assert clock.settle(START_US + 3_200_000)
    newest_us = START_US + 100_000 + 74 * 40_000
    assert abs(clock.captured_us(324 * 3600) - newest_us) <= 40_000


def test_nothing_is_dated_before_arrivals_have_calmed_down():
    clock = LiveClock(HZ)
    clock.observe(0, START_US)
    assert not clock.settle(START_US + 100_000)
    assert not clock.settled


@given(
    drift_ppm=st.integers(-100, 100),
    held_up=st.lists(st.integers(0, 300_000), min_size=60, max_size=60),
)
def test_dates_never_step_back_and_never_run_faster_than_the_bound(drift_ppm: int, held_up: list[int]):
    clock = settled_clock()
    before = clock.captured_us(0)
    at = 3 * MILLION
    for segment, late_us in enumerate(held_up):
        pts = (segment + 2) * 2 * HZ
        at = START_US + pts * MILLION // HZ * (MILLION + drift_ppm) // MILLION
        clock.observe(pts, at + late_us)
        before_bend = clock.captured_us(pts)
        clock.bend(pts)
        here = clock.captured_us(pts)
        assert here == before_bend
        ahead = clock.captured_us(pts + HZ) - here
        assert abs(ahead - MILLION) <= MAX_BEND_PPM
        assert here > before
        before = here


@given(
    seen=st.integers(0, 49),
    ahead=st.integers(1, 400),
    late_us=st.lists(st.integers(-900_000, 900_000), min_size=12, max_size=12),
)
def test_a_splice_told_before_its_frame_counts_from_that_frame(seen: int, ahead: int, late_us: list[int]):
    clock, frame = settled_clock(), HZ // 25
    starts = [(segment + 2) * 2 * HZ for segment in range(len(late_us))]
    named = starts[1] + (seen + ahead) * frame
    correlations = []
    for number, (pts, late) in enumerate(zip(starts, late_us, strict=True)):
        clock.observe(pts, clock.captured_us(pts) + late)
        clock.bend(pts)
        correlations.append(clock.correlation())
        if number == 1:
            told_us = clock.captured_us(named) - splice_lead_us(ahead * frame * MILLION // HZ)
            told_ms = told_us // 1000

    def dated_ms(pts: int) -> int:
        """Date a frame as players do: its segment's date in whole milliseconds, and how far into the segment it is."""
        of = next(each for each in reversed(correlations) if each.pts_ticks <= pts)
        return of.capture_ms + round((pts - of.pts_ticks) / (HZ // 1000))

    assert dated_ms(named - frame) < told_ms <= dated_ms(named)


def test_a_splice_far_ahead_is_dated_by_less_than_a_frame_before_it():
    assert splice_lead_us(3_600 * MILLION) == MAX_SPLICE_LEAD_US < MILLION // 60


def test_a_clock_that_drifts_is_followed():
    clock = settled_clock()
    for segment in range(2, 1800):  # an hour, 50 parts per million slow
        pts = segment * 2 * HZ
        true_us = START_US + segment * 2 * MILLION + segment * 100
        clock.observe(pts, true_us)
        assert clock.bend(pts)
    off_us = clock.captured_us(1799 * 2 * HZ) - (START_US + 1799 * (2 * MILLION + 100))
    assert abs(off_us) < 20_000
    assert abs(off_us) <= clock.correlation().error_ms * 1000


def test_a_source_whose_clock_stood_still_is_noticed():
    clock = settled_clock()
    answers = []
    for segment in range(2, 40):
        clock.observe(segment * 2 * HZ, START_US + segment * 2 * MILLION + 3 * MILLION)
        answers.append(clock.bend(segment * 2 * HZ))
    assert answers[0]
    assert not answers[-1]


def test_the_correlation_dates_the_frame_the_clock_was_bent_at():
    clock = settled_clock()
    clock.observe(180_000, START_US + 2 * MILLION)
    clock.bend(180_000)
    known = clock.correlation()
    assert (known.pts_ticks, known.capture_ms, known.source) == (180_000, START_US // 1000 + 2000, "ingest")
    assert known.captured_at(180_000 + HZ) == START_US // 1000 + 3000


def test_a_stretch_that_has_to_follow_another_is_dated_later():
    clock = settled_clock()
    clock.shift(JOIN_US)
    assert clock.captured_us(0) == START_US + JOIN_US


def test_a_file_is_dated_exactly():
    clock = PacedClock(30_000, START_US)
    clock.observe(1001, START_US + 5 * MILLION)
    assert clock.bend(30 * 1001)
    known = clock.correlation()
    assert (known.capture_ms, known.error_ms, known.source) == (START_US // 1000 + 1001, 0, "origin")
