"""``python -m benchmarks packaging``: CPU of the ingest process while a camera sends 720p25."""

import asyncio
import itertools
import multiprocessing
import resource
import socket
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from benchmarks.machine import cpu_ns
from benchmarks.packaging.sender import make_film, send
from benchmarks.recording import record
from broadcast.clock import WallMs
from broadcast.programme.adapters.cmaf import write_segment
from broadcast.programme.adapters.ingest_process import IngestProcess
from broadcast.programme.addresses import parse_address
from broadcast.programme.ingest_news import IngestOrder, News
from broadcast.programme.live_segments import LiveSegment

WARM_UP_S = 8.0
PART_FRAMES = 12
"""Frames of a low-latency part: half a second."""


def main(*, quick: bool = False) -> None:
    """Measure; with ``quick`` for a shorter time, and nothing is recorded."""
    seconds = 12.0 if quick else 30.0
    with tempfile.TemporaryDirectory() as folder:
        film = make_film(Path(folder) / "film.mp4")
        long_groups = _rewritten(film, Path(folder) / "long.mp4")
        figures = {
            "remux_share_of_core": asyncio.run(_measure(film, seconds, with_ts=False)),
            "remux_with_ts_share_of_core": asyncio.run(_measure(film, seconds, with_ts=True)),
            "encode_share_of_core": asyncio.run(_measure(long_groups, seconds, with_ts=False)),
            **_parts(film),
        }
    if not quick:
        record("packaging", "python -m benchmarks packaging", figures)
    print("720p25, 3 Mbit/s, one core = 1")
    for figure, value in figures.items():
        print(f"  {figure:36} {value:.4f}")


def _rewritten(film: Path, target: Path) -> Path:
    """Return the same source with one key frame in ten seconds, which cannot be cut as it is."""
    with av.open(str(film)) as source, av.open(str(target), "w") as container:
        options = {"g": "250", "bf": "0", "preset": "ultrafast", "sc_threshold": "0", "b": "3000000"}
        video = container.add_stream("libx264", rate=25, options=options)
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, 25), av.video.frame.PictureType.NONE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return target


async def _measure(film: Path, seconds: float, *, with_ts: bool) -> float:
    """Return the share of a core the ingest process takes once it runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        segments: list[LiveSegment] = []

        def heard(news: News) -> None:
            if isinstance(news, LiveSegment):
                segments.append(news)

        order = IngestOrder(
            address=parse_address(f"tcp://127.0.0.1:{port}?listen=1"),
            folder=folder,
            next_sequence=0,
            not_before_ms=None,
            with_ts=with_ts,
        )
        process = IngestProcess(lambda: order, tuple, heard, lambda: WallMs(time.time_ns() // 1_000_000))
        await process.start()
        try:
            await _reachable(process)
            camera = multiprocessing.get_context("spawn").Process(
                target=send, args=(film, port, WARM_UP_S + seconds + 4), daemon=True
            )
            camera.start()
            while len(segments) < WARM_UP_S / 2:  # noqa: ASYNC110 - a benchmark may poll
                await asyncio.sleep(0.1)
            began, before, made = time.monotonic(), cpu_ns(process.pid or 0) / 1e9, len(segments)
            await asyncio.sleep(seconds)
            used, elapsed = cpu_ns(process.pid or 0) / 1e9 - before, time.monotonic() - began
            assert len(segments) - made >= seconds / 2 - 2, "the source was not packaged all the time"
            camera.terminate()
            camera.join()
        finally:
            await process.stop()
    return used / elapsed


async def _reachable(process: IngestProcess) -> None:
    while not process.beat.waiting or process.pid is None:  # noqa: ASYNC110 - a benchmark may poll
        await asyncio.sleep(0.05)
    await asyncio.sleep(3)


def _parts(film: Path) -> dict[str, float]:
    """Return what muxing costs a second of picture: in two-second segments, and in half-second parts beside them."""
    with av.open(str(film)) as source:
        video = source.streams.video[0]
        packets: list[av.Packet[Any]] = [packet for packet in source.demux(video) if packet.dts is not None][:500]
        for before, after in itertools.pairwise(packets):
            before.duration = (after.dts or 0) - (before.dts or 0)
        whole = _muxing(video, packets, 50)
        parts = _muxing(video, packets, PART_FRAMES)
    return {"muxing_share_of_core": whole, "muxing_parts_share_of_core": parts}


def _muxing(video: av.VideoStream, packets: list["av.Packet[Any]"], frames: int) -> float:
    began = resource.getrusage(resource.RUSAGE_SELF)
    for start in range(0, len(packets), frames):
        write_segment(video, packets[start : start + frames], None, [])
    ended = resource.getrusage(resource.RUSAGE_SELF)
    used = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    return used / (len(packets) / 25)
