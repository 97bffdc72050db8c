"""Buyers who tap as no person does wait a little before their tap enters: later in line, and never refused for it.

A tap is asked about only when its buyer has tapped several times lately: of a drop's crowd nearly nobody.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from broadcast.channels.adapters.tokens import Viewer
from broadcast.checkout.behaviour import Behaviour, Grade, Signal, Who
from broadcast.checkout.port import TapAnswer, TapWay
from broadcast.errors import Refusal
from broadcast.ids import Sku

MAX_WAITING = 4_096
"""Taps that wait at a time; one more goes straight on: whoever is judged wrongly is never shut out."""

SHARE_WHERE_ODD = 4
"""A buyer who is only odd waits this part of what a machine waits."""

log = structlog.get_logger()


def enter_late(way: TapWay, answer: TapAnswer, **tap: Any) -> None:
    """Let a tap go on when whoever brought it listens for its answer alone: whatever happens, there is one."""
    try:
        way(answer=answer, **tap)
    except Refusal as refusal:
        answer(refusal)
    except Exception:
        log.exception("tap.fault")
        answer(Refusal("internal"))


class Suspects:
    """Makes taps wait.

    Args:
        slowest_s: how long a machine's tap waits.
        clock_s: monotonic seconds.

    Attributes:
        behaviour: the scores.
        slowed: taps that had to wait, by grade.
    """

    def __init__(self, slowest_s: float, clock_s: Callable[[], float]) -> None:
        self.behaviour = Behaviour()
        self.slowed: dict[Grade, int] = {1: 0, 2: 0}
        self._waits_s: dict[Grade, float] = {1: slowest_s / SHARE_WHERE_ODD, 2: slowest_s}
        self._clock_s = clock_s
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Callable[[], None]]] = {}
        self._number = 0

    def stop(self) -> None:
        """Let every tap that waits go on at once."""
        waiting, self._waiting = self._waiting, {}
        for timer, go in waiting.values():
            timer.cancel()
            go()

    def way(self, viewer: Viewer, sku: Sku, straight: TapWay) -> TapWay:
        """Return the way to the desk of a busy buyer's tap: straight, or a longer one."""
        who, now_s = (viewer.channel, viewer.buyer), self._clock_s()
        before = self.behaviour.grade(who, now_s)
        odd = self.behaviour.tapped(who, sku, now_s)
        grade = self._grade(who, before, odd, now_s) if odd else before
        if not grade or len(self._waiting) >= MAX_WAITING:
            return straight
        self.slowed[grade] += 1
        return partial(self._later, self._waits_s[grade], straight)

    def refused(self, viewer: Viewer, refusal: Refusal) -> None:
        """Hear what a tap was refused for: a SKU that no channel has shown was seen by nobody."""
        sku = refusal.more.get("sku")
        if sku is None or "opens_at_ms" in refusal.more or "ended_at_ms" in refusal.more:
            return
        now_s, who = self._clock_s(), (viewer.channel, viewer.buyer)
        before = self.behaviour.grade(who, now_s)
        self._grade(who, before, self.behaviour.unseen(who, Sku(sku), now_s), now_s)

    def _grade(self, who: Who, before: Grade, odd: list[Signal], now_s: float) -> Grade:
        """Return a buyer's grade now; the log hears of one that rose, by the signal that was the last."""
        grade = self.behaviour.grade(who, now_s)
        if grade > before:
            log.info("tap.suspect", channel=who[0], signals=odd, grade=grade)
        return grade

    def _later(self, wait_s: float, straight: TapWay, *, answer: TapAnswer, **tap: Any) -> None:
        self._number = number = self._number + 1
        go = partial(enter_late, straight, answer, **tap)

        def enter() -> None:
            self._waiting.pop(number, None)
            go()

        self._waiting[number] = (asyncio.get_running_loop().call_later(wait_s, enter), go)
