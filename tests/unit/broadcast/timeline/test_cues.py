from typing import Any

import pytest

from broadcast.errors import Refusal
from broadcast.timeline.cues import MAX_AHEAD_MS, MAX_BACKDATE_MS


def refusal(gallery: Any, name: str, look: str | None = None, **how: Any) -> Refusal:
    """Press a button that must be refused; nothing may change."""
    before = gallery.state
    with pytest.raises(Refusal) as caught:
        gallery.press(name, look, **how)
    assert gallery.state is before
    return caught.value


def wrong_fields(refused: Refusal) -> list[str]:
    assert refused.name == "invalid"
    return [field["pointer"] for field in refused.more["errors"]]


# ---------------------------------------------------------------- preset and programme


def test_a_show_opens_with_nothing_on_air_and_the_first_look_standing_by(gallery: Any) -> None:
    assert gallery.on_air is None
    assert gallery.state.standby == "one"


def test_a_take_puts_the_look_standing_by_on_air_now_and_the_next_one_stands_by(gallery: Any) -> None:
    cue = gallery.press("take").cue
    assert (cue.action, cue.look, cue.at_ms, cue.replaces) == ("take", "one", gallery.now, ())
    assert gallery.on_air == "one"
    assert gallery.state.standby == "two"


def test_a_take_may_name_its_look_and_the_rundown_goes_on_from_there(gallery: Any) -> None:
    gallery.press("take", "three")
    assert gallery.on_air == "three"
    assert gallery.state.standby == "four"


def test_after_the_last_look_there_is_nothing_to_take(gallery: Any) -> None:
    gallery.press("take", "four")
    assert gallery.state.standby is None
    assert refusal(gallery, "take").name == "nothing-next"


def test_back_from_the_end_of_the_rundown_returns_to_the_last_look(gallery: Any) -> None:
    gallery.press("take", "four")
    gallery.press("back")
    assert gallery.state.standby == "four"


def test_next_back_and_jump_move_only_what_stands_by(gallery: Any) -> None:
    gallery.press("take")
    for name, look, standby in [("next", None, "three"), ("back", None, "two"), ("jump", "four", "four")]:
        decision = gallery.press(name, look)
        assert (decision.cue, gallery.state.standby, gallery.on_air) == (None, standby, "one")


def test_next_at_the_last_look_is_refused(gallery: Any) -> None:
    gallery.press("jump", "four")
    assert refusal(gallery, "next").name == "nothing-next"


def test_next_is_refused_when_nothing_stands_by(gallery: Any) -> None:
    gallery.press("take", "four")
    assert refusal(gallery, "next").name == "nothing-next"


def test_back_at_the_first_look_is_refused(gallery: Any) -> None:
    assert refusal(gallery, "back").name == "nothing-next"


def test_clear_takes_the_look_off_air_and_leaves_the_standby(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(5_000)
    cue = gallery.press("clear").cue
    assert (cue.action, cue.look, cue.at_ms) == ("clear", None, gallery.now)
    assert gallery.on_air is None
    assert gallery.state.standby == "two"


def test_clear_on_nothing_makes_no_cue_and_leaves_nothing_to_undo(gallery: Any) -> None:
    assert gallery.press("clear").cue is None
    assert not gallery.state.can_undo


# ---------------------------------------------------------------- hold


def test_on_hold_takes_are_refused_and_the_card_stays(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("hold")
    assert refusal(gallery, "take").name == "on-hold"
    assert gallery.on_air == "one"


def test_after_resume_takes_go_on(gallery: Any) -> None:
    gallery.press("hold")
    gallery.press("resume")
    gallery.press("take")
    assert gallery.on_air == "one"


def test_hold_disarms_what_is_armed_and_lets_it_stand_by_again(gallery: Any) -> None:
    gallery.press("take")
    armed = gallery.press("take", in_ms=5_000).cue
    cue = gallery.press("hold").cue
    assert (cue.action, cue.look, cue.at_ms, cue.replaces) == ("correct", "one", armed.at_ms, (armed.id,))
    assert (gallery.armed, gallery.look_at(6_000), gallery.state.standby) == ([], "one", "two")


def test_after_a_hold_no_viewer_sees_what_was_armed_or_left_by_an_undo(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("take", in_ms=5_000)
    gallery.press("take", in_ms=9_000)
    gallery.press("undo")
    gallery.press("hold")
    assert [gallery.seen_at(gallery.now + later) for later in (0, 5_000, 9_000)] == ["one"] * 3


def test_undoing_a_hold_arms_again_what_it_disarmed(gallery: Any) -> None:
    gallery.press("take", in_ms=1_000)
    gallery.press("take", in_ms=5_000)
    gallery.press("hold")
    gallery.press("undo")
    assert gallery.armed == [("one", 1_000), ("two", 5_000)]
    assert gallery.state.standby == "three"


# ---------------------------------------------------------------- correct


def test_a_correction_replaces_the_wrong_look_from_the_same_frame_on(gallery: Any) -> None:
    wrong = gallery.press("take", "one").cue
    gallery.wait(3_000)
    cue = gallery.press("correct", "two").cue
    assert (cue.action, cue.look, cue.at_ms, cue.replaces) == ("correct", "two", wrong.at_ms, (wrong.id,))
    assert gallery.on_air == gallery.look_at(-3_000) == "two"


def test_after_a_correction_the_rundown_goes_on_from_the_right_look(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("correct", "three")
    assert gallery.state.standby == "four"


def test_a_correction_leaves_a_standby_chosen_by_hand(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("jump", "four")
    gallery.press("correct", "two")
    assert gallery.state.standby == "four"


def test_a_look_put_on_air_by_a_correction_no_longer_stands_by(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("jump", "three")
    gallery.press("correct", "three")
    assert gallery.state.standby == "four"


def test_a_correction_leaves_what_is_armed(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("take", "four", in_ms=5_000)
    gallery.press("correct", "two")
    assert (gallery.on_air, gallery.armed) == ("two", [("four", 5_000)])


def test_with_nothing_on_air_there_is_nothing_to_correct(gallery: Any) -> None:
    assert refusal(gallery, "correct", "two").name == "nothing-on-air"
    gallery.press("take")
    gallery.press("clear")
    assert refusal(gallery, "correct", "two").name == "nothing-on-air"


def test_correcting_to_the_look_on_air_is_a_double_press(gallery: Any) -> None:
    gallery.press("take")
    first = gallery.press("correct", "two")
    again = gallery.press("correct", "two")
    assert (again.repeated, again.entry, again.cue) == (True, None, first.cue)


# ---------------------------------------------------------------- undo


def test_undoing_a_take_brings_back_what_was_on_air_at_the_frame_of_the_take(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(5_000)
    mistake = gallery.press("take").cue
    gallery.wait(1_000)
    cue = gallery.press("undo").cue
    assert (cue.action, cue.look, cue.at_ms, cue.replaces) == ("correct", "one", mistake.at_ms, (mistake.id,))
    assert (gallery.on_air, gallery.state.standby) == ("one", "two")


def test_undoing_the_first_take_leaves_nothing_on_air(gallery: Any) -> None:
    gallery.press("take")
    assert gallery.press("undo").cue.look is None
    assert (gallery.on_air, gallery.state.standby) == (None, "one")


def test_undoing_a_clear_puts_the_look_back(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(1_000)
    gallery.press("clear")
    gallery.press("undo")
    assert gallery.on_air == "one"


def test_undoing_a_correction_puts_the_first_look_back_from_its_first_frame(gallery: Any) -> None:
    first = gallery.press("take").cue
    gallery.wait(1_000)
    gallery.press("correct", "three")
    cue = gallery.press("undo").cue
    assert (cue.look, cue.at_ms) == ("one", first.at_ms)
    assert gallery.state.standby == "two"
    assert gallery.entries[-1].restored == ()


@pytest.mark.parametrize(("name", "look"), [("next", None), ("jump", "four"), ("hold", None)])
def test_undoing_a_command_that_changed_nothing_on_air_makes_no_cue(gallery: Any, name: str, look: str | None) -> None:
    gallery.press(name, look)
    assert gallery.press("undo").cue is None
    assert (gallery.state.standby, gallery.state.held) == ("one", False)


def test_undoing_back_and_resume_moves_the_standby_and_the_hold_back(gallery: Any) -> None:
    gallery.press("next")
    gallery.press("hold")
    gallery.press("back")
    gallery.press("resume")
    gallery.press("undo")
    gallery.press("undo")
    assert (gallery.state.standby, gallery.state.held) == ("two", True)


def test_repeated_undo_goes_further_back(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(1_000)
    gallery.press("take")
    gallery.wait(1_000)
    gallery.press("take")
    gallery.press("undo")
    assert gallery.on_air == "two"
    gallery.press("undo")
    assert gallery.on_air == "one"
    gallery.press("undo")
    assert gallery.on_air is None
    assert refusal(gallery, "undo").name == "nothing-to-undo"


def test_a_viewer_sees_nothing_of_takes_undone_one_after_the_other(gallery: Any) -> None:
    for _ in range(3):
        gallery.press("take")
        gallery.wait(1_000)
    for _ in range(3):
        gallery.press("undo")
    assert [gallery.seen_at(gallery.now - ago) for ago in (0, 1_000, 2_000, 3_000)] == [None] * 4


def test_a_take_at_the_frame_of_an_undone_one_ends_the_correction_left_there(gallery: Any) -> None:
    gallery.press("take")
    correction = gallery.press("undo").cue
    assert gallery.press("take", "two").cue.replaces == (correction.id,)


def test_a_correction_after_an_undo_still_reaches_back_to_the_first_frame_of_the_look(gallery: Any) -> None:
    first = gallery.press("take").cue
    gallery.wait(1_000)
    gallery.press("take")
    gallery.press("undo")
    gallery.wait(1_000)
    cue = gallery.press("correct", "four").cue
    assert cue.at_ms == first.at_ms
    assert gallery.seen_at(gallery.now) == gallery.seen_at(first.at_ms) == "four"


def test_undoing_a_take_arms_again_what_it_had_ended(gallery: Any) -> None:
    armed = gallery.press("take", "four", in_ms=10_000).cue
    gallery.press("take", "one")
    decision = gallery.press("undo")
    (restored,) = decision.entry.restored
    assert (restored.look, restored.at_ms, restored.action) == ("four", armed.at_ms, "take")
    assert restored.id not in {armed.id, decision.cue.id}
    assert gallery.armed == [("four", 10_000)]


def test_a_take_that_was_armed_again_can_itself_be_undone(gallery: Any) -> None:
    gallery.press("take", "four", in_ms=10_000)
    gallery.press("take", "one")
    gallery.press("undo")
    gallery.press("undo")
    assert gallery.armed == []
    assert gallery.seen_at(gallery.now + 10_000) is None


def test_undoing_further_back_leaves_alone_what_an_undo_has_brought_back(gallery: Any) -> None:
    gallery.press("take", "one")
    armed = gallery.press("take", "two", in_ms=5_000).cue
    gallery.press("correct", "three")
    gallery.press("undo")
    entry = gallery.press("undo").entry
    assert (entry.cue.replaces, entry.restored) == ((armed.id,), ())


def test_undo_does_not_arm_again_what_another_take_had_overtaken_at_its_frame(gallery: Any) -> None:
    gallery.press("take", "one", in_ms=5_000)
    gallery.press("take", "two", in_ms=5_000)
    assert gallery.armed == [("two", 5_000)]
    gallery.press("take", "three")
    assert [cue.look for cue in gallery.press("undo").entry.restored] == ["two"]


def test_undo_passes_over_commands_that_changed_nothing(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("hold")
    gallery.press("hold")
    gallery.press("undo")
    assert not gallery.state.held
    assert gallery.on_air == "one"


def test_nothing_can_be_undone_before_the_first_command(gallery: Any) -> None:
    assert refusal(gallery, "undo").name == "nothing-to-undo"


# ---------------------------------------------------------------- time


def test_an_armed_take_is_on_air_when_programme_time_reaches_it(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("take", in_ms=5_000)
    assert (gallery.on_air, gallery.armed, gallery.state.standby) == ("one", [("two", 5_000)], "three")
    assert (gallery.look_at(4_999), gallery.look_at(5_000)) == ("one", "two")
    gallery.wait(5_000)
    assert (gallery.on_air, gallery.armed) == ("two", [])


def test_a_new_take_ends_whatever_waits_for_a_later_time(gallery: Any) -> None:
    soon = gallery.press("take", "one", in_ms=2_000).cue
    later = gallery.press("take", "two", in_ms=4_000).cue
    last = gallery.press("take", "three", in_ms=6_000).cue
    cue = gallery.press("take", "four", in_ms=3_000).cue
    assert set(cue.replaces) == {later.id, last.id}
    assert gallery.armed == [("one", 2_000), ("four", 3_000)]
    assert soon.id not in cue.replaces


def test_a_clear_ends_what_is_armed(gallery: Any) -> None:
    armed = gallery.press("take", in_ms=4_000).cue
    assert gallery.press("clear").cue.replaces == (armed.id,)
    assert gallery.look_at(5_000) is None


def test_a_clear_can_be_armed(gallery: Any) -> None:
    gallery.press("take")
    gallery.press("clear", in_ms=4_000)
    assert (gallery.on_air, gallery.look_at(4_000)) == ("one", None)


def test_a_backdated_take_counts_from_its_own_frame(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(10_000)
    gallery.press("take", in_ms=-3_000)
    assert (gallery.look_at(-3_001), gallery.look_at(-3_000)) == ("one", "two")


def test_a_backdated_take_begins_no_earlier_than_the_look_it_follows(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(1_000)
    current = gallery.press("take").cue
    gallery.wait(1_000)
    cue = gallery.press("take", in_ms=-2_000).cue
    assert cue.at_ms == current.at_ms
    assert (gallery.on_air, gallery.look_at(-1_001)) == ("three", "one")


@pytest.mark.parametrize("in_ms", [-MAX_BACKDATE_MS, MAX_AHEAD_MS])
def test_a_take_may_lie_at_the_very_edge_of_the_window(gallery: Any, in_ms: int) -> None:
    assert gallery.press("take", in_ms=in_ms).cue.at_ms == gallery.now + in_ms


@pytest.mark.parametrize("in_ms", [-MAX_BACKDATE_MS - 1, MAX_AHEAD_MS + 1])
def test_a_take_outside_the_window_is_a_wrong_time(gallery: Any, in_ms: int) -> None:
    assert wrong_fields(refusal(gallery, "take", in_ms=in_ms)) == ["/at_ms"]


# ---------------------------------------------------------------- double presses


def test_the_same_key_is_the_same_command_whatever_changed_since(gallery: Any) -> None:
    first = gallery.press("take", key="go")
    gallery.press("take")
    gallery.press("undo")
    gallery.press("undo")
    again = gallery.press("take", key="go")
    assert (again.repeated, again.entry, again.answer, again.cue) == (True, None, first.entry, first.cue)
    assert gallery.on_air is None


@pytest.mark.parametrize(("name", "look"), [("next", None), ("take", "one")])
def test_the_same_key_with_another_command_or_look_is_refused(gallery: Any, name: str, look: str | None) -> None:
    gallery.press("take", key="go")
    assert refusal(gallery, name, look, key="go").name == "key-reused"


def test_a_refused_command_does_not_use_up_its_key(gallery: Any) -> None:
    gallery.press("hold")
    refusal(gallery, "take", key="go")
    gallery.press("resume")
    assert not gallery.press("take", key="go").repeated


def test_taking_the_look_already_on_air_is_a_double_press(gallery: Any) -> None:
    first = gallery.press("take", "one")
    gallery.wait(1_000)
    again = gallery.press("take", "one")
    assert (again.repeated, again.entry, again.answer, again.cue) == (True, None, first.entry, first.cue)
    assert len(gallery.entries) == 1


def test_taking_the_look_on_air_while_another_is_armed_is_a_double_press(gallery: Any) -> None:
    first = gallery.press("take", "one")
    gallery.press("take", "two", in_ms=5_000)
    again = gallery.press("take", "one")
    assert (again.repeated, again.cue) == (True, first.cue)
    assert gallery.armed == [("two", 5_000)]


def test_taking_the_newest_armed_look_is_a_double_press(gallery: Any) -> None:
    gallery.press("take", "one")
    armed = gallery.press("take", "two", in_ms=5_000)
    again = gallery.press("take", "two")
    assert (again.repeated, again.cue) == (True, armed.cue)
    assert gallery.on_air == "one"


def test_a_look_may_return_after_another_one(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("take", "two", in_ms=2_000)
    assert not gallery.press("take", "one", in_ms=4_000).repeated
    assert gallery.armed == [("two", 2_000), ("one", 4_000)]


# ---------------------------------------------------------------- bad input


def test_an_unknown_look_is_a_wrong_field(gallery: Any) -> None:
    gallery.press("take")
    for name in ("take", "jump", "correct"):
        assert wrong_fields(refusal(gallery, name, "zero")) == ["/look"]


@pytest.mark.parametrize("name", ["jump", "correct"])
def test_a_command_that_needs_a_look_says_so(gallery: Any, name: str) -> None:
    assert wrong_fields(refusal(gallery, name)) == ["/look"]


@pytest.mark.parametrize("name", ["next", "back", "hold", "resume", "clear", "undo"])
def test_a_command_that_takes_no_look_says_so(gallery: Any, name: str) -> None:
    assert wrong_fields(refusal(gallery, name, "one")) == ["/look"]


@pytest.mark.parametrize("name", ["next", "back", "hold", "resume", "undo"])
def test_a_command_that_takes_no_time_says_so(gallery: Any, name: str) -> None:
    assert wrong_fields(refusal(gallery, name, in_ms=0)) == ["/at_ms"]


def test_every_wrong_field_is_named_at_once(gallery: Any) -> None:
    assert wrong_fields(refusal(gallery, "take", "zero", in_ms=MAX_AHEAD_MS + 1, key="\x00")) == [
        "/key",
        "/look",
        "/at_ms",
    ]


def test_an_empty_rundown_has_nothing_to_take_or_to_stand_by(make_rundown: Any, gallery: Any) -> None:
    gallery.rundown = make_rundown()
    gallery.state = type(gallery.state)()
    for name in ("take", "next", "back"):
        assert refusal(gallery, name).name == "nothing-next"
