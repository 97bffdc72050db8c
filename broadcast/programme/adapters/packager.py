"""Cuts a video file into HLS segments, once, and keeps them."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import msgspec

from broadcast.programme.adapters.cmaf import Written, write_segment
from broadcast.programme.adapters.cuts import cuts
from broadcast.programme.adapters.normalise import normalise
from broadcast.programme.adapters.source import look_at, opened, picture, sound
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.segments import INDEX_VERSION, MAX_SEGMENTS, Segment, SegmentIndex

INDEX_NAME = "index.json"
INIT_NAME = "init.mp4"
ENCODED_NAME = "encoded.mp4"

SETTINGS = f"fmp4 2s 720p index {INDEX_VERSION} packager 2"
"""What a cached package depends on besides its source: another text, another package."""

HEAD_BYTES = 1 << 20
"""How much of the source's beginning and end goes into its key."""

LEFTOVER_AGE_S = 3600
"""A half-made package this old was abandoned, and is removed."""

Progress = Callable[[int, int], None]
"""Told (done, total) in whatever unit the work is counted in."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A programme ready to be served: ``index`` names files in ``folder``."""

    index: SegmentIndex
    folder: Path


def package(source: Path, cache_dir: Path, *, progress: Progress) -> Package:
    """Return the segments of a video file, cutting (and where needed encoding) it unless that was done before.

    Any file PyAV opens will do: with or without sound, of variable frame rate, with B-frames, turned. H.264 with
    key frames close enough is cut as it is; anything else is encoded, at 720 lines at most.

    Args:
        source: the file.
        cache_dir: where packages are kept; made where missing.
        progress: told how far it is, in milliseconds of programme.

    Raises:
        ProgrammeError: the file can't become a programme; nothing is left behind.
    """
    folder = file_folder(source, cache_dir)
    return load(folder) or make(source, folder, progress=progress)


def file_folder(source: Path, cache_dir: Path) -> Path:
    """Return where a video file's package is kept.

    Raises:
        ProgrammeError: ``not-found`` or ``unreadable``.
    """
    return cache_dir / f"file-{source_key(source)}"


def source_key(source: Path) -> str:
    """Return a name for a file's content under the present settings: size, time of change, and hash of both ends.

    Raises:
        ProgrammeError: ``not-found`` or ``unreadable``.
    """
    try:
        status = source.stat()
        with source.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(max(0, status.st_size - HEAD_BYTES))
            tail = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise ProgrammeError("not-found", f"there is no video file {source}") from error
    except OSError as error:
        raise ProgrammeError("unreadable", f"{source} can't be read: {error.strerror}") from error
    digest = hashlib.sha256(f"{SETTINGS} {status.st_size} {status.st_mtime_ns} ".encode())
    digest.update(head)
    digest.update(tail)
    return digest.hexdigest()[:24]


def load(folder: Path) -> Package | None:
    """Return a package made earlier, or None if there is none that is whole."""
    try:
        index = msgspec.json.decode((folder / INDEX_NAME).read_bytes(), type=SegmentIndex)
        sizes = [(segment.uri, segment.size_bytes) for segment in index.segments]
        if index.init_uri is not None:
            sizes.append((index.init_uri, index.init_size_bytes))
        whole = index.version == INDEX_VERSION and all(
            (folder / name).stat().st_size == size_bytes for name, size_bytes in sizes
        )
    except (OSError, msgspec.DecodeError, ProgrammeError):
        return None
    return Package(index=index, folder=folder) if whole else None


def make(source: Path, folder: Path, *, progress: Progress) -> Package:
    """Cut a file into ``folder``, which appears only once it is complete; what was there before is replaced.

    Raises:
        ProgrammeError: the file can't become a programme, or ``no-space``; nothing is left behind.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder.parent)
        partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
    except OSError as error:
        raise ProgrammeError("no-space", f"{folder.parent} can't be written: {error.strerror}") from error
    try:
        index = _cut(_playable(source, partial, progress), partial, progress)
        (partial / INDEX_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1))
        partial.chmod(0o755)  # mkdtemp hides it from other users; a web server may be one
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError as error:
        if (theirs := load(folder)) is not None:
            return theirs  # another process made the same in the meantime
        raise ProgrammeError("no-space", f"{folder} can't be written: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Package(index=index, folder=folder)


def _playable(source: Path, partial: Path, progress: Progress) -> Path:
    """Return the file to cut: the source itself, or an encoded stand-in beside the segments."""
    facts = look_at(source)
    if facts.copy_video and facts.copy_audio == facts.has_audio:
        return source
    encoded = partial / ENCODED_NAME
    normalise(source, encoded, facts, progress=progress)
    return encoded


def _cut(source: Path, folder: Path, progress: Progress) -> SegmentIndex:
    init: bytes | None = None
    first: Written | None = None
    segments: list[Segment] = []
    frame_ticks: set[int | None] = set()
    with opened(source) as container:
        video, audio = picture(container), sound(container)
        total_ms = _milliseconds(video)
        for video_packets, audio_packets in cuts(container, video, audio):
            written = write_segment(video, video_packets, audio, audio_packets)
            if init is None:
                init, first = written.init, written
                (folder / INIT_NAME).write_bytes(init)
            elif written.init != init:
                raise ProgrammeError("unreadable", f"the parameters of {source.name} change on the way")
            if written.video.first_ticks != written.video.decode_ticks:
                raise ProgrammeError("broken-timestamps", "a segment does not start with its key frame")
            uri = f"{len(segments):06d}.m4s"
            (folder / uri).write_bytes(written.media)
            segments.append(
                Segment(
                    uri=uri,
                    start_ticks=written.video.decode_ticks,
                    duration_ticks=written.video.duration_ticks,
                    size_bytes=len(written.media),
                )
            )
            frame_ticks.add(written.video.frame_ticks)
            if len(segments) > MAX_SEGMENTS:
                raise ProgrammeError("too-long", f"{source.name} has more than {MAX_SEGMENTS} segments")
            done_ms = segments[-1].end_ticks * 1000 // written.video_track.timescale
            progress(done_ms, max(done_ms, total_ms))
        if init is None or first is None:
            raise ProgrammeError("no-picture", f"{source.name} has no frame in it")
        tracks = [first.video_track] + ([] if first.audio_track is None else [first.audio_track])
        index = SegmentIndex(
            timescale=first.video_track.timescale,
            segments=tuple(segments),
            init_uri=INIT_NAME,
            init_size_bytes=len(init),
            codecs=",".join(track.codec for track in tracks),
            width=video.width,
            height=video.height,
            frame_ticks=frame_ticks.pop() if len(frame_ticks) == 1 else None,
            has_audio=first.audio_track is not None,
        )
    (folder / ENCODED_NAME).unlink(missing_ok=True)
    return index


def _milliseconds(video: av.VideoStream) -> int:
    return int(video.duration * video.time_base * 1000) if video.duration and video.time_base else 0


def _remove_leftovers(cache_dir: Path) -> None:
    for leftover in cache_dir.glob("*.partial"):
        if time.time() - leftover.stat().st_mtime > LEFTOVER_AGE_S:
            shutil.rmtree(leftover, ignore_errors=True)
