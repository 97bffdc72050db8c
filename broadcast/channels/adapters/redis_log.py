"""The distributed cue log: one Valkey/Redis stream a show, any number of edges following it.

All keys of a show share one hash slot (``{show}``), so the append script runs on a cluster too. The script gives the
sequence number, appends and remembers the newest stock of each SKU in one step; the stream's own length is bounded,
and what falls out of it is recovered from the kept cues and stock.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from broadcast.channels.cue_log import (
    HISTORY_MESSAGES,
    MAX_APPEND,
    LogLostError,
    LogMessage,
    LogRecord,
    from_json,
    stamped,
    to_json,
)
from broadcast.ids import Epoch, NewId, ShowId
from broadcast.messages import Stock

BLOCK_MS = 1_000
"""How long one read waits for news before it asks again."""

READ_COUNT = 512
"""Records read at once."""

RETRY_DELAY_S = 0.2
"""How long a follower waits before it connects again."""

_APPEND = """
local seq = tonumber(redis.call('GET', KEYS[2]) or '0')
for i = 1, #ARGV - 3, 2 do
  seq = seq + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[#ARGV - 2], seq .. '-0', 's', ARGV[#ARGV - 1], 'b', ARGV[i + 1])
  redis.call('HSET', KEYS[3], ARGV[i] == '' and ('cue:' .. seq) or ARGV[i],
             seq .. ' ' .. ARGV[#ARGV - 1] .. ' ' .. ARGV[i + 1])
end
redis.call('SET', KEYS[2], seq)
redis.call('SETNX', KEYS[4], ARGV[#ARGV])
return {seq, redis.call('GET', KEYS[4])}
"""


class RedisCueLog:
    """A ``CueLog`` on a Valkey/Redis stream."""

    def __init__(self, client: Redis, show: ShowId, new_id: NewId) -> None:
        self._redis = client
        self._new_id = new_id
        self._stream = f"snbn:{{{show}}}:cues"
        self._last = f"snbn:{{{show}}}:seq"
        self._kept = f"snbn:{{{show}}}:kept"
        self._life = f"snbn:{{{show}}}:epoch"
        self._epoch: Epoch | None = None
        self._append = client.register_script(_APPEND)

    @property
    def epoch(self) -> Epoch:
        """The log's unbroken life."""
        if self._epoch is None:
            raise RuntimeError("open the log first")
        return self._epoch

    async def open(self) -> Sequence[LogRecord]:
        """Return every cue kept, the newest stock of each SKU, and the stream's tail, in order."""
        fresh = self._new_id()
        await self._redis.setnx(self._life, fresh)
        self._epoch = Epoch(_text(await self._redis.get(self._life)))
        kept = await cast("Awaitable[dict[Any, Any]]", self._redis.hgetall(self._kept))
        records = {}
        for value in kept.values():
            seq, sent_ms, body = bytes(value).split(b" ", 2)
            records[int(seq)] = self._record(int(seq), int(sent_ms), body)
        entries = await self._redis.xrevrange(self._stream, count=HISTORY_MESSAGES)
        for entry in entries or ():
            record = self._entry(entry)
            records[record.seq] = record
        return [records[seq] for seq in sorted(records)]

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        """Append all messages in one step of the server."""
        if len(messages) > MAX_APPEND:
            raise ValueError(f"{len(messages)} messages at once; at most {MAX_APPEND}")
        if not messages:
            return ()
        arguments: list[bytes | str | int] = []
        for message in messages:
            arguments += [message.sku if isinstance(message, Stock) else "", to_json(message)]
        arguments += [HISTORY_MESSAGES, sent_ms, self.epoch]
        keys = [self._stream, self._last, self._kept, self._life]
        last, epoch = await self._append(keys=keys, args=arguments)
        self._epoch = Epoch(_text(epoch))
        first = int(last) - len(messages) + 1
        return [
            LogRecord(seq, stamped(message, seq, self.epoch, sent_ms)) for seq, message in enumerate(messages, first)
        ]

    async def follow(self, after: int) -> AsyncIterator[LogRecord]:
        """Yield records from the stream, connecting again as often as the server goes away.

        Raises:
            LogLostError: the server came back without the log, or with a gap after what was read.
        """
        while True:
            try:
                epoch = await self._redis.get(self._life)
                if epoch is None or _text(epoch) != self.epoch:
                    raise LogLostError("the log began a new epoch")
                answer = await self._redis.xread({self._stream: f"{after}-0"}, count=READ_COUNT, block=BLOCK_MS)
            except (RedisConnectionError, RedisTimeoutError, OSError):
                await asyncio.sleep(RETRY_DELAY_S)
                continue
            for entry in _entries(answer):
                record = self._entry(entry)
                if record.seq != after + 1:
                    raise LogLostError(f"record {after + 1} is gone")
                after = record.seq
                yield record

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    def _entry(self, entry: Any) -> LogRecord:
        identifier, fields = entry
        return self._record(int(_text(identifier).partition("-")[0]), int(fields[b"s"]), fields[b"b"])

    def _record(self, seq: int, sent_ms: int, body: bytes) -> LogRecord:
        return LogRecord(seq, stamped(from_json(body), seq, self.epoch, sent_ms))


def _entries(answer: Any) -> list[Any]:
    """Return the entries of a one-stream read, in whichever protocol version's shape they came."""
    if not answer:
        return []
    if isinstance(answer, dict):
        (batches,) = answer.values()
        return [entry for batch in batches for entry in batch]
    (_, entries), *_ = answer
    return list(entries)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
