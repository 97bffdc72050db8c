"""Packages what one source sends, connection after connection, into one recording that goes on."""

import contextlib
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from broadcast.programme.adapters.live_stretch import MustEncodeError, Recorder, Stretch
from broadcast.programme.adapters.live_tracks import Route, Tracks
from broadcast.programme.adapters.source import look_at
from broadcast.programme.adapters.stretch import SegmentWriter
from broadcast.programme.arrivals import Arrivals
from broadcast.programme.clock import JUMP_S, MILLION, LiveClock, PacedClock
from broadcast.programme.errors import ProgrammeError

MAX_STEP_BACK_S = Fraction(1, 2)
"""A packet this little before the one it comes after is out of place; further back, time has jumped."""

MAX_BEHIND_US = 5 * MILLION
"""A file that is read this much later than it should be (the machine slept) goes on at the present."""

CORRUPT_EVENT_S = 5.0
"""Damaged packets are told of at most this often."""


class Stop(Exception):  # noqa: N818 - not an error: it was told to end
    """Reading was told to end."""


class LiveReader:
    """Reads connections of one source; what is recorded goes on from one to the next."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._encode = ""
        self._corrupt = 0
        self._corrupt_told_s = 0.0
        self.packets = 0
        self.bytes_read = 0

    def read(
        self, container: InputContainer, arrivals: Arrivals | None, *, finite: bool, stopping: Callable[[], bool]
    ) -> None:
        """Package a connection until it ends; one that has an end is read at the speed of life.

        Args:
            container: what the source sends.
            arrivals: when its bytes came, or None where a packet comes when it is read.
            finite: it has an end.
            stopping: asked again and again whether to stop.

        Raises:
            Stop: it was told to end.
            ProgrammeError: the connection is of no use.
            OSError, av.error.FFmpegError: it failed.
        """
        tracks = self._tracks(container)
        pace = _Pace(self._recorder.now_us, stopping) if finite else None
        connection = _Connection(self, self._recorder, tracks, arrivals, pace)
        try:
            for packet in container.demux(tracks.used):
                if stopping():
                    raise Stop
                if packet.size == 0:
                    continue
                self.packets += 1
                self.bytes_read += packet.size
                if packet.is_corrupt or not tracks.unwrap(packet):
                    self.damaged()
                else:
                    connection.take(packet)
        finally:
            with contextlib.suppress(ProgrammeError, OSError, MustEncodeError):
                connection.end()

    @property
    def encodes(self) -> bool:
        """Whether the picture is encoded."""
        return bool(self._encode)

    def must_encode(self, why: str) -> None:
        """Encode the picture from now on."""
        self._encode = why
        self._recorder.event("encoding", why)

    def damaged(self) -> None:
        """Count a packet that was left out."""
        self._corrupt += 1
        now_s = time.monotonic()
        if now_s - self._corrupt_told_s > CORRUPT_EVENT_S:
            self._recorder.event("corrupt", f"{self._corrupt} damaged packets left out so far")
            self._corrupt_told_s = now_s

    def _tracks(self, container: InputContainer) -> Tracks:
        rotation = 0
        address = self._recorder.order.address
        if address.transport == "file":
            facts = look_at(Path(address.url))
            rotation = facts.rotation
            self._encode = self._encode or facts.why_encode
        tracks = Tracks(container, rotation=rotation)
        self._encode = self._encode or tracks.why_encode()
        event, video = self._recorder.event, tracks.video
        event("connected", f"{video.codec_context.name} {video.width}x{video.height}")
        event("encoding" if self._encode else "copying", self._encode)
        if tracks.audio is None:
            event("no-sound", "the source has no sound")
        return tracks


class _Connection:
    """One connection: stretch after stretch, as its time jumps."""

    def __init__(
        self,
        reader: LiveReader,
        recorder: Recorder,
        tracks: Tracks,
        arrivals: Arrivals | None,
        pace: "_Pace | None",
    ) -> None:
        self._reader = reader
        self._recorder = recorder
        self._tracks = tracks
        self._arrivals = arrivals
        self._pace = pace
        self._stretch: Stretch | None = None
        self._last: int | None = None
        self._step_back = int(MAX_STEP_BACK_S / tracks.base)
        self._jump = int(JUMP_S / tracks.base)

    def take(self, packet: "av.Packet[Any]") -> None:
        is_video = packet.stream_index == self._tracks.video.index
        arrival_us = self._recorder.now_us() if self._arrivals is None else None
        if self._arrivals is not None and is_video:
            arrival_us = self._arrivals.of_picture(packet.pos)
        if is_video and not self._follows(packet):
            return
        if self._stretch is not None and self._pace is not None and not self._pace.wait(packet):
            self._break("late", "the file is read too late: it goes on at the present")
        if self._stretch is None:
            if not (is_video and packet.is_keyframe):
                return
            self._stretch = self._begin(packet)
        try:
            self._stretch.take(packet, arrival_us, is_video=is_video)
        except MustEncodeError as why:
            self._stretch = None
            self._reader.must_encode(str(why))
            return
        if self._stretch.astray:
            self._break("late", "the source's time and its arrivals have come apart: its time starts again")

    def end(self) -> None:
        """Write what is left."""
        if self._stretch is not None:
            ending, self._stretch = self._stretch, None
            ending.end()

    def _follows(self, packet: "av.Packet[Any]") -> bool:
        """Tell whether a picture's packet is to be taken; where time has jumped, what was before is over."""
        dts = packet.dts or 0
        if self._last is not None:
            ahead = dts - self._last
            if -self._step_back < ahead <= 0:
                self._reader.damaged()
                return False
            if self._stretch is not None and not 0 < ahead <= self._jump:
                jumped_s = float(ahead * self._tracks.base)
                self._break("discontinuity", f"the source's time jumped by {jumped_s:.3f} s")
        self._last = dts
        return True

    def _break(self, name: Any, why: str) -> None:
        self._recorder.event(name, why)
        self.end()

    def _begin(self, key: "av.Packet[Any]") -> Stretch:
        recorder = self._recorder
        start = (key.pts or 0) * self._tracks.base
        route = Route(self._tracks, encode=self._reader.encodes, start=start)
        timescale = route.base.denominator
        clock: LiveClock | PacedClock = LiveClock(timescale)
        if self._pace is not None:
            begin_us = max(recorder.now_us(), recorder.not_before_us())
            self._pace.begin(key, begin_us)
            clock = PacedClock(timescale, begin_us)
        writer = SegmentWriter(
            Path(recorder.order.folder),
            route.streams,
            recorder.marks,
            with_ts=recorder.order.with_ts,
            discontinuity=recorder.sequence > 0,
        )
        return Stretch(recorder, self._tracks, route, clock, writer)


class _Pace:
    """Reads a file at the speed of life."""

    def __init__(self, now_us: Callable[[], int], stopping: Callable[[], bool]) -> None:
        self._now_us = now_us
        self._stopping = stopping
        self._begin_us = 0
        self._first = Fraction(0)

    def begin(self, key: "av.Packet[Any]", begin_us: int) -> None:
        """Count from this packet on."""
        self._begin_us = begin_us
        self._first = (key.dts or 0) * Fraction(key.time_base or 1)

    def wait(self, packet: "av.Packet[Any]") -> bool:
        """Wait until a packet's time has come; False where that was too long ago."""
        at = (packet.dts or 0) * Fraction(packet.time_base or 1) - self._first
        due_us = self._begin_us + int(at * MILLION)
        while (early_us := due_us - self._now_us()) > 0:
            if self._stopping():
                raise Stop
            time.sleep(min(early_us, 200_000) / MILLION)
        return -early_us < MAX_BEHIND_US
