"""The hub: follows the cue log, makes each message's bytes once per channel, and hands them to every viewer."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from broadcast.channels.adapters.address_caps import AddressCaps
from broadcast.channels.adapters.channel_feed import ChannelFeed, Viewer
from broadcast.channels.adapters.send_ring import SendRing
from broadcast.channels.adapters.waiting_heads import WaitingHeads
from broadcast.channels.admission import Admission
from broadcast.channels.card_errors import CardErrors
from broadcast.channels.close_codes import CloseCode
from broadcast.channels.cue_log import CueLog, History, LogLostError, LogMessage, LogRecord
from broadcast.channels.deep_links import LinkBook
from broadcast.channels.frames import Frames, encode
from broadcast.channels.handshake import FeedRequest, Resume, origin_allowed
from broadcast.channels.profiles import ChannelProfile
from broadcast.clock import Now, ProgrammeMs, WallMs, captured_at
from broadcast.ids import ChannelId, Epoch, ShowId, Sku
from broadcast.messages import Cue, FeedState, Resumed, StockLevel

HEARTBEAT_S = 25.0
"""Idle viewers get a ping this often, so that no middlebox forgets them."""

FULL_RETRY_MS = 5_000
"""A viewer for whom there is no room stays away about this long, half of it up or down."""

REOPEN_DELAY_S = 1.0
"""How long to wait before a lost log is opened again."""

CLOSE_GRACE_S = 5.0
"""How long a viewer that was told to go may take to read that, and to stop sending."""

MAX_LEAVING = 4_096
"""Viewers that may take that long at once; beyond it the first of them are cut."""

_json = msgspec.json.Encoder()
log = structlog.get_logger()


class Scene(Protocol):
    """What is on screen, as the overlay room folds it from the log."""

    def apply(self, message: LogMessage) -> None:
        """Fold the next message in."""

    def state(self, now: ProgrammeMs) -> FeedState:
        """Return the whole current state without links."""

    def level(self, sku: Sku) -> StockLevel | None:
        """Return the last announced stock of a SKU."""


async def _nothing_to_add() -> None:
    """Leave the log as it is."""


def _not_counted(_address: str) -> None:
    """Viewers are not counted by address."""


class Refused(Exception):  # noqa: N818 - the feed's way of saying no
    """A viewer may not have the feed it asked for.

    Attributes:
        code: the close code a WebSocket is told.
        problem: the name of the problem an HTTP request is answered with.
        retry_after_ms: when to come again, or None for never.
    """

    def __init__(self, code: CloseCode, problem: str, reason: str, retry_after_ms: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.problem = problem
        self.reason = reason
        self.retry_after_ms = retry_after_ms


def _busy(reason: str, wait_ms: int) -> Refused:
    return Refused(CloseCode.OVER_CAPACITY, "busy", f"{reason}: retry in {wait_ms} ms", wait_ms)


class FeedHub:
    """Every channel of one show on one edge.

    Args:
        show: the show whose feed this is.
        cue_log: where the messages come from.
        new_scene: makes an empty scene, to fold the log into.
        profiles: the show's channels.
        links: fills each channel's deep links.
        now: the wall clock.
        max_viewers: viewers held at once on this edge.
        max_per_channel: of those, on one channel; 0 is no limit.
        addresses: how many one network address may have, or None for no limit.
        admission: how many are greeted a second, or None for no limit.
        heartbeat_s: idle viewers hear a sign of life this often.
        ring: sends a frame to many sockets at once; the hub closes it. None sends one by one.
        crowded_wait_s: how long a tap waits on a connection that brings many buyers' tokens; 0 is not at all.
    """

    def __init__(  # noqa: PLR0913 - the parts and bounds of an edge, by name
        self,
        show: ShowId,
        cue_log: CueLog,
        *,
        new_scene: Callable[[], Scene],
        profiles: Sequence[ChannelProfile],
        links: LinkBook,
        now: Now,
        max_viewers: int,
        max_per_channel: int = 0,
        addresses: AddressCaps | None = None,
        admission: Admission | None = None,
        heartbeat_s: float = HEARTBEAT_S,
        ring: SendRing | None = None,
        crowded_wait_s: float = 0.0,
    ) -> None:
        self._show = show
        self._log = cue_log
        self._new_scene = new_scene
        self._scene = new_scene()
        self._now = now
        self._max_viewers = max_viewers
        self._max_per_channel = max_per_channel or max_viewers
        self._addresses = addresses
        self._admission = admission
        self._heartbeat_s = heartbeat_s
        gone = addresses.leave if addresses is not None else _not_counted
        self._ring = ring
        self.crowded_wait_s = crowded_wait_s
        self.crowded_taps = 0
        """Taps that waited because their connection brings many buyers' tokens."""
        self._channels = {profile.id: ChannelFeed(profile, links, gone, ring) for profile in profiles}
        self.leaving = WaitingHeads(MAX_LEAVING, CLOSE_GRACE_S)
        """Connections of viewers told to go, until they are gone; whoever stops the listener cuts the rest."""
        self._moment: tuple[Epoch, int, WallMs] | None = None
        self._snapshots: dict[ChannelFeed, Frames] = {}
        """Snapshots of ``_moment``: whoever joins within one millisecond gets the same bytes."""
        self.card_errors = CardErrors()
        """What viewers here report of cards on their screens."""
        self._history = History()
        self._seq = 0
        self._following: asyncio.Task[None] | None = None
        self._heart: asyncio.Task[None] | None = None
        self.on_opened: Callable[[], None] = lambda: None
        """Told that the log was opened, before ``on_message`` is told all it holds: earlier places in it are void."""
        self.on_message: Callable[[LogMessage], None] = lambda _message: None
        """Told of every message once this edge knows it, at start those of the past."""
        self.on_lost: Callable[[], Awaitable[None]] = _nothing_to_add
        """Asked, once a lost log was opened anew and before viewers hear of it, to append what is missing there."""

    @property
    def seq(self) -> int:
        """The sequence number of the last message handed out."""
        return self._seq

    @property
    def ready(self) -> bool:
        """Whether the log is being followed."""
        return self._following is not None and not self._following.done()

    def level(self, sku: Sku) -> StockLevel | None:
        """Return a SKU's stock as viewers last heard it."""
        return self._scene.level(sku)

    def audience(self) -> dict[ChannelId, int]:
        """Return how many viewers each channel has here."""
        return {channel: len(feed) for channel, feed in self._channels.items()}

    async def start(self) -> None:
        """Learn the present from the log, then follow it."""
        await self._open()
        self._following = asyncio.create_task(self._follow())
        self._heart = asyncio.create_task(self._beat())

    async def followed(self) -> None:
        """Wait for as long as the log is followed, and raise what ended that: nobody here hears of new cues then."""
        if self._following is None:
            raise RuntimeError("start the hub first")
        await asyncio.shield(self._following)

    async def stop(self) -> None:
        """Send every viewer elsewhere and stop following."""
        for task in (self._following, self._heart):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for feed in self._channels.values():
            for viewer in feed.viewers():
                viewer.close(CloseCode.GOING_AWAY, "this server is shutting down")
                feed.leave(viewer)
        if self._ring is not None:
            self._ring.close()

    async def _open(self) -> None:
        records = await self._log.open()
        self._scene = self._new_scene()
        self._history.clear()
        for feed in self._channels.values():
            feed.reset()
        self.card_errors.forget()
        self._moment = None
        self._seq = 0
        self.on_opened()
        for record in records:
            self._note(record)

    def _note(self, record: LogRecord) -> None:
        self._seq = record.seq
        self._history.add(record)
        self._scene.apply(record.message)
        if isinstance(record.message, Cue) and record.message.action == "take":
            self.card_errors.expect(record.message.id, record.seq, record.message.at_ms)
        self.on_message(record.message)

    async def _follow(self) -> None:
        while True:
            try:
                async for record in self._log.follow(self._seq):
                    self._deliver(record)
            except LogLostError as lost:
                log.warning("cue_log.lost", show=self._show, reason=str(lost))
                await self._reopen()

    async def _reopen(self) -> None:
        while True:
            try:
                await self._open()
                await self.on_lost()
                await self._open()
            except (OSError, LogLostError) as unreachable:
                log.warning("cue_log.unreachable", show=self._show, reason=str(unreachable))
                await asyncio.sleep(REOPEN_DELAY_S)
            else:
                break
        for feed in self._channels.values():
            snapshot = self._snapshot(feed)
            for viewer in feed.viewers():
                viewer.send(snapshot)

    def _deliver(self, record: LogRecord) -> None:
        self._note(record)
        oldest = self._history.oldest_seq or 0
        for feed in self._channels.values():
            feed.forget_before(oldest)
            if len(feed):
                feed.deliver(feed.frames(record, self._log.epoch))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            for feed in self._channels.values():
                feed.ping()

    @property
    def counts_addresses(self) -> bool:
        """Whether ``admit`` and ``join`` want to know where a viewer comes from."""
        return self._addresses is not None

    def admit(self, request: FeedRequest, address: str = "") -> ChannelFeed:
        """Return the channel a request may have.

        Args:
            request: what is asked.
            address: where it comes from, if ``counts_addresses``.

        Raises:
            Refused: another show, no such channel, a page that may not embed it; or, for now, no room, too many from
                the address, too many at once, or the log is not known yet.
        """
        if request.show != self._show:
            raise Refused(CloseCode.NO_SUCH_SHOW, "no-such-show", "there is no such show")
        feed = self._channels.get(request.channel)
        if feed is None:
            raise Refused(CloseCode.NO_SUCH_CHANNEL, "no-such-channel", "the show is not on this channel")
        if not origin_allowed(request.origin, request.host, feed.profile.origins):
            raise Refused(CloseCode.REFUSED, "origin-refused", "this page may not use the channel")
        self._make_sure_of_room(feed, address)
        return feed

    def _make_sure_of_room(self, feed: ChannelFeed, address: str) -> None:
        if not self.ready:
            raise _busy("this server is starting", self._far_apart_ms())
        viewers = sum(len(channel) for channel in self._channels.values())
        if viewers >= self._max_viewers or len(feed) >= self._max_per_channel:
            raise _busy("this server holds as many viewers as it may", self._far_apart_ms())
        if self._addresses is not None and not self._addresses.has_room(address):
            raise _busy("too many viewers from this address", self._far_apart_ms())
        if self._admission is not None:
            wait_ms = self._admission.ask(time.monotonic() * 1000, random.random())  # noqa: S311 - spreads a crowd
            if wait_ms is not None:
                raise _busy("too many at once", wait_ms)

    def _far_apart_ms(self) -> int:
        return int(FULL_RETRY_MS * (0.5 + random.random()))  # noqa: S311 - spreads a crowd, guards nothing

    def join(self, feed: ChannelFeed, viewer: Viewer, resume: Resume | None, address: str = "") -> None:
        """Give a viewer everything up to now, then every message as it comes, without a gap between the two."""
        # Counted in before the first byte: a viewer lost while it is told the past is then counted out like any other.
        feed.join(viewer, self._addresses.enter(address) if self._addresses is not None else "")
        missed = self._missed(resume)
        if missed is None:
            viewer.send(self._snapshot(feed))
        else:
            epoch = self._log.epoch
            payload = _json.encode(Resumed(epoch=epoch, seq=resume.after if resume else 0))
            point = resume.after if resume else 0
            viewer.send(encode(point, epoch, payload))
            for record in missed:
                viewer.send(feed.frames(record, epoch))

    def _missed(self, resume: Resume | None) -> Sequence[LogRecord] | None:
        if resume is None or resume.epoch != self._log.epoch:
            return None
        return self._history.since(resume.after, self._seq)

    def _snapshot(self, feed: ChannelFeed) -> Frames:
        now = self._now()
        epoch = self._log.epoch
        moment = (epoch, self._seq, now)
        if moment != self._moment:
            self._moment = moment
            self._snapshots.clear()
        snapshot = self._snapshots.get(feed)
        if snapshot is None:
            state = self._scene.state(captured_at(now))
            snapshot = self._snapshots[feed] = feed.snapshot(self._show, epoch, self._seq, now, state)
        return snapshot
