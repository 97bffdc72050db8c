"""The wall clock over UDP (ETSI TS 103 286-2, clause 8): one datagram in, one of the same size out, nothing kept."""

import asyncio
import socket
import time
from collections import Counter
from typing import Final, cast

from broadcast.programme.css_timelines import Instant
from broadcast.programme.css_wall_clock import (
    CssNs,
    MalformedWallClockError,
    Refused,
    RequestBudget,
    read_request,
    response,
)

ANSWERS_PER_SECOND: Final = 2_000
"""Answers a second, all together: a flood costs about a tenth of a core, not the show."""

ANSWERS_PER_ADDRESS: Final = 200
"""Answers a second to one address: many sets share a router's."""

ADDRESSES_PER_SECOND: Final = 2_000

READINGS: Final = 3
"""Two clocks are read together so often; the closest pair counts."""


def css_clock() -> CssNs:
    """Read the wall clock companions follow."""
    return CssNs(time.monotonic_ns())


def read_both() -> Instant:
    """Read UTC and the companions' wall clock at one instant.

    This thread may be put aside between the two readings: UTC is read between two readings of the other clock, a few
    times, and the tightest counts.
    """
    tightest, best = None, Instant(0, CssNs(0))
    for _ in range(READINGS):
        before, utc_ns, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if tightest is None or after - before < tightest:
            tightest, best = after - before, Instant(utc_ns, CssNs((before + after) // 2))
    return best


class WallClockServer(asyncio.DatagramProtocol):
    """Answers wall clock requests.

    Attributes:
        answered: requests answered since it started.
        refused: datagrams that were not, by reason.
    """

    def __init__(self) -> None:
        self.answered = 0
        self.refused: Counter[Refused] = Counter()
        self._budget = RequestBudget(ANSWERS_PER_SECOND, ANSWERS_PER_ADDRESS, ADDRESSES_PER_SECOND)
        self._transport: asyncio.DatagramTransport | None = None
        self._paused = False

    async def start(self, listening: socket.socket) -> int:
        """Begin to answer on a bound datagram socket, which is this server's from now on, and return its port."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=listening)
        return int(listening.getsockname()[1])

    def stop(self) -> None:
        """Answer no more."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket to answer through."""
        # uvloop's datagram transports have asyncio's methods without being its subclasses
        self._transport = cast("asyncio.DatagramTransport", transport)

    def pause_writing(self) -> None:
        """Drop requests while the socket takes no more answers: a late answer is of no use."""
        self._paused = True

    def resume_writing(self) -> None:
        """Answer again."""
        self._paused = False

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a request; count whatever is none."""
        received = css_clock()
        if self._transport is None:
            return
        if self._paused or not self._budget.allows(addr[0], received):
            self.refused["rate"] += 1
            return
        try:
            originate = read_request(data)
        except MalformedWallClockError as malformed:
            self.refused[malformed.reason] += 1
            return
        self.answered += 1
        self._transport.sendto(response(originate, received, css_clock()), addr)
