"""Many light viewers in one process: they resume by (epoch, seq), come back with full jitter, and notice every gap."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import msgspec
from viewers import masked_frame, upgrade_request

FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 10.0
"""What the pages' feed client does: a random wait up to a bound that doubles."""

PATIENCE_S = 60.0
AT_ONCE = 200
"""Viewers that come together when a crowd gathers."""

LOST = 1006
"""What a connection that ended without a word counts as (RFC 6455, section 7.4.1)."""

NOWHERE = ("", -1)
TEXT, CLOSE, PING = 0x81, 0x88, 0x89

Address = tuple[str, int]


class _Message(msgspec.Struct):
    type: str
    seq: int = 0
    epoch: str = ""


_decoder = msgspec.json.Decoder(_Message)


class Watcher(asyncio.Protocol):
    """One viewer, over as many connections as it takes."""

    def __init__(self, crowd: "Crowd") -> None:
        self.crowd = crowd
        self.epoch, self.seq = NOWHERE
        self.heard: list[int] = []
        self.greetings: list[str] = []
        self.faults: list[str] = []
        self.transport: asyncio.Transport | None = None
        self._tries = 0
        self._bytes = b""
        self._upgraded = False

    # ------------------------------------------------------------ connecting

    async def connect(self) -> None:
        host, port = self.crowd.address()
        self._bytes, self._upgraded = b"", False
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        except OSError:
            self._come_back()

    def _come_back(self) -> None:
        if self.crowd.over:
            return
        wait_s = self.crowd.chance() * min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2**self._tries)
        self._tries += 1
        self.crowd.later(wait_s, self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        query = {"channel": self.crowd.channel}
        if self.epoch:
            query |= {"epoch": self.epoch, "after": str(self.seq)}
        path = f"/v1/shows/{self.crowd.show}/feed?{urlencode(query)}"
        transport.write(upgrade_request(path, Sec_WebSocket_Key=self.crowd.key))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self.transport is not None and not self.crowd.over:
            self.crowd.closes[LOST] += 1
            self.transport = None
            self._come_back()

    # ------------------------------------------------------------ reading

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        if not self._upgraded:
            head, end, rest = self._bytes.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._upgraded, self._bytes = True, rest
        while (frame := self._frame()) is not None:
            self._read(*frame)

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._bytes
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start or len(data) < start + size:
            return None
        self._bytes = data[start + size :]
        return data[0], data[start : start + size]

    def _read(self, opcode: int, payload: bytes) -> None:
        if opcode == PING and self.transport is not None:
            self.transport.write(masked_frame(payload, opcode=0xA))
        elif opcode == CLOSE and self.transport is not None:
            self.crowd.closes[int.from_bytes(payload[:2], "big")] += 1
            self.transport.abort()
            self.transport = None
            self._come_back()
        elif opcode == TEXT:
            self._message(_decoder.decode(payload))

    def _message(self, message: _Message) -> None:
        before = self.epoch, self.seq
        if message.type in {"snapshot", "resumed"}:
            self._tries = 0
            self.greetings.append(message.type)
            if message.type == "resumed" and (message.epoch, message.seq) != (self.epoch, self.seq):
                self.faults.append(f"resumed at {message.seq} of {message.epoch}, was at {self.seq} of {self.epoch}")
            self.epoch, self.seq = message.epoch, message.seq
        elif message.seq != self.seq + 1:
            self.faults.append(f"{message.seq} after {self.seq}")
        else:
            self.seq = message.seq
            self.heard.append(message.seq)
        self.crowd.moved(before, (self.epoch, self.seq))


class Crowd:
    """Viewers of one channel who choose among servers by chance."""

    def __init__(self, show: str, addresses: Sequence[Address], channel: str = "web", seed: int = 1) -> None:
        self.show = show
        self.channel = channel
        self.addresses = list(addresses)
        self.closes: Counter[int] = Counter()
        self.over = False
        self.watchers: list[Watcher] = []
        self.key = base64.b64encode(b"sixteen of bytes").decode()
        self._random = random.Random(seed)  # noqa: S311 - spreads viewers, guards nothing
        self._places: Counter[tuple[str, int]] = Counter()
        self._moved = asyncio.Event()
        self._coming: set[asyncio.Task[None]] = set()

    def address(self) -> Address:
        return self._random.choice(self.addresses)

    def chance(self) -> float:
        return self._random.random()

    def later(self, wait_s: float, watcher: Watcher) -> None:
        """Let a viewer connect again after a while."""
        asyncio.get_running_loop().call_later(wait_s, self._connect, watcher)

    def moved(self, before: tuple[str, int], after: tuple[str, int]) -> None:
        """Note that a viewer got on in the feed."""
        self._places[before] -= 1
        self._places[after] += 1
        self._moved.set()

    async def gather(self, viewers: int) -> None:
        """Let so many viewers come, and wait until each was greeted."""
        self.watchers = [Watcher(self) for _ in range(viewers)]
        self._places[NOWHERE] = viewers
        for start in range(0, viewers, AT_ONCE):
            for watcher in self.watchers[start : start + AT_ONCE]:
                self._connect(watcher)
            await self._greeted(min(viewers, start + AT_ONCE))

    async def _greeted(self, viewers: int) -> None:
        await self._until(lambda: self._places[NOWHERE] <= len(self.watchers) - viewers)

    async def all_at(self, epoch: str, seq: int) -> None:
        """Wait until every viewer has everything up to there."""
        await self._until(lambda: self._places[epoch, seq] == len(self.watchers))

    async def leave(self) -> None:
        """Everybody goes."""
        self.over = True
        await asyncio.gather(*self._coming, return_exceptions=True)
        for watcher in self.watchers:
            if watcher.transport is not None:
                watcher.transport.abort()

    @property
    def faults(self) -> list[str]:
        """Every gap and repetition anybody noticed."""
        return [fault for watcher in self.watchers for fault in watcher.faults]

    def _connect(self, watcher: Watcher) -> None:
        if not self.over:
            task = asyncio.create_task(watcher.connect())
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not wanted():
                self._moved.clear()
                await self._moved.wait()


@asynccontextmanager
async def crowd_of(viewers: int, show: str, addresses: Sequence[Address], channel: str = "web") -> AsyncIterator[Crowd]:
    """Have so many viewers watch until the block ends."""
    crowd = Crowd(show, addresses, channel)
    try:
        await crowd.gather(viewers)
        yield crowd
    finally:
        await crowd.leave()
