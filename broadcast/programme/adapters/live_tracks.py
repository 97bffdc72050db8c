"""What of a live source is packaged, and whether its packets are taken as they are or encoded anew."""

import io
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer

from broadcast.programme.adapters.normalise import FINEST_TIME_BASE, PictureEncoder, SoundEncoder, encoding_base
from broadcast.programme.adapters.source import SourceFacts, copies_sound, picture, sound
from broadcast.programme.adapters.stretch import Streams
from broadcast.programme.adts import adts_configuration, adts_header_bytes, is_adts
from broadcast.programme.clock import TRANSPORT_STREAM_BITS, Unwrapper
from broadcast.programme.errors import ProgrammeError

FLASH_VIDEO_BITS = 32
"""Width of a timestamp in FLV, which RTMP carries, in milliseconds."""

SPLICE_CODEC = "scte_35"

_COPIED_FORMATS = frozenset({"yuv420p", "yuvj420p"})


class Tracks:
    """The streams of one connection that are used, as libav opened them.

    Raises:
        ProgrammeError: ``no-picture``.
    """

    def __init__(self, container: InputContainer, *, rotation: int = 0) -> None:
        self.video = picture(container)
        self.audio = sound(container)
        self.splices = [stream for stream in container.streams if _is_splices(stream)]
        self.rotation = rotation
        self.base = Fraction(self.video.time_base or FINEST_TIME_BASE)
        self._unwrapper = _unwrapper(container.format.name, self.base)
        bases = {Fraction(stream.time_base or 0) for stream in self.used}
        if len(bases) > 1:
            self._unwrapper = None  # a container whose streams count differently does not wrap
        if not self.video.width or not self.video.height:
            raise ProgrammeError("no-picture", "the picture's size is not known")

    @property
    def used(self) -> list[Any]:
        """Every stream to be read."""
        return [self.video, *([] if self.audio is None else [self.audio]), *self.splices]

    def unwrap(self, packet: "av.Packet[Any]") -> bool:
        """Make a packet's time go on where its bits ran out; False for one that has no time."""
        if packet.pts is None or packet.dts is None:
            return False
        if self._unwrapper is not None:
            ahead = packet.pts - packet.dts
            packet.dts = self._unwrapper.unwrap(packet.dts)
            packet.pts = packet.dts + ahead
        return True

    def why_encode(self) -> str:
        """Return why the picture cannot be taken as it is; empty where it can."""
        context = self.video.codec_context
        if context.name != "h264" or context.pix_fmt not in _COPIED_FORMATS:
            return f"browsers play H.264 4:2:0, this is {context.name} {context.pix_fmt}"
        if self.rotation:
            return f"the picture is stored turned by {self.rotation} degrees"
        if self.base.numerator != 1:
            return "its time is not counted in parts of a second"
        return "" if context.extradata else "the stream's parameters are only in the stream"

    @property
    def copies_sound(self) -> bool:
        """Whether the sound can be taken as it is; a transport stream carries its configuration in every packet."""
        return self.audio is not None and copies_sound(self.audio, needs_header=False)


class Route:
    """Turns a connection's packets into packets to be cut: as they are, or encoded.

    Args:
        tracks: what comes in.
        encode: encode the picture.
        start: seconds at which the stretch begins on the source's own time line.
    """

    def __init__(self, tracks: Tracks, *, encode: bool, start: Fraction) -> None:
        facts = SourceFacts(
            duration=None,
            start=start,
            rotation=tracks.rotation,
            copy_video=not encode,
            copy_audio=tracks.copies_sound,
            has_audio=tracks.audio is not None,
            why_encode="",
        )
        self._tracks = tracks
        self._sink = _Sink()
        self.base = tracks.base
        video: Any = tracks.video
        audio: Any = tracks.audio
        self._picture: PictureEncoder | None = None
        self._sound: SoundEncoder | None = None
        output: Any = self._sink
        if encode:
            self.base = encoding_base(tracks.base)
            self._picture = PictureEncoder(output, tracks.video, facts, "the source", live=True)
            video = self._sink.video
        if tracks.audio is not None and not tracks.copies_sound:
            self._sound = SoundEncoder(output, start)
            audio = self._sink.audio
        self._sink.begin()
        self.start = start
        self.streams = Streams(video=video, audio=audio, video_base=self.base)
        self.encodes = encode

    def take_video(self, packet: "av.Packet[Any]") -> list["av.Packet[Any]"]:
        """Return the pictures to be cut that this packet brings, from the stretch's beginning on."""
        if self._picture is None:
            shift = round(self.start / self._tracks.base)
            packet.pts, packet.dts = (packet.pts or 0) - shift, (packet.dts or 0) - shift
            return [packet]
        self._picture.take(packet)
        return self._sink.drain_video()

    def take_audio(self, packet: "av.Packet[Any]") -> list["av.Packet[Any]"]:
        """Return the sound to be cut that this packet brings."""
        if self._sound is None:
            packet = self._bare(packet)
            shift = round(self.start / (packet.time_base or 1))
            packet.pts, packet.dts = (packet.pts or 0) - shift, (packet.dts or 0) - shift
            return [packet]
        self._sound.take(packet)
        return self._sink.drain_audio()

    def _bare(self, packet: "av.Packet[Any]") -> "av.Packet[Any]":
        """Take the header off sound that carries its configuration in every packet (ADTS)."""
        data = bytes(packet)
        audio = self.streams.audio
        if audio is None or audio.codec_context.extradata or not is_adts(data):
            return packet
        self.streams.audio_header = self.streams.audio_header or adts_configuration(data)
        bare = av.Packet(data[adts_header_bytes(data) :])
        bare.pts, bare.dts, bare.duration, bare.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
        bare.is_keyframe = True
        return bare


class _Sink:
    """Stands where encoders expect a file: keeps what they make."""

    def __init__(self) -> None:
        self._container = av.open(io.BytesIO(), "w", format="mp4")
        self.video: av.VideoStream | None = None
        self.audio: av.AudioStream | None = None
        self._made_video: list[av.Packet[Any]] = []
        self._made_audio: list[av.Packet[Any]] = []

    def add_stream(self, codec: str, **settings: Any) -> Any:
        stream: Any = self._container.add_stream(codec, **settings)
        if stream.type == "video":
            self.video = stream
        else:
            self.audio = stream
        return stream

    def begin(self) -> None:
        """Open the encoders, so that their parameters are known."""
        if self.video is not None or self.audio is not None:
            self._container.start_encoding()

    def mux(self, packets: Iterable["av.Packet[Any]"]) -> None:
        for packet in packets:
            (self._made_video if packet.stream_index == self._video_index else self._made_audio).append(packet)

    def drain_video(self) -> list["av.Packet[Any]"]:
        made, self._made_video = self._made_video, []
        return made

    def drain_audio(self) -> list["av.Packet[Any]"]:
        made, self._made_audio = self._made_audio, []
        return made

    @property
    def _video_index(self) -> int:
        return -1 if self.video is None else self.video.index


def _unwrapper(container_format: str, base: Fraction) -> Unwrapper | None:
    if base == FINEST_TIME_BASE and container_format in {"mpegts", "hls"}:
        return Unwrapper(TRANSPORT_STREAM_BITS)
    return Unwrapper(FLASH_VIDEO_BITS) if container_format in {"flv", "live_flv"} else None


def _is_splices(stream: Any) -> bool:
    return bool(stream.type == "data" and stream.name == SPLICE_CODEC)
