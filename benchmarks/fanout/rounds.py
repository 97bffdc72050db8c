"""The measurements: everybody arrives, then cue by cue the servers take turns.

The machine is shared and noisy, so no server is measured by itself: in every round each server delivers one cue, in an
order that moves on by one, and ratios are between medians over the same rounds.
"""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fanout.audiences import Audience, Delivery, server_cpu_ns, server_memory_bytes
from benchmarks.fanout.servers import Server

WARM_VIEWERS = 100
WARM_CUES = 2
SLOW_EVERY = 5
LEAVE_S = 0.3
"""How long a server may take to notice that an audience left."""

ARRIVE_S = 0.3
"""How long a server may go on greeting after the last handshake: nchan subscribes after it answered."""


@dataclass
class Measured:
    """What was measured of one server.

    Attributes:
        bytes_per_viewer: memory of the second half of its audience, per viewer.
        handshake_ns: server CPU per handshake, one entry a crowd that came.
        deliveries: one entry a cue.
    """

    label: str
    viewers: int
    bytes_per_viewer: float = 0.0
    handshake_ns: list[float] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def cpu_us(self, share: float = 0.5) -> float:
        """Return server CPU per delivered cue at a quantile of the cues."""
        return quantile([delivery.cpu_ns for delivery in self.deliveries], share) / 1e3

    def last_ms(self, share: float = 0.5) -> float:
        """Return the time until the last viewer at a quantile of the cues."""
        return quantile([delivery.last_ns for delivery in self.deliveries], share) / 1e6

    def handshakes_per_cpu_s(self) -> float:
        """Return how many handshakes a second of server CPU takes."""
        return 1e9 / statistics.median(self.handshake_ns)

    def as_json(self) -> dict[str, Any]:
        """Return all of it in plain numbers."""
        said: dict[str, Any] = {"label": self.label, "viewers": self.viewers}
        if self.deliveries:
            said["cues"] = len(self.deliveries)
            said["cpu_us"] = {"median": round(self.cpu_us(), 3), "p10": round(self.cpu_us(0.1), 3)}
            said["last_viewer_ms"] = {"median": round(self.last_ms(), 2), "p10": round(self.last_ms(0.1), 2)}
        if self.bytes_per_viewer:
            said["bytes_per_viewer"] = round(self.bytes_per_viewer)
        if self.handshake_ns:
            said["handshakes_per_cpu_s"] = round(self.handshakes_per_cpu_s())
        return said


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies, one of them."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def warm(server: Server, folder: Path) -> None:
    """Let a server import, compile and allocate what it only does once."""
    few = await Audience.come(server, WARM_VIEWERS, folder)
    await asyncio.sleep(ARRIVE_S)
    for _ in range(WARM_CUES):
        await few.one_cue()
    await few.go()
    await asyncio.sleep(LEAVE_S)


async def arrive(server: Server, viewers: int, folder: Path) -> tuple[Audience, Measured]:
    """Bring an audience in two halves, and measure what greeting it costs and what the second half takes up."""
    measured = Measured(server.label, viewers)
    audience = Audience(server, [], 0)
    for half in (viewers - viewers // 2, viewers // 2):
        memory, cpu = server_memory_bytes(server), server_cpu_ns(server)
        audience = audience.with_more(await Audience.come(server, half, folder))
        await asyncio.sleep(ARRIVE_S)
        measured.handshake_ns.append((server_cpu_ns(server) - cpu) / half)
        measured.bytes_per_viewer = (server_memory_bytes(server) - memory) / half
    return audience, measured


async def wave(server: Server, viewers: int, folder: Path) -> float:
    """Let a crowd come back at once and leave again; return server CPU per handshake in nanoseconds."""
    before = server_cpu_ns(server)
    crowd = await Audience.come(server, viewers, folder)
    await asyncio.sleep(ARRIVE_S)
    spent = server_cpu_ns(server) - before
    await crowd.go()
    await asyncio.sleep(LEAVE_S)
    return spent / viewers


async def take_turns(
    audiences: dict[str, Audience], measured: dict[str, Measured], rounds: int, slow: set[str]
) -> None:
    """Deliver cue after cue, one server after the other; slow servers only take part in one round of ``SLOW_EVERY``."""
    names = list(audiences)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if name in slow and number % SLOW_EVERY:
                continue
            measured[name].deliveries.append(await audiences[name].one_cue())
