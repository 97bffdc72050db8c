"""Waiting for what happens in its own time: as short as it takes, as long as a busy machine needs."""

import asyncio
from collections.abc import Callable

LOOK_EVERY_S = 0.01
MAX_LOOKS = 6_000


async def until(condition: Callable[[], bool], what: str) -> None:
    """Return as soon as a condition holds; fail where it does not within a minute."""
    for _ in range(MAX_LOOKS):
        if condition():
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError(f"waited in vain until {what}")
