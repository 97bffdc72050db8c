"""The picture of a running show, wherever it comes from: a film that loops, or a live source."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
from aiohttp import web
from prometheus_client.registry import Collector

from broadcast.clock import Now, ProgrammeMs
from broadcast.messages import Cue
from broadcast.picture_messages import PictureEventView, PictureState
from broadcast.programme.adapters.ingest_process import IngestProcess
from broadcast.programme.adapters.recording_files import RecordingFiles
from broadcast.programme.addresses import SourceAddress
from broadcast.programme.clock import Correlation
from broadcast.programme.css_timelines import Picture as StretchAt
from broadcast.programme.css_timelines import Stretch, looped_picture
from broadcast.programme.events import ProgrammeEvent
from broadcast.programme.health import HealthJudge
from broadcast.programme.ingest_news import IngestOrder, News, PictureSample, Splice
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark, MarkBook, mark_of
from broadcast.programme.playlist import DEFAULT_WINDOW
from broadcast.programme.segments import SegmentIndex
from showrunner.http.live import LiveDoor
from showrunner.http.programme import ProgrammeDoor
from showrunner.link.picture_messages import Span
from showrunner.picture_metrics import PictureCollector
from showrunner.thumbnails import Frame, Thumbnails

MAX_EVENTS_KEPT = 12
"""The newest events of the picture, for the console."""

TOLD_BACK_MS = 90_000
"""A process elsewhere is told what dates this much of the past: channels are up to a minute late."""

MAX_SPANS = 64
"""Of what that process is told."""

LONG_FRAME_MS = 100
"""An instant this near to a segment's end may have its first frame in the next one."""

NEXT_SEGMENT_MS = 20_000
"""A segment that has not come by then does not follow."""

THUMBNAILS = "thumbs"
"""The folder of a recording that holds the pictures of its takes."""

REPLAY_NAME = "replay.m3u8"
"""The playlist of a recording that is over, beside its segments: any web server can serve the folder."""

LIVE_HZ = 90_000
"""Ticks of the media timeline of a live source, whatever each stretch counts in."""

log = structlog.get_logger()


class ShowPicture(Protocol):
    """What a running show asks of its picture."""

    def routes(self) -> list[web.RouteDef]:
        """Return the routes it is served at."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End; what was recorded stays."""

    def mark(self, cue: Cue) -> None:
        """Put a cue of the feed into the picture."""

    def collector(self) -> Collector | None:
        """Return what is counted, for ``/metrics``; None where nothing is."""

    def view(self) -> PictureState | None:
        """Return how the picture is, for the console; None where nothing can be wrong with it."""

    def correlation(self) -> Correlation | None:
        """Return what dates the newest frames, or None without a picture."""

    def live_us(self) -> int:
        """Return the programme time of what is being captured now, Unix microseconds, by the clock that dates frames.

        Without a picture it is this process's own wall clock.
        """

    def stretch_at(self, at: ProgrammeMs) -> Stretch | None:
        """Return what dates the frame captured at an instant, or None where there is no picture."""

    @property
    def timescale(self) -> int:
        """Ticks per second of ``stretch_at``."""


class LoopedPicture:
    """A packaged film, looped from ``origin`` on."""

    def __init__(self, show: str, index: SegmentIndex, folder: Path, origin: ProgrammeMs, now: Now) -> None:
        self._origin = origin
        self._stretch_at: StretchAt = looped_picture(index, origin)
        self._marks = MarkBook()
        self._now = now
        self._door = ProgrammeDoor(show, index, folder, origin, self._marks, now)
        self.timescale = index.timescale

    def routes(self) -> list[web.RouteDef]:
        """Return the routes it is served at."""
        return self._door.routes()

    async def start(self) -> None:
        """Need nothing: the playlist is computed from the time."""

    async def stop(self) -> None:
        """Need nothing."""

    def mark(self, cue: Cue) -> None:
        """Put a cue of the feed into the playlist; the segments are the same in every loop."""
        self._marks.add(mark_of(cue))

    def collector(self) -> Collector | None:
        """Count nothing: a film has no bad moments."""
        return None

    def view(self) -> PictureState | None:
        """Tell nothing: a film has no bad moments."""
        return None

    def correlation(self) -> Correlation | None:
        """Return the origin."""
        return Correlation(capture_ms=self._origin, pts_ticks=0, timescale=self.timescale, error_ms=0, source="origin")

    def live_us(self) -> int:
        """Return the time: the film is computed from it."""
        return self._now() * 1000

    def stretch_at(self, at: ProgrammeMs) -> Stretch | None:
        """Return the loop that holds an instant."""
        return self._stretch_at(at)

    def spans(self) -> tuple[Span, ...]:
        """Return what dates the loops of the last minute and a half and the one after them, for a process elsewhere."""
        found: deque[Span] = deque(maxlen=MAX_SPANS)
        now = self._now()
        at = ProgrammeMs(max(self._origin, now - TOLD_BACK_MS))
        while (loop := self._stretch_at(at)) is not None and loop.until_ms is not None:
            found.append(_span(loop.correlation.capture_ms, loop.until_ms, loop.correlation))
            at = loop.until_ms
            if loop.correlation.capture_ms > now:
                break
        return tuple(found)


class LivePicture:
    """A live source: read in a process of its own, recorded, served.

    Args:
        show: its name in addresses.
        address: the source.
        folder: where the recording is kept.
        max_bytes: of the recording.
        with_ts: package it as MPEG-TS too.
        now: wall clock.
        on_changed: told when there is something new to show to producers.
        on_splice: told of splice messages.
    """

    timescale = LIVE_HZ

    def __init__(
        self,
        show: str,
        address: SourceAddress,
        folder: Path,
        *,
        max_bytes: int,
        with_ts: bool,
        now: Now,
        on_changed: Callable[[], None],
        on_splice: Callable[[Splice], None],
    ) -> None:
        self._address = address
        self._with_ts = with_ts
        self._now = now
        self._on_changed = on_changed
        self._on_splice = on_splice
        self._files = RecordingFiles(folder, max_bytes)
        self._marks = MarkBook()
        self._judge = HealthJudge()
        self._process = IngestProcess(self._order, self._standing_marks, self._heard, now)
        self._thumbnails = Thumbnails(folder / THUMBNAILS, self._frame_at, now)
        self._door = LiveDoor(show, self._files, self._marks, self._thumbnails.folder)
        self.events: deque[ProgrammeEvent] = deque(maxlen=MAX_EVENTS_KEPT)
        self.counts: dict[str, int] = {}
        self.sample: PictureSample | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes it is served at."""
        return self._door.routes()

    async def start(self) -> None:
        """Take up the recording and begin to read the source."""
        self._files.load()
        await self._thumbnails.start()
        await self._process.start()

    async def stop(self) -> None:
        """End reading; the recording is over until the next start, and lies beside a playlist that says so."""
        await self._process.stop()
        await self._thumbnails.stop()
        replay = self._door.replay()
        if replay is not None:
            try:
                await asyncio.to_thread((self._files.folder / REPLAY_NAME).write_text, replay, "utf-8")
            except OSError as full:
                log.warning("programme.replay-not-written", reason=str(full))

    def mark(self, cue: Cue) -> None:
        """Put a cue of the feed into the playlist and, from the next segment on, into the picture."""
        mark = mark_of(cue)
        if self._marks.add(mark):
            self._process.mark(mark)
            self._thumbnails.ask(cue)

    def view(self) -> PictureState | None:
        """Return how the picture is, for the console."""
        newest, sample = self._files.recording.newest, self.sample
        return PictureState(
            source=self._address.shown if self._address.transport != "file" else Path(self._address.url).name,
            wrong=self.findings,
            bits_per_second=None if sample is None else sample.bits_per_second,
            error_ms=None if newest is None else newest.error_ms,
            end_ms=None if newest is None else newest.end_ms,
            events=tuple(
                PictureEventView(name=event.name, at_ms=event.at_ms, severity=event.severity, detail=event.detail)
                for event in self.events
            ),
        )

    def correlation(self) -> Correlation | None:
        """Return what dates the newest frames, or None without a picture."""
        newest = self._files.recording.newest
        return None if newest is None else newest.correlation

    def live_us(self) -> int:
        """Return the present by the clock of the reading process; by ours until that one gave a sign of life."""
        read = self._process.live_us()
        return self._now() * 1000 if read is None else read

    def stretch_at(self, at: ProgrammeMs) -> Stretch | None:
        """Return what dates the frame captured at an instant; beyond the newest segment its dates go on."""
        recording = self._files.recording
        held = recording.holding(at)
        newest = recording.newest
        if held is None and newest is not None and 0 <= at - newest.end_ms < self._patience_ms():
            held = newest
        if held is None:
            return None
        return Stretch(correlation=_in_live_ticks(held.correlation), until_ms=None)

    def spans(self) -> tuple[Span, ...]:
        """Return what dates the segments of the last minute and a half, for a process elsewhere."""
        listed, _ = self._files.recording.window(MAX_SPANS)
        spans = [_span(segment.capture_ms, segment.end_ms, segment.correlation) for segment in listed]
        if spans:
            newest = spans[-1]
            until_ms = ProgrammeMs(newest.until_ms + self._patience_ms())
            spans[-1] = Span(newest.from_ms, until_ms, newest.correlation)
        return tuple(span for span in spans if span.until_ms > self._now() - TOLD_BACK_MS)

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong with the picture now."""
        return self._judge.findings

    @property
    def restarts(self) -> int:
        """How often the reading process had to be replaced."""
        return self._process.restarts

    def collector(self) -> PictureCollector:
        """Return what is counted here, for ``/metrics``."""
        return PictureCollector(
            counts=lambda: self.counts,
            findings=lambda: self.findings,
            sample=lambda: self.sample,
            newest=lambda: self._files.recording.newest,
            restarts=lambda: self.restarts,
        )

    # ------------------------------------------------------------ what the reading process tells

    def _frame_at(self, at: ProgrammeMs) -> Frame | None:
        held = self._files.recording.holding(at)
        if held is None:
            return None
        after = self._files.recording.following(held)
        if after is None and held.end_ms - at <= LONG_FRAME_MS and self._now() - at < NEXT_SEGMENT_MS:
            return None  # the first frame from then on may be the next segment's
        segments = (held,) if after is None else (held, after)
        folder = self._files.folder
        seconds = held.correlation.pts_at(at) / held.timescale
        return folder / held.init_uri, tuple(folder / segment.uri for segment in segments), seconds

    def _patience_ms(self) -> int:
        return DEFAULT_WINDOW * 2_000

    def _order(self) -> IngestOrder:
        recording = self._files.recording
        newest = recording.newest
        return IngestOrder(
            address=self._address,
            folder=str(self._files.folder),
            next_sequence=recording.next_sequence,
            not_before_ms=None if newest is None else newest.end_ms,
            with_ts=self._with_ts,
        )

    def _standing_marks(self) -> list[Mark]:
        return self._marks.within(ProgrammeMs(0), None)

    def _heard(self, news: News) -> None:
        if isinstance(news, LiveSegment):
            self._segment(news)
        elif isinstance(news, ProgrammeEvent):
            self._judge.heard(news.name)
            self._event(news)
        elif isinstance(news, PictureSample):
            self.sample = news
            for name in self._judge.judge(news):
                self._event(ProgrammeEvent(name=name, at_ms=self._now()))
        elif isinstance(news, Splice):
            self._on_splice(news)
        self._on_changed()

    def _segment(self, segment: LiveSegment) -> None:
        try:
            self._files.append(segment)
        except (ValueError, OSError) as unfit:
            self._event(ProgrammeEvent(name="disk-full", at_ms=self._now(), detail=str(unfit)))

    def _event(self, event: ProgrammeEvent) -> None:
        self.events.append(event)
        self.counts[event.name] = self.counts.get(event.name, 0) + 1
        tell = {"info": log.info, "warning": log.warning, "error": log.error}[event.severity]
        tell("programme." + event.name, detail=event.detail)


def _span(from_ms: ProgrammeMs, until_ms: ProgrammeMs, known: Correlation) -> Span:
    return Span(from_ms, until_ms, _in_live_ticks(known))


def _in_live_ticks(known: Correlation) -> Correlation:
    pts_ticks = known.pts_ticks * LIVE_HZ // known.timescale
    return msgspec.structs.replace(known, pts_ticks=pts_ticks, timescale=LIVE_HZ)
