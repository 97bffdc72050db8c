"""The cue log: one order for everything the feed says, by epoch and sequence number.

The port (``CueLog``) has an embedded home (SQL) and a distributed one (Valkey/Redis streams); the same contract
tests run on both. ``History`` is what an edge keeps to let viewers resume.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from broadcast.channel_messages import ChannelNews
from broadcast.ids import Epoch
from broadcast.messages import Cue, Stock

HISTORY_MESSAGES = 4_096
"""Messages per channel an edge can replay to a returning viewer; further back it is a snapshot."""

MAX_APPEND = 1_024
"""Messages appended at once."""

LogMessage = Cue | Stock | ChannelNews
"""What is in the log: channel-neutral messages, without links. ``seq`` and ``epoch`` are the log's to give."""

_decoder: msgspec.json.Decoder[LogMessage] = msgspec.json.Decoder(LogMessage)
_encode = msgspec.json.Encoder().encode


class LogRecord(msgspec.Struct, frozen=True):
    """One message with its place in the order."""

    seq: int
    message: LogMessage


class CueLog(Protocol):
    """One show's cue log."""

    @property
    def epoch(self) -> Epoch:
        """The log's unbroken life; a new one begins when records were lost. Known once opened."""

    async def open(self) -> Sequence[LogRecord]:
        """Connect, and return what it takes to know the present, in order.

        That is every cue kept and the newest stock of each SKU, with the last ``HISTORY_MESSAGES`` records
        among them.

        Raises:
            LogLostError: there is no log to open.
            LogUnreachableError: the log does not answer.
        """

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        """Append durably and in order, and return the records with their sequence numbers.

        Raises:
            ValueError: more than ``MAX_APPEND`` messages.
            LogLostError: the log began a new epoch since it was opened; nothing was appended.
            LogUnreachableError: no answer came; the messages may be in the log or not.
        """

    async def settled(self) -> None:
        """Say that the log holds the present: followers in other processes may open it.

        Raises:
            LogLostError: the log began a new epoch since it was opened.
            LogUnreachableError: the log does not answer.
        """

    def follow(self, after: int) -> AsyncIterator[LogRecord]:
        """Yield every record after a sequence number, none skipped and none twice, and wait for more.

        Raises:
            LogLostError: what comes next is gone, or the log's past is not what was read.
        """

    async def close(self) -> None:
        """Stop following and let go of what was opened."""


class LogLostError(Exception):
    """The log no longer holds what was asked for: whoever followed it must open it anew and send snapshots."""


class LogUnreachableError(ConnectionError):
    """The log does not answer; what it holds is not known."""


def stamped(message: LogMessage, seq: int, epoch: Epoch, sent_ms: int) -> LogMessage:
    """Return the message with its place in the log."""
    if isinstance(message, Cue):
        return msgspec.structs.replace(message, seq=seq, epoch=epoch, sent_ms=sent_ms)
    return msgspec.structs.replace(message, seq=seq)


def to_json(message: LogMessage) -> bytes:
    """Return the message as the log stores it."""
    return _encode(message)


def from_json(body: bytes) -> LogMessage:
    """Read a stored message.

    Raises:
        msgspec.ValidationError: the stored bytes are no message of this version.
    """
    return _decoder.decode(body)


class History:
    """The newest records of the log without a gap: what a returning viewer can be told exactly."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: deque[LogRecord] = deque(maxlen=HISTORY_MESSAGES)

    def add(self, record: LogRecord) -> None:
        """Remember the next record; a gap before it makes everything older useless, and it is forgotten."""
        if self._records and record.seq != self._records[-1].seq + 1:
            self._records.clear()
        self._records.append(record)

    def clear(self) -> None:
        """Forget everything, as when the log began a new epoch."""
        self._records.clear()

    @property
    def oldest_seq(self) -> int | None:
        """The first sequence number still held, or None when nothing is."""
        return self._records[0].seq if self._records else None

    def since(self, after: int, latest: int) -> Sequence[LogRecord] | None:
        """Return every record after a sequence number in order, or None if any of them is gone."""
        missed = latest - after
        if missed < 0:
            return None
        if missed == 0:
            return ()
        if not self._records or self._records[0].seq > after + 1:
            return None
        return tuple(islice(self._records, after + 1 - self._records[0].seq, None))
