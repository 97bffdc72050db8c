import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.channels.admission import JITTER_MS, MAX_WAIT_MS, Admission


def test_a_crowd_of_a_seconds_worth_comes_in_at_once() -> None:
    admission = Admission(per_second=100)
    assert [admission.ask(5_000, 0.5) for _ in range(100)] == [None] * 100


def test_the_next_one_is_told_when_to_come_again() -> None:
    admission = Admission(per_second=100)
    for _ in range(100):
        admission.ask(5_000, 0.5)
    assert admission.ask(5_000, 0.0) == 10


def test_those_who_are_turned_away_get_places_one_after_another() -> None:
    admission = Admission(per_second=100)
    for _ in range(100):
        admission.ask(5_000, 0.0)
    assert [admission.ask(5_000, 0.0) for _ in range(4)] == [10, 20, 30, 40]


def test_a_place_in_the_queue_that_has_passed_is_not_waited_for() -> None:
    admission = Admission(per_second=1)
    assert admission.ask(10_000, 0.0) is None
    assert admission.ask(10_000, 0.0) == 1_000
    assert admission.ask(60_000, 0.0) is None
    assert admission.ask(60_000, 0.0) == 1_000


def test_room_comes_back_with_time() -> None:
    admission = Admission(per_second=100)
    for _ in range(100):
        admission.ask(5_000, 0.5)
    assert [admission.ask(5_030, 0.5) is None for _ in range(4)] == [True, True, True, False]


def test_two_with_the_same_place_come_back_apart() -> None:
    first, second = Admission(per_second=1), Admission(per_second=1)
    for admission in (first, second):
        admission.ask(10_000, 0.0)
    early, late = first.ask(10_000, 0.0), second.ask(10_000, 0.999)
    assert early is not None
    assert late is not None
    assert JITTER_MS / 2 < late - early < JITTER_MS


def test_a_server_that_greets_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Admission(per_second=0)


steps = st.lists(st.tuples(st.floats(0, 300), st.floats(0, 1, exclude_max=True)), max_size=300)


@given(per_second=st.integers(1, 50), steps=steps)
def test_never_more_come_in_than_the_rate_allows(per_second: int, steps: list[tuple[float, float]]) -> None:
    admission = Admission(per_second)
    now = 1_000_000.0
    begin, came_in = now, 0
    for gap_ms, chance in steps:
        now += gap_ms
        came_in += admission.ask(now, chance) is None
        assert came_in <= per_second + (now - begin) * per_second / 1000 + 1e-6


@given(per_second=st.integers(1, 50), steps=steps)
def test_nobody_is_sent_away_for_longer_than_the_bound(per_second: int, steps: list[tuple[float, float]]) -> None:
    admission = Admission(per_second)
    now = 1_000_000.0
    for gap_ms, chance in steps:
        now += gap_ms
        wait_ms = admission.ask(now, chance)
        assert wait_ms is None or 0 <= wait_ms <= MAX_WAIT_MS + JITTER_MS


def test_a_whole_audience_that_does_as_it_is_told_is_in_within_the_time_the_rate_needs() -> None:
    admission = Admission(per_second=500)
    outside = [(1_000_000.0, viewer) for viewer in range(5_000)]
    tries, last_ms = 0, 0.0
    while outside:
        outside.sort()
        now, viewer = outside.pop(0)
        tries += 1
        wait_ms = admission.ask(now, (viewer * 0.618) % 1)
        if wait_ms is None:
            last_ms = now
        else:
            outside.append((now + wait_ms, viewer))
    assert last_ms - 1_000_000 < 2 * 10_000
    assert tries < 3 * 5_000
