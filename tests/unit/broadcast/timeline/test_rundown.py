from typing import Any

import pytest

from broadcast.timeline.rundown import DuplicateLookError, Rundown


def test_looks_follow_one_another_in_rundown_order(make_rundown: Any) -> None:
    rundown = make_rundown("one", "two", "three")
    assert (rundown.first, rundown.last, len(rundown)) == ("one", "three", 3)
    assert (rundown.after("one"), rundown.after("two")) == ("two", "three")
    assert (rundown.before("three"), rundown.before("two")) == ("two", "one")


def test_nothing_follows_the_last_look_and_nothing_precedes_the_first(make_rundown: Any) -> None:
    rundown = make_rundown("one", "two")
    assert rundown.after("two") is None
    assert rundown.before("one") is None


def test_a_look_the_rundown_does_not_have_has_no_neighbours(make_rundown: Any) -> None:
    rundown = make_rundown("one")
    assert "zero" not in rundown
    assert (rundown.look("zero"), rundown.after("zero"), rundown.before("zero")) == (None, None, None)


def test_a_look_is_found_by_its_id(make_rundown: Any) -> None:
    assert make_rundown("one", "two").look("two").cue == "2"


def test_an_empty_rundown_has_neither_first_nor_last() -> None:
    rundown = Rundown([])
    assert (rundown.first, rundown.last) == (None, None)


def test_the_same_look_twice_is_refused(make_look: Any) -> None:
    with pytest.raises(DuplicateLookError, match="look 'one'"):
        Rundown([make_look("one", 1), make_look("one", 2)])


def test_the_same_cue_number_twice_is_refused(make_look: Any) -> None:
    with pytest.raises(DuplicateLookError, match="cue number '1'"):
        Rundown([make_look("one", 1), make_look("two", 1)])
