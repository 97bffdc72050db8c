"""What doors ask the owner of the desk, and what it tells them. Arrays on the wire, each with its tag first."""

from typing import Any

import msgspec

from broadcast.assurance import Assurance
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.port import LineNews
from broadcast.clock import ProgrammeMs
from broadcast.ids import BuyerId, ChannelId, OrderId, Sku
from broadcast.line_messages import LineAnswer, LineState
from broadcast.messages import OrderAnswer, OrderCounters, OrderRequest, OrderStatus, SkuCounter


class PlaceAsk(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """Place an order: ``Placed``."""

    n: int
    channel: ChannelId
    buyer: BuyerId
    key: str
    request: OrderRequest
    ticket: str | None = None
    assurance: Assurance | None = None


class CancelAsk(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Give an order up: ``OrderTold``."""

    n: int
    channel: ChannelId
    buyer: BuyerId
    order: OrderId


class OrderAsk(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Read an order: ``OrderTold``."""

    n: int
    channel: ChannelId
    buyer: BuyerId
    order: OrderId


class FulfilAsk(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The goods were handed over: ``OrderTold``."""

    n: int
    order: OrderId


class NotifiedAsk(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A gateway's verified news: ``Done``."""

    n: int
    notification: PaymentNotification


class OpeningsAsk(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Everything that is open and withdrawn, and every fence that was set: ``Done``. Only control says this."""

    n: int
    opened: dict[Sku, ProgrammeMs]
    withdrawn: tuple[Sku, ...]
    fences_ms: dict[ChannelId, int]


class WatchSaid(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Tell of this order's changes; its buyer knows it as ``status``."""

    channel: ChannelId
    buyer: BuyerId
    order: OrderId
    status: OrderStatus


class LineAsk(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """How a buyer stands in line: ``LineTold``."""

    n: int
    channel: ChannelId
    buyer: BuyerId
    ticket: str
    stand: bool


class LeaveLineAsk(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """A buyer leaves the line, or declines: ``Done``."""

    n: int
    channel: ChannelId
    buyer: BuyerId
    ticket: str


class WatchLineSaid(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """Tell of this buyer's place in line; they know it as ``state``. Who waits stands there again at a new owner."""

    channel: ChannelId
    buyer: BuyerId
    sku: Sku
    ticket: str
    state: LineState


class ChargeAsk(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """These SKUs' pre-orders are paid for now: ``ChargedTold``."""

    n: int
    skus: tuple[Sku, ...]


DeskAsk = (
    PlaceAsk
    | CancelAsk
    | OrderAsk
    | FulfilAsk
    | NotifiedAsk
    | OpeningsAsk
    | WatchSaid
    | LineAsk
    | LeaveLineAsk
    | WatchLineSaid
    | ChargeAsk
)


class PlacedTold(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """The answer to a tap."""

    n: int
    answer: OrderAnswer
    replayed: bool


class OrderTold(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """An order as it is."""

    n: int
    order: OrderAnswer


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A refusal, whatever was asked."""

    n: int
    name: str
    detail: str
    more: dict[str, Any]


class Done(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """It is done."""

    n: int


class OrderNews(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A watched order is different now."""

    order: OrderAnswer


class StockNews(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Stock that moved; the newest figures, however often it moved."""

    stock: dict[Sku, SkuCounter]


class CounterNews(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """The show's orders by status."""

    counters: OrderCounters


class LineTold(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """How a buyer stands in line."""

    n: int
    answer: LineAnswer


class LineNewsTold(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """A watched buyer stands otherwise in line now."""

    news: LineNews


class ChargedTold(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """How many payments were asked for."""

    n: int
    orders: int


DeskTold = (
    PlacedTold
    | OrderTold
    | Refused
    | Done
    | OrderNews
    | StockNews
    | CounterNews
    | LineTold
    | LineNewsTold
    | ChargedTold
)

asks: msgspec.msgpack.Decoder[list[DeskAsk]] = msgspec.msgpack.Decoder(list[DeskAsk])
answers: msgspec.msgpack.Decoder[list[DeskTold]] = msgspec.msgpack.Decoder(list[DeskTold])
