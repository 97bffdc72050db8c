from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broadcast.clock import WallMs
from broadcast.ids import Sku
from broadcast.overlay.coalescing import MIN_INTERVAL_MS, Coalescer

NOW = 1_509_451_200_000
COAT, HAT = Sku("COAT"), Sku("HAT")


def due(coalescer: Coalescer, after_ms: int) -> list[str]:
    return list(coalescer.due(WallMs(NOW + after_ms)))


def test_the_first_news_of_a_sku_is_told_at_once() -> None:
    coalescer = Coalescer()
    coalescer.changed(COAT)
    assert coalescer.next_due_ms(WallMs(NOW)) == 0
    assert due(coalescer, 0) == ["COAT"]


def test_what_was_told_is_told_again_only_when_it_changed() -> None:
    coalescer = Coalescer()
    coalescer.changed(COAT)
    due(coalescer, 0)
    assert due(coalescer, 10_000) == []
    assert coalescer.next_due_ms(WallMs(NOW)) is None


def test_a_sku_is_told_at_most_twice_a_second_and_the_last_change_is_never_lost() -> None:
    coalescer = Coalescer()
    coalescer.changed(COAT)
    due(coalescer, 0)
    coalescer.changed(COAT)
    coalescer.changed(COAT)
    assert due(coalescer, MIN_INTERVAL_MS - 1) == []
    assert coalescer.next_due_ms(WallMs(NOW + 100)) == MIN_INTERVAL_MS - 100
    assert due(coalescer, MIN_INTERVAL_MS) == ["COAT"]


def test_one_skus_wait_is_not_anothers() -> None:
    coalescer = Coalescer()
    coalescer.changed(COAT)
    due(coalescer, 0)
    coalescer.changed(COAT)
    coalescer.changed(HAT)
    assert coalescer.next_due_ms(WallMs(NOW + 1)) == 0
    assert due(coalescer, 1) == ["HAT"]


def test_skus_are_told_in_the_order_they_changed() -> None:
    coalescer = Coalescer()
    for sku in (HAT, COAT, HAT):
        coalescer.changed(sku)
    assert due(coalescer, 0) == ["HAT", "COAT"]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(min_value=0, max_value=400)), max_size=60))
def test_whatever_happens_no_sku_is_told_more_than_twice_in_a_second(changes: list[tuple[str, int]]) -> None:
    coalescer = Coalescer()
    now = 0
    told: list[tuple[int, str]] = []
    for sku, pause_ms in changes:
        coalescer.changed(Sku(sku))
        told += [(now, each) for each in due(coalescer, now)]
        now += pause_ms
    told += [(now + MIN_INTERVAL_MS, each) for each in due(coalescer, now + MIN_INTERVAL_MS)]
    for start, _ in told:
        within = Counter(sku for at, sku in told if start <= at < start + 1_000)
        assert all(times <= 2 for times in within.values())
    assert {sku for _, sku in told} == {sku for sku, _ in changes}
    assert coalescer.next_due_ms(WallMs(NOW + now)) is None
