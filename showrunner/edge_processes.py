"""Many processes of one kind under one parent: a dead one is started again, signals are passed on.

The parent loads everything once and forks, so what does not change is in memory once.
"""

import gc
import os
import signal
import time
from collections.abc import Callable, Iterable

import structlog

FIRST_RESTART_S = 0.2
MAX_RESTART_S = 10.0
"""A process that dies again at once is started again after twice the time, up to this."""

HEALTHY_S = 30.0
"""A process that lived this long starts again as if for the first time."""

STOP_TIMEOUT_S = 20.0
"""How long processes may take to drain before they are killed."""

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_WAITED_FOR = _ENDING | {signal.SIGCHLD}

log = structlog.get_logger()


def next_restart_s(last_s: float, lived_s: float) -> float:
    """Return how long to wait before a process is started again.

    Args:
        last_s: how long it waited the last time; 0 if it never was started again.
        lived_s: how long it lived.
    """
    if last_s == 0 or lived_s >= HEALTHY_S:
        return FIRST_RESTART_S
    return min(2 * last_s, MAX_RESTART_S)


class _Place:
    """One of the processes: the one that runs, or the time at which it runs again."""

    def __init__(self) -> None:
        self.pid = 0
        self.since = 0.0
        self.due = 0.0
        self.waited_s = 0.0


class _Parent:
    def __init__(self, count: int, work: Callable[[int], None], before: Iterable[signal.Signals]) -> None:
        self._places = [_Place() for _ in range(count)]
        self._work = work
        self._before = set(before)
        self._orphaned, self._alive = os.pipe()

    def run(self) -> None:
        ending: float | None = None
        try:
            while ending is None or any(place.pid for place in self._places):
                now = time.monotonic()
                if ending is None:
                    self._start_due(now)
                elif now >= ending:
                    self._signal(signal.SIGKILL)
                got = signal.sigtimedwait(_WAITED_FOR, self._patience_s(now, ending))
                self._reap(restarts=ending is None)
                if got is not None and got.si_signo in _ENDING and ending is None:
                    ending = time.monotonic() + STOP_TIMEOUT_S
                    self._signal(signal.SIGTERM)
        finally:
            self._signal(signal.SIGKILL)
            os.close(self._orphaned)
            os.close(self._alive)

    def _patience_s(self, now: float, ending: float | None) -> float:
        if ending is not None:
            return max(0.1, ending - now)
        dues = [place.due - now for place in self._places if not place.pid]
        return max(0.0, min(dues, default=MAX_RESTART_S))

    def _start_due(self, now: float) -> None:
        for place in self._places:
            if not place.pid and place.due <= now:
                place.since = now
                place.pid = self._fork()

    def _fork(self) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.close(self._alive)
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            self._work(self._orphaned)
            code = 0
        except Exception:
            log.exception("process.fault")
        finally:
            # Nothing of the parent's may run twice: no exit handlers, no unwinding of its stack.
            os._exit(code)

    def _reap(self, *, restarts: bool) -> None:
        for place in self._places:
            if not place.pid:
                continue
            gone, status = os.waitpid(place.pid, os.WNOHANG)
            if not gone:
                continue
            lived_s = time.monotonic() - place.since
            place.waited_s = next_restart_s(place.waited_s, lived_s)
            place.due = time.monotonic() + place.waited_s
            if restarts:
                code = os.waitstatus_to_exitcode(status)
                log.error("process.died", pid=place.pid, exit=code, restart_in_s=place.waited_s)
            place.pid = 0

    def _signal(self, number: signal.Signals) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)


def run_processes(count: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in so many processes until SIGTERM, SIGINT or SIGHUP, then let them drain.

    Args:
        count: how many at once.
        work: what each does until SIGTERM. It is given a descriptor that becomes readable when the parent is gone.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    try:
        gc.collect()
        gc.freeze()
        _Parent(count, work, {signal.Signals(number) for number in before}).run()
    finally:
        gc.unfreeze()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
