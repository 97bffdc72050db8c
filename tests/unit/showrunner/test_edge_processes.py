from showrunner.edge_processes import FIRST_RESTART_S, HEALTHY_S, MAX_RESTART_S, next_restart_s


def test_a_process_that_dies_for_the_first_time_is_back_at_once() -> None:
    assert next_restart_s(0, lived_s=0.1) == FIRST_RESTART_S


def test_a_process_that_dies_again_and_again_waits_longer_each_time_up_to_a_bound() -> None:
    waits = [FIRST_RESTART_S]
    for _ in range(10):
        waits.append(next_restart_s(waits[-1], lived_s=0.1))
    assert waits[:4] == [FIRST_RESTART_S * factor for factor in (1, 2, 4, 8)]
    assert waits[-1] == MAX_RESTART_S


def test_a_process_that_had_lived_well_is_back_at_once() -> None:
    assert next_restart_s(MAX_RESTART_S, lived_s=HEALTHY_S) == FIRST_RESTART_S
