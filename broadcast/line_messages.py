"""Standing in line, on the wire: part of the public contract as ``messages`` is, which brings these names along."""

from typing import Literal

import msgspec

from broadcast.ids import Sku

LineState = Literal["waiting", "offered", "on_sale", "over"]


class LineOfferView(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces set aside for one buyer in line, until a wall instant: an order takes them."""

    quantity: int
    until_ms: int


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a buyer stands in line for a SKU that is held by others: answer to ``GET /v1/line/{ticket}``.

    - ``waiting``: ``place`` says how many people come before, plus one.
    - ``offered``: pieces are set aside, see ``offer``.
    - ``on_sale``: there are pieces for everybody again: tap.
    - ``over``: as many people come before as pieces could still come back: there is nothing to wait for.
    """

    ticket: str
    sku: Sku
    quantity: int
    state: LineState
    place: int | None
    could_win: bool
    offer: LineOfferView | None


class LineMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="line"):
    """News of a place in line, under the ``id`` of the tap that was refused: see ``LineAnswer``."""

    id: str
    ticket: str
    sku: Sku
    quantity: int
    state: LineState
    place: int | None
    could_win: bool
    offer: LineOfferView | None
