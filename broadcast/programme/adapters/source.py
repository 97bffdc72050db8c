"""Looks at a video file: what is in it, and whether its bytes can be cut into segments as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from av.container import InputContainer
from av.stream import Disposition

from broadcast.programme.errors import ProgrammeError

MAX_PROGRAMME_S = 12 * 3600
"""Longest programme."""

MAX_SEGMENT = Fraction(2)
"""Seconds; a source whose key frames lie further apart is encoded anew."""

MAX_GAP = Fraction(10)
"""Seconds between two frames beyond which timestamps are taken for broken, not for a slow picture."""

MAX_PROBED_FRAMES = 250
"""Packets tried before a picture is given up on."""

_COPIED_SAMPLE_RATES = frozenset({32_000, 44_100, 48_000})
_COPIED_CHANNELS = 2
_TOO_FAR = f"key frames lie further than {MAX_SEGMENT} seconds apart"


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a file found.

    Attributes:
        duration: seconds of picture; None where the container does not say.
        start: seconds at which the container dates the first frame.
        rotation: degrees the picture has to be turned by to stand upright, counter-clockwise.
        copy_video: the picture's bytes can be cut as they are.
        copy_audio: the sound's bytes can be taken as they are.
        has_audio: there is sound.
        why_encode: why the picture can't be cut as it is; empty where it can.
    """

    duration: Fraction | None
    start: Fraction
    rotation: int
    copy_video: bool
    copy_audio: bool
    has_audio: bool
    why_encode: str


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a file for reading.

    Raises:
        ProgrammeError: ``not-found`` or ``unreadable``; also for what goes wrong while it is open.
    """
    if not path.is_file():
        raise ProgrammeError("not-found", f"there is no video file {path}")
    try:
        with av.open(str(path), "r") as container:
            yield container
    except (av.error.FFmpegError, UnicodeDecodeError) as error:
        raise ProgrammeError("unreadable", f"{path.name} can't be read as video: {error}") from error


def picture(container: InputContainer) -> av.VideoStream:
    """Return the stream with the picture; cover art is none.

    Raises:
        ProgrammeError: ``no-picture``.
    """
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise ProgrammeError("no-picture", f"{Path(container.name).name} has no video in it")


def sound(container: InputContainer) -> av.AudioStream | None:
    """Return the stream with the sound, or None."""
    for stream in container.streams.audio:
        if stream.codec_context.sample_rate and stream.codec_context.channels:
            return stream
    return None


def look_at(path: Path) -> SourceFacts:
    """Read a file's structure, decoding no more than its first picture.

    Raises:
        ProgrammeError: see ``opened`` and ``picture``; ``too-long``.
    """
    start, rotation = _first_frame(path)
    with opened(path) as container:
        video, audio = picture(container), sound(container)
        duration = _duration(container, video)
        if duration is not None and duration > MAX_PROGRAMME_S:
            raise ProgrammeError("too-long", f"{path.name} is longer than {MAX_PROGRAMME_S // 3600} hours")
        why = _why_encode(container, video, rotation)
        return SourceFacts(
            duration=duration,
            start=start,
            rotation=rotation,
            copy_video=not why,
            copy_audio=audio is not None and copies_sound(audio),
            has_audio=audio is not None,
            why_encode=why,
        )


def _duration(container: InputContainer, video: av.VideoStream) -> Fraction | None:
    if video.duration and video.time_base:
        return video.duration * video.time_base
    if container.duration:
        return Fraction(container.duration, av.time_base)
    return None


def _first_frame(path: Path) -> tuple[Fraction, int]:
    with opened(path) as container:
        video = picture(container)
        for tried, packet in enumerate(container.demux(video)):
            try:
                for frame in packet.decode():
                    return Fraction(frame.pts or 0) * (frame.time_base or 1), int(frame.rotation)
            except av.error.InvalidDataError:
                pass  # damaged; the next one may not be
            if tried > MAX_PROBED_FRAMES:
                break
        raise ProgrammeError("no-picture", f"no frame of {path.name} can be decoded")


def copies_sound(audio: av.AudioStream, *, needs_header: bool = True) -> bool:
    """Tell whether sound can be taken as it is; ``needs_header``: its configuration must be known beforehand."""
    context = audio.codec_context
    return (
        context.name == "aac"
        and context.profile == "LC"
        and (bool(context.extradata) or not needs_header)
        and context.sample_rate in _COPIED_SAMPLE_RATES
        and context.channels <= _COPIED_CHANNELS
    )


def _why_encode(container: InputContainer, video: av.VideoStream, rotation: int) -> str:
    context = video.codec_context
    if context.name != "h264" or context.pix_fmt not in {"yuv420p", "yuvj420p"}:
        return f"browsers play H.264 4:2:0, this is {context.name} {context.pix_fmt}"
    if rotation:
        return f"the picture is stored turned by {rotation} degrees"
    if not context.extradata:
        return "the stream's parameters are only in the stream"
    return _why_not_cut(container, video)


def _why_not_cut(container: InputContainer, video: av.VideoStream) -> str:
    time_base = Fraction(video.time_base or 1)
    key: int | None = None
    before: int | None = None
    latest = 0
    for packet in container.demux(video):
        if packet.size == 0:
            continue
        if why := _flaw(packet):
            return why
        pts, dts = packet.pts or 0, packet.dts or 0
        if before is not None and not 0 < (dts - before) * time_base < MAX_GAP:
            return "its timestamps jump"
        if packet.is_keyframe:
            if key is not None and (pts - key) * time_base > MAX_SEGMENT:
                return _TOO_FAR
            key = pts
        elif key is None or pts < key:
            return "frames need a key frame that is missing or shown after them (open GOP)"
        before, latest = dts, max(latest, pts)
    return _TOO_FAR if key is not None and (latest - key) * time_base > MAX_SEGMENT else ""


def _flaw(packet: "av.Packet[av.VideoStream]") -> str:
    if packet.pts is None or packet.dts is None or packet.is_corrupt or packet.is_discard:
        return "some packets are damaged, unused or carry no time"
    if packet.has_sidedata("new_extradata"):
        return "the stream's parameters change on the way"
    return ""
