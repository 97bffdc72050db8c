from broadcast.programme.backoff import FIRST_S, MOST_S, Backoff


def test_waits_double_up_to_a_bound():
    backoff = Backoff(lambda: 0.0)
    waits = [backoff.next_s() for _ in range(10)]
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == MOST_S


def test_chance_shortens_a_wait_by_up_to_a_half():
    assert Backoff(lambda: 1.0).next_s() == FIRST_S / 2


def test_after_success_it_starts_again():
    backoff = Backoff(lambda: 0.0)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == FIRST_S
