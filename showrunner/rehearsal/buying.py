"""One tap from start to end: sent, sent again with the same key where that is the right thing, and perhaps repeated."""

import asyncio
import random
import time

import msgspec
from aiohttp import ClientError

from showrunner.rehearsal.doors import Acknowledged, Buyer, Outcome, TapDoor
from showrunner.rehearsal.tally import Tally

MAX_TRIES = 12
"""Times one tap is sent before it counts as unanswered."""

RETRY_FIRST_S, RETRY_MOST_S = 0.1, 5.0
"""After a connection failed: doubling, up to this."""

MAX_OPENING_WAIT_S = 180.0
"""How long a buyer waits for a channel that has not shown the look yet."""

UNANSWERED = "unanswered"
RESERVED = "reserved"


async def buy(buyer: Buyer, door: TapDoor, other_door: TapDoor, tally: Tally) -> Acknowledged | None:
    """Tap until there is an answer that stands; return it where it is an order."""
    outcome = await _settled(buyer, door, other_door, tally)
    if isinstance(outcome, Acknowledged):
        tally.outcomes[RESERVED] += 1
        return outcome
    tally.outcomes[UNANSWERED if outcome is None else outcome.name] += 1
    return None


async def buy_again(buyer: Buyer, first: Acknowledged, door: TapDoor, other_door: TapDoor, tally: Tally) -> None:
    """Send an acknowledged tap once more, as a phone does that lost the answer, and compare the answers."""
    outcome = await _settled(buyer, door, other_door, tally)
    if isinstance(outcome, Acknowledged):
        tally.repeated(first.order, outcome.order, replayed=outcome.replayed)
    else:
        tally.repeated(first.order, None, replayed=False)


async def _settled(buyer: Buyer, door: TapDoor, other_door: TapDoor, tally: Tally) -> Outcome | None:
    """Send one tap until its answer stands; None where there never was one.

    A failed connection says nothing about the order, so the same key goes to the other door. ``busy`` is tried again
    when the server says so, a look not yet shown on the channel when it is.
    """
    outcome: Outcome | None = None
    for attempt in range(MAX_TRIES):
        try:
            outcome = await _timed(buyer, door if attempt % 2 == 0 else other_door, tally)
        except (OSError, TimeoutError, ClientError, msgspec.DecodeError) as failed:
            tally.again[type(failed).__name__] += 1
            wait_s = min(RETRY_MOST_S, RETRY_FIRST_S * 2**attempt) * (0.5 + random.random())  # noqa: S311 - no secret
        else:
            again_s = worth_waiting_s(outcome, time.time() * 1000)
            if again_s is None or isinstance(outcome, Acknowledged):
                return outcome
            tally.again[outcome.name] += 1
            wait_s = again_s
        await asyncio.sleep(wait_s)
    return outcome


async def _timed(buyer: Buyer, door: TapDoor, tally: Tally) -> Outcome:
    async with door.turn:
        sent = time.perf_counter()
        outcome = await door.place(buyer)
    tally.latency(door.name, (time.perf_counter() - sent) * 1000)
    return outcome


def worth_waiting_s(outcome: Outcome, now_ms: float) -> float | None:
    """Return how long to wait before the same tap makes sense again, or None where the answer stands."""
    if isinstance(outcome, Acknowledged):
        return None
    if outcome.name == "busy":
        return float(outcome.problem.get("retry_after_ms", 1000)) / 1000
    opens_at_ms = outcome.problem.get("opens_at_ms")
    if outcome.name == "not-on-sale" and isinstance(opens_at_ms, int):
        wait_s = max(0.0, (opens_at_ms - now_ms) / 1000)
        return wait_s if wait_s <= MAX_OPENING_WAIT_S else None
    return None
