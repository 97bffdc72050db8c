"""Writes one unbroken stretch of a source as segments: on disk, dated, with the cues inside."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.programme.adapters.cmaf import Written, write_segment
from broadcast.programme.adapters.transport_stream import Continuity, write_ts
from broadcast.programme.clock import Correlation
from broadcast.programme.emsg import event_message
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.id3 import cue_tag
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark, MarkBook

EVENT_ID_BITS = 32


class Streams(msgspec.Struct, kw_only=True):
    """What the packets to be written come from; sizes are of the picture as it is to be seen.

    Attributes:
        video: template of the picture.
        audio: template of the sound, or None.
        video_base: seconds a tick of the picture's timestamps lasts.
        audio_header: the sound's configuration where the template does not have it: known from its first packet on.
    """

    video: Any
    audio: Any | None
    video_base: Fraction
    audio_header: bytes | None = None


class SegmentWriter:
    """Writes segments of one stretch into a folder.

    Args:
        folder: where to.
        streams: templates of the tracks.
        marks: the cues; those in force while a segment was captured are put inside.
        with_ts: write each segment as MPEG-TS too.
        discontinuity: the first segment does not follow what was recorded before it.
    """

    def __init__(self, folder: Path, streams: Streams, marks: MarkBook, *, with_ts: bool, discontinuity: bool) -> None:
        self._folder = folder
        self._streams = streams
        self._marks = marks
        self._discontinuity = discontinuity
        self._continuity = Continuity() if with_ts else None
        self._init: bytes | None = None
        self._init_uri = ""

    def write(
        self,
        sequence: int,
        video_packets: Sequence["av.Packet[Any]"],
        audio_packets: Sequence["av.Packet[Any]"],
        known: Correlation,
    ) -> LiveSegment:
        """Write one segment and return what is known of it.

        Args:
            sequence: its number.
            video_packets: in decode order, the first a key frame, counted from the stretch's first frame.
            audio_packets: in order.
            known: what dates the first of them.

        Raises:
            ProgrammeError: ``unreadable`` or ``broken-timestamps``, when the packets make no segment;
                ``parameters-changed``, when they are not of the stretch's picture any more.
            OSError: it cannot be stored.
        """
        started = video_packets[0].pts or 0
        ts = self._as_ts(video_packets, audio_packets, known)
        written = write_segment(
            self._streams.video, video_packets, self._streams.audio, audio_packets, self._streams.audio_header
        )
        video = written.video
        if video.first_ticks != video.decode_ticks or video.duration_ticks <= 0:
            raise ProgrammeError("broken-timestamps", "a segment does not start with its key frame")
        timescale = written.video_track.timescale
        if abs(Fraction(video.first_ticks, timescale) - started * self._streams.video_base) > Fraction(1, timescale):
            raise ProgrammeError("broken-timestamps", "the bytes of a segment say another time than its packets")
        self._declare(written, sequence)
        correlation = msgspec.structs.replace(known, pts_ticks=video.first_ticks, timescale=timescale)
        media = self._events(correlation, video.first_ticks + video.duration_ticks) + written.media
        uri = f"{sequence:08d}.m4s"
        (self._folder / uri).write_bytes(media)
        ts_uri = None
        if ts is not None:
            ts_uri = f"{sequence:08d}.ts"
            (self._folder / ts_uri).write_bytes(ts)
        tracks = [written.video_track] + ([] if written.audio_track is None else [written.audio_track])
        segment = LiveSegment(
            sequence=sequence,
            uri=uri,
            ts_uri=ts_uri,
            init_uri=self._init_uri,
            discontinuity=self._discontinuity,
            timescale=timescale,
            start_ticks=video.first_ticks,
            duration_ticks=video.duration_ticks,
            capture_ms=correlation.capture_ms,
            error_ms=correlation.error_ms,
            rate_ppm=correlation.rate_ppm,
            source=correlation.source,
            size_bytes=len(media),
            ts_size_bytes=0 if ts is None else len(ts),
            codecs=",".join(track.codec for track in tracks),
            width=self._streams.video.width,
            height=self._streams.video.height,
            frame_ticks=video.frame_ticks,
            has_audio=written.audio_track is not None,
        )
        self._discontinuity = False
        return segment

    def _declare(self, written: Written, sequence: int) -> None:
        if self._init is None:
            self._init, self._init_uri = written.init, f"init-{sequence:08d}.mp4"
            (self._folder / self._init_uri).write_bytes(written.init)
        elif written.init != self._init:
            raise ProgrammeError("parameters-changed", "the picture's or the sound's parameters changed on the way")

    def _due(self, correlation: Correlation, end_ticks: int) -> list[tuple[Mark, int]]:
        """Return the cues of a segment with the ticks each is to be told at: the one in force at its first frame."""
        end = correlation.captured_at(end_ticks)
        due = self._marks.within(correlation.capture_ms, end)
        return [(mark, max(correlation.pts_ticks, correlation.pts_at(ProgrammeMs(mark.at_ms)))) for mark in due]

    def _events(self, correlation: Correlation, end_ticks: int) -> bytes:
        return b"".join(
            event_message(
                timescale=correlation.timescale,
                presentation_ticks=ticks,
                event_id=mark.seq % (1 << EVENT_ID_BITS),
                message=cue_tag(mark.id, mark.data),
            )
            for mark, ticks in self._due(correlation, end_ticks)
        )

    def _as_ts(
        self,
        video_packets: Sequence["av.Packet[Any]"],
        audio_packets: Sequence["av.Packet[Any]"],
        known: Correlation,
    ) -> bytes | None:
        if self._continuity is None:
            return None
        last = max(video_packets, key=lambda packet: packet.pts or 0)
        end = (last.pts or 0) + (last.duration or 0)
        tags = [(ticks, cue_tag(mark.id, mark.data)) for mark, ticks in self._due(known, end)]
        base = self._streams.video_base
        streams = self._streams
        return write_ts(
            streams.video,
            video_packets,
            streams.audio,
            audio_packets,
            tags,
            base,
            self._continuity,
            streams.audio_header,
        )
