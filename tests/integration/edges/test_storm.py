"""An edge dies, and all its viewers come back at once."""

import logging
import time
from pathlib import Path

from edge_group import edge_group
from feed_crowd import LOST, crowd_of
from house import SHOW, House
from log_server import LogServer

VIEWERS = 2_000
HANDSHAKES_PER_SECOND = 150

log = logging.getLogger(__name__)


def cpu_s(pid: int) -> float:
    """Return the user and system time a process has taken, in seconds (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def test_the_audience_of_a_dead_edge_comes_back_elsewhere_and_misses_nothing(
    control: House, log_server: LogServer
) -> None:
    settings = {"max_viewers": VIEWERS, "handshakes_per_second": HANDSHAKES_PER_SECOND}
    async with (
        edge_group(log_server.url, control.base_url, **settings) as edge,
        edge_group(log_server.url, control.base_url, **settings) as other,
        crowd_of(VIEWERS, SHOW, [(edge.host, edge.port), (other.host, other.port)]) as crowd,
    ):
        await control.command("take", look="look-1")
        epoch = control.running.cue_log.epoch
        await crowd.all_at(epoch, control.running.hub.seq)
        crowd.closes.clear()
        begin, cpu = time.monotonic(), cpu_s(other.serving[0])
        edge.kill()
        crowd.addresses.remove((edge.host, edge.port))
        for look in ("look-2", "look-3"):
            await control.command("take", look=look)
        last = (await control.command("take", look="look-3a")).body["seq"]
        await crowd.all_at(epoch, last)
        took_s, took_cpu_s = time.monotonic() - begin, cpu_s(other.serving[0]) - cpu
    log.info("%d lost their edge; all back after %.1f s", crowd.closes[LOST], took_s)
    log.info("%d greetings refused, %.2f s of CPU on the edge they came to", crowd.closes[4002], took_cpu_s)
    assert crowd.faults == []
    assert {tuple(watcher.heard) for watcher in crowd.watchers} == {tuple(range(last - 3, last + 1))}
    assert VIEWERS / 3 < crowd.closes[LOST] < VIEWERS * 2 / 3
    assert crowd.closes[4002] > 0, "the storm was never held back: it was no storm"
    assert {watcher.greetings.count("snapshot") for watcher in crowd.watchers} == {1}
