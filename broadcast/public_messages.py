"""What anybody may read of a show, as the wire carries it."""

from typing import Literal

import msgspec

from broadcast.ids import ShowId


class PublicChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as viewers' pages list it. ``playhead``: its players know the programme time they show."""

    id: str
    name: str
    names: dict[str, str]
    kind: Literal["app", "web", "tv"]
    latency_ms: int
    playhead: bool
    guests: bool


class PublicProgramme(msgspec.Struct, frozen=True, kw_only=True):
    """Where the picture is: the address of a live HLS playlist, or None."""

    hls: str | None


class PublicShow(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to ``GET /v1/shows/{show}``."""

    show: ShowId
    title: str
    titles: dict[str, str]
    starts_at_ms: int
    time_zone: str
    currency: str
    programme: PublicProgramme
    channels: tuple[PublicChannel, ...]
