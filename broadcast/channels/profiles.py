"""A channel: one way the show reaches viewers, with its own latency, deep links and pages that may embed it."""

from typing import Literal

import msgspec

from broadcast.channel_messages import Correlation
from broadcast.ids import ChannelId
from broadcast.show import Titles

RECEIVERS_DIFFER_MS = 6_000
"""Receivers of one station show the same frame up to this far apart (TNO: playout delays of TV signals)."""

PLAYERS_DIFFER_MS = 3_000
"""Players of one stream begin within about a segment and a half of one another."""


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

    @property
    def usual(self) -> Correlation:
        """How far the channel is behind when nobody has measured it today."""
        differ_ms = PLAYERS_DIFFER_MS if self.playhead else RECEIVERS_DIFFER_MS
        return Correlation(offset_ms=self.latency_ms, error_ms=min(self.latency_ms, differ_ms), source="default")

    @property
    def opens_after_ms(self) -> int:
        """How long after its frame a look may be ordered here, until a trim says otherwise.

        Where players know what they show it is ``fence_ms``; elsewhere not before the first receiver shows the look.
        """
        return self.fence_ms if self.playhead else max(self.fence_ms, self.usual.earliest_ms)
