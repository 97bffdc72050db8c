"""kill -9 under load: whatever was acknowledged stays, and nothing is sold or shown twice."""

from pathlib import Path

import pytest
import uvloop
from crash_audit import Verdict
from crash_table import crash, table
from rich.console import Console

KILLS = 24
SEED = 2017


@pytest.mark.timeout(300)
def test_whatever_was_acknowledged_survives_any_number_of_crashes_and_nothing_is_sold_or_shown_twice(
    tmp_path: Path,
) -> None:
    crashes = uvloop.run(crash(tmp_path, KILLS, SEED))
    Console().print(table(crashes))

    # it was a real load, killed at every moment of a process's life
    assert crashes.kills == KILLS
    assert {life.ends for life in crashes.lives} == {"starting", "order", "take", "message", "audit"}
    assert crashes.acks > KILLS
    assert crashes.again > KILLS
    assert crashes.refused["sold-out"] > 0

    # the record: every acknowledged order, no other, no piece too many or too few
    verdict = crashes.verdict
    assert verdict == Verdict(
        lost=0, double=0, unknown=0, oversold=0, leaked=0, unbalanced=0,
        orders=crashes.acks, released=verdict.released, sold=verdict.sold,
    )  # fmt: skip

    # the doors: every tap repeated, across crashes too, gets its first answer, and its order is there
    assert crashes.repeats >= crashes.acks
    assert crashes.other_answers == []
    assert crashes.surprises == []
    assert crashes.vanished == 0

    # the show: the look of the last acknowledged GO is on air again after every crash, and that GO is known by its key
    assert crashes.takes > 0
    assert [life.wrong for life in crashes.lives if life.wrong] == []

    # the feed: one snapshot in a viewer's life, then exact resumes; the same message for all, none missing, none twice
    assert crashes.gaps == []
    assert crashes.snapshots == crashes.viewers
    assert crashes.resumed > 0
    assert crashes.cues_lost == 0
