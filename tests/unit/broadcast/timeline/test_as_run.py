from typing import Any

from broadcast.timeline.as_run import Airing, aired, airings, as_run, timings
from broadcast.timeline.rundown import Rundown


def test_the_as_run_record_names_every_command_and_marks_the_undone(gallery: Any) -> None:
    start = gallery.now
    gallery.press("take", by="Mei")
    gallery.wait(1_000)
    gallery.press("take", in_ms=500, by="Li")
    gallery.wait(1_000)
    gallery.press("undo", by="Mei")
    gallery.press("jump", "four", by="Li")
    record = as_run(gallery.entries, lambda entry: entry.number + 100)
    assert [(line.seq, line.command, line.look, line.at_ms - start, line.by, line.undone) for line in record] == [
        (101, "take", "one", 0, "Mei", False),
        (102, "take", "two", 1_500, "Li", True),
        (103, "undo", "one", 1_500, "Mei", False),
        (104, "jump", "four", 2_000, "Li", False),
    ]


def test_airings_follow_one_another_and_the_last_one_is_open(gallery: Any) -> None:
    start = gallery.now
    gallery.press("take")
    gallery.wait(2_000)
    gallery.press("take")
    gallery.wait(3_000)
    assert airings(gallery.state, gallery.now) == (
        Airing(look="one", from_ms=start, until_ms=start + 2_000),
        Airing(look="two", from_ms=start + 2_000, until_ms=None),
    )


def test_a_pause_with_nothing_on_air_is_no_airing(gallery: Any) -> None:
    start = gallery.now
    gallery.press("take")
    gallery.wait(2_000)
    gallery.press("clear")
    gallery.wait(2_000)
    assert airings(gallery.state, gallery.now) == (Airing(look="one", from_ms=start, until_ms=start + 2_000),)


def test_a_look_that_returns_after_a_pause_is_two_airings(gallery: Any) -> None:
    for name in ("take", "clear"):
        gallery.press(name)
        gallery.wait(2_000)
    gallery.press("take", "one")
    assert [airing.until_ms is None for airing in airings(gallery.state, gallery.now)] == [False, True]


def test_an_undone_take_was_never_on_air(gallery: Any) -> None:
    gallery.press("take")
    gallery.wait(1_000)
    gallery.press("take")
    gallery.press("undo")
    assert aired(gallery.state, gallery.now) == ("one",)


def test_a_look_overtaken_at_its_own_frame_was_never_on_air(gallery: Any) -> None:
    gallery.press("take", "one")
    gallery.press("take", "two")
    assert aired(gallery.state, gallery.now) == ("two",)


def test_a_take_corrected_to_the_look_before_it_is_one_airing(gallery: Any) -> None:
    start = gallery.now
    gallery.press("take", "one")
    gallery.wait(1_000)
    gallery.press("take", "two")
    gallery.press("correct", "one")
    assert airings(gallery.state, gallery.now) == (Airing(look="one", from_ms=start, until_ms=None),)


def test_an_armed_look_has_not_been_on_air_yet(gallery: Any) -> None:
    gallery.press("take", in_ms=1_000)
    assert aired(gallery.state, gallery.now) == ()


def test_a_look_is_early_or_late_and_over_or_under_against_its_plan(gallery: Any, make_look: Any) -> None:
    plan = Rundown([make_look("one", 1, 0, 10_000), make_look("two", 2, 10_000, 10_000), make_look("three", 3)])
    starts_at = gallery.now
    gallery.wait(2_000)
    gallery.press("take", "one")
    gallery.wait(7_000)
    gallery.press("take", "two")
    gallery.wait(12_000)
    gallery.press("take", "three")
    gallery.wait(1_000)
    lines = timings(gallery.state, plan, starts_at, gallery.now)
    assert [(line.look, line.start_ms, line.late_ms, line.duration_ms, line.over_ms) for line in lines] == [
        ("one", 2_000, 2_000, 7_000, -3_000),
        ("two", 9_000, -1_000, 12_000, 2_000),
        ("three", 21_000, None, 1_000, None),
    ]
    assert (lines[1].planned_start_ms, lines[1].planned_duration_ms) == (10_000, 10_000)


def test_a_look_that_returns_adds_to_its_time_on_air_and_keeps_its_first_start(gallery: Any) -> None:
    starts_at = gallery.now
    for look in ("one", "two", "one"):
        gallery.press("take", look)
        gallery.wait(4_000)
    first = timings(gallery.state, gallery.rundown, starts_at, gallery.now)[0]
    assert (first.look, first.start_ms, first.duration_ms) == ("one", 0, 8_000)


def test_a_look_that_left_the_rundown_keeps_its_times_and_has_no_plan(gallery: Any, make_rundown: Any) -> None:
    gallery.press("take", "two")
    gallery.wait(1_000)
    (line,) = timings(gallery.state, make_rundown("one"), gallery.now, gallery.now)
    assert (line.look, line.start_ms, line.planned_start_ms, line.late_ms, line.over_ms) == (
        "two",
        -1_000,
        None,
        None,
        None,
    )
