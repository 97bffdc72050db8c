"""What was prepared before, found again without loading anything that draws or encodes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from broadcast.programme.adapters.packager import SETTINGS, Package, file_folder, load
from broadcast.programme.storyboard import FilmLook

FILM = "film 2"
"""What the film depends on besides its looks: another text, another film."""

SECONDS_PER_LOOK = 5


def prepared(
    source: Path | Sequence[FilmLook], cache_dir: Path, *, seconds_per_look: int = SECONDS_PER_LOOK
) -> Package | None:
    """Return the programme of a show if the cache has it whole: takes milliseconds.

    Raises:
        ProgrammeError: the source file is not there or can't be read.
    """
    return load(folder_of(source, cache_dir, seconds_per_look))


def folder_of(source: Path | Sequence[FilmLook], cache_dir: Path, seconds_per_look: int) -> Path:
    """Return where a source's programme is kept.

    Raises:
        ProgrammeError: the source file is not there or can't be read.
    """
    if isinstance(source, Path):
        return file_folder(source, cache_dir)
    content = msgspec.json.encode((FILM, SETTINGS, seconds_per_look, list(source)))
    return cache_dir / f"film-{hashlib.sha256(content).hexdigest()[:24]}"
