"""A small picture of one frame, taken out of the segment that holds it."""

import io
from pathlib import Path
from typing import Any

import av
import av.error

from broadcast.programme.errors import ProgrammeError

THUMBNAIL_WIDTH = 320
MAX_FRAMES = 300
"""Frames decoded on the way to the one that is wanted: a segment has no more."""

QUALITY = 70


def thumbnail(init: Path, segment: Path, seconds: float) -> bytes:
    """Return a WebP picture of the frame shown at a time, or of the last one before it.

    Args:
        init: initialization section.
        segment: fMP4 segment.
        seconds: on the segment's own time line.

    Raises:
        ProgrammeError: ``unreadable`` or ``no-picture``.
        OSError: a file is not there.
    """
    stored = io.BytesIO(init.read_bytes() + segment.read_bytes())
    found: av.VideoFrame | None = None
    try:
        with av.open(stored, "r", format="mp4") as container:
            for number, frame in enumerate(container.decode(video=0)):
                if found is not None and (number >= MAX_FRAMES or frame.time > seconds + 0.001):
                    break
                found = frame
    except av.error.FFmpegError as error:
        raise ProgrammeError("unreadable", f"{segment.name} can't be decoded: {error}") from error
    if found is None:
        raise ProgrammeError("no-picture", f"no frame of {segment.name} can be decoded")
    height = max(2, round(found.height * THUMBNAIL_WIDTH / found.width / 2) * 2)
    picture = io.BytesIO()
    small: Any = found.reformat(width=THUMBNAIL_WIDTH, height=height)
    small.to_image().save(picture, "WEBP", quality=QUALITY)
    return picture.getvalue()
