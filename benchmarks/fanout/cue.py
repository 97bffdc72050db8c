"""The cue that is measured: one look with one article, 400 bytes of JSON on the wire."""

import msgspec

from broadcast.channels.deep_links import LinkBook
from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import ChannelId, CueId, Epoch, LookId, ShowId, Sku
from broadcast.messages import Cue, LookView, OfferView
from broadcast.money import Money
from broadcast.show import ShowInfo

CUE_BYTES = 400
CHANNEL = ChannelId("web")
PROFILE = ChannelProfile(id=CHANNEL, name="Web", names={}, kind="web", latency_ms=0)
EPOCH_CHARS = 8

_NO_LINKS = LinkBook(ShowId("bench"), {})


def show(name: ShowId) -> ShowInfo:
    """Return a show of that name with nothing in it."""
    return ShowInfo(id=name, title="Bench", titles={}, starts_at_ms=1_750_000_000_000, time_zone="UTC", currency="CNY")


def feed_path(name: ShowId) -> str:
    """Return where a viewer asks for the show's feed."""
    return f"/v1/shows/{name}/feed?channel={CHANNEL}"


def cue(number: int, epoch: Epoch, sent_ms: int, size: int = CUE_BYTES) -> Cue:
    """Return a take of a look that is ``size`` bytes of JSON once the log has given it ``seq`` ``number``."""
    bare = _cue(number, epoch, sent_ms, "")
    short = size - len(wire(bare))
    if short < 0:
        raise ValueError(f"a cue needs {len(wire(bare))} bytes")
    return _cue(number, epoch, sent_ms, "x" * short)


def wire(of: Cue) -> bytes:
    """Return the JSON a viewer of the channel gets."""
    look = _NO_LINKS.on_channel(PROFILE, of.look) if of.look else None
    return msgspec.json.encode(msgspec.structs.replace(of, look=look))


def line(of: Cue) -> bytes:
    """Return the same message on one line, for servers that take it from standard input."""
    return wire(of) + b"\n"


def _cue(number: int, epoch: Epoch, sent_ms: int, padding: str) -> Cue:
    look = LookView(
        id=LookId("look"),
        number="1",
        title=padding,
        titles={},
        brand="",
        offers=(
            OfferView(
                sku=Sku("S"),
                title="",
                titles={},
                options={},
                price=Money(19_900, "CNY"),
                compare_at=None,
                image=None,
                state="on_sale",
            ),
        ),
        links={},
    )
    return Cue(
        seq=number, epoch=epoch, id=CueId(f"{number:08d}"), at_ms=sent_ms, sent_ms=sent_ms, action="take", look=look
    )
