"""An ingest in its own process, everything it told, and what its segments really show."""

import asyncio
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av

from broadcast.clock import WallMs
from broadcast.programme import frame_code
from broadcast.programme.adapters.ingest_process import IngestProcess
from broadcast.programme.adapters.recording_files import RecordingFiles
from broadcast.programme.addresses import parse_address
from broadcast.programme.events import ProgrammeEvent
from broadcast.programme.ingest_news import IngestOrder, News
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark

PATIENCE_S = 60.0
FRAME_MS = 40


class Desk:
    """An ingest and everything it told."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.files = RecordingFiles(folder, 10**9)
        self.files.load()
        self.news: list[News] = []
        self.marks: list[Mark] = []
        self._address = address
        self._changed = asyncio.Event()
        self.process = IngestProcess(
            self._order, lambda: self.marks, self._heard, lambda: WallMs(time.time_ns() // 10**6)
        )

    @property
    def segments(self) -> list[LiveSegment]:
        return [news for news in self.news if isinstance(news, LiveSegment)]

    @property
    def events(self) -> list[str]:
        return [news.name for news in self.news if isinstance(news, ProgrammeEvent)]

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def _heard(self, news: News) -> None:
        self.news.append(news)
        if isinstance(news, LiveSegment):
            self.files.append(news)
        self._changed.set()

    def _order(self) -> IngestOrder:
        newest = self.files.recording.newest
        return IngestOrder(
            address=parse_address(self._address),
            folder=str(self.folder),
            next_sequence=self.files.recording.next_sequence,
            not_before_ms=None if newest is None else newest.end_ms,
            with_ts=True,
        )


def frames(desk: Desk, segment: LiveSegment, flavour: str = "fmp4") -> list[tuple[float, int]]:
    """Decode a segment: (seconds on its own time line, burned-in number) of every frame."""
    path = desk.folder / "decoded"
    if flavour == "fmp4":
        path.write_bytes((desk.folder / segment.init_uri).read_bytes() + (desk.folder / segment.uri).read_bytes())
    else:
        path.write_bytes((desk.folder / str(segment.ts_uri)).read_bytes())
    with av.open(str(path)) as container:
        return [(float(frame.time or 0), number_in(frame)) for frame in container.decode(video=0)]


def key_frame(desk: Desk, segment: LiveSegment) -> int | None:
    """Return the number in a segment's first frame, or None where damage made it illegible."""
    stored = (desk.folder / segment.init_uri).read_bytes() + (desk.folder / segment.uri).read_bytes()
    with av.open(io.BytesIO(stored)) as container:
        return code_in(next(container.decode(video=0)))


def code_in(frame: av.VideoFrame) -> int | None:
    luma = frame.to_ndarray(format="gray")
    return frame_code.read([float(luma[y, x]) for x, y in frame_code.middles(frame.width, frame.height)])


def number_in(frame: av.VideoFrame) -> int:
    number = code_in(frame)
    assert number is not None
    return number


def assert_exact(desk: Desk, segments: list[LiveSegment], shown_ms: Sequence[float] | None = None) -> None:
    """Every frame's computed time is its burned-in time, to the millisecond, all by one and the same offset.

    Args:
        desk: holds the segments.
        segments: of one stretch.
        shown_ms: when each number is shown; every ``FRAME_MS`` unless told.
    """
    off: list[float] = []
    for segment in segments:
        for seconds, number in frames(desk, segment):
            at_ms = segment.correlation.captured_at(round(seconds * segment.timescale))
            off.append(at_ms - (number * FRAME_MS if shown_ms is None else shown_ms[number]))
    assert max(off) - min(off) <= 2, off
