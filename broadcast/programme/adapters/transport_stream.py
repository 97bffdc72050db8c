"""Writes MPEG-TS segments (ISO/IEC 13818-1), cues inside as timed ID3, for players that do not read fMP4."""

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from broadcast.programme.errors import ProgrammeError

PACKET_BYTES = 188
TICK = Fraction(1, 90_000)
START_TICKS = 900_000
"""Ten seconds: where a stretch begins, so that frames decoded before they are shown have times of their own."""

# One muxer a segment, so that each begins with its tables and holds exactly its packets; nothing is held back for a
# cue that comes rarely (max_interleave_delta).
_OPTIONS = {
    "mpegts_copyts": "1",
    "avoid_negative_ts": "disabled",
    "max_interleave_delta": "0",
    "pat_period": "2",
    "pcr_period": "40",
}
_PID_VALUES = 1 << 13


class Continuity:
    """Continues each stream's packet counter from segment to segment, which are written one by one."""

    def __init__(self) -> None:
        self._next = np.zeros(_PID_VALUES, np.uint8)

    def apply(self, segment: bytes) -> bytes:
        """Return the segment with the counters that follow the ones before it (13818-1, 2.4.3.3)."""
        packets = np.frombuffer(segment, np.uint8).reshape(-1, PACKET_BYTES).copy()
        pids = (packets[:, 1].astype(np.uint16) & 0x1F) << 8 | packets[:, 2]
        carries = packets[:, 3] & 0x10 != 0  # packets without payload do not count
        for pid in np.unique(pids):
            mine = np.flatnonzero((pids == pid) & carries)
            counters = (np.arange(len(mine)) + int(self._next[pid])) & 0x0F
            packets[mine, 3] = (packets[mine, 3] & 0xF0) | counters.astype(np.uint8)
            self._next[pid] = (int(self._next[pid]) + len(mine)) & 0x0F
            bare = np.flatnonzero((pids == pid) & ~carries)
            if len(bare):  # they repeat the counter of the packet before them
                before = np.searchsorted(mine, bare) - 1
                first = (int(self._next[pid]) - len(mine) - 1) & 0x0F
                packets[bare, 3] = (packets[bare, 3] & 0xF0) | ((first + 1 + before) & 0x0F).astype(np.uint8)
        return packets.tobytes()


def write_ts(
    video: av.VideoStream,
    video_packets: Sequence["av.Packet[Any]"],
    audio: av.AudioStream | None,
    audio_packets: Sequence["av.Packet[Any]"],
    tags: Sequence[tuple[int, bytes]],
    video_base: Fraction,
    continuity: Continuity,
    audio_header: bytes | None = None,
) -> bytes:
    """Return one segment; the packets given stay as they are.

    Args:
        video: template of the picture.
        video_packets: in decode order, the first a key frame.
        audio: template of the sound, or None.
        audio_packets: in order.
        tags: ID3 tags with the ticks (of ``video_base``) they belong to.
        video_base: seconds a tick lasts.
        continuity: of the stretch.
        audio_header: the sound's configuration, where ``audio`` does not have it.

    Raises:
        ProgrammeError: ``unreadable``, when the muxer refuses the packets.
    """
    buffer = io.BytesIO()
    try:
        with av.open(buffer, "w", format="mpegts", options=_OPTIONS) as container:
            picture = container.add_stream_from_template(video, opaque=True)
            sound = None if audio is None else container.add_stream_from_template(audio, opaque=True)
            if sound is not None and audio_header is not None:
                sound.codec_context.extradata = audio_header
            cues = container.add_data_stream("timed_id3")
            for packet in sorted(
                [
                    *(_shifted(packet, picture) for packet in video_packets),
                    *(_shifted(packet, sound) for packet in audio_packets),
                    *(_tag(ticks * video_base, tag, cues) for ticks, tag in tags),
                ],
                key=lambda packet: packet.dts or 0,
            ):
                container.mux(packet)
    except av.error.FFmpegError as error:
        raise ProgrammeError("unreadable", f"the source's packets can't be written as MPEG-TS: {error}") from error
    return continuity.apply(buffer.getvalue())


def _shifted(packet: "av.Packet[Any]", stream: Any) -> "av.Packet[Any]":
    copy = av.Packet(bytes(packet))
    base = Fraction(packet.time_base or TICK)
    copy.pts = round((packet.pts or 0) * base / TICK) + START_TICKS
    copy.dts = round((packet.dts or 0) * base / TICK) + START_TICKS
    copy.duration = round((packet.duration or 0) * base / TICK)
    copy.time_base = TICK
    copy.is_keyframe = packet.is_keyframe
    copy.stream = stream
    return copy


def _tag(at: Fraction, tag: bytes, stream: Any) -> "av.Packet[Any]":
    packet = av.Packet(tag)
    packet.pts = packet.dts = round(at / TICK) + START_TICKS
    packet.time_base = TICK
    packet.is_keyframe = True
    packet.stream = stream
    return packet
