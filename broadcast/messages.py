"""The messages of the public contract, v1: the one place where the wire is written down.

The pages' TypeScript types, ``/v1/openapi.json`` and ``/v1/asyncapi.json`` are generated from this module.
Fields may be added; none may change meaning. Integers ending in ``_ms`` are milliseconds; instants are UTC Unix
time; ``at_ms`` is programme time.
"""

from typing import Annotated, Any, Literal

import msgspec

from broadcast.channel_messages import (  # noqa: F401 - of the wire, too
    MAX_CARD_ERROR_MS,
    MAX_OFFSET_MS,
    CardErrorView,
    ChannelNews,
    Correlation,
    CorrelationSource,
    Shown,
    ShownSource,
)
from broadcast.ids import CueId, Epoch, LookId, OrderId, ShowId, Sku
from broadcast.join_messages import MAX_JOIN_CODE_CHARS, JoinAnswer, JoinCodeAnswer, JoinRequest  # noqa: F401 - the same
from broadcast.line_messages import LineAnswer, LineMessage, LineOfferView, LineState  # noqa: F401 - of the wire, too
from broadcast.money import Money
from broadcast.picture_messages import PictureEventView, PictureState  # noqa: F401 - of the wire, too
from broadcast.public_messages import PublicChannel, PublicProgramme, PublicShow  # noqa: F401 - of the wire, too
from broadcast.show import TimedPrice

MAX_QUANTITY = 99
"""Pieces in one order."""

MAX_KEY_CHARS = 255
"""An idempotency key's length."""

MAX_NAME_CHARS = 64
"""The length of a show, look, channel or SKU name on the wire."""

MAX_TOKEN_CHARS = 4096
"""A viewer or producer token's length."""

MAX_TICKET_CHARS = 2048
"""An arrival ticket's length."""

MAX_TAP_ID_CHARS = 64
"""The length of the id by which a viewer matches answers to taps on an open WebSocket."""

MAX_COMMAND_NOTE_CHARS = 500
"""The length of a producer's remark on a command."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_KEY_CHARS)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]
InstantMs = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000)]

OffsetMs = Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET_MS)]

OfferState = Literal["on_sale", "sold_out", "ended"]
StockState = Literal["on_sale", "sold_out", "ended"]
CueAction = Literal["take", "clear", "update", "correct"]
OrderStatus = Literal["reserved", "paid", "fulfilled", "released"]
ReleaseReason = Literal["payment-failed", "hold-ran-out", "cancelled"]


# ---------------------------------------------------------------- the cue, outward


class OfferView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One SKU on the card. ``titles`` and ``options`` are for display; ``state`` is as of the message.

    A piece costs what ``prices`` say at the viewer's own playhead, else ``price``; a pre-order's payment is due later.
    """

    sku: Sku
    title: str
    titles: dict[str, str]
    options: dict[str, str]
    price: Money
    compare_at: Money | None
    image: str | None
    state: OfferState
    prices: tuple[TimedPrice, ...] = ()
    payment_due_ms: int | None = None


class SkuLinks(msgspec.Struct, frozen=True, kw_only=True):
    """This channel's own addresses for one SKU: ``app`` opens the channel's app, ``web`` is the fallback."""

    app: str | None
    web: str | None


class LookView(msgspec.Struct, frozen=True, kw_only=True):
    """A look as one channel's viewers see it. ``links`` maps each SKU to that channel's deep links."""

    id: LookId
    number: str
    title: str
    titles: dict[str, str]
    brand: str
    offers: tuple[OfferView, ...]
    links: dict[Sku, SkuLinks]


class Cue(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="cue"):
    """What is on screen from programme time ``at_ms`` on.

    A viewer shows the look of the cue with the greatest ``at_ms`` not after its own playhead; of cues with the same
    ``at_ms`` the one with the greatest ``seq`` counts. ``look`` is None when nothing is to be shown. A ``correct``
    cue carries the ``at_ms`` of the cue it replaces, so a viewer behind it never sees the mistake.
    ``replaces`` names the cues that no longer count at all (an undone take).
    """

    seq: int
    epoch: Epoch
    id: CueId
    at_ms: int
    sent_ms: int
    action: CueAction
    look: LookView | None
    replaces: tuple[CueId, ...] = ()


class Stock(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="stock"):
    """How many pieces of a SKU are left to reserve. Coalesced: at most two a second a SKU."""

    seq: int
    sku: Sku
    left: int
    state: StockState


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU's stock inside a snapshot."""

    left: int
    state: StockState


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole current state.

    Attributes:
        title, titles, starts_at_ms: the show.
        on_air: the cue in force at the live edge, or None.
        cues: the newest cues that still count, oldest first, for viewers whose playhead is behind the live edge.
        stock: SKU → level, for every SKU of the show.
        phase: ``before`` the first take, ``live`` after it.
        correlations: channel → how far its picture is behind, where that was measured or trimmed during the show.
    """

    title: str
    titles: dict[str, str]
    starts_at_ms: int
    on_air: Cue | None
    cues: tuple[Cue, ...]
    stock: dict[Sku, StockLevel]
    phase: Literal["before", "live"]
    correlations: dict[str, Correlation] = {}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """First message of a feed that starts afresh. ``report_share``: the share of viewers who report shown takes."""

    show: ShowId
    epoch: Epoch
    seq: int
    now_ms: int
    state: FeedState
    report_share: float = 1.0


class Resumed(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="resumed"):
    """First message of a feed that goes on exactly after ``seq``; every missed message follows in order."""

    epoch: Epoch
    seq: int


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="clock"):
    """Answer to a clock request: ``t1_ms`` received, ``t2_ms`` answered, both server wall time."""

    t0_ms: float
    t1_ms: float
    t2_ms: float


class OrderMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="order", gc=False):
    """Answer to a tap, and later news of that order (paid, released), under the tap's ``id``."""

    id: str
    order: OrderId
    status: OrderStatus
    sku: Sku
    quantity: int
    amount: Money
    hold_until_ms: int
    release_reason: ReleaseReason | None = None
    payment_due_ms: int | None = None
    replayed: bool = False


class ProblemMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="problem"):
    """A refusal on an open WebSocket. ``problem`` is the RFC 9457 object the HTTP answer would have carried."""

    id: str | None
    problem: dict[str, Any]


# ---------------------------------------------------------------- client → server on the feed


class ClockRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="clock"):
    """A clock probe; ``t0_ms`` is echoed."""

    t0_ms: float


class Tap(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="tap", gc=False):
    """A one-tap order over the open WebSocket: the fields of an order plus token, key and an id to match by."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TAP_ID_CHARS)]
    show: Name
    sku: Name
    quantity: Quantity
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TOKEN_CHARS)]
    key: Key
    look: Name | None = None
    seen_price: Money | None = None
    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TICKET_CHARS)] | None = None


ClientMessage = ClockRequest | Tap | Shown


# ---------------------------------------------------------------- the tap, inward


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Body of ``POST /v1/orders``. ``seen_price`` is the price of one piece the buyer saw."""

    show: Name
    sku: Name
    quantity: Quantity
    look: Name | None = None
    seen_price: Money | None = None


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An order as its buyer sees it. ``amount`` is the price of the whole order.

    ``release_reason`` is there once the order is released. ``payment_due_ms`` is there for a pre-order: nothing is
    charged before that wall instant, and the hold outlasts it.
    """

    order: OrderId
    status: OrderStatus
    sku: Sku
    quantity: int
    amount: Money
    hold_until_ms: int
    release_reason: ReleaseReason | None = None
    payment_due_ms: int | None = None


# ---------------------------------------------------------------- producers

CommandName = Literal["take", "next", "back", "hold", "resume", "clear", "jump", "undo", "correct", "trim"]


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A producer's command.

    - ``take``: put ``look``, or the look standing by, on air at ``at_ms`` (default: now); the one after it stands by.
    - ``next`` / ``back``: the look after / before the one standing by stands by. Nothing changes on air.
    - ``jump``: ``look`` stands by.
    - ``hold`` / ``resume``: no take until resumed; the card stays.
    - ``clear``: nothing on air.
    - ``correct``: the look on air was the wrong one: ``look`` replaces it from the same frame on.
    - ``undo``: the last command that still counts never happened. A trim is not taken back but trimmed again.
    - ``trim``: ``channel``'s picture is ``offset_ms`` behind the camera, give or take ``error_ms``, as seen by a person
      or (``source``) by a probe. Its viewers without a playhead and its orders follow at once.
    """

    command: CommandName
    key: Key
    look: Name | None = None
    at_ms: InstantMs | None = None
    note: Annotated[str, msgspec.Meta(max_length=MAX_COMMAND_NOTE_CHARS)] = ""
    channel: Name | None = None
    offset_ms: OffsetMs | None = None
    error_ms: OffsetMs | None = None
    source: Literal["probe", "manual"] = "manual"


class CommandCue(msgspec.Struct, frozen=True, kw_only=True):
    """The cue a command made, as its producer sees it."""

    id: CueId
    at_ms: int
    action: CueAction
    look: LookId | None


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``seq`` is the feed's sequence number that holds the command's effect. ``cue`` is absent where none was made."""

    seq: int
    cue: CommandCue | None = None
    repeated: bool = False


class RundownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the console's rundown."""

    look: LookId
    cue: str
    number: str
    title: str
    titles: dict[str, str]
    brand: str
    notes: str
    planned_start_ms: int | None
    planned_duration_ms: int | None
    offers: tuple[OfferView, ...]
    skus_limit: dict[Sku, int]


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as the console lists it."""

    id: str
    name: str
    names: dict[str, str]
    latency_ms: int


class ConsoleRundown(msgspec.Struct, frozen=True, kw_only=True):
    """Sent to a console once, when it connects: what does not change during the show."""

    show: ShowId
    title: str
    titles: dict[str, str]
    starts_at_ms: int
    time_zone: str
    currency: str
    entries: tuple[RundownEntry, ...]
    channels: tuple[ChannelView, ...]


class OnAirView(msgspec.Struct, frozen=True, kw_only=True):
    """What is on air, for the console."""

    look: LookId
    cue: CueId
    at_ms: int


class SkuCounter(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU's pieces: ``left + reserved + sold == initial``, always."""

    initial: int
    left: int
    reserved: int
    sold: int
    state: StockState


class OrderCounters(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of the show by status, since the show began. Money is minor units of the show's currency."""

    placed: int
    reserved: int
    paid: int
    fulfilled: int
    released: int
    refused: int
    paid_value: int
    reserved_value: int


class AsRunEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One command as it happened: the as-run record. ``undone`` is true once an undo took it back.

    ``channel`` and ``offset_ms`` are there for a trim, ``cue`` for what put something on screen.
    """

    seq: int
    command: CommandName
    look: LookId | None
    at_ms: int
    by: str
    undone: bool
    channel: str | None = None
    offset_ms: int | None = None
    cue: CueId | None = None


class ConsoleState(msgspec.Struct, frozen=True, kw_only=True):
    """What changes during the show; pushed to every console when it does, at most a few times a second."""

    epoch: Epoch
    seq: int
    now_ms: int
    on_air: OnAirView | None
    armed: tuple[OnAirView, ...]
    next: LookId | None
    hold: bool
    can_undo: bool
    aired: tuple[LookId, ...]
    stock: dict[Sku, SkuCounter]
    orders: OrderCounters
    audience: dict[str, int]
    producers: tuple[str, ...]
    as_run: tuple[AsRunEntry, ...]
    correlations: dict[str, Correlation] = {}
    card_errors: dict[str, CardErrorView] = {}
    picture: PictureState | None = None


class GuestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of ``POST /v1/shows/{show}/guests``: a viewer of a channel that has no accounts of its own."""

    channel: Name


class GuestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A viewer token for a guest; ``expires_ms`` is wall time."""

    token: str
    expires_ms: int
