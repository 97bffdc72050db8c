"""Tells the feed what checkout changed: stock, coalesced, always behind a take that is waiting."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from broadcast.channels.cue_log import MAX_APPEND, CueLog, LogLostError
from broadcast.clock import Now
from broadcast.ids import Sku
from broadcast.messages import SkuCounter, Stock, StockLevel
from broadcast.overlay.coalescing import Coalescer

TICK_MS = 50
"""While some SKU waits for its turn, others are looked at this often."""

RETRY_S = 0.5
"""How long to wait before stock is told again to a log that did not answer."""

log = structlog.get_logger()


class StockAnnouncer:
    """Appends stock messages to the cue log, each SKU at most twice a second."""

    def __init__(
        self,
        cue_log: CueLog,
        counter: Callable[[Sku], SkuCounter | None],
        told: Callable[[Sku], StockLevel | None],
        now: Now,
    ) -> None:
        self._log = cue_log
        self._counter = counter
        self._told = told
        self._now = now
        self._coalescer = Coalescer()
        self._news = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def changed(self, sku: Sku) -> None:
        """Note that a SKU's stock moved."""
        self._coalescer.changed(sku)
        self._news.set()

    async def start(self) -> None:
        """Begin to tell."""
        self._telling = asyncio.create_task(self._run(), name="stock-news")

    async def stop(self) -> None:
        """Stop telling. What was not told is told at the next start, when stock is compared with the feed."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while (wait_ms := self._coalescer.next_due_ms(self._now())) is not None:
                if wait_ms:
                    await asyncio.sleep(min(wait_ms, TICK_MS) / 1000)
                await self._tell()

    async def tell(self, skus: Iterable[Sku]) -> None:
        """Append the stock of those SKUs of which viewers last heard something else; what is not known is not told.

        Raises:
            LogLostError, LogUnreachableError: the log could not be told.
        """
        counters = [(sku, self._counter(sku)) for sku in skus]
        messages = [
            Stock(seq=0, sku=sku, left=counter.left, state=counter.state)
            for sku, counter in counters
            if counter is not None and self._told(sku) != StockLevel(left=counter.left, state=counter.state)
        ]
        for start in range(0, len(messages), MAX_APPEND):
            await self._log.append(messages[start : start + MAX_APPEND], self._now())

    async def _tell(self) -> None:
        due = self._coalescer.due(self._now())
        try:
            await self.tell(due)
        except (OSError, LogLostError) as unreachable:
            log.warning("stock.not_told", skus=len(due), reason=str(unreachable))
            for sku in due:
                self._coalescer.changed(sku)
            await asyncio.sleep(RETRY_S)
