import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.programme.far_clock import DRIFT_PPM, KEPT, FarClock

S = 1_000_000


def test_nothing_is_known_before_the_first_answer():
    clock = FarClock()
    assert not clock.known
    with pytest.raises(ValueError, match="not heard"):
        clock.read_us(0)


@given(
    ahead_us=st.integers(-(10**15), 10**15),
    ways=st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)), min_size=1, max_size=3 * KEPT),
)
def test_the_stated_bound_holds_however_uneven_the_ways_are(ahead_us: int, ways: list[tuple[int, int]]):
    clock = FarClock()
    now_us = 0
    for there_us, back_us in ways:
        asked_us = now_us
        heard_us = asked_us + there_us + back_us
        clock.heard(asked_us, asked_us + there_us + ahead_us, heard_us)
        assert abs(clock.read_us(heard_us) - (heard_us + ahead_us)) <= clock.error_us(heard_us)
        now_us = heard_us + S


def test_of_many_answers_the_one_with_the_shortest_way_counts():
    clock = FarClock()
    clock.heard(0, 5 * S, 400)
    clock.heard(S, 6 * S + 90_000, S + 100_000)
    assert clock.error_us(S + 100_000) < 300
    assert clock.read_us(2 * S) == 2 * S + 5 * S - 200


def test_the_bound_grows_while_nothing_is_heard():
    clock = FarClock()
    clock.heard(0, 0, 0)
    assert clock.error_us(100 * S) == 100 * DRIFT_PPM


def test_a_clock_that_was_set_is_followed_at_once():
    clock = FarClock()
    for second in range(10):
        clock.heard(second * S, second * S, second * S + 200)
    clock.heard(10 * S, 10 * S + 60 * S, 10 * S + 2_000)
    assert abs(clock.read_us(11 * S) - 71 * S) <= 1_000


def test_an_answer_from_before_the_question_is_refused():
    with pytest.raises(ValueError, match="before"):
        FarClock().heard(2, 0, 1)
