"""One channel of the feed: its viewers, and the bytes they have in common."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from broadcast.channels.adapters.crowd import Crowd, Straggler
from broadcast.channels.adapters.send_ring import SendRing
from broadcast.channels.close_codes import CloseCode
from broadcast.channels.cue_log import LogMessage, LogRecord
from broadcast.channels.deep_links import LinkBook
from broadcast.channels.frames import (
    PING_FRAME,
    QUICK_DEFLATE_LEVEL,
    Frames,
    deflated,
    deflated_frame,
    encode,
    event_chunk,
    event_id,
    text_frame,
)
from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import CueId, Epoch, ShowId
from broadcast.messages import Cue, FeedState, LookView, Snapshot

REPORTERS = 500
"""Viewers of a channel here of whom about so many, and the logarithm of how many more there are, report shown takes."""

_json = msgspec.json.Encoder()


class Viewer(Protocol):
    """One connected viewer."""

    def send(self, frames: Frames) -> None:
        """Write one message."""

    def ping(self) -> None:
        """Write a sign of life."""

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why, and close."""


class SocketViewer(Viewer, Straggler, Protocol):
    """A viewer whose socket may take frames as they are.

    Attributes:
        deflates: whether it agreed to compressed messages.
    """

    deflates: bool


class _SnapshotParts(msgspec.Struct, frozen=True):
    """A snapshot but for the time of day in its middle, as text and compressed."""

    head: bytes
    tail: bytes
    deflated_head: bytes
    deflated_tail: bytes


class ChannelFeed:
    """One channel's viewers and their common bytes."""

    def __init__(
        self,
        profile: ChannelProfile,
        links: LinkBook,
        on_gone: Callable[[str], None] = lambda _address: None,
        ring: SendRing | None = None,
    ) -> None:
        self.profile = profile
        self._links = links
        self._on_gone = on_gone
        self._frames: dict[int, Frames] = {}
        self._kept_from = 0
        self._looks: dict[CueId, LookView] = {}
        self._viewers: dict[Viewer, str] = {}
        self._aside: dict[Viewer, None] = {}
        self._crowd = Crowd(ring)
        self._deflating = Crowd(ring)
        self._silent = True
        self._snapshot: tuple[tuple[Epoch, int, CueId | None], _SnapshotParts] | None = None

    def __len__(self) -> int:
        return len(self._viewers)

    def localised(self, cue: Cue) -> Cue:
        """Return the cue with this channel's links."""
        if cue.look is None:
            return cue
        look = self._looks.get(cue.id)
        if look is None:
            look = self._looks[cue.id] = self._links.on_channel(self.profile, cue.look)
        return msgspec.structs.replace(cue, look=look)

    def frames(self, record: LogRecord, epoch: Epoch) -> Frames:
        """Return a record's bytes for this channel; made at first use, the same ever after."""
        frames = self._frames.get(record.seq)
        if frames is None:
            message: LogMessage = record.message
            if isinstance(message, Cue):
                message = self.localised(message)
            frames = encode(record.seq, epoch, _json.encode(message))
            self._frames[record.seq] = frames
        return frames

    def forget_before(self, seq: int) -> None:
        """Drop bytes that can no longer be resumed."""
        for old in range(self._kept_from, seq) if self._frames else ():
            self._frames.pop(old, None)
        self._kept_from = max(self._kept_from, seq)

    def reset(self) -> None:
        """Drop everything made for an earlier epoch."""
        self._frames.clear()
        self._kept_from = 0
        self._looks.clear()
        self._snapshot = None

    def snapshot(self, show: ShowId, epoch: Epoch, seq: int, now_ms: int, state: FeedState) -> Frames:
        """Return a snapshot. All but ``now_ms`` is made once for all viewers who join at the same point."""
        key = (epoch, seq, state.on_air.id if state.on_air else None)
        if self._snapshot is None or self._snapshot[0] != key:
            local = msgspec.structs.replace(
                state,
                on_air=self.localised(state.on_air) if state.on_air else None,
                cues=tuple(self.localised(cue) for cue in state.cues),
            )
            share = min(1.0, REPORTERS / max(1, len(self)))
            whole = _json.encode(
                Snapshot(show=show, epoch=epoch, seq=seq, now_ms=0, state=local, report_share=round(share, 4))
            )
            head, mark, tail = whole.partition(b'"now_ms":0')
            head += mark[:-1]
            self._snapshot = (
                key,
                _SnapshotParts(head, tail, deflated(head, QUICK_DEFLATE_LEVEL), deflated(tail, QUICK_DEFLATE_LEVEL)),
            )
        parts = self._snapshot[1]
        now = b"%d" % now_ms
        payload = b"%b%b%b" % (parts.head, now, parts.tail)
        return Frames(
            seq,
            text_frame(payload),
            # Joins come every millisecond; what is long was compressed when it last changed.
            deflated_frame(parts.deflated_head, deflated(now, level=0), parts.deflated_tail),
            event_chunk(payload, event_id(epoch, seq)),
        )

    def join(self, viewer: Viewer, counted_as: str = "") -> None:
        """Count a viewer in: from now on every message reaches it.

        Args:
            viewer: who.
            counted_as: the name of its address, if addresses are counted; all viewers of one share the string.
        """
        self._viewers[viewer] = counted_as
        self._aside[viewer] = None

    def leave(self, viewer: Viewer) -> None:
        """Count a viewer out; harmless if it already left."""
        self._aside.pop(viewer, None)
        counted_as = self._viewers.pop(viewer, "")
        if counted_as:
            self._on_gone(counted_as)

    def write_straight(self, viewer: SocketViewer, descriptor: int) -> None:
        """Write to a viewer's descriptor from now on; its socket must hold nothing back, and it must be of the feed."""
        del self._aside[viewer]
        (self._deflating if viewer.deflates else self._crowd).enter(descriptor, viewer)

    def write_aside(self, viewer: SocketViewer, descriptor: int) -> None:
        """Leave writing to the viewer itself again; before it leaves the feed, and before the descriptor is closed."""
        (self._deflating if viewer.deflates else self._crowd).leave(descriptor)
        self._aside[viewer] = None

    def deliver(self, frames: Frames) -> None:
        """Write one message to every viewer."""
        self._silent = False
        aside = tuple(self._aside)
        self._crowd.write(frames.websocket)
        self._deflating.write(frames.deflated)
        for viewer in aside:
            viewer.send(frames)

    def ping(self) -> None:
        """Write a sign of life to every viewer, unless a message was one since the last time."""
        silent, self._silent = self._silent, True
        if not silent:
            return
        aside = tuple(self._aside)
        self._crowd.write(PING_FRAME)
        self._deflating.write(PING_FRAME)
        for viewer in aside:
            viewer.ping()

    def viewers(self) -> Sequence[Viewer]:
        """Return the viewers as of now; they may leave while being written to."""
        return tuple(self._viewers)
