from broadcast.programme.arrivals import MAX_NOTES, MOST_UNKNOWN, Arrivals


def test_a_byte_came_when_the_read_that_brought_it_came():
    arrivals = Arrivals()
    arrivals.note(188, 1_000)
    arrivals.note(376, 2_000)
    assert [arrivals.of(position) for position in (0, 187, 188, 563)] == [1_000, 1_000, 2_000, 2_000]


def test_when_gathered_bytes_came_is_not_known():
    arrivals = Arrivals()
    arrivals.note(188, 1_000)
    arrivals.note(188, None)
    arrivals.note(188, 3_000)
    assert [arrivals.of(position) for position in (100, 200, 400)] == [1_000, None, 3_000]


def test_a_byte_that_did_not_come_or_has_no_position_came_at_no_known_time():
    arrivals = Arrivals()
    arrivals.note(188, 1_000)
    assert [arrivals.of(position) for position in (None, -1, 188)] == [None, None, None]


def test_reads_long_ago_are_forgotten():
    arrivals = Arrivals()
    for read in range(MAX_NOTES + 1):
        arrivals.note(1, read)
    assert arrivals.of(0) is None
    assert arrivals.of(1) == 1


def test_after_some_pictures_of_unknown_arrival_one_is_met_as_it_comes():
    arrivals = Arrivals()
    arrivals.note(188, None)
    for _ in range(MOST_UNKNOWN):
        assert arrivals.of_picture(0) is None
    assert not arrivals.wanted
    arrivals.of_picture(0)
    assert arrivals.wanted
    arrivals.note(188, 1_000)
    assert arrivals.of_picture(188) == 1_000
    assert not arrivals.wanted
