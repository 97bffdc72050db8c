"""Makes any picture and sound into what every browser plays: H.264 without reordering, and AAC."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.filter import Graph

from broadcast.programme.adapters.source import MAX_GAP, SourceFacts, opened, picture, sound
from broadcast.programme.errors import ProgrammeError

MAX_HEIGHT = 720
MAX_WIDTH = 1280

KEY_DISTANCE = Fraction(48, 25)
"""Seconds between key frames. At 48 kHz this is 90 whole AAC frames, and at 25 frames a second 48 whole pictures, so
that picture and sound of a segment start and end on the same instant."""

SAMPLE_RATE = 48_000
AAC_FRAME = 1024
AUDIO_BITS_PER_SECOND = 128_000

FINEST_TIME_BASE = Fraction(1, 90_000)
"""Seconds; frames are timed no finer."""

_VIDEO_OPTIONS = {
    "preset": "veryfast",
    "crf": "23",
    "bf": "0",  # nothing reordered: decode time is presentation time
    "sc_threshold": "0",  # key frames only where they are asked for
    "g": "100000",
    "forced-idr": "1",
}
_TURNS = {90: "cclock", -90: "clock", 270: "clock", -270: "cclock"}


def normalise(source: Path, target: Path, facts: SourceFacts, *, progress: Callable[[int, int], None]) -> None:
    """Write ``source`` to ``target`` as MP4 with H.264 and AAC; a stream that is fit already is copied.

    Frames keep their distances, whatever they are; the first lies at 0. Turned pictures are turned upright.

    Raises:
        ProgrammeError: ``unreadable``, ``no-picture`` or ``broken-timestamps``.
    """
    total_ms = int((facts.duration or 0) * 1000)
    with opened(source) as container, av.open(str(target), "w", format="mp4") as output:
        video, audio = picture(container), sound(container)
        video.thread_type = "AUTO"
        parts: dict[int, _Copy | PictureEncoder | SoundEncoder] = {
            video.index: _Copy(output, video, facts.start)
            if facts.copy_video
            else PictureEncoder(output, video, facts, source.name)
        }
        if audio is not None:
            copied = facts.copy_audio
            parts[audio.index] = _Copy(output, audio, facts.start) if copied else SoundEncoder(output, facts.start)
        for packet in container.demux([stream for stream in container.streams if stream.index in parts]):
            parts[packet.stream_index].take(packet)
            if packet.stream_index == video.index and packet.pts is not None and packet.time_base is not None:
                done_ms = max(0, int((packet.pts * packet.time_base - facts.start) * 1000))
                progress(done_ms, max(done_ms, total_ms))
        for part in parts.values():
            part.end()


class _Copy:
    """Takes a stream's packets as they are."""

    def __init__(self, output: OutputContainer, stream: av.VideoStream | av.AudioStream, start: Fraction) -> None:
        self._output = output
        self._target = output.add_stream_from_template(stream, opaque=True)
        self._shift = round(start / (stream.time_base or 1))

    def take(self, packet: "av.Packet[Any]") -> None:
        if packet.size == 0 or packet.pts is None or packet.dts is None:
            return
        packet.pts, packet.dts = packet.pts - self._shift, packet.dts - self._shift
        packet.stream = self._target
        self._output.mux(packet)

    def end(self) -> None:
        """Nothing is held back."""


class PictureEncoder:
    """Decodes, turns, scales and encodes the picture.

    Args:
        output: takes the encoded packets.
        video: what it is made of.
        facts: start and rotation of it.
        name: of the source, for errors.
        live: give each frame back before the next one comes.
    """

    def __init__(
        self, output: OutputContainer, video: av.VideoStream, facts: SourceFacts, name: str, *, live: bool = False
    ) -> None:
        self._output = output
        self._source = video
        self._name = name
        self._rotation = facts.rotation
        self._start = facts.start
        self._time_base = encoding_base(Fraction(video.time_base or FINEST_TIME_BASE))
        width, height = _upright_size(video, facts.rotation)
        options = _VIDEO_OPTIONS | ({"tune": "zerolatency"} if live else {})
        self._target = output.add_stream("libx264", rate=video.average_rate or 25, options=options)
        self._target.width, self._target.height, self._target.pix_fmt = width, height, "yuv420p"
        self._target.codec_context.time_base = self._time_base
        self._target.time_base = self._time_base
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._last: int | None = None
        self._key: int | None = None
        self._step = max(1, round(1 / (video.average_rate or 25) / self._time_base))

    def take(self, packet: "av.Packet[Any]") -> None:
        """Take a packet of the source."""
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            return  # damaged bytes cost their own frames only
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                self._encode(frame)

    def end(self) -> None:
        """Give out what is still held back."""
        if self._last is None:
            raise ProgrammeError("no-picture", f"no frame of {self._name} can be decoded")
        self._output.mux(self._target.encode(None))

    def _encode(self, frame: av.VideoFrame) -> None:
        pts = self._stamp(frame)
        if self._last is not None:
            if pts == self._last:
                return  # the same instant twice
            if pts < self._last or (pts - self._last) * self._time_base > MAX_GAP:
                at = float(self._last * self._time_base)
                raise ProgrammeError("broken-timestamps", f"the time of {self._name} jumps after {at:.1f} seconds")
        self._last = pts
        upright = self._upright(frame)
        upright.pts, upright.time_base = pts, self._time_base
        upright.pict_type = av.video.frame.PictureType.NONE
        if self._key is None or (pts - self._key) * self._time_base >= KEY_DISTANCE:
            upright.pict_type = av.video.frame.PictureType.I
            self._key = pts
        self._output.mux(self._target.encode(upright))

    def _stamp(self, frame: av.VideoFrame) -> int:
        if frame.pts is None or frame.time_base is None:
            return 0 if self._last is None else self._last + self._step
        return round((frame.pts * frame.time_base - self._start) / self._time_base)

    def _upright(self, frame: av.VideoFrame) -> av.VideoFrame:
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._filters(frame), shape
        self._graph.push(frame)
        filtered = self._graph.pull()
        assert isinstance(filtered, av.VideoFrame)  # noqa: S101 - a graph of video filters gives video
        return filtered

    def _filters(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        chain = [graph.add_buffer(template=self._source, width=frame.width, height=frame.height, format=frame.format)]
        if self._rotation in _TURNS:
            chain.append(graph.add("transpose", _TURNS[self._rotation]))
        elif abs(self._rotation) == 180:  # noqa: PLR2004 - half a turn
            chain += [graph.add("hflip"), graph.add("vflip")]
        chain += [
            graph.add("scale", f"{self._target.width}:{self._target.height}"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*chain).configure()
        return graph


class SoundEncoder:
    """Decodes, resamples and encodes the sound; silence fills its gaps, so that it stays with the picture."""

    def __init__(self, output: OutputContainer, start: Fraction) -> None:
        self._output = output
        self._start = start
        self._target = output.add_stream("aac", rate=SAMPLE_RATE, options={"b": str(AUDIO_BITS_PER_SECOND)})
        self._target.layout = "stereo"
        self._graph: Graph | None = None
        self._shape: tuple[str, str, int] | None = None

    def take(self, packet: "av.Packet[Any]") -> None:
        """Take a packet of the source."""
        try:
            frames: list[Any] = packet.decode()  # typed as video where the stream's kind is not known
        except av.error.InvalidDataError:
            return  # damaged bytes cost their own sound only
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                self._resample(frame)

    def end(self) -> None:
        """Give out what is still held back."""
        if self._graph is not None:
            self._graph.push(None)
            self._encode(self._graph)
        self._output.mux(self._target.encode(None))

    def _resample(self, frame: av.AudioFrame) -> None:
        if frame.pts is None:
            return
        time_base = frame.time_base or Fraction(1, frame.sample_rate)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._filters(frame, first=self._graph is None), shape
        frame.pts = round((frame.pts * time_base - self._start) * frame.sample_rate)
        frame.time_base = Fraction(1, frame.sample_rate)
        self._graph.push(frame)
        self._encode(self._graph)

    def _encode(self, graph: Graph) -> None:
        while True:
            try:
                frame = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)  # noqa: S101 - a graph of audio filters gives audio
            self._output.mux(self._target.encode(frame))

    def _filters(self, frame: av.AudioFrame, *, first: bool) -> Graph:
        graph = Graph()
        resample = f"{SAMPLE_RATE}:async={SAMPLE_RATE // 48}" + (":first_pts=0" if first else "")
        graph.link_nodes(
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format,
                layout=frame.layout.name,
                time_base=Fraction(1, frame.sample_rate),
            ),
            graph.add("aresample", resample),
            graph.add("aformat", f"sample_fmts=fltp:channel_layouts=stereo:sample_rates={SAMPLE_RATE}"),
            graph.add("asetnsamples", f"n={AAC_FRAME}:p=0"),
            graph.add("abuffersink"),
        ).configure()
        return graph


def encoding_base(base: Fraction) -> Fraction:
    """Return the time base a picture is encoded with: its own where that is a whole part of a second."""
    return max(base, FINEST_TIME_BASE) if base.numerator == 1 else FINEST_TIME_BASE


def _upright_size(video: av.VideoStream, rotation: int) -> tuple[int, int]:
    """Return even (width, height) of the picture as it is to be seen, within 1280 x 720 (or turned)."""
    aspect = video.sample_aspect_ratio or Fraction(1)
    width, height = Fraction(video.width) * aspect, Fraction(video.height)
    if rotation in _TURNS:
        width, height = height, width
    scale = min(Fraction(1), MAX_HEIGHT / height, MAX_WIDTH / width)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
