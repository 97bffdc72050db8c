"""What is said of a storm follows from what its audience saw."""

from benchmarks.storm.seen import Phase, Return, Seen, Told, quantile, read

S = 1_000_000_000
MS = 1_000_000


def seen() -> Seen:
    """Two viewers stay, two come back: after one second, and after three; a cue a second."""
    return Seen(
        viewers=4,
        lost=2,
        turned_away=3,
        faults=0,
        snapshots=0,
        behind=False,
        before=Phase(0, 10 * S, 40_000),
        storm=Phase(10 * S, 14 * S, 240_000),
        sent_ns={1: 1 * S, 2: 9 * S, 3: 10 * S, 4: 12 * S, 5: 20 * S},
        returns=[Return(10 * S, 13 * S, 4, 3), Return(10 * S, 11 * S, 1, 0)],
        told={
            1: Told(2, 1 * S + 2 * MS, 0),
            2: Told(2, 9 * S + 4 * MS, 0),
            3: Told(2, 10 * S + 9 * MS, 2),
            4: Told(2, 12 * S + 5 * MS, 2),
            5: Told(2, 20 * S + 90 * MS, 2),
        },
    )


def test_viewers_are_back_when_they_were_greeted_not_when_they_tried() -> None:
    assert seen().back_s() == [1.0, 3.0]


def test_a_cue_belongs_to_the_phase_it_was_sent_in() -> None:
    storm = seen()
    assert storm.delays_ms(storm.before) == [2.0, 4.0]
    assert storm.delays_ms(storm.storm) == [9.0, 5.0]


def test_a_comeback_costs_what_the_storms_cues_did_not() -> None:
    # 10 µs a delivery before; in the storm 4 to those who stayed and 1 to the one who was back by then.
    storm = seen()
    assert storm.delivery_us() == 10.0
    assert storm.comeback_us() == (240 - 5 * 10) / 2


def test_viewers_that_got_a_snapshot_did_not_resume() -> None:
    assert seen().figures()["resumed_exactly"] == 2
    assert seen().figures()["told_to_wait"] == {"times": 3, "viewers": 1, "most_often": 3}


def test_the_last_viewer_is_all_of_them() -> None:
    assert [quantile([1.0, 2.0, 3.0, 4.0], share) for share in (0.5, 0.95, 1.0)] == [2.0, 4.0, 4.0]


def test_the_audiences_report_is_read() -> None:
    returns, told = read(["back 1 2 3 4", "cue 7 10 99 5"])
    assert returns == [Return(1, 2, 3, 4)]
    assert told == {7: Told(10, 99, 5)}
