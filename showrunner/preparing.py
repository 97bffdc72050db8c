"""Making the programme ready before a show serves: in a process of its own, with its progress told.

Encoding keeps a core busy inside native code; a process of its own can be watched, bounded and stopped. What was made
before is found again without one, so that a show that crashed is back soon.
"""

import multiprocessing
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from broadcast.ids import Sku
from broadcast.programme.adapters.packager import Package
from broadcast.programme.adapters.prepared import prepared
from broadcast.programme.addresses import SourceAddress, parse_address
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.storyboard import FilmLook
from broadcast.show import Article, Look
from showrunner.show_folder import LoadedShow

SILENCE_TIMEOUT_S = 120.0
"""No news for this long means the work hangs."""

STOP_TIMEOUT_S = 5.0
FILM_LANGUAGE = "en"
"""The film's captions are in Latin letters: no font for others can be relied on."""

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


class PrepareError(Exception):
    """The programme cannot be made ready; the message is for the person who starts the show."""


def film_looks(looks: tuple[Look, ...], articles: Mapping[Sku, Article]) -> list[FilmLook]:
    """Return the rundown as the film captions it, each look with words for what its model wears."""
    return [
        FilmLook(
            id=look.id,
            number=look.number,
            brand=look.brand,
            title=look.titles.get(FILM_LANGUAGE, look.title),
            wears=tuple(dict.fromkeys(_words(articles[sku]) for sku in look.skus)),
        )
        for look in looks
    ]


def _words(article: Article) -> str:
    return f"{article.titles.get(FILM_LANGUAGE, article.title)} {article.image or ''}"


def live_source(show: LoadedShow, programme: str | None) -> SourceAddress | None:
    """Return the address of the live source that is given, or that the show names; None for a file or the film.

    Raises:
        PrepareError: the address cannot be used.
    """
    written = programme if programme is not None else show.programme.location if show.programme.kind == "url" else None
    if written is None or "://" not in written:
        return None
    try:
        return parse_address(written)
    except ProgrammeError as unusable:
        raise PrepareError(unusable.detail) from unusable


def prepare(show: LoadedShow, programme: Path | None, folder: Path, progress: Progress) -> Package:
    """Return the show's segments: of the given file, of the show's own, or of the film made from its rundown.

    Raises:
        PrepareError: the file cannot be used, the work failed, or it made no progress for ``SILENCE_TIMEOUT_S``.
    """
    source = programme or _own_source(show)
    if source is not None and not source.is_file():
        raise PrepareError(f"{source}: there is no such file")
    work = source if source is not None else film_looks(show.looks, show.articles)
    return _made_before(work, folder, show.settings.seconds_per_look) or _make(
        work, folder, show.settings.seconds_per_look, progress
    )


def _made_before(work: Path | list[FilmLook], folder: Path, seconds_per_look: int) -> Package | None:
    try:
        return prepared(work, folder, seconds_per_look=seconds_per_look)
    except ProgrammeError as unreadable:
        raise PrepareError(str(unreadable)) from unreadable


def _make(work: Path | list[FilmLook], folder: Path, seconds_per_look: int, progress: Progress) -> Package:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(work, folder, seconds_per_look, there), daemon=True)
    worker.start()
    there.close()
    try:
        return _watch(here, progress)
    finally:
        worker.terminate()
        worker.join(STOP_TIMEOUT_S)
        here.close()


def _own_source(show: LoadedShow) -> Path | None:
    if show.programme.kind != "file":
        return None
    return Path(show.programme.location)


def _watch(news: Connection, progress: Progress) -> Package:
    while news.poll(SILENCE_TIMEOUT_S):
        try:
            told = news.recv()
        except EOFError:
            raise PrepareError("the programme could not be made: the work ended without an answer") from None
        if isinstance(told, Package):
            return told
        if isinstance(told, str):
            raise PrepareError(told)
        progress(*told)
    raise PrepareError(f"the programme could not be made: no progress for {SILENCE_TIMEOUT_S:.0f} s")


def _work(work: Path | list[FilmLook], folder: Path, seconds_per_look: int, news: Connection) -> None:
    """Do the work and tell of it; runs in the other process, which alone loads what draws and encodes."""
    from broadcast.programme.adapters.prepare import prepare_programme

    try:
        package = prepare_programme(
            work,
            folder,
            seconds_per_look=seconds_per_look,
            progress=lambda stage, done, total: news.send((stage, done, total)),
        )
    except ProgrammeError as error:
        news.send(str(error))
    else:
        news.send(package)
