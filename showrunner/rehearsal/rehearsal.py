"""One rehearsal from start to end: the audience arrives, a look appears, everybody taps, the books are checked."""

import asyncio
import contextlib
import time
from collections.abc import Collection
from contextlib import AsyncExitStack

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.ids import ChannelId
from broadcast.messages import Cue
from broadcast.public_messages import PublicShow
from showrunner.failures import UsageError
from showrunner.feed_parts import new_id
from showrunner.rehearsal.audience import Audience
from showrunner.rehearsal.audit import audit
from showrunner.rehearsal.crowd import Crowd
from showrunner.rehearsal.doors import HttpDoor
from showrunner.rehearsal.figures import Report, broken_promises
from showrunner.rehearsal.plan import HTTP_CONNECTIONS, Plan
from showrunner.rehearsal.server import Server, new_session
from showrunner.rehearsal.tally import Tally
from showrunner.rehearsal.viewer import SyntheticViewer

PRODUCER_TIMEOUT_S = 3_600.0
"""How long the audience waits for a producer to press GO."""

CUE_TIMEOUT_S = 30.0
"""How long a cue may take: to the first viewer once GO was pressed, and from there to the last."""


class Rehearsal:
    """One rehearsal; what is public may be read while it runs, to show how far it is.

    Args:
        tokens: signs the buyers' tokens, for the channels named in ``signed``.
        show: the show's name, or None for the only one on the server.
        producer_token: needed where the plan says take.
    """

    def __init__(
        self,
        plan: Plan,
        tokens: ViewerTokens,
        signed: Collection[ChannelId],
        *,
        show: str | None = None,
        producer_token: str | None = None,
    ) -> None:
        self.plan = plan
        self.tally = Tally()
        self.stage = "Looking for the show"
        self.audience: Audience | None = None
        self.crowd: Crowd | None = None
        self._tokens = tokens
        self._signed = signed
        self._show = show
        self._producer_token = producer_token

    async def run(self) -> Report:
        """Run it once.

        Raises:
            UsageError: there is no such show, it refuses GO, nobody pressed it, or it went away for good.
        """
        started = time.monotonic()
        async with AsyncExitStack() as leaving:
            session = await leaving.enter_async_context(new_session())
            server = Server(session, self.plan.url)
            show = await server.show(self._show)
            channels = self._channels(show)
            before = await server.counters()

            audience = self.audience = Audience(self.plan, show.show, channels, self.tally, self._heard)
            http = HttpDoor(session, self.plan.url, HTTP_CONNECTIONS)
            crowd = self.crowd = Crowd(
                self.plan, show.show, audience.channel_of, self._tokens, http, self.tally, new_id
            )  # fmt: skip
            leaving.push_async_callback(audience.go_home)
            leaving.push_async_callback(crowd.go_home)

            self.stage = "The audience arrives"
            await audience.connect()
            crowd.arm()
            cue = await self._moment(server, show, crowd)
            self.stage = "Tapping"
            await self._all_saw(crowd)
            await crowd.all_answered()

            self.stage = "Checking the books"
            found = await audit(server, before, crowd.held)
            newest = (await server.counters()).seq
            await audience.all_at(newest)
            feed = audience.figures(newest, crowd.saw)
            taps = self.tally.taps()
            return Report(
                url=self.plan.url,
                show=show.show,
                channels=tuple(channels),
                look=cue.look.id if cue.look is not None else "",
                seconds=round(time.monotonic() - started, 1),
                feed=feed,
                taps=taps,
                audit=found,
                broken=broken_promises(feed, taps, found),
            )

    def _heard(self, viewer: SyntheticViewer, cue: Cue, received_ms: float) -> None:
        if self.crowd is not None:
            self.crowd.heard(viewer, cue, received_ms)

    def _channels(self, show: PublicShow) -> list[ChannelId]:
        """Return the channels the viewers are on."""
        known = [ChannelId(channel.id) for channel in show.channels]
        asked = known if self.plan.channel is None else [ChannelId(self.plan.channel)]
        channels = [channel for channel in asked if channel in known and channel in self._signed]
        if not channels:
            listed = ", ".join(channel for channel in known if channel in self._signed) or "none"
            raise UsageError(f"no channel to watch on; of {show.show}'s channels there are keys for: {listed}")
        return channels

    async def _moment(self, server: Server, show: PublicShow, crowd: Crowd) -> Cue:
        """Wait for the look: until GO was pressed here, or by a producer."""
        if self.plan.take:
            self.stage = "GO"
            await server.take(show.show, self._producer_token or "", new_id())
        else:
            self.stage = "Waiting for GO in the console"
        try:
            async with asyncio.timeout(CUE_TIMEOUT_S if self.plan.take else PRODUCER_TIMEOUT_S):
                await crowd.seen.wait()
        except TimeoutError:
            raise UsageError("no viewer saw a look appear" if self.plan.take else "nobody pressed GO") from None
        if crowd.cue is None:
            raise RuntimeError("the moment came without a cue")
        return crowd.cue

    async def _all_saw(self, crowd: Crowd) -> None:
        with contextlib.suppress(TimeoutError):  # whoever has not seen it is in the report
            async with asyncio.timeout(CUE_TIMEOUT_S):
                await crowd.all_saw.wait()
