"""One call that makes a programme ready, for a process of its own: drawing and encoding take all of a core."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from broadcast.programme.adapters.film import make_film
from broadcast.programme.adapters.packager import Package, load, make, package
from broadcast.programme.adapters.prepared import SECONDS_PER_LOOK, folder_of
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.storyboard import FilmLook

PrepareProgress = Callable[[str, int, int], None]
"""Told (stage, done, total): stage ``film`` in frames, ``segments`` in milliseconds of programme."""


def prepare_programme(
    source: Path | Sequence[FilmLook],
    cache_dir: Path,
    progress: PrepareProgress,
    *,
    seconds_per_look: int = SECONDS_PER_LOOK,
) -> Package:
    """Return the programme of a show, made now unless the cache has it whole.

    Safe to kill at any moment and call again. Everything it was given and returns can be sent between processes.

    Args:
        source: a video file, or the looks to make the bundled film of.
        cache_dir: where finished programmes are kept; made where missing.
        progress: told how far it is.
        seconds_per_look: length of each look of the bundled film.

    Raises:
        ProgrammeError: the source can't become a programme; the cache is as it was.
    """
    if isinstance(source, Path):
        return package(source, cache_dir, progress=_stage(progress, "segments"))
    folder = folder_of(source, cache_dir, seconds_per_look)
    return load(folder) or _film(source, folder, progress, seconds_per_look)


def _film(looks: Sequence[FilmLook], folder: Path, progress: PrepareProgress, seconds_per_look: int) -> Package:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent) as drawing:
            film = Path(drawing) / "film.mp4"
            make_film(looks, film, seconds_per_look=seconds_per_look, progress=_stage(progress, "film"))
            return make(film, folder, progress=_stage(progress, "segments"))
    except OSError as error:
        raise ProgrammeError("no-space", f"{folder.parent} can't be written: {error.strerror}") from error


def _stage(progress: PrepareProgress, name: str) -> Callable[[int, int], None]:
    def told(done: int, total: int) -> None:
        progress(name, done, total)

    return told
