"""kill -9 of PostgreSQL at random moments of a running crowd."""

import database_crash

KILLS = 10


async def test_kill_9_of_postgresql_loses_no_acknowledged_order_and_sells_nothing_twice() -> None:
    outcome = await database_crash.run(KILLS, seed=5)
    assert outcome.broken == {}
    assert outcome.takeovers > 0
    assert outcome.sent_again > KILLS  # it did hurt
    assert outcome.acknowledged > 1_000  # and the crowd did get through
    assert outcome.sold_out > 0
