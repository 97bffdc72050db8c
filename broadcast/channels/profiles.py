"""A channel: one way the show reaches viewers, with its own latency, deep links and pages that may embed it."""

from typing import Literal

import msgspec

from broadcast.ids import ChannelId
from broadcast.show import Titles


class ChannelProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What is particular about one channel.

    Attributes:
        id: the channel's name in addresses and tokens.
        name: in the show's first language; ``names`` has every language.
        kind: ``app`` (inside another company's app), ``web`` (a player page) or ``tv`` (a station).
        latency_ms: typical time from capture to this channel's picture.
        fence_ms: no order is taken on this channel earlier than this after the look's ``at_ms``.
        playhead: whether its players know the programme time of the frame they show.
        guests: whether viewers without an account get a token here.
        origins: web origins (``https://host[:port]``) that may embed the feed beside our own; ``*`` is any.
        app_link: template of an address that opens the channel's app on an article, or None. Placeholders:
            ``{sku}``, ``{handle}``, ``{show}``, ``{look}``.
        web_link: template of the article's web page on this channel, or None.
    """

    id: ChannelId
    name: str
    names: Titles
    kind: Literal["app", "web", "tv"]
    latency_ms: int
    fence_ms: int = 0
    playhead: bool = True
    guests: bool = False
    origins: tuple[str, ...] = ()
    app_link: str | None = None
    web_link: str | None = None
