"""Valkey decides a whole batch in one function call; its append-only file is synced before it answers."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from benchmarks.checkout.drop import GONE, HOT, HOT_PIECES
from benchmarks.checkout.peers.batches import Batches
from benchmarks.checkout.peers.front import Tap, serve

LIBRARY = """#!lua name=drop
redis.register_function('place', function(keys, args)
    local stock, orders, by_key = keys[1], keys[2], keys[3]
    local placed = {}
    for _, packed in ipairs(args) do
        local tap = cjson.decode(packed)
        local known = redis.call('HGET', by_key, tap.key)
        if known then
            placed[#placed + 1] = known
        else
            local left = tonumber(redis.call('HGET', stock, tap.sku) or '0')
            if left >= tap.quantity then
                redis.call('HINCRBY', stock, tap.sku, -tap.quantity)
                redis.call('HSET', by_key, tap.key, tap.order)
                redis.call('HSET', orders, tap.order, packed)
                placed[#placed + 1] = tap.order
            end
        end
    end
    return placed
end)
"""
_KEYS = ("{drop}:stock", "{drop}:orders", "{drop}:keys")


class ValkeyBatch(Batches):
    """One function call a batch."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._redis = Redis.from_url(url)

    async def open(self) -> None:
        """Load the function and lay the stock out."""
        await self._redis.config_set("appendonly", "yes")
        await self._redis.config_set("appendfsync", "always")
        await self._redis.function_load(LIBRARY, replace=True)
        await self._redis.hset(_KEYS[0], mapping={HOT: HOT_PIECES, GONE: 0})

    async def place_all(self, taps: Sequence[Tap]) -> set[str]:
        """Send the batch as JSON."""
        packed = [msgspec.json.encode(tap) for tap in taps]
        return {order.decode() for order in await self._redis.fcall("place", len(_KEYS), *_KEYS, *packed)}

    async def close(self) -> None:
        """Disconnect."""
        await self._redis.aclose()


if __name__ == "__main__":
    serve(ValkeyBatch)
