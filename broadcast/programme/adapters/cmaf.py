"""Writes fragmented MP4 segments, and reads back from the bytes when each of them really is."""

import io
from collections.abc import Sequence
from typing import Any

import av
import msgspec

from broadcast.programme import boxes
from broadcast.programme.errors import ProgrammeError

# One muxer a segment, so that a segment is exactly the packets it was given. delay_moov: ADTS sound has its
# configuration only in its packets. frag_discont: tfdt is the packets' own time, not counted from 0. negative
# composition offsets: with B-frames too, the decode time of a segment's key frame is its presentation time, which is
# where players anchor a segment.
_OPTIONS = {
    "movflags": "empty_moov+delay_moov+default_base_moof+frag_discont+negative_cts_offsets+skip_trailer",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
    "frag_duration": "2000000000",  # microseconds, half an hour: the segment is one fragment
}
# The same where everything is known beforehand: the initialization section then says nothing of the first packets
# (such as their bit rate), and is the same for every segment.
_OPTIONS_KNOWN = _OPTIONS | {"movflags": _OPTIONS["movflags"].replace("+delay_moov", "")}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as bytes, with the times read back from them."""

    init: bytes
    media: bytes
    video: boxes.Run
    video_track: boxes.Track
    audio: boxes.Run | None
    audio_track: boxes.Track | None


def write_segment(
    video: av.VideoStream,
    video_packets: Sequence["av.Packet[Any]"],
    audio: av.AudioStream | None,
    audio_packets: Sequence["av.Packet[Any]"],
    audio_header: bytes | None = None,
) -> Written:
    """Return one segment holding these packets.

    Args:
        video: stream the picture's packets come from; its codec parameters are taken over.
        video_packets: in decode order, the first a key frame; their durations must fill the segment.
        audio: stream the sound's packets come from, or None.
        audio_packets: in order.
        audio_header: the sound's configuration, where ``audio`` does not have it.

    Raises:
        ProgrammeError: ``unreadable``, when the muxer refuses the packets.
    """
    buffer = io.BytesIO()
    try:
        with av.open(
            buffer, "w", format="mp4", options=_OPTIONS if audio_header is None else _OPTIONS_KNOWN
        ) as container:
            target = container.add_stream_from_template(video, opaque=True)
            for packet in video_packets:
                packet.stream = target
            packets = list(video_packets)
            if audio is not None:
                audio_target = container.add_stream_from_template(audio, opaque=True)
                if audio_header is not None:
                    audio_target.codec_context.extradata = audio_header
                    audio_target.codec_context.bit_rate = 0  # a live source's is only ever an estimate, that changes
                for packet in audio_packets:
                    packet.stream = audio_target
                packets += audio_packets
            container.mux(packets)
    except av.error.FFmpegError as error:
        raise ProgrammeError("unreadable", f"the source's packets can't be written as MP4: {error}") from error
    init, media = boxes.split(buffer.getvalue())
    tracks, runs = boxes.tracks(init), boxes.runs(media)
    by_handler = {track.handler: track for track in tracks.values()}
    video_track = by_handler["vide"]
    audio_track = by_handler.get("soun")
    return Written(
        init=init,
        media=media,
        video=runs[video_track.id],
        video_track=video_track,
        audio=None if audio_track is None else runs.get(audio_track.id),
        audio_track=audio_track,
    )
