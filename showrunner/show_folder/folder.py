"""The four files of a show read together, each held against the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from broadcast.channels.profiles import ChannelProfile
from broadcast.checkout.spending import SpendingLimits
from broadcast.ids import Sku
from broadcast.show import Article, Look, ShowInfo
from showrunner.show_folder.catalogue import Catalogue, parse_catalogue
from showrunner.show_folder.channels import parse_channels
from showrunner.show_folder.problems import CheckedFile, Problems, ShowFolderError, in_order
from showrunner.show_folder.rates import RATES, parse_rates
from showrunner.show_folder.reading import read_text
from showrunner.show_folder.rundown import Rundown, looks_with_articles, parse_rundown
from showrunner.show_folder.show_file import DEFAULT_LANGUAGE, ProgrammeSource, ShowFile, ShowSettings, parse_show
from showrunner.show_folder.spending import check_channels
from showrunner.show_folder.terms import Terms, terms_by_sku

Kind = Literal["show", "channels", "catalogue", "rundown", "settlement"]

FILE_NAMES: Mapping[Kind, str] = {
    "show": "show.toml",
    "channels": "channels.toml",
    "catalogue": "catalogue.csv",
    "rundown": "rundown.csv",
}
"""The files of a show's folder, in the order in which they are read."""

SETTLEMENT: Mapping[Kind, str] = {"settlement": RATES}
"""The file that only a settlement reads: a show can go on without it, or with a wrong one."""

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency: prices are read with two decimals where no show file says more."""


class LoadedShow(msgspec.Struct, frozen=True, kw_only=True):
    """A show ready to run.

    Attributes:
        info: the show as announced.
        looks: the rundown, in order; every SKU of every look is in ``articles``.
        articles: everything that can be sold.
        channels: every channel the show goes out on.
        settings: what the show sets.
        terms: how SKUs are sold that have terms of their own.
        spending: what an order and a buyer may cost before the buyer shows who they are, or None.
        programme: where its picture comes from.
        folder: where it was loaded from; pictures with relative addresses are inside it.
    """

    info: ShowInfo
    looks: tuple[Look, ...]
    articles: dict[Sku, Article]
    channels: tuple[ChannelProfile, ...]
    settings: ShowSettings
    programme: ProgrammeSource
    folder: Path
    terms: dict[Sku, Terms] = {}
    spending: SpendingLimits | None = None


class ShowText(msgspec.Struct, frozen=True):
    """One file that has been read: what it is, its text (None where unreadable), and its problems so far."""

    kind: Kind
    path: Path
    text: str | None
    problems: Problems


class Examined:
    """What a set of files says: a show's whole folder, or some of its files."""

    def __init__(self, files: Sequence[ShowText], folder: Path | None) -> None:
        self._show: ShowFile | None = None
        self._channels: tuple[ChannelProfile, ...] = ()
        self._looks: tuple[Look, ...] = ()
        self._folder = folder
        self._currency: str | None = None
        self._language = DEFAULT_LANGUAGE
        self._rundown: Rundown | None = None
        self._catalogue: Catalogue | None = None
        self._kinds = {file.kind for file in files}
        self.problems = [file.problems for file in files]
        self.files: list[CheckedFile] = []
        for kind in (*FILE_NAMES, *SETTLEMENT):
            for file in files:
                if file.kind == kind:
                    self._read(file)
        self._terms = self._match_terms(files)
        self._match_spending(files)

    def show(self, folder: Path) -> LoadedShow:
        """Return the show of a whole folder.

        Raises:
            ShowFolderError: something in it is wrong.
        """
        if any(problems.errors for problems in self.problems) or self._show is None or self._catalogue is None:
            raise ShowFolderError(in_order(self.problems))
        return LoadedShow(
            info=self._show.info,
            looks=self._looks,
            articles={sku: self._as_sold(article) for sku, article in self._catalogue.articles.items()},
            terms=self._terms,
            spending=None if self._show.spending is None else self._show.spending.limits,
            channels=self._channels,
            settings=self._show.settings,
            programme=self._show.programme,
            folder=folder,
        )

    def _match_terms(self, files: Sequence[ShowText]) -> dict[Sku, Terms]:
        """Hold the show file's terms against the catalogue and the channels."""
        if self._show is None or self._catalogue is None:
            return {}
        channels = {channel.id for channel in self._channels} if "channels" in self._kinds else None
        problems = next(file.problems for file in files if file.kind == "show")
        return terms_by_sku(self._show.terms, self._catalogue.articles.values(), channels, problems)

    def _match_spending(self, files: Sequence[ShowText]) -> None:
        """Hold the show file's spending limits against the channels."""
        if self._show is not None and self._show.spending is not None and "channels" in self._kinds:
            problems = next(file.problems for file in files if file.kind == "show")
            check_channels(self._show.spending, {channel.id for channel in self._channels}, problems)

    def _as_sold(self, article: Article) -> Article:
        """Return an article as its card shows it."""
        terms = self._terms.get(article.sku)
        if terms is None:
            return article
        return msgspec.structs.replace(article, prices=terms.prices, payment_due_ms=terms.payment_due_ms)

    def _read(self, file: ShowText) -> None:
        entries, note = 0, ""
        if file.text is not None:
            if file.kind == "show":
                entries = self._read_show(file.text, file)
            elif file.kind == "channels":
                self._channels = parse_channels(file.text, file.problems, language=self._language)
                entries = len(self._channels)
            elif file.kind == "catalogue":
                entries, note = self._read_catalogue(file.text, file)
            elif file.kind == "settlement":
                self._read_settlement(file.text, file)
                entries = 1
            else:
                entries, note = self._read_rundown(file.text, file)
        self.files.append(CheckedFile(file=str(file.path), kind=file.kind, entries=entries, note=note))

    def _read_show(self, text: str, file: ShowText) -> int:
        self._show, self._currency, self._language = parse_show(text, file.problems, folder=file.path.parent)
        return int(self._show is not None)

    def _read_catalogue(self, text: str, file: ShowText) -> tuple[int, str]:
        self._catalogue = parse_catalogue(
            text,
            file.problems,
            currency=self._currency or NO_CURRENCY,
            language=self._language,
            folder=self._folder or file.path.parent,
        )
        note = "" if "show" in self._kinds else "prices read with two decimals: no show file was given"
        return len(self._catalogue.listed), note

    def _read_settlement(self, text: str, file: ShowText) -> None:
        channels = {channel.id for channel in self._channels} or None
        articles = None if self._catalogue is None else self._catalogue.articles.values()
        brands = None if not articles else {article.brand for article in articles}
        parse_rates(text, file.problems, channels=channels, brands=brands)

    def _read_rundown(self, text: str, file: ShowText) -> tuple[int, str]:
        rundown = parse_rundown(text, file.problems, language=self._language)
        if self._catalogue is None:
            return len(rundown.looks), "SKUs not looked up: no catalogue could be read"
        if self._catalogue.listed:
            self._looks = looks_with_articles(rundown, self._catalogue, file.problems)
        return len(rundown.looks), ""


def read_folder(folder: Path, *, settlement: bool = False) -> Examined:
    """Read a show's folder; what is wrong with it is in the result's ``problems``.

    Args:
        folder: the show's.
        settlement: whether to look at the file that only a settlement reads, where there is one.
    """
    files = []
    names = {**FILE_NAMES, **SETTLEMENT} if settlement and (folder / RATES).exists() else FILE_NAMES
    for kind, name in names.items():
        path = folder / name
        problems = Problems(str(path))
        files.append(ShowText(kind, path, read_text(path, problems), problems))
    return Examined(files, folder)


def load_show(folder: Path) -> LoadedShow:
    """Load a show from its folder.

    Args:
        folder: holds ``show.toml``, ``rundown.csv``, ``catalogue.csv`` and ``channels.toml``.

    Raises:
        ShowFolderError: anything in it is wrong; every problem is named at once.
    """
    return read_folder(folder).show(folder)
