"""The audience board: where edges write how many viewers they hold, and what those report of their cards.

It is in the Valkey/Redis that has the cue log: one hash a show and kind of report, in the cue log's slot (``{show}``),
one field an edge process, with the server's time of the report before it: no host's clock counts. A report older
than ``KEPT_MS`` counts no more and is swept out, which is how the viewers of a killed edge vanish; without any report
the whole board does. The board may be lost at any time: every
edge writes its field again within ``PACE_S``.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from broadcast.channels.adapters.redis_log import stop_if_cancelled
from broadcast.channels.audience import MAX_EDGES, report, reported
from broadcast.ids import ChannelId, ShowId

PACE_S = 2.0
"""How often an edge reports, and how often the board is read."""

KEPT_MS = 6_000
"""How long a report counts: three times the pace, so that one that is late costs nobody their viewers."""

LEAVE_TIMEOUT_S = 1.0
"""How long an edge that stops tries to take its report back; if it cannot, the report runs out."""

_REPORT = """
local now = redis.call('TIME')
local known = redis.call('HEXISTS', KEYS[1], ARGV[1])
if known == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], now[1] * 1000 + math.floor(now[2] / 1000) .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
"""Writes one edge's field, unless the board is full and it has none."""

_READ = """
local now = redis.call('TIME')
local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(ARGV[1])
local fields, fresh = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #fields, 2 do
  local at, told = string.match(fields[i + 1], '^(%d+) (.*)$')
  if at and tonumber(at) >= oldest then
    fresh[#fresh + 1] = told
  else
    redis.call('HDEL', KEYS[1], fields[i])
  end
end
return fresh
"""
"""Returns the reports that count, and sweeps the others out."""

log = structlog.get_logger()


class _BoardFullError(Exception):
    """There are as many edges on the board as may be."""


class _Paced:
    """Does one thing at the server again and again. That it cannot is logged once, and ends nothing."""

    def __init__(self, what: str, do: Callable[[], Awaitable[None]]) -> None:
        self._what = what
        self._do = do
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            try:
                await self._do()
            except (RedisError, OSError, _BoardFullError) as silent:
                if not self._failing:
                    log.warning("audience.unknown", missing=self._what, reason=str(silent))
                self._failing = True
            else:
                self._failing = False
            stop_if_cancelled()
            await asyncio.sleep(PACE_S)


class AudienceReporter:
    """Says how many viewers this edge process holds, for as long as it runs.

    Args:
        client: from ``redis_log.connect``; closed by ``stop``.
        show: whose viewers.
        edge: this process, unlike any other's name.
        audience: how many viewers each channel has here.
        card_errors: what they report of their cards, see ``card_errors.told``.
    """

    def __init__(
        self,
        client: Redis,
        show: ShowId,
        edge: str,
        audience: Callable[[], Mapping[ChannelId, int]],
        card_errors: Callable[[], bytes],
    ) -> None:
        self._redis = client
        self._keys = _keys(show)
        self._edge = edge
        self._said: tuple[Callable[[], bytes], ...] = (lambda: report(audience()), card_errors)
        self._script = client.register_script(_REPORT)
        self._paced = _Paced("report", self._report)

    def start(self) -> None:
        """Begin to report."""
        self._paced.start()

    async def stop(self) -> None:
        """Report no more, and take the last report back if the server answers."""
        await self._paced.stop()
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                for key in self._keys:
                    await self._redis.hdel(key, self._edge)
        except (RedisError, OSError):
            pass  # it runs out by itself
        await self._redis.aclose()

    async def _report(self) -> None:
        for key, said in zip(self._keys, self._said, strict=True):
            told: list[Any] = [self._edge, said(), KEPT_MS, MAX_EDGES]
            if not await cast("Awaitable[int]", self._script(keys=[key], args=told)):
                raise _BoardFullError(f"the board has {MAX_EDGES} edges; this one is not counted")


class AudienceBoard:
    """Knows how many viewers all edges hold together, and what those say of their cards.

    Args:
        client: from ``redis_log.connect``; closed by ``stop``.
        show: whose viewers.
        own: every channel of the show, with how many viewers are held in this very process.
        clock_s: a clock that never goes back.
    """

    def __init__(
        self,
        client: Redis,
        show: ShowId,
        own: Callable[[], Mapping[ChannelId, int]],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = client
        self._keys = _keys(show)
        self._own = own
        self._clock_s = clock_s
        self._elsewhere: dict[ChannelId, int] = {}
        self._card_errors: list[bytes] = []
        self._read_s = 0.0
        self._script = client.register_script(_READ)
        self._paced = _Paced("read", self._read)

    def start(self) -> None:
        """Begin to read."""
        self._paced.start()

    async def stop(self) -> None:
        """Read no more."""
        await self._paced.stop()
        await self._redis.aclose()

    def audience(self) -> dict[ChannelId, int]:
        """Return every channel's viewers, here and on all edges as last read, unless that is too long ago."""
        if self._aged:
            return dict(self._own())
        return {channel: here + self._elsewhere.get(channel, 0) for channel, here in self._own().items()}

    def card_errors(self) -> list[bytes]:
        """Return what each edge last said of its viewers' cards, unless that is too long ago."""
        return [] if self._aged else self._card_errors

    @property
    def _aged(self) -> bool:
        return self._clock_s() - self._read_s > KEPT_MS / 1000

    async def _read(self) -> None:
        audience, card_errors = [
            await cast("Awaitable[list[bytes]]", self._script(keys=[key], args=[KEPT_MS])) for key in self._keys
        ]
        self._elsewhere = reported(self._own(), audience)
        self._card_errors = card_errors
        self._read_s = self._clock_s()


def _keys(show: ShowId) -> tuple[str, str]:
    return f"snbn:{{{show}}}:audience", f"snbn:{{{show}}}:card-errors"
