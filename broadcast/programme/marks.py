"""The cue inside the picture: the same cue the feed carries, for players that have no feed.

Three carriers, one cue id: EXT-X-DATERANGE in the playlist, timed ID3 in the segments (``emsg`` boxes in fMP4, a
metadata stream in MPEG-TS). Whoever hears of a cue twice knows it by its id.
"""

import base64

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.ids import CueId
from broadcast.messages import Cue, CueAction
from broadcast.programme.playlist import date_time

MAX_MARKS = 4_096
"""Cues of one show that are kept to be announced; the oldest go first."""

MAX_DATA_BYTES = 8_192
"""What a mark says of its look; a look with more articles is told without them."""

CLASS = "snbn.look"
"""All cues are of one class, so that each ends the one before it (RFC 8216, 4.3.2.7: END-ON-NEXT)."""

_json = msgspec.json.Encoder(order="deterministic")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A cue as it is put into the picture.

    Attributes:
        id: the cue's.
        at_ms: programme time from which it counts.
        seq: its place in the feed: of two with the same ``at_ms`` the greater counts.
        look: id of the look, or None where nothing is to be shown.
        replaces: cues that no longer count.
        data: compact JSON: ``{"id","at_ms","action","seq","look":{"id","number","title","brand","offers":[…]}}``.
    """

    id: CueId
    at_ms: ProgrammeMs
    seq: int
    action: CueAction
    look: str | None
    replaces: tuple[CueId, ...]
    data: bytes


def mark_of(cue: Cue) -> Mark:
    """Return a cue of the feed as a mark."""
    look = cue.look
    told: dict[str, object] = {"id": cue.id, "at_ms": cue.at_ms, "action": cue.action, "seq": cue.seq, "look": None}
    data = _json.encode(told)
    if look is not None:
        short = {"id": look.id, "number": look.number, "title": look.title, "brand": look.brand}
        offers = [
            {"sku": offer.sku, "title": offer.title, "price": offer.price, "state": offer.state}
            for offer in look.offers
        ]
        data = _json.encode(told | {"look": short | {"offers": offers}})
        if len(data) > MAX_DATA_BYTES:
            data = _json.encode(told | {"look": short})
    return Mark(
        id=cue.id,
        at_ms=ProgrammeMs(cue.at_ms),
        seq=cue.seq,
        action=cue.action,
        look=None if look is None else look.id,
        replaces=cue.replaces,
        data=data,
    )


def date_range(mark: Mark) -> str:
    """Return the EXT-X-DATERANGE tag of a mark."""
    attributes = [
        f'ID="{mark.id}"',
        f'CLASS="{CLASS}"',
        f'START-DATE="{date_time(mark.at_ms)}"',
        "END-ON-NEXT=YES",
        f'X-SNBN-ACTION="{mark.action}"',
        f"X-SNBN-SEQ={mark.seq}",
    ]
    if mark.look is not None:
        attributes.append(f'X-SNBN-LOOK="{mark.look}"')
    if mark.replaces:
        attributes.append(f'X-SNBN-REPLACES="{" ".join(mark.replaces)}"')
    attributes.append(f'X-SNBN-DATA="{base64.urlsafe_b64encode(mark.data).decode()}"')
    return "#EXT-X-DATERANGE:" + ",".join(attributes)


class MarkBook:
    """The cues that count, by programme time; at most ``MAX_MARKS``."""

    def __init__(self) -> None:
        self._marks: dict[CueId, Mark] = {}
        self._gone: dict[CueId, None] = {}

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, mark: Mark) -> bool:
        """Take a cue in, and out what it replaces; tell whether anything changed. Repeating one changes nothing."""
        for gone in mark.replaces:
            self._gone[gone] = None
            self._marks.pop(gone, None)
        if mark.id in self._gone or mark.id in self._marks:
            return False
        self._marks[mark.id] = mark
        if len(self._marks) > MAX_MARKS:
            del self._marks[min(self._marks.values(), key=_order).id]
        while len(self._gone) > MAX_MARKS:
            del self._gone[next(iter(self._gone))]
        return True

    def within(self, start: ProgrammeMs, end: ProgrammeMs | None) -> list[Mark]:
        """Return the marks from the one in force at ``start`` to the last before ``end``, in order."""
        ordered = sorted(self._marks.values(), key=_order)
        in_force = [mark for mark in ordered if mark.at_ms <= start][-1:]
        return in_force + [mark for mark in ordered if mark.at_ms > start and (end is None or mark.at_ms < end)]


def _order(mark: Mark) -> tuple[int, int]:
    return mark.at_ms, mark.seq
