"""Packages one stretch of a live source: cuts it, dates it, writes it, tells of it."""

import contextlib
import queue
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av

from broadcast.clock import ProgrammeMs
from broadcast.programme.adapters.cuts import Cut, Cutter, usual_ticks
from broadcast.programme.adapters.live_tracks import Route, Tracks
from broadcast.programme.adapters.sampling import Sampler
from broadcast.programme.adapters.stretch import SegmentWriter
from broadcast.programme.clock import JOIN_US, MILLION, LiveClock, PacedClock, splice_lead_us
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.events import EventName
from broadcast.programme.ingest_news import IngestOrder, News, Splice
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark, MarkBook
from broadcast.programme.scte35 import SpliceError, SpliceInfo, parse_splice

MAX_SEGMENT = Fraction(41, 20)
"""Seconds; 60 frames of 29.97 a second are 2.002, and 2 in whole seconds, which is what the format asks."""

MAX_AUDIO_LAG = Fraction(1)
"""Seconds a segment waits for its sound."""

MAX_SOUND_OFF = Fraction(10)
"""Seconds sound may lie beside the picture it came with and still be of it."""

MAX_WAITING_CUTS = 16
"""Segments kept until the clock has settled."""

MAX_WAITING_SPLICES = 64

MAX_AHEAD_US = 10 * MILLION
"""A recording that ends this far in the future was dated by a clock that was wrong: it is not waited for."""


class MustEncodeError(Exception):
    """The picture cannot be cut as it is: another way is taken."""


class Recorder:
    """What goes on from stretch to stretch: numbers, dates, cues, and whom to tell."""

    def __init__(
        self,
        order: IngestOrder,
        words: "queue.Queue[Mark]",
        tell: Callable[[News], None],
        event: Callable[[EventName, str], None],
        now_us: Callable[[], int],
    ) -> None:
        self.order = order
        self.tell = tell
        self.event = event
        self.now_us = now_us
        self.marks = MarkBook()
        self.sequence = order.next_sequence
        self.segments = 0
        self._words = words
        self._end_us = None if order.not_before_ms is None else (order.not_before_ms + 1) * 1000

    def take_words(self) -> None:
        """Take in the cues heard of since."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.marks.add(self._words.get_nowait())

    def not_before_us(self) -> int:
        """Return when what is recorded so far ends, unless a clock that was wrong put that into the future."""
        if self._end_us is not None and self._end_us > self.now_us() + MAX_AHEAD_US:
            self.event("late", "the recording so far is dated in the future: its end is not waited for")
            self._end_us = None
        return self._end_us or 0

    def written(self, segment: LiveSegment, end_us: int) -> None:
        """Note and tell of a segment."""
        self.sequence = segment.sequence + 1
        self._end_us = end_us
        self.segments += 1
        self.tell(segment)


class Stretch:
    """One stretch: its own clock, its own ticks from 0, its own initialization section."""

    def __init__(
        self,
        recorder: Recorder,
        tracks: Tracks,
        route: Route,
        clock: LiveClock | PacedClock,
        writer: SegmentWriter,
    ) -> None:
        self._recorder = recorder
        self._tracks = tracks
        self._route = route
        self._clock = clock
        self._writer = writer
        audio = route.streams.audio
        self._cutter = Cutter(
            route.base,
            usual_ticks(tracks.video.average_rate or tracks.video.guessed_rate, route.base),
            sample_rate=0 if audio is None else audio.codec_context.sample_rate,
            channels=0 if audio is None else audio.codec_context.channels,
            frame_samples=0 if audio is None else audio.codec_context.frame_size,
            eager=True,
            max_segment=MAX_SEGMENT,
            max_audio_lag=MAX_AUDIO_LAG,
        )
        self._waiting: list[Cut] = []
        self._joined = False
        self._key_pts = 0
        self._seen = 0  # ticks of picture
        self._longest = int(MAX_SEGMENT / route.base)
        self._start = route.start
        self._splices: list[SpliceInfo] = []
        self._sampler = Sampler(route.streams)
        self.astray = False

    def take(self, packet: "av.Packet[Any]", arrival_us: int | None, *, is_video: bool) -> None:
        """Take a packet; write what became whole.

        Args:
            packet: picture, sound or splice message.
            arrival_us: when it came, or None where that is not known.
            is_video: it is picture.

        Raises:
            MustEncodeError: the picture cannot be cut.
            ProgrammeError: the segment cannot be written.
        """
        if is_video:
            self._picture(packet, arrival_us)
        elif packet.stream_index in {stream.index for stream in self._tracks.splices}:
            self._splice(bytes(packet))
        else:
            for made in self._route.take_audio(packet):
                if (
                    made.pts is not None
                    and abs(made.pts * made.time_base - self._seen * self._route.base) < MAX_SOUND_OFF
                ):
                    self._cutter.add_audio(made)
        self._write()

    def end(self) -> None:
        """Write what is left."""
        self._cutter.end()
        self._clock.settle(self._recorder.now_us() + 10 * MILLION)
        self._write()

    def _picture(self, packet: "av.Packet[Any]", arrival_us: int | None) -> None:
        if arrival_us is not None:  # of what came in: decoders and encoders hold back what they make of it
            shown = (packet.pts or 0) * self._tracks.base - self._start
            self._clock.observe(round(shown / self._route.base), arrival_us)
        for made in self._route.take_video(packet):
            pts = made.pts or 0
            if made.is_keyframe:
                self._key_pts = pts
            elif pts < self._key_pts and not self._route.encodes:
                raise MustEncodeError("frames are shown before the key frame they come after (open GOP)")
            self._seen = max(self._seen, pts)
            self._cutter.add_video(made)
        if self._cutter.group_ticks > self._longest and not self._route.encodes:
            raise MustEncodeError(f"key frames lie further than {float(MAX_SEGMENT):g} seconds apart")

    def _write(self) -> None:
        self._waiting += self._cutter.complete()
        if not self._waiting or not self._clock.settle(self._recorder.now_us()):
            if len(self._waiting) > MAX_WAITING_CUTS:
                self._waiting.pop(0)
            return
        cuts, self._waiting = self._waiting, []
        for cut in cuts:
            self._write_one(*cut)
        self._tell_splices()

    def _write_one(self, video: list["av.Packet[Any]"], audio: list["av.Packet[Any]"]) -> None:
        recorder, clock = self._recorder, self._clock
        start = video[0].pts or 0
        if not self._joined:
            early_us = recorder.not_before_us() - clock.captured_us(start)
            if early_us > JOIN_US:
                return  # it was recorded before, or should have been: nothing is dated twice
            if early_us > 0:
                clock.shift(early_us)
            self._joined = True
        self.astray = not clock.bend(start)
        recorder.take_words()
        end = start + sum(packet.duration or 0 for packet in video)
        try:
            segment = self._writer.write(recorder.sequence, video, audio, clock.correlation())
        except OSError as full:
            raise ProgrammeError("no-space", f"segments cannot be written: {full.strerror}") from full
        recorder.written(segment, clock.captured_us(end))
        sample = self._sampler.sample(segment, video, audio)
        if sample is not None:
            recorder.tell(sample)

    def _splice(self, section: bytes) -> None:
        try:
            info = parse_splice(section)
        except SpliceError as refused:
            self._recorder.event("scte35-refused", str(refused))
            return
        if info is not None and not info.cancelled and len(self._splices) < MAX_WAITING_SPLICES:
            self._splices.append(info)

    def _tell_splices(self) -> None:
        for info in self._splices:
            at = self._seen if info.pts_ticks is None else self._place(info.pts_ticks)
            ahead_us = int(abs(at - self._seen) * self._route.base * MILLION)
            captured_us = self._clock.captured_us(at) - splice_lead_us(ahead_us)
            self._recorder.tell(
                Splice(
                    at_ms=ProgrammeMs(captured_us // 1000),
                    command=info.command,
                    pts_ticks=info.pts_ticks,
                    event_id=info.event_id,
                    segmentation_type=info.segmentation_type,
                    out=info.out,
                    upid=info.upid,
                )
            )
        self._splices.clear()

    def _place(self, pts_ticks: int) -> int:
        """Return a splice's place in the stretch: the one nearest to the present with its 33 bits."""
        span = Fraction(1 << 33, 90_000)
        seen = self._seen * self._route.base
        ahead = Fraction(pts_ticks, 90_000) - self._start - seen
        return round((seen + (ahead + span / 2) % span - span / 2) / self._route.base)
