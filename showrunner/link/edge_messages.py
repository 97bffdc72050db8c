"""What edges send on to a door, and what comes back. Arrays on the wire, each with its tag first."""

import msgspec

from broadcast.ids import ChannelId
from broadcast.line_messages import LineState
from broadcast.messages import Tap


class TapAsk(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A tap that came over an open feed of ``channel``; it is answered by any number of ``ReplyTold``."""

    n: int
    channel: ChannelId
    tap: Tap


class LineWatchSaid(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The viewer who made tap ``n`` stands in line with a ticket, and knows it as ``state``: tell them of it.

    Said to a door that did not answer the tap itself; it orders nothing.
    """

    n: int
    channel: ChannelId
    tap: Tap
    ticket: str
    state: LineState


EdgeAsk = TapAsk | LineWatchSaid


class ReplyTold(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """JSON for the viewer who made tap ``tap_n``: the answer first, then news of the order, or of the place in line."""

    tap_n: int
    payload: bytes


asks: msgspec.msgpack.Decoder[list[EdgeAsk]] = msgspec.msgpack.Decoder(list[EdgeAsk])
replies: msgspec.msgpack.Decoder[list[ReplyTold]] = msgspec.msgpack.Decoder(list[ReplyTold])
