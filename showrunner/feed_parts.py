"""What a process that serves the feed is made of, whether it does everything or is an edge that does only that."""

import time
from collections.abc import Mapping

import uuid_utils

from broadcast.channels.adapters.address_caps import AddressCaps
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.send_ring import SendRing
from broadcast.channels.admission import Admission
from broadcast.channels.cue_log import CueLog
from broadcast.channels.deep_links import LinkBook
from broadcast.clock import WallMs
from broadcast.ids import Sku
from broadcast.overlay.scene import Scene
from broadcast.show import Article
from showrunner.settings import FeedSettings
from showrunner.show_folder import LoadedShow


def wall_clock() -> WallMs:
    """Read the wall clock."""
    return WallMs(time.time_ns() // 1_000_000)


def new_id() -> str:
    """Make an identifier: a UUID version 7 (RFC 9562)."""
    return str(uuid_utils.uuid7())


def feed_hub(settings: FeedSettings, show: LoadedShow, articles: Mapping[Sku, Article], cue_log: CueLog) -> FeedHub:
    """Return the hub of a show's feed, not yet started."""
    handles = {article.sku: article.handle for article in articles.values()}
    return FeedHub(
        show.info.id,
        cue_log,
        new_scene=lambda: Scene(show.info, articles.values()),
        profiles=show.channels,
        links=LinkBook(show.info.id, handles),
        now=wall_clock,
        max_viewers=settings.max_viewers,
        max_per_channel=settings.max_viewers_per_channel,
        addresses=AddressCaps(settings.max_viewers_per_address) if settings.max_viewers_per_address else None,
        admission=Admission(settings.handshakes_per_second) if settings.handshakes_per_second else None,
        heartbeat_s=settings.heartbeat_s,
        ring=SendRing.open(),
        crowded_wait_s=settings.suspect_delay_ms / 1000,
    )
