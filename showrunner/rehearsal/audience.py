"""The viewers of one rehearsal: connected at a bounded pace, then watching until they are sent home."""

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from broadcast.ids import ChannelId, ShowId
from broadcast.messages import Cue
from showrunner.rehearsal.figures import FeedFigures, spread_of
from showrunner.rehearsal.plan import Plan
from showrunner.rehearsal.tally import Tally
from showrunner.rehearsal.viewer import SyntheticViewer

CONNECTING_AT_ONCE = 64
"""Viewers whose handshake is under way at the same time."""

LOOK_EVERY_S = 0.05
NEWEST_MESSAGE_LOOKS = 300
"""Looks at whether every viewer has the newest message: 15 seconds, once nothing new is asked for."""


class Audience:
    """All viewers, spread over the channels in turn."""

    def __init__(
        self,
        plan: Plan,
        show: ShowId,
        channels: Sequence[ChannelId],
        tally: Tally,
        on_cue: Callable[[SyntheticViewer, Cue, float], None],
    ) -> None:
        self.channel_of = [channels[number % len(channels)] for number in range(plan.viewers)]
        self.viewers = [
            SyntheticViewer(
                f"{plan.feed_base}/v1/shows/{show}/feed?{urlencode({'channel': channel})}", number, tally, on_cue
            )
            for number, channel in enumerate(self.channel_of)
        ]
        self._tally = tally
        self._watching: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> int:
        """Viewers who have the feed now."""
        return sum(viewer.watching for viewer in self.viewers)

    async def connect(self) -> None:
        """Connect everybody; return when each has the feed or was refused it."""
        turn = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def arrive(viewer: SyntheticViewer) -> None:
            async with turn:
                self._watching.append(asyncio.create_task(viewer.watch()))
                await viewer.begun()

        await asyncio.gather(*map(arrive, self.viewers))

    async def all_at(self, seq: int) -> None:
        """Wait until every viewer has the message of this number, looking ``NEWEST_MESSAGE_LOOKS`` times at most."""
        for _ in range(NEWEST_MESSAGE_LOOKS):
            if self._behind(seq) == 0:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def go_home(self) -> None:
        """Close every feed."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    def figures(self, seq: int, cues: int) -> FeedFigures:
        """Return how the feed reached the viewers, the newest message being ``seq`` and ``cues`` having the cue."""
        checks = [viewer.check for viewer in self.viewers]
        return FeedFigures(
            viewers=len(self.viewers),
            watching=self.connected,
            snapshots=sum(check.snapshots for check in checks),
            resumed=sum(check.resumed for check in checks),
            messages=sum(check.messages for check in checks),
            cues=cues,
            gaps=sum(check.gaps for check in checks),
            behind=self._behind(seq),
            closed=dict(self._tally.closed),
            connect_ms=spread_of(self._tally.connect_ms),
            cue_ms=spread_of(self._tally.cue_ms),
        )

    def _behind(self, seq: int) -> int:
        return sum(viewer.check.seq < seq for viewer in self.viewers)
