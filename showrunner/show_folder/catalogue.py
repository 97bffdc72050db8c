"""``catalogue.csv``: what is for sale, in the columns of Shopify's product CSV, today's names and the older ones.

Source: Shopify Help Center, "Using CSV files to import and export products", product CSV column descriptions.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from broadcast.ids import Sku
from broadcast.messages import MAX_QUANTITY
from broadcast.money import Money
from broadcast.show import Article, Titles
from showrunner.show_folder import cells
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.table import Column, Row, Table, read_table

T = TypeVar("T")

MAX_TITLE_CHARS = 255
"""A product title; Shopify's own limit."""

MAX_BRAND_CHARS = 100
MAX_STOCK = 10_000_000
"""Pieces of one SKU; more is taken for a slip of the keyboard."""

_MAX_NUMBER_CHARS = 32
_MAX_ADDRESS_CHARS = 2048
_MAX_EXAMPLES = 3
_OPTION_PLACES = (1, 2, 3)
_ONLY_VARIANT = ("title", "default title")
"""The option name and value Shopify writes for a product of a single variant."""

COLUMNS = (
    Column("handle", ("URL handle", "Handle"), MAX_TITLE_CHARS),
    Column("title", ("Title",), MAX_TITLE_CHARS, required=True),
    Column("brand", ("Vendor",), MAX_BRAND_CHARS),
    Column("sku", ("SKU", "Variant SKU"), MAX_TITLE_CHARS),
    Column("barcode", ("Barcode", "Variant Barcode"), _MAX_NUMBER_CHARS),
    *(Column(f"option{n}", (f"Option{n} name",), MAX_BRAND_CHARS) for n in _OPTION_PLACES),
    *(Column(f"value{n}", (f"Option{n} value",), MAX_TITLE_CHARS) for n in _OPTION_PLACES),
    Column("price", ("Price", "Variant Price"), _MAX_NUMBER_CHARS, required=True),
    Column("compare_at", ("Compare-at price", "Variant Compare At Price"), _MAX_NUMBER_CHARS),
    Column("stock", ("Inventory quantity", "Variant Inventory Qty"), _MAX_NUMBER_CHARS, required=True),
    Column("image", ("Product image URL", "Image Src"), _MAX_ADDRESS_CHARS),
    Column("variant_image", ("Variant image URL", "Variant Image"), _MAX_ADDRESS_CHARS),
    Column("limit", ("Limit per buyer",), _MAX_NUMBER_CHARS),
)
"""Every column that is read. "Limit per buyer" and "Title (zh)", "Title (en)" … are this product's own."""

_VARIANT_CELLS = ("sku", "barcode", "value1", "value2", "value3", "price", "compare_at", "stock", "variant_image")


class Catalogue(msgspec.Struct, frozen=True):
    """A catalogue as read.

    Attributes:
        articles: every SKU that is right.
        listed: every SKU that is named, right or wrong, with the row of its first mention.
    """

    articles: dict[Sku, Article]
    listed: dict[Sku, int]


class _Product:
    """What the rows of one handle share: the first row that says something says it for all."""

    def __init__(self, handle: str, row: Row, titles: Titles) -> None:
        self.handle = handle
        self.title = row["title"]
        self.titles = titles
        self.brand = row["brand"]
        self.options = [row[f"option{n}"] for n in _OPTION_PLACES]
        self.image: str | None = None
        self.price: Money | None = None
        self.compare_at: Money | None = None
        self.rows = 0


def parse_catalogue(text: str, problems: Problems, *, currency: str, language: str, folder: Path | None) -> Catalogue:
    """Read a catalogue.

    Args:
        text: the file.
        problems: where everything wrong is noted.
        currency: ISO 4217 code of its prices.
        language: BCP 47 tag of the column ``Title``.
        folder: where relative picture paths begin, or None not to look whether they exist.
    """
    table = read_table(text, COLUMNS, problems, titles=MAX_TITLE_CHARS)
    if table is None:
        return Catalogue({}, {})
    return _Reader(table, problems, currency, language, folder).read()


class _Reader:
    def __init__(self, table: Table, problems: Problems, currency: str, language: str, folder: Path | None) -> None:
        self._table = table
        self._problems = problems
        self._currency = currency
        self._language = language
        self._folder = folder
        self._products: dict[str, _Product] = {}
        self._articles: dict[Sku, Article] = {}
        self._listed: dict[Sku, int] = {}
        self._barcodes: dict[str, int] = {}
        self._pictures: dict[str, str | None] = {}
        self._derived: list[tuple[int, str]] = []

    def read(self) -> Catalogue:
        product: _Product | None = None
        rows = 0
        for row in self._table.rows():
            rows += 1
            product = self._product(row, product)
            if product is not None:
                self._row(row, product)
        if not rows:
            self._problems.error(None, None, "has a header but no products")
        if self._derived:
            examples = ", ".join(f"{sku} (row {number})" for number, sku in self._derived[:_MAX_EXAMPLES])
            more = ", …" if len(self._derived) > _MAX_EXAMPLES else ""
            count = len(self._derived)
            self._problems.warning(
                self._derived[0][0],
                self._table.header("sku"),
                f"{count} {'variant has' if count == 1 else 'variants have'} no SKU; "
                f"handle and options stand in for it: {examples}{more}",
            )
        return Catalogue(self._articles, self._listed)

    def _product(self, row: Row, above: _Product | None) -> _Product | None:
        handle = row["handle"]
        if not handle and not row["title"]:
            if above is None:
                self._wrong(
                    row, "handle" if self._table.has("handle") else "title", "is blank, and no product is above"
                )
            return above
        handle = handle or cells.slug(row["title"])
        known = self._products.get(handle)
        if known is not None:
            return known
        self._try(row, "handle", lambda: cells.handle(handle))
        titles = {tag: row[key] for tag, key in self._table.languages.items() if row[key]}
        if row["title"]:
            titles.setdefault(self._language, row["title"])
        elif self._table.has("title"):
            self._wrong(row, "title", f"is blank in the first row of {shown(handle)}")
        product = self._products[handle] = _Product(handle, row, titles)
        return product

    def _row(self, row: Row, product: _Product) -> None:
        first = product.rows == 0
        product.rows += 1
        image = self._picture(row, "image")
        if product.image is None:
            product.image = image
        if not first and not any(row[key] for key in _VARIANT_CELLS):
            if not row["image"]:
                self._problems.warning(row.number, None, "has neither a variant nor a picture: it is ignored")
            return
        errors = self._problems.errors
        values = tuple(row[f"value{n}"] for n in _OPTION_PLACES)
        sku = self._sku(row, product, values)
        price, compare_at = self._prices(row, product)
        stock = self._stock(row)
        limit = self._try(row, "limit", lambda: cells.whole(row["limit"], 1, MAX_QUANTITY)) if row["limit"] else None
        barcode = self._barcode(row)
        image = self._picture(row, "variant_image") or product.image
        if sku is None or price is None or stock is None or self._problems.errors != errors or not product.title:
            return
        self._articles[sku] = Article(
            sku=sku,
            handle=product.handle,
            title=product.title,
            titles=product.titles,
            brand=product.brand,
            options=_options(product.options, values),
            price=price,
            compare_at=compare_at,
            stock=stock,
            limit_per_buyer=limit,
            image=image,
            barcode=barcode,
        )

    def _sku(self, row: Row, product: _Product, values: tuple[str, ...]) -> Sku | None:
        written = row["sku"].removeprefix("'")  # Shopify's export marks a SKU that looks like a number so
        if written:
            read = self._try(row, "sku", lambda: cells.sku(written))
            if read is None:
                return None
            sku = Sku(read)
        else:
            chosen = () if _is_only_variant(product.options, values) else values
            sku = Sku(cells.derived_sku(product.handle, chosen))
            self._derived.append((row.number, sku))
        if sku in self._listed:
            self._wrong(row, "sku", f"{shown(sku)} is already in row {self._listed[sku]}")
            return None
        self._listed[sku] = row.number
        return sku

    def _prices(self, row: Row, product: _Product) -> tuple[Money | None, Money | None]:
        if not self._table.has("price"):
            return None, None
        if not row["price"]:
            if product.price is None:
                self._wrong(row, "price", "is blank, and no row above gives this product a price")
            return product.price, product.compare_at
        price = self._try(row, "price", lambda: cells.amount(row["price"], self._currency))
        compare_at = None
        if row["compare_at"]:
            compare_at = self._try(row, "compare_at", lambda: cells.amount(row["compare_at"], self._currency))
        if price is not None and price.value == 0:
            self._warn(row, "price", "is 0: the article is free")
        if price is not None and compare_at is not None and compare_at.value <= price.value:
            if compare_at.value:
                self._warn(row, "compare_at", f"{row['compare_at']} is not above the price: it is not shown")
            compare_at = None
        if product.price is None:
            product.price, product.compare_at = price, compare_at
        return price, compare_at

    def _stock(self, row: Row) -> int | None:
        if not self._table.has("stock"):
            return None
        if not row["stock"]:
            self._wrong(row, "stock", "is blank: write how many pieces are for sale, 0 for none")
            return None
        return self._try(row, "stock", lambda: cells.whole(row["stock"], 0, MAX_STOCK))

    def _barcode(self, row: Row) -> str | None:
        if not row["barcode"]:
            return None
        try:
            barcode = cells.gtin(row["barcode"])
        except ValueError as reason:
            self._warn(row, "barcode", f"{reason}; it is left out")
            return None
        if barcode in self._barcodes:
            self._warn(row, "barcode", f"{barcode} is also in row {self._barcodes[barcode]}")
        self._barcodes.setdefault(barcode, row.number)
        return barcode

    def _picture(self, row: Row, key: str) -> str | None:
        address = row[key]
        if not address:
            return None
        if address not in self._pictures:
            self._pictures[address] = self._wrong_picture(address)
        reason = self._pictures[address]
        if reason is not None:
            self._wrong(row, key, reason)
            return None
        return address

    def _wrong_picture(self, address: str) -> str | None:
        try:
            cells.picture(address)
        except ValueError as reason:
            return str(reason)
        if self._folder is None or cells.is_web(address):
            return None
        inside = self._folder.resolve()
        file = (inside / address).resolve()
        if not file.is_relative_to(inside):
            return f"{shown(address)} leads out of the show's folder"
        return None if file.is_file() else f"{shown(address)} is not in the show's folder"

    def _try(self, row: Row, key: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except ValueError as reason:
            self._wrong(row, key, str(reason))
            return None

    def _wrong(self, row: Row, key: str, reason: str) -> None:
        self._problems.error(row.number, self._table.header(key), reason)

    def _warn(self, row: Row, key: str, reason: str) -> None:
        self._problems.warning(row.number, self._table.header(key), reason)


def _is_only_variant(names: list[str], values: tuple[str, ...]) -> bool:
    return (names[0].casefold(), values[0].casefold()) == _ONLY_VARIANT


def _options(names: list[str], values: tuple[str, ...]) -> dict[str, str]:
    if _is_only_variant(names, values):
        return {}
    return {
        name or f"Option {place}": value
        for place, name, value in zip(_OPTION_PLACES, names, values, strict=True)
        if value
    }
