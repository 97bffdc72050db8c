"""One channel: its viewers and the bytes they share."""

from collections.abc import AsyncIterator, Sequence

from broadcast.channels.adapters.channel_feed import ChannelFeed
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.close_codes import CloseCode
from broadcast.channels.cue_log import LogMessage, LogRecord
from broadcast.channels.deep_links import LinkBook
from broadcast.channels.frames import Frames
from broadcast.channels.handshake import FeedRequest
from broadcast.channels.profiles import ChannelProfile
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import ChannelId, Epoch, ShowId, Sku
from broadcast.messages import FeedState, Stock, StockLevel

WEB = ChannelProfile(id=ChannelId("web"), name="Web", names={}, kind="web", latency_ms=4000)
SHOW = ShowId("night")


class EmptyScene:
    def apply(self, message: LogMessage) -> None:
        """Nothing is on screen."""

    def state(self, now: ProgrammeMs) -> FeedState:
        return FeedState(title="", titles={}, starts_at_ms=now, on_air=None, cues=(), stock={}, phase="before")

    def level(self, sku: Sku) -> StockLevel | None:
        raise NotImplementedError(sku)


class QuietLog:
    epoch = Epoch("one")

    async def open(self) -> Sequence[LogRecord]:
        return ()

    async def append(self, messages: Sequence[LogMessage], sent_ms: int) -> Sequence[LogRecord]:
        raise NotImplementedError(messages, sent_ms)

    async def follow(self, after: int) -> AsyncIterator[LogRecord]:
        for record in ():
            yield record
        await never(after)

    async def close(self) -> None:
        """Nothing is open."""


async def never(_after: int) -> None:
    import asyncio

    await asyncio.Event().wait()


class LostViewer:
    """A viewer whose connection breaks while it is told the past."""

    def __init__(self, feed: ChannelFeed) -> None:
        self._feed = feed

    def send(self, frames: Frames) -> None:
        assert frames.websocket
        self._feed.leave(self)

    def ping(self) -> None:
        """It is gone."""

    def close(self, code: CloseCode, reason: str) -> None:
        """It is gone."""


async def test_a_viewer_lost_while_it_joins_is_not_counted_for_ever() -> None:
    hub = FeedHub(
        SHOW,
        QuietLog(),
        new_scene=EmptyScene,
        profiles=[WEB],
        links=LinkBook(SHOW, {}),
        now=lambda: WallMs(1),
        max_viewers=10,
    )
    await hub.start()
    feed = hub.admit(FeedRequest(SHOW, WEB.id, None, None, "host"))
    hub.join(feed, LostViewer(feed), None)
    assert hub.audience() == {WEB.id: 0}
    await hub.stop()


def test_bytes_are_kept_as_long_as_they_can_be_resumed_and_no_longer() -> None:
    feed = ChannelFeed(WEB, LinkBook(SHOW, {}))
    records = [LogRecord(seq, Stock(seq=seq, sku=Sku("A"), left=seq, state="on_sale")) for seq in (7, 8, 9)]
    made = [feed.frames(record, Epoch("one")) for record in records]
    feed.forget_before(8)
    assert feed.frames(records[1], Epoch("one")) is made[1]
    assert feed.frames(records[2], Epoch("one")) is made[2]
    assert feed.frames(records[0], Epoch("one")) is not made[0]
