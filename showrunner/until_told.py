"""A process of ours lives until it is told to stop, then drains."""

import asyncio
import signal
from collections.abc import Callable
from typing import Protocol

STOP_TIMEOUT_S = 20.0
"""How long draining may take before the process ends regardless; everything acknowledged is durable by then."""


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
        on_ready(await running.start())
        await stopping.wait()
    finally:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await running.stop()
