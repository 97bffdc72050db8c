"""What the process that has the picture tells control, and what control asks it. Arrays on the wire, the tag first."""

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.picture_messages import PictureState
from broadcast.programme.clock import Correlation
from broadcast.programme.ingest_news import Splice


class ClockAsk(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """What does the clock read that dates the frames?"""

    n: int


class SplicesTaken(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Splice messages up to this number need not be told again."""

    number: int


PictureAsk = ClockAsk | SplicesTaken


class Span(msgspec.Struct, frozen=True, array_like=True):
    """What dates the frames captured from one instant to another (not included), in ticks of ``MEDIA_HZ``."""

    from_ms: ProgrammeMs
    until_ms: ProgrammeMs
    correlation: Correlation


class PictureTold(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """How the picture is now, whole: what was told before counts no more.

    Attributes:
        state: for the console; None for a film, with which nothing can be wrong.
        spans: what dates the last minute and a half, oldest first.
    """

    state: PictureState | None
    spans: tuple[Span, ...]


class ClockTold(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The clock that dates the frames reads ``read_us``: Unix microseconds."""

    n: int
    read_us: int


class SpliceTold(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A splice message of the source; told again over every new connection until it is taken.

    ``life`` names the process that counts ``number``: another one begins anew.
    """

    life: str
    number: int
    splice: Splice


PictureNews = PictureTold | ClockTold | SpliceTold

asks: msgspec.msgpack.Decoder[list[PictureAsk]] = msgspec.msgpack.Decoder(list[PictureAsk])
news: msgspec.msgpack.Decoder[list[PictureNews]] = msgspec.msgpack.Decoder(list[PictureNews])
