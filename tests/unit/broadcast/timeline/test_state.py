from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from broadcast.errors import Refusal
from broadcast.ids import LookId
from broadcast.timeline import state as timeline_state
from broadcast.timeline.cues import MAX_AHEAD_MS, MAX_BACKDATE_MS
from broadcast.timeline.state import MAX_UNDO, TimelineGapError, TimelineState, apply, opening, rebuild

Press = tuple[str, str | None, int | None, str | None, int]
"""Command, look, at_ms from now, key, pause after it."""

LOOKS = st.sampled_from(["one", "two", "three", "four", "zero"])
NAMES = st.sampled_from(["take", "take", "take", "next", "back", "hold", "resume", "clear", "jump", "undo", "correct"])
TIMES = st.none() | st.sampled_from([-2_000, -1_000, 0, 1_000, 2_000, 3_000, -MAX_BACKDATE_MS, MAX_AHEAD_MS])
PRESSES = st.tuples(
    NAMES,
    st.none() | LOOKS,
    TIMES,
    st.none() | st.sampled_from(["key-a", "key-b"]),
    st.sampled_from([0, 0, 500, 1_000, 3_000]),
)
SHOWS = st.lists(PRESSES, max_size=30)


def play(gallery: Any, presses: list[Press]) -> Any:
    for name, look, in_ms, key, pause in presses:
        try:
            gallery.press(
                name,
                look if name in ("take", "jump", "correct") else None,
                in_ms=in_ms if name in ("take", "clear") else None,
                key=key,
            )
        except Refusal:
            pass
        else:
            assert on_air_in_order(gallery.state)
        gallery.wait(pause)
    return gallery


def on_air_in_order(state: TimelineState) -> bool:
    return all(earlier.cue.at_ms <= later.cue.at_ms for earlier, later in pairwise(state.standing))


def instants(gallery: Any) -> list[int]:
    """Every instant at which what is on air could change, and the milliseconds around it."""
    return sorted({cue.at_ms + step for cue in gallery.announced for step in (-1, 0, 1)} | {gallery.now})


def picture(gallery: Any, moments: list[int], now: int) -> tuple[object, ...]:
    """What a producer can tell of the show."""
    looks = [cue and cue.look for cue in map(gallery.state.on_air, moments)]
    armed = [(cue.look, cue.at_ms) for cue in gallery.state.armed(now)]
    return gallery.state.standby, gallery.state.held, looks, armed


@given(SHOWS)
def test_the_stored_entries_rebuild_exactly_the_state_they_were_decided_in(
    open_gallery: Any, presses: list[Press]
) -> None:
    gallery = play(open_gallery(), presses)
    assert rebuild(gallery.entries, gallery.rundown) == gallery.state


@given(SHOWS)
def test_viewers_who_drop_replaced_cues_see_what_the_gallery_says_is_on_air(
    open_gallery: Any, presses: list[Press]
) -> None:
    gallery = play(open_gallery(), presses)
    for moment in instants(gallery):
        cue = gallery.state.in_force(moment)
        assert gallery.seen_at(moment) == (None if cue is None else cue.look)


@given(SHOWS)
def test_exactly_the_announced_cues_that_none_replaces_count(open_gallery: Any, presses: list[Press]) -> None:
    gallery = play(open_gallery(), presses)
    replaced = {id_ for cue in gallery.announced for id_ in cue.replaces}
    announced = [cue.id for cue in gallery.announced]
    counting = gallery.state.counting()
    assert {cue.id for cue in counting} == set(announced) - replaced
    assert len(announced) == len(set(announced))
    order = [(cue.at_ms, announced.index(cue.id)) for cue in counting]
    assert order == sorted(order)


@given(SHOWS, PRESSES, st.sampled_from([0, 1_000, 5_000]))
def test_undo_brings_back_what_was_before(open_gallery: Any, presses: list[Press], last: Press, later: int) -> None:
    gallery = play(open_gallery(), presses)
    moments = [*instants(gallery), *(gallery.now + step for step in (-2_000, -1_000, 0, 500, 1_000, 2_000, 3_000))]
    assume(last[0] != "undo")
    now = gallery.now
    before, history = picture(gallery, moments, now), gallery.state.history
    play(gallery, [(*last[:3], None, later)])
    assume(gallery.state.history != history)
    gallery.press("undo")
    assert picture(gallery, moments, now) == before


@given(SHOWS)
@settings(max_examples=50)
def test_undoing_everything_returns_to_the_opening(open_gallery: Any, presses: list[Press]) -> None:
    gallery = play(open_gallery(), presses)
    while gallery.state.can_undo:
        gallery.press("undo")
    assert picture(gallery, instants(gallery), 0) == picture(open_gallery(), instants(gallery), 0)


def test_cues_that_count_are_in_the_order_of_their_frames_not_of_their_decision(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("take", "two", in_ms=5_000)
    gallery.press("correct", "three")
    assert [cue.look for cue in gallery.state.counting()] == ["three", "two"]


def test_undo_reaches_back_a_bounded_number_of_commands(gallery: Any) -> None:
    for _ in range(MAX_UNDO):
        gallery.press("hold")
        gallery.press("resume")
    assert len(gallery.state.history) == MAX_UNDO


def test_the_oldest_keys_are_forgotten_beyond_the_bound(gallery: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_state, "MAX_REMEMBERED_KEYS", 2)
    for key in ("first", "second", "third"):
        gallery.press("jump", "two", key=key)
    assert gallery.press("jump", "two", key="second").repeated
    assert not gallery.press("jump", "two", key="first").repeated


def test_the_oldest_cues_are_forgotten_beyond_the_bound_and_no_undo_brings_them_back(
    gallery: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_state, "MAX_COUNTING_CUES", 2)
    for look in ("one", "two", "three", "four"):
        gallery.press("take", look)
        gallery.wait(1_000)
    gallery.press("undo")
    assert [placed.cue.look for placed in gallery.state.standing] == ["three"]
    assert gallery.on_air == "three"


def test_the_oldest_echoes_are_forgotten_beyond_the_bound(gallery: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_state, "MAX_COUNTING_CUES", 2)
    for _ in range(3):
        gallery.press("take", "one")
        gallery.press("undo")
        gallery.wait(1_000)
    assert len(gallery.state.echoes) == 2


def test_entries_with_a_gap_are_not_folded(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("next")
    with pytest.raises(TimelineGapError):
        rebuild(gallery.entries[1:], gallery.rundown)
    with pytest.raises(TimelineGapError):
        apply(gallery.state, gallery.entries[0], gallery.rundown)


def test_deciding_leaves_the_earlier_state_untouched(gallery: Any) -> None:
    before = gallery.state
    gallery.press("take")
    assert before == opening(gallery.rundown)


# ---------------------------------------------------------------- a rundown edited between two runs


def test_a_look_that_left_the_rundown_stays_on_air(gallery: Any, make_rundown: Any) -> None:
    gallery.press("take", "two")
    state = rebuild(gallery.entries, make_rundown("one", "three", "four"))
    assert state.on_air(gallery.now).look == "two"


def test_a_look_that_left_the_rundown_is_passed_over_by_the_standby(gallery: Any, make_rundown: Any) -> None:
    gallery.press("take")
    gallery.press("take")
    assert gallery.state.standby == "three"
    assert rebuild(gallery.entries, make_rundown("one", "two", "four")).standby == "four"


def test_a_jump_to_a_look_that_left_the_rundown_moves_nothing(gallery: Any, make_rundown: Any) -> None:
    gallery.press("take")
    gallery.press("jump", "four")
    assert rebuild(gallery.entries, make_rundown("one", "two", "three")).standby == "two"


def test_undoing_a_move_that_means_nothing_today_takes_nothing_else_back(gallery: Any, make_rundown: Any) -> None:
    gallery.press("take")
    gallery.press("jump", "four")
    gallery.press("undo")
    state = rebuild(gallery.entries, make_rundown("one", "two", "three"))
    assert (state.on_air(gallery.now).look, state.standby) == ("one", "two")


@given(SHOWS, st.lists(st.sampled_from(["one", "two", "three", "four", "five"]), unique=True))
def test_whatever_the_rundown_of_today_what_was_on_air_is_as_recorded(
    open_gallery: Any, make_rundown: Any, presses: list[Press], today: list[LookId]
) -> None:
    gallery = play(open_gallery(), presses)
    state = rebuild(gallery.entries, make_rundown(*today))
    assert (state.standing, state.echoes) == (gallery.state.standing, gallery.state.echoes)
    assert state.standby is None or state.standby in today
