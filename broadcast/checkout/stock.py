"""One SKU's pieces, always accounted for: ``left + reserved + sold == initial``."""

import msgspec

from broadcast.ids import Sku


class ShelfCount(msgspec.Struct, frozen=True):
    """A shelf's figures at one moment, as the record keeps them."""

    initial: int
    left: int
    reserved: int
    sold: int

    @property
    def adds_up(self) -> bool:
        """Whether no piece is missing, none is counted twice, and none is owed."""
        none_owed = self.left >= 0 and self.reserved >= 0 and self.sold >= 0
        return none_owed and self.left + self.reserved + self.sold == self.initial


class Shelf:
    """The pieces of one SKU.

    Every movement is from one pile to another, so nothing is ever made or lost, and each checks that the pile it
    takes from has the pieces: a wrong call is an error here, never an oversold shelf.

    Attributes:
        aside: how many of the pieces left are set aside for people in line; the record counts them as left.
    """

    __slots__ = ("aside", "initial", "left", "reserved", "sku", "sold")

    def __init__(self, sku: Sku, initial: int) -> None:
        self.sku = sku
        self.initial = initial
        self.left = initial
        self.reserved = 0
        self.sold = 0
        self.aside = 0

    @property
    def free(self) -> int:
        """Pieces that are left and set aside for nobody."""
        return self.left - self.aside

    def set_aside(self, pieces: int) -> None:
        """Keep pieces for somebody in line."""
        self._has(self.free, pieces)
        self.aside += pieces

    def put_back(self, pieces: int) -> None:
        """Keep pieces for nobody any more."""
        self._has(self.aside, pieces)
        self.aside -= pieces

    def reserve(self, pieces: int) -> None:
        """Hold pieces for an order."""
        self._has(self.free, pieces)
        self.left -= pieces
        self.reserved += pieces

    def sell(self, pieces: int) -> None:
        """Make held pieces sold: their order is paid."""
        self._has(self.reserved, pieces)
        self.reserved -= pieces
        self.sold += pieces

    def give_back_reserved(self, pieces: int) -> None:
        """Put held pieces back for the next buyer."""
        self._has(self.reserved, pieces)
        self.reserved -= pieces
        self.left += pieces

    def give_back_sold(self, pieces: int) -> None:
        """Put sold pieces back: their order was cancelled after it was paid."""
        self._has(self.sold, pieces)
        self.sold -= pieces
        self.left += pieces

    def count(self) -> ShelfCount:
        """Return the figures of this moment."""
        return ShelfCount(self.initial, self.left, self.reserved, self.sold)

    def _has(self, pile: int, pieces: int) -> None:
        if not 0 < pieces <= pile:
            raise ValueError(f"{self.sku!r}: {pieces} pieces cannot be taken from {pile}")
