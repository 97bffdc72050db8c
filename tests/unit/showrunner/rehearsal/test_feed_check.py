from showrunner.rehearsal.feed_check import FeedCheck


def begun(seq: int = 5) -> FeedCheck:
    check = FeedCheck()
    check.snapshot("e", seq)
    return check


def test_numbers_in_a_row_are_no_gap() -> None:
    check = begun(5)
    for seq in (6, 7, 8):
        check.message(seq)
    assert (check.gaps, check.messages, check.seq) == (0, 3, 8)


def test_a_number_left_out_is_one_gap() -> None:
    check = begun(5)
    for seq in (6, 8, 9):
        check.message(seq)
    assert check.gaps == 1


def test_the_same_number_twice_is_a_gap() -> None:
    check = begun(5)
    check.message(6)
    check.message(6)
    assert check.gaps == 1


def test_a_message_before_any_snapshot_is_a_gap() -> None:
    check = FeedCheck()
    check.message(1)
    assert check.gaps == 1


def test_an_exact_resume_goes_on_where_the_viewer_was() -> None:
    check = begun(5)
    check.message(6)
    check.went_on("e", 6)
    check.message(7)
    assert (check.gaps, check.resumed, check.snapshots) == (0, 1, 1)


def test_a_resume_from_elsewhere_is_a_gap() -> None:
    for epoch, seq in (("e", 4), ("e", 6), ("other", 5)):
        check = begun(5)
        check.went_on(epoch, seq)
        assert check.gaps == 1


def test_a_later_snapshot_may_skip_ahead_but_never_back() -> None:
    ahead, back = begun(5), begun(5)
    ahead.snapshot("e", 90)
    back.snapshot("e", 4)
    assert (ahead.gaps, back.gaps) == (0, 1)


def test_a_new_epoch_counts_from_anywhere() -> None:
    check = begun(5)
    check.snapshot("new", 0)
    check.message(1)
    assert check.gaps == 0
