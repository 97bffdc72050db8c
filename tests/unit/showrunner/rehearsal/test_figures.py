import msgspec
import pytest

from showrunner.rehearsal.figures import AuditFigures, FeedFigures, TapFigures, broken_promises, spread_of

NOTHING = spread_of([])
FEED = FeedFigures(
    viewers=3, watching=3, snapshots=3, resumed=0, messages=9, cues=3, gaps=0, behind=0, closed={},
    connect_ms=NOTHING, cue_ms=NOTHING,
)  # fmt: skip
TAPS = TapFigures(
    taps=3, outcomes={"reserved": 2, "sold-out": 1}, again={"busy": 4}, repeats=1, other_answers=0,
    http_ms=NOTHING, websocket_ms=NOTHING,
)  # fmt: skip
AUDIT = AuditFigures(acknowledged=2, missing=0, double=0, placed=2, unbalanced=())


def test_every_figure_of_a_spread_was_really_measured() -> None:
    spread = spread_of([float(sample) for sample in range(100, 0, -1)])
    assert (spread.count, spread.p50, spread.p95, spread.p99, spread.max) == (100, 50.0, 95.0, 99.0, 100.0)


def test_one_sample_is_its_own_spread() -> None:
    spread = spread_of([7.0])
    assert (spread.p50, spread.p95, spread.p99, spread.max) == (7.0, 7.0, 7.0, 7.0)


def test_nothing_measured_is_no_error() -> None:
    assert NOTHING.count == 0


def test_sold_out_retried_and_others_orders_break_no_promise() -> None:
    assert broken_promises(FEED, TAPS, msgspec.structs.replace(AUDIT, placed=50)) == ()


@pytest.mark.parametrize(
    ("room", "field", "value", "said"),
    [
        ("feed", "watching", 2, "1 viewers did not have the feed"),
        ("feed", "gaps", 1, "1 gaps"),
        ("feed", "behind", 2, "2 viewers did not get the newest message"),
        ("feed", "cues", 2, "1 viewers did not get the cue"),
        ("taps", "other_answers", 1, "1 repeated taps"),
        ("taps", "outcomes", {"internal": 2}, "2 taps ended as internal"),
        ("taps", "outcomes", {"unanswered": 1}, "1 taps ended as unanswered"),
        ("audit", "missing", 1, "1 acknowledged orders are missing"),
        ("audit", "double", 1, "1 orders were acknowledged under more than one key"),
        ("audit", "placed", 1, "1 more orders were acknowledged than the show counted"),
        ("audit", "unbalanced", ("BAG",), "1 SKUs whose pieces do not add up"),
    ],
)
def test_each_broken_promise_is_said(room: str, field: str, value: object, said: str) -> None:
    figures = {"feed": FEED, "taps": TAPS, "audit": AUDIT}
    figures[room] = msgspec.structs.replace(figures[room], **{field: value})
    (broken,) = broken_promises(*figures.values())  # type: ignore[arg-type] # in the order they were written
    assert broken.startswith(said)
