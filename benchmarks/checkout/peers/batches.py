"""Taps that wait together, handed on together: what the batched peers have in common."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

from benchmarks.checkout.peers.front import Tap

MAX_BATCH = 512


class Batches(ABC):
    """One batch on its way while the next one gathers."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Tap, asyncio.Future[bool]]] = []
        self._arrived = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to hand on."""
        await self.open()
        self._pump = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Hand on no more."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        await self.close()

    async def place(self, tap: Tap) -> bool:
        """Wait for the batch's answer."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((tap, future))
        self._arrived.set()
        return await future

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            if not self._waiting:
                self._arrived.clear()
            placed = await self.place_all([tap for tap, _ in batch])
            for tap, future in batch:
                if not future.done():
                    future.set_result(tap.order in placed)

    @abstractmethod
    async def open(self) -> None:
        """Connect, and lay the stock out."""

    @abstractmethod
    async def place_all(self, taps: Sequence[Tap]) -> set[str]:
        """Reserve durably, in order; return the orders placed."""

    @abstractmethod
    async def close(self) -> None:
        """Disconnect."""
