import asyncio

import pytest

from broadcast.checkout.adapters.due_queue import DueQueue, backed_off_ms


async def test_items_come_out_when_they_are_due_not_when_they_went_in():
    queue: DueQueue[str] = DueQueue(10)
    queue.put("late", 20)
    queue.put("sooner", 1)
    queue.put("at once", 0)
    assert [await queue.get() for _ in range(3)] == ["at once", "sooner", "late"]


async def test_a_full_queue_takes_no_more_whether_due_or_not():
    queue: DueQueue[str] = DueQueue(2)
    queue.put("due", 0)
    queue.put("not due", 60_000)
    with pytest.raises(asyncio.QueueFull):
        queue.put("too many", 0)
    queue.close()
    assert len(queue) == 1


@pytest.mark.parametrize(("attempt", "expected"), [(0, 100), (1, 200), (3, 800), (4, 1_000), (10_000, 1_000)])
def test_waits_double_up_to_the_bound_and_are_spread(attempt: int, expected: float):
    assert backed_off_ms(attempt, 100, 1_000, 0.5) == expected
    assert backed_off_ms(attempt, 100, 1_000, 0.0) == expected / 2
    assert backed_off_ms(attempt, 100, 1_000, 0.999) < expected * 1.5
