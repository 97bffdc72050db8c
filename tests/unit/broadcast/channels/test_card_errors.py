"""How exact cards are, from what viewers report."""

import pytest

from broadcast.channel_messages import MAX_CARD_ERROR_MS, Shown
from broadcast.channels.card_errors import (
    MAX_REPORTS_PER_S,
    MAX_SKETCH_BYTES,
    MIN_REPORTS,
    TAKES_COUNTED,
    CardErrors,
    ErrorSketch,
    bin_of,
    heard,
    together,
    told,
    views,
)
from broadcast.ids import ChannelId, CueId

WEB, YOUKU = ChannelId("web"), ChannelId("youku")
AT_MS = 1_000_000
NOBODY_YET = -1


def shown(error_ms: int, cue: str = "take-1", due_ms: int = AT_MS, stated_ms: int | None = 40) -> Shown:
    return Shown(cue=cue, due_ms=due_ms, shown_ms=due_ms + error_ms, source="frames", error_ms=stated_ms)


def one_take() -> CardErrors:
    errors = CardErrors()
    errors.expect(CueId("take-1"), 7, AT_MS)
    return errors


def reported(errors: CardErrors, *errors_ms: int, channel: ChannelId = WEB) -> CardErrors:
    for error_ms in errors_ms:
        errors.report(channel, shown(error_ms), NOBODY_YET, 0.0)
    return errors


def test_a_channels_percentiles_are_those_of_its_reports() -> None:
    errors = reported(one_take(), *range(10, 1010, 10))
    view = views(errors.channels(), alarm_ms=2_000)[WEB]
    assert view.reports == 100
    assert view.p50_ms == pytest.approx(500, rel=0.05)
    assert view.p95_ms == pytest.approx(950, rel=0.05)
    assert view.p99_ms == pytest.approx(990, rel=0.05)
    assert view.stated_ms == pytest.approx(40, rel=0.05)


def test_channels_are_told_apart() -> None:
    errors = reported(one_take(), 0, 0, 0)
    reported(errors, 500, channel=YOUKU)
    known = views(errors.channels(), alarm_ms=100)
    assert known[WEB].p99_ms == 0
    assert known[YOUKU].p50_ms == pytest.approx(500, rel=0.05)


def test_a_liar_among_a_hundred_moves_neither_median_nor_p95() -> None:
    honest = views(reported(one_take(), *([20] * 99)).channels(), 100)[WEB]
    lied = views(reported(one_take(), *([20] * 99), 10**12).channels(), 100)[WEB]
    assert (lied.p50_ms, lied.p95_ms, lied.alarm) == (honest.p50_ms, honest.p95_ms, False)


def test_one_connection_counts_once_a_take_however_often_it_reports() -> None:
    errors = one_take()
    place = NOBODY_YET
    for _ in range(50):
        place = errors.report(WEB, shown(60_000), place, 0.0)
    assert views(errors.channels(), 100)[WEB].reports == 1
    assert errors.refused["again"] == 49


def test_the_same_connection_reports_the_next_take_again() -> None:
    errors = one_take()
    errors.expect(CueId("take-2"), 8, AT_MS + 5_000)
    place = errors.report(WEB, shown(0), NOBODY_YET, 0.0)
    errors.report(WEB, shown(0, "take-2", AT_MS + 5_000), place, 0.0)
    assert views(errors.channels(), 100)[WEB].reports == 2


@pytest.mark.parametrize(
    ("report", "why"),
    [(shown(0, cue="made-up"), "unknown"), (shown(0, due_ms=AT_MS + 1), "not-due-then")],
)
def test_a_report_of_what_never_was_counts_nothing(report: Shown, why: str) -> None:
    errors = one_take()
    assert errors.report(WEB, report, NOBODY_YET, 0.0) == NOBODY_YET
    assert errors.channels() == {}
    assert errors.refused[why] == 1


def test_a_flood_counts_up_to_the_bound_of_its_second_and_the_next_second_counts_again() -> None:
    errors = reported(one_take(), *([0] * (MAX_REPORTS_PER_S + 3)))
    assert errors.refused["too-many"] == 3
    errors.report(WEB, shown(0), NOBODY_YET, 1.0)
    assert views(errors.channels(), 100)[WEB].reports == MAX_REPORTS_PER_S + 1


def test_only_the_newest_takes_count() -> None:
    errors = reported(one_take(), 500)
    for number in range(TAKES_COUNTED):
        errors.expect(CueId(f"later-{number}"), 8 + number, AT_MS)
    assert errors.channels() == {}


def test_after_a_new_log_the_old_takes_are_unknown() -> None:
    errors = reported(one_take(), 500)
    errors.forget()
    assert errors.channels() == {}
    reported(errors, 500)
    assert errors.refused["unknown"] == 1


def test_early_cards_are_told_apart_from_late_ones_of_the_same_size() -> None:
    view = views(reported(one_take(), -100, 100, 100).channels(), 1_000)[WEB]
    assert view.early == 1
    assert view.p50_ms == pytest.approx(100, rel=0.05)


def test_past_the_bound_is_an_alarm_once_enough_viewers_say_so() -> None:
    few = reported(one_take(), *([400] * (MIN_REPORTS - 1)))
    assert not views(few.channels(), 250)[WEB].alarm
    assert views(reported(few, 400).channels(), 250)[WEB].alarm
    assert not views(few.channels(), 500)[WEB].alarm


def test_processes_together_say_what_one_would_have_said() -> None:
    errors_ms = [0, 7, -30, 90, 250, 251, 4_000]
    whole = reported(one_take(), *errors_ms).channels()
    parts = [
        told(reported(one_take(), *errors_ms[:3]).channels()),
        told(reported(one_take(), *errors_ms[3:]).channels()),
    ]
    assert together([WEB, YOUKU], heard(parts)) == whole


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[1]",
        b'{"web":{"errors":{"1":-1},"stated":{}}}',
        b'{"web":{"errors":{"9999":1},"stated":{}}}',
        b'{"web":{"errors":{"x":1},"stated":{}}}',
        b"{" + b" " * MAX_SKETCH_BYTES + b"}",
    ],
)
def test_what_is_no_sketch_counts_nothing_and_harms_no_other(said: bytes) -> None:
    good = reported(one_take(), 40).channels()
    assert together([WEB], heard([said, told(good)])) == good


def test_a_channel_the_show_does_not_have_is_not_listed() -> None:
    assert together([YOUKU], heard([told(reported(one_take(), 40).channels())])) == {}


def test_a_sketch_is_bounded_whatever_comes() -> None:
    sketch = ErrorSketch()
    for error_ms in range(-10 * MAX_CARD_ERROR_MS, 10 * MAX_CARD_ERROR_MS, 997):
        sketch.add(error_ms)
    assert len(sketch.bins) <= 209
    assert bin_of(10**15) == bin_of(MAX_CARD_ERROR_MS) == -bin_of(-(10**15))


def test_every_channel_reported_of_fits_into_one_report() -> None:
    full = ErrorSketch()
    for error_ms in range(-MAX_CARD_ERROR_MS, MAX_CARD_ERROR_MS, 3):
        full.add(error_ms)
    errors = one_take()
    reported(errors, *range(-1_000, 1_000))
    assert len(told(errors.channels())) < MAX_SKETCH_BYTES / 10
