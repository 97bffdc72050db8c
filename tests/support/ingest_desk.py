"""An ingest in its own process, everything it told, and what its segments really show."""

import asyncio
import io
import re
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import CueId
from broadcast.programme import frame_code
from broadcast.programme.adapters.ingest_process import IngestProcess
from broadcast.programme.adapters.recording_files import RecordingFiles
from broadcast.programme.addresses import parse_address
from broadcast.programme.events import ProgrammeEvent
from broadcast.programme.ingest_news import IngestOrder, News
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark, MarkBook

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


def stretches(desk: Desk) -> list[list[LiveSegment]]:
    """Return the segments, each unbroken stretch by itself."""
    found: list[list[LiveSegment]] = []
    for segment in desk.segments:
        if segment.discontinuity or not found:
            found.append([])
        found[-1].append(segment)
    return found


def assert_never_twice(desk: Desk) -> None:
    """Each segment is dated from the end of the one before it on."""
    for before, after in zip(desk.segments, desk.segments[1:], strict=False):
        assert after.capture_ms >= before.end_ms - 1


def arm(desk: Desk, instants_ms: Sequence[int]) -> None:
    """Have cues put into the picture at instants to come."""
    for seq, at_ms in enumerate(instants_ms, start=len(desk.marks) + 1):
        cue = CueId(f"cue-{seq:03d}")
        mark = Mark(
            id=cue, at_ms=ProgrammeMs(at_ms), seq=seq, action="take", look=f"look-{seq}", replaces=(),
            data=cue.encode(),
        )  # fmt: skip
        desk.marks.append(mark)
        desk.process.mark(mark)


def cards(desk: Desk, segment: LiveSegment) -> list[tuple[str, int]]:
    """Return the cues a segment tells, each with the ticks it counts from, as a player without a feed reads them."""
    media, at, found = (desk.folder / segment.uri).read_bytes(), 0, []
    while media[at + 4 : at + 8] == b"emsg":
        size = int.from_bytes(media[at : at + 4])
        box = media[at : at + size]
        told = re.search(rb"cue-\d{3}", box)
        assert told is not None
        found.append((told[0].decode(), int.from_bytes(box[16:24])))
        at += size
    return found


def assert_cards_on_their_frames(desk: Desk, segments: Sequence[LiveSegment]) -> None:
    """Every segment tells exactly the cues that count while it is shown, each from the first frame not before it."""
    book = MarkBook()
    for mark in desk.marks:
        book.add(mark)
    due_ms = {str(mark.id): int(mark.at_ms) for mark in desk.marks}
    told_of = 0
    for segment in segments:
        told = cards(desk, segment)
        assert [cue for cue, _ in told] == [str(mark.id) for mark in book.within(segment.capture_ms, segment.end_ms)]
        shown = frame_ticks(desk, segment)
        dated = segment.correlation.captured_at
        for cue, ticks in told:
            due = max(due_ms[cue], segment.capture_ms)
            without = [dated(each) for each in shown if each < ticks]
            showing = [dated(each) for each in shown if each >= ticks]
            assert max(without, default=0) <= due <= min(showing, default=due) + 1, (cue, without, due, showing)
            told_of += 1
    assert told_of, "no cue was told of at all"


def frame_ticks(desk: Desk, segment: LiveSegment) -> list[int]:
    """Return when each frame of a segment is shown, in its ticks, whether it can be decoded or not."""
    stored = (desk.folder / segment.init_uri).read_bytes() + (desk.folder / segment.uri).read_bytes()
    with av.open(io.BytesIO(stored)) as container:
        return [
            round((packet.pts or 0) * Fraction(packet.time_base or 1) * segment.timescale)
            for packet in container.demux(video=0)
            if packet.size
        ]
