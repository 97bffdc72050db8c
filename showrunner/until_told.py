"""A process of ours lives until it is told to stop, then drains."""

import asyncio
import gc
import signal
from collections.abc import Callable
from typing import Protocol

STOP_TIMEOUT_S = 20.0
"""How long draining may take before the process ends regardless; everything acknowledged is durable by then."""


YOUNG_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS = 10_000, 20, 50
"""How many objects are made before the garbage collector looks at the young ones, and how rarely at older ones."""


def keep_what_is_loaded() -> None:
    """Spare the garbage collector everything loaded so far: it stays as long as the process.

    Hundreds of thousands of objects of modules would else be gone through again and again while taps are answered. The
    collector itself stays on: connections that come and go leave cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)


class Running(Protocol):
    """What is run."""

    async def start(self) -> str:
        """Begin to serve and return the base address."""

    async def stop(self) -> None:
        """Drain."""


async def until_told(running: Running, on_ready: Callable[[str], None] = lambda _base_url: None) -> None:
    """Serve until SIGINT or SIGTERM, then drain."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        base_url = await running.start()
        keep_what_is_loaded()
        on_ready(base_url)
        await stopping.wait()
    finally:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await running.stop()
