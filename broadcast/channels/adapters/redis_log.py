"""The distributed cue log: one Valkey/Redis stream a show, any number of edges following it.

All keys of a show share one hash slot (``{show}``), so the scripts run on a cluster too. One script gives the sequence
numbers, appends, and remembers every cue and the newest stock of each SKU; the stream's own length is bounded, and
what falls out of it is recovered from what is remembered.

What an acknowledged append survives is the server's to say. With ``appendonly yes`` and ``appendfsync always`` it
survives the server's death; with ``everysec`` up to a second may be lost; a replica that takes over may lack what the
old primary had not sent it yet (``min-replicas-to-write`` bounds that, nothing closes it: replication is asynchronous).
Whatever the setting, a loss is noticed and never papered over: each record names the one before it, so a follower
whose past is not the log's past begins a new epoch, all viewers get a snapshot, and the control side appends again
what its own record says is missing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from broadcast.channel_messages import ChannelNews
from broadcast.channels.cue_log import (
    HISTORY_MESSAGES,
    MAX_APPEND,
    LogLostError,
    LogMessage,
    LogRecord,
    LogUnreachableError,
    from_json,
    stamped,
    to_json,
)
from broadcast.ids import Epoch, NewId, ShowId
from broadcast.messages import Stock

BLOCK_MS = 1_000
"""How long one read waits for news before it looks whether the log is still the same."""

READ_COUNT = 512
"""Records read at once."""

RETRY_DELAY_S = 0.2
"""How long a follower waits before it connects again."""

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 4.0
"""A server silent for this long is taken for dead; longer than ``BLOCK_MS``."""

_APPEND = """
if redis.call('GET', KEYS[4]) ~= ARGV[1] then return false end
local tail = redis.call('HMGET', KEYS[2], 'seq', 'mark')
local seq, before = tonumber(tail[1] or '0'), tail[2] or ''
local places = {}
for i = 5, #ARGV, 2 do
  local told = string.sub(ARGV[i], 1, 4) == 'cue:' and redis.call('HGET', KEYS[3], ARGV[i])
  if told then
    local held, sent = string.match(told, '^(%d+) (%d+) ')
    places[#places + 1] = tonumber(held)
    places[#places + 1] = tonumber(sent)
  else
    seq = seq + 1
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], seq .. '-0',
               's', ARGV[3], 'm', ARGV[2], 'p', before, 'b', ARGV[i + 1])
    redis.call('HSET', KEYS[3], ARGV[i], seq .. ' ' .. ARGV[3] .. ' ' .. ARGV[i + 1])
    before = ARGV[2]
    places[#places + 1] = seq
    places[#places + 1] = tonumber(ARGV[3])
  end
end
redis.call('HSET', KEYS[2], 'seq', seq, 'mark', before)
return {places, seq, before}
"""
"""Appends to the epoch it was meant for or not at all; a cue that is already in the log keeps its place."""

_PRESENT = """
local last = redis.call('HGET', KEYS[2], 'seq')
local found = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', ARGV[1] .. '-0')[1]
return {redis.call('GET', KEYS[3]), tonumber(last or '0'), found and found[2][4] or false}
"""
"""The epoch, the last sequence number, and the mark of the record at one place, if the stream still has it."""

_SETTLED = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
redis.call('SET', KEYS[2], ARGV[1])
return true
"""

_NEW_EPOCH = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
"""
"""Of the many followers that notice a fork, the first begins the new epoch."""


class _Place(NamedTuple):
    """A record we know of: ``mark`` is what its writer named that append, and what the next record calls it."""

    seq: int
    mark: bytes


_NOWHERE = _Place(0, b"")


def connect(url: str) -> Redis:
    """Return a client that asks a second time where a kept connection turns out to be dead, and then no more.

    An append may have happened although no answer came: a cue then keeps its place, stock is told twice.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as silent:
        raise LogUnreachableError(f"the cue log does not answer: {silent}") from silent


class RedisCueLog:
    """A ``CueLog`` on a Valkey/Redis stream.

    Args:
        client: from ``connect``.
        show: whose log it is.
        new_id: makes epochs and the marks of appends.
        begins: whether this is the side that tells the log the present: its ``open`` begins a log that is not there.
            All others wait until that side has said ``settled``, rather than show their viewers an old screen.
    """

    def __init__(self, client: Redis, show: ShowId, new_id: NewId, *, begins: bool = True) -> None:
        self._redis = client
        self._new_id = new_id
        self._begins = begins
        self._stream = f"snbn:{{{show}}}:cues"
        self._tail = f"snbn:{{{show}}}:tail"
        self._kept = f"snbn:{{{show}}}:kept"
        self._life = f"snbn:{{{show}}}:epoch"
        self._told = f"snbn:{{{show}}}:told"
        self._epoch: Epoch | None = None
        self._known = _NOWHERE
        self._append = client.register_script(_APPEND)
        self._present = client.register_script(_PRESENT)
        self._settle = client.register_script(_SETTLED)
        self._renew = client.register_script(_NEW_EPOCH)

    @property
    def epoch(self) -> Epoch:
        """The log's unbroken life."""
        if self._epoch is None:
            raise RuntimeError("open the log first")
        return self._epoch

    async def open(self) -> Sequence[LogRecord]:
        """Return every cue kept, the newest stock of each SKU, and the stream's tail, in order, all as of one moment.

        Raises:
            LogLostError: the log has not begun, or not been told the present, and that is not ours to do.
            LogUnreachableError: the server does not answer.
        """
        with _answering():
            async with self._redis.pipeline(transaction=True) as reading:
                if self._begins:
                    reading.setnx(self._life, self._new_id())
                reading.get(self._life)
                reading.get(self._told)
                reading.hmget(self._tail, ["seq", "mark"])
                reading.hgetall(self._kept)
                reading.xrevrange(self._stream, count=HISTORY_MESSAGES)
                epoch, told, (seq, mark), kept, entries = (await reading.execute())[-5:]
        if epoch is None:
            raise LogLostError("the log has not begun")
        if not self._begins and told != epoch:
            raise LogLostError("the log has not been told the present")
        self._epoch = Epoch(epoch.decode())
        self._known = _Place(int(seq or 0), mark or b"")
        records = {}
        for value in kept.values():
            held, sent_ms, body = bytes(value).split(b" ", 2)
            records[int(held)] = self._record(int(held), int(sent_ms), body)
        for identifier, fields in entries:
            place = _seq_of(identifier)
            records[place] = self._record(place, int(fields[b"s"]), fields[b"b"])
        return [records[place] for place in sorted(records)]

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        """Append all messages in one step of the server. A cue that is in the log already keeps its place.

        Raises:
            ValueError: more than ``MAX_APPEND`` messages.
            LogLostError: the log is no longer in the epoch it was opened in; nothing was appended.
            LogUnreachableError: no answer; the messages may be in the log or not.
        """
        if len(messages) > MAX_APPEND:
            raise ValueError(f"{len(messages)} messages at once; at most {MAX_APPEND}")
        if not messages:
            return ()
        arguments: list[bytes | str | int] = [self.epoch, self._new_id(), sent_ms, HISTORY_MESSAGES]
        for message in messages:
            arguments += [_held_as(message), to_json(message)]
        with _answering():
            answer = await self._append(keys=[self._stream, self._tail, self._kept, self._life], args=arguments)
        if answer is None:
            raise LogLostError("the log began a new epoch")
        places, last, last_mark = answer
        if last > self._known.seq:
            self._known = _Place(last, last_mark)
        return [
            LogRecord(seq, stamped(message, seq, self.epoch, told_ms))
            for seq, told_ms, message in zip(places[::2], places[1::2], messages, strict=True)
        ]

    async def settled(self) -> None:
        """Say that the log holds the present.

        Raises:
            LogLostError: the log is no longer in the epoch it was opened in.
            LogUnreachableError: the server does not answer.
        """
        with _answering():
            done = await cast("Awaitable[Any]", self._settle(keys=[self._life, self._told], args=[self.epoch]))
        if not done:
            raise LogLostError("the log began a new epoch")

    async def follow(self, after: int) -> AsyncIterator[LogRecord]:
        """Yield records from the stream, connecting again as often as the server goes away.

        Raises:
            LogLostError: the server came back without the log, with another past, or with a gap after what was read.
        """
        here = self._known if self._known.seq == after else _Place(after, b"")
        unsure = True
        while True:
            try:
                if unsure:
                    here = await self._check(here)
                answer = await self._redis.xread({self._stream: f"{here.seq}-0"}, count=READ_COUNT, block=BLOCK_MS)
            except (RedisError, OSError):
                unsure = True
                await asyncio.sleep(RETRY_DELAY_S)
                continue
            finally:
                stop_if_cancelled()
            entries = _entries(answer)
            unsure = not entries
            for identifier, fields in entries:
                seq = _seq_of(identifier)
                if seq != here.seq + 1:
                    raise LogLostError(f"record {here.seq + 1} is gone")
                if here.mark and fields[b"p"] != here.mark:
                    await self._forked()
                here = _Place(seq, fields[b"m"])
                yield self._record(seq, int(fields[b"s"]), fields[b"b"])

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _check(self, here: _Place) -> _Place:
        """Make sure the log still holds what we read and what we appended, and return where we stand, with its mark."""
        newest = max(here, self._known)
        keys = [self._stream, self._tail, self._life]
        epoch, last, mark = await self._present(keys=keys, args=[newest.seq])
        if epoch is None or epoch.decode() != self.epoch:
            raise LogLostError("the log began a new epoch")
        if last < newest.seq or (mark and newest.mark and mark != newest.mark):
            await self._forked()
        return _Place(here.seq, mark) if mark and newest.seq == here.seq else here

    async def _forked(self) -> None:
        await cast("Awaitable[Any]", self._renew(keys=[self._life], args=[self.epoch, self._new_id()]))
        raise LogLostError("the log's past is not what was read: a server without the newest records took over")

    def _record(self, seq: int, sent_ms: int, body: bytes) -> LogRecord:
        return LogRecord(seq, stamped(from_json(body), seq, self.epoch, sent_ms))


def stop_if_cancelled() -> None:
    """Raise a cancellation the client lost: before Python 3.12 ``asyncio.wait_for`` may, and the client sends by it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _seq_of(identifier: bytes) -> int:
    return int(identifier.partition(b"-")[0])


def _entries(answer: Any) -> list[Any]:
    """Return the entries of a one-stream read, in whichever protocol version's shape they came."""
    if not answer:
        return []
    if isinstance(answer, dict):
        (batches,) = answer.values()
        return [entry for batch in batches for entry in batch]
    (_, entries), *_ = answer
    return list(entries)


def _held_as(message: LogMessage) -> str:
    """Return under which name the log holds a message: of stock and of a channel only the newest counts."""
    if isinstance(message, Stock):
        return f"sku:{message.sku}"
    if isinstance(message, ChannelNews):
        return f"channel:{message.channel}"
    return f"cue:{message.id}"
