"""What is refused for being wrong is logged, without what was wrong with it: no token, key, body or signature.

Somebody who forges does it by the thousand: so many lines a second are written, and then how many more there were.
"""

import time
from collections.abc import Callable

import structlog

WRONG = frozenset({"malformed", "unauthorized", "forbidden", "wrong-channel", "invalid", "key-reused"})
"""Refusals that say that a request should not have been made; the others are the business of a busy evening."""

STATUSES = frozenset({400, 401, 403, 422})
"""Their HTTP statuses."""

LINES_PER_S = 10
MAX_WHERE_CHARS = 128

log = structlog.get_logger()


class RefusalLog:
    """Writes refusals down, at a bounded pace.

    Args:
        clock_s: monotonic seconds.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._second = 0
        self._lines = 0
        self._unwritten = 0

    def note(self, door: str, problem: str, where: str) -> None:
        """Note a refusal.

        Args:
            door: ``http`` or ``websocket``.
            problem: its name.
            where: the address' path, or the feed's channel.
        """
        second = int(self._clock_s())
        if second != self._second:
            self._second, self._lines = second, 0
        if self._lines >= LINES_PER_S:
            self._unwritten += 1
            return
        self._lines += 1
        unwritten, self._unwritten = self._unwritten, 0
        log.info("request.refused", door=door, problem=problem, where=where[:MAX_WHERE_CHARS], unwritten=unwritten)
