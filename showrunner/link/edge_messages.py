"""What edges send on to a door, and what comes back. Arrays on the wire, each with its tag first."""

import msgspec

from broadcast.ids import ChannelId
from broadcast.messages import Tap


class TapAsk(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A tap that came over an open feed of ``channel``; it is answered by any number of ``ReplyTold``."""

    n: int
    channel: ChannelId
    tap: Tap


class ReplyTold(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """JSON for the viewer who made tap ``tap_n``: the answer first, then news of the order."""

    tap_n: int
    payload: bytes


asks: msgspec.msgpack.Decoder[list[TapAsk]] = msgspec.msgpack.Decoder(list[TapAsk])
replies: msgspec.msgpack.Decoder[list[ReplyTold]] = msgspec.msgpack.Decoder(list[ReplyTold])
