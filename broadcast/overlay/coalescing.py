"""Stock news, coalesced: at most two messages a second for one SKU, and always the newest number last."""

from collections.abc import Sequence

from broadcast.clock import WallMs
from broadcast.ids import Sku

MIN_INTERVAL_MS = 500
"""Two stock messages of one SKU are at least this far apart."""


class Coalescer:
    """Decides which SKUs' stock is told now. Pure: it is told the time."""

    def __init__(self) -> None:
        self._pending: dict[Sku, None] = {}
        self._told_ms: dict[Sku, WallMs] = {}

    def changed(self, sku: Sku) -> None:
        """Note that a SKU's stock is no longer what was told."""
        self._pending[sku] = None

    def due(self, now: WallMs) -> Sequence[Sku]:
        """Return the SKUs to tell now, in the order they changed; they count as told."""
        ready = [sku for sku in self._pending if now - self._told_ms.get(sku, WallMs(0)) >= MIN_INTERVAL_MS]
        for sku in ready:
            del self._pending[sku]
            self._told_ms[sku] = now
        return ready

    def next_due_ms(self, now: WallMs) -> int | None:
        """Return how many milliseconds until something is due, or None when nothing is pending."""
        if not self._pending:
            return None
        return max(0, min(self._told_ms.get(sku, WallMs(0)) + MIN_INTERVAL_MS - now for sku in self._pending))
