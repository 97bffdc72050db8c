"""Follows a show with the BBC's pydvbcss; arguments and output as ``follow.cjs``.

Run with the library's folder on PYTHONPATH: it was written for Python 2 and is converted by machine before.
"""

import math
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from dvbcss.clock import CorrelatedClock, SysClock
from dvbcss.protocol.client.cii import CIIClient
from dvbcss.protocol.client.ts import TSClientClockController
from dvbcss.protocol.client.wc import WallClockClient
from dvbcss.protocol.client.wc.algorithm import LowestDispersionCandidate

SAMPLE_EVERY_S = 0.25
CONNECT_TIMEOUT_S = 10.0
NS = 1_000_000_000
AHEAD_NS = 987_654_321_000_000
FASTER_PPM = 50


class OtherClock(SysClock):
    """The clock of another machine: as fine as this one's, but set differently and faster, by as much as quartz may."""

    @property
    def ticks(self) -> int:
        """Nanoseconds."""
        now = time.monotonic_ns()
        return now + now * FASTER_PPM // 1_000_000 + AHEAD_NS

    @property
    def nanos(self) -> int:
        """The same; the library's own is no whole number any more since Python 3 divides otherwise."""
        return self.ticks


def main() -> None:
    cii_url, selector, stem, seconds, utc_less_monotonic_ns, latency_ms = sys.argv[1:]
    told = threading.Event()
    information = CIIClient(cii_url)
    information.onCiiReceived = lambda _cii: told.set()
    information.connect()
    assert told.wait(CONNECT_TIMEOUT_S)
    properties = next(option for option in information.cii.timelines if option.timelineSelector == selector)
    wall_clock = CorrelatedClock(OtherClock(tickRate=NS), tickRate=NS)
    timeline = CorrelatedClock(wall_clock, tickRate=properties.unitsPerSecond / properties.unitsPerTick)
    address = urlsplit(information.cii.wcUrl)
    best = LowestDispersionCandidate(wall_clock, repeatSecs=1, timeoutSecs=0.5)
    asking: Any = WallClockClient(("127.0.0.1", 0), (address.hostname, address.port), wall_clock, best)
    asking.start()
    following = TSClientClockController(information.cii.tsUrl, stem, selector, timeline)
    following.connect()
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        time.sleep(SAMPLE_EVERY_S)
        if following.timelineAvailable and math.isfinite(best.getCurrentDispersion()):
            before = time.monotonic_ns()
            wall, shown = wall_clock.nanos, timeline.ticks / timeline.tickRate * 1000
            truth = (before + time.monotonic_ns()) // 2
            due = (truth + int(utc_less_monotonic_ns)) / 1e6 - int(latency_ms)
            print((wall - truth) / 1e6, shown - due, flush=True)
    following.disconnect()
    asking.stop()
    information.disconnect()


main()
