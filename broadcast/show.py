"""The nouns of a show that more than one room speaks of: the show, its looks, the articles they wear."""

import msgspec

from broadcast.ids import LookId, ShowId, Sku
from broadcast.money import Money

Titles = dict[str, str]
"""One text in several languages: BCP 47 language tag → text, e.g. ``{"zh": "…", "en": "…"}``."""


class ShowInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A show as announced.

    Attributes:
        id: the name in addresses.
        title: in the show's first language; ``titles`` has every language.
        starts_at_ms: planned start, UTC Unix milliseconds.
        time_zone: IANA name, for showing times to people.
        currency: ISO 4217 code all prices of the show are in.
    """

    id: ShowId
    title: str
    titles: Titles
    starts_at_ms: int
    time_zone: str
    currency: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One outfit of the rundown: a group of SKUs that goes on air as one unit.

    Attributes:
        id: unique in the show.
        cue: the cue number as producers write it (``"12"``, ``"12A"``); unique, the rundown is in this order.
        number: the look number viewers see on the card.
        skus: what can be bought when the look is on air, in card order; never empty.
        planned_start_ms: planned start relative to the show's start, or None where unplanned.
        planned_duration_ms: planned time on air, or None where unplanned.
    """

    id: LookId
    cue: str
    number: str
    title: str
    titles: Titles
    brand: str
    skus: tuple[Sku, ...]
    planned_start_ms: int | None = None
    planned_duration_ms: int | None = None
    notes: str = ""


class TimedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece costs from one programme instant until another, the latter excluded."""

    from_ms: int
    until_ms: int
    price: Money


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU of the catalogue: one size of one product.

    Attributes:
        handle: the product the SKU is a variant of.
        title: product title in the show's first language; ``titles`` has every language.
        options: option name → value, e.g. ``{"Size": "M"}``; empty for a product of one variant.
        price: what one piece costs.
        compare_at: the struck-through price, or None.
        stock: pieces for sale when the show starts.
        limit_per_buyer: pieces one buyer may order, or None for the show's default.
        image: address of a picture, absolute or relative to the show's media, or None.
        barcode: GTIN, or None.
        prices: prices for a time, which then count instead of ``price``; no two of them at once.
        payment_due_ms: a pre-order: wall instant at which the payment is asked for; None: at once.
    """

    sku: Sku
    handle: str
    title: str
    titles: Titles
    brand: str
    options: dict[str, str]
    price: Money
    compare_at: Money | None
    stock: int
    limit_per_buyer: int | None = None
    image: str | None = None
    barcode: str | None = None
    prices: tuple[TimedPrice, ...] = ()
    payment_due_ms: int | None = None
