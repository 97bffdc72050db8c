from showrunner.rehearsal.crowd import chosen


def test_half_of_the_buyers_want_the_first_article() -> None:
    assert {chosen(choice / 100, 4) for choice in range(50)} == {0}


def test_the_others_choose_among_all() -> None:
    wanted = [chosen(choice / 1000, 4) for choice in range(500, 1000)]
    assert {offer: wanted.count(offer) for offer in range(4)} == {0: 125, 1: 125, 2: 125, 3: 125}


def test_a_look_of_one_article_is_what_everybody_wants() -> None:
    assert {chosen(choice / 100, 1) for choice in range(100)} == {0}
