"""A small picture of one frame, taken out of the segments around it."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import av.error

from broadcast.programme.errors import ProgrammeError

THUMBNAIL_WIDTH = 320
MAX_FRAMES = 600
"""Frames decoded on the way to the one that is wanted: two segments have no more."""

ROUNDING_S = 0.001
"""Dates are whole milliseconds: a frame this much before an instant is the one captured at it."""

QUALITY = 70


def thumbnail(init: Path, segments: Sequence[Path], seconds: float) -> bytes:
    """Return a WebP picture of the first frame from an instant on, as a card is shown, or of the last frame there is.

    Args:
        init: initialization section.
        segments: fMP4 segments that follow one another: the one that holds the instant, and the next if it is there.
        seconds: the instant, on the segments' own time line.

    Raises:
        ProgrammeError: ``unreadable`` or ``no-picture``.
        OSError: a file is not there.
    """
    stored = io.BytesIO(b"".join(path.read_bytes() for path in (init, *segments)))
    name = segments[0].name
    found: av.VideoFrame | None = None
    try:
        with av.open(stored, "r", format="mp4") as container:
            for number, frame in enumerate(container.decode(video=0), start=1):
                found = frame
                if number >= MAX_FRAMES or frame.time >= seconds - ROUNDING_S:
                    break
    except av.error.FFmpegError as error:
        raise ProgrammeError("unreadable", f"{name} can't be decoded: {error}") from error
    if found is None:
        raise ProgrammeError("no-picture", f"no frame of {name} can be decoded")
    height = max(2, round(found.height * THUMBNAIL_WIDTH / found.width / 2) * 2)
    picture = io.BytesIO()
    small: Any = found.reformat(width=THUMBNAIL_WIDTH, height=height)
    small.to_image().save(picture, "WEBP", quality=QUALITY)
    return picture.getvalue()
