"""The programme clock of another process, as known from asking it: an offset to a clock of our own, and its bound.

Each answer says what the other clock read between the moment we asked and the moment we heard: half of that way is the
most it can be off (the intersection idea of RFC 5905, 4, for one server). Of the latest answers the one with the
shortest way counts; an answer that cannot agree with it says that the other clock was set, and counts alone. All
instants are microseconds; ours are of a clock that never goes back.
"""

from collections import deque

import msgspec

KEPT = 16
"""Answers that are compared; older ones say less, since clocks drift."""

DRIFT_PPM = 50
"""How far apart two clocks are taken to drift while nothing is heard."""


class _Answer(msgspec.Struct, frozen=True):
    offset_us: int
    error_us: int
    heard_us: int

    def error_at(self, now_us: int) -> int:
        return self.error_us + max(0, now_us - self.heard_us) * DRIFT_PPM // 1_000_000


class FarClock:
    """Reads another process's clock by our own."""

    def __init__(self) -> None:
        self._answers: deque[_Answer] = deque(maxlen=KEPT)

    def heard(self, asked_us: int, read_us: int, heard_us: int) -> None:
        """Take in an answer.

        Args:
            asked_us: when we asked, on our clock.
            read_us: what the other clock read.
            heard_us: when the answer was here, on our clock.

        Raises:
            ValueError: the answer was here before it was asked for.
        """
        way_us = heard_us - asked_us
        if way_us < 0:
            raise ValueError("an answer cannot be here before it is asked for")
        answer = _Answer(read_us - asked_us - way_us // 2, way_us - way_us // 2, heard_us)
        best = self._best(heard_us)
        if best is not None and abs(answer.offset_us - best.offset_us) > answer.error_us + best.error_at(heard_us):
            self._answers.clear()
        self._answers.append(answer)

    @property
    def known(self) -> bool:
        """Whether anything was heard yet."""
        return bool(self._answers)

    def read_us(self, now_us: int) -> int:
        """Return what the other clock reads at an instant of ours.

        Raises:
            ValueError: nothing was heard yet.
        """
        return now_us + self._counting(now_us).offset_us

    def error_us(self, now_us: int) -> int:
        """Return how far ``read_us`` can be off; it grows while nothing is heard.

        Raises:
            ValueError: nothing was heard yet.
        """
        return self._counting(now_us).error_at(now_us)

    def _counting(self, now_us: int) -> _Answer:
        best = self._best(now_us)
        if best is None:
            raise ValueError("the other clock was not heard yet")
        return best

    def _best(self, now_us: int) -> _Answer | None:
        return min(self._answers, key=lambda answer: answer.error_at(now_us), default=None)
