"""PostgreSQL decides a whole batch in one statement: running sums per SKU against what is left."""

from collections.abc import Sequence

import asyncpg

from benchmarks.checkout.peers.batches import Batches
from benchmarks.checkout.peers.front import Tap, serve
from benchmarks.checkout.peers.tables import engine, lay_out

PLACE = """
WITH taps AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[])
    WITH ORDINALITY AS tap (id, buyer, key, sku, quantity, hold_until_ms, place)
), locked AS (
    SELECT sku, "left" FROM stock WHERE sku IN (SELECT DISTINCT sku FROM taps) ORDER BY sku FOR UPDATE
), granted AS (
    SELECT taps.* FROM (
        SELECT *, sum(quantity) OVER (PARTITION BY sku ORDER BY place) AS wanted FROM taps
    ) AS taps JOIN locked USING (sku) WHERE wanted <= "left"
), taken AS (
    UPDATE stock SET "left" = stock."left" - sums.pieces
    FROM (SELECT sku, sum(quantity) AS pieces FROM granted GROUP BY sku) AS sums WHERE stock.sku = sums.sku
)
INSERT INTO orders (id, buyer, key, sku, quantity, hold_until_ms)
SELECT id, buyer, key, sku, quantity, hold_until_ms FROM granted RETURNING id
"""


class PostgresBatch(Batches):
    """One statement a batch, over one connection."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._connection: asyncpg.Connection | None = None

    async def open(self) -> None:
        """Make the tables and connect."""
        making = engine(self._url)
        await lay_out(making)
        await making.dispose()
        self._connection = await asyncpg.connect(self._url)

    async def place_all(self, taps: Sequence[Tap]) -> set[str]:
        """Send the batch as columns."""
        columns = [[getattr(tap, name) for tap in taps] for name in Tap.__struct_fields__]
        return {row["id"] for row in await self._connection.fetch(PLACE, *columns)}

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()


if __name__ == "__main__":
    serve(PostgresBatch)
