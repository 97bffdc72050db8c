"""The buyers of one rehearsal: each taps in the moment the look reaches the viewer it watches with."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.ids import BuyerId, ChannelId, NewId, ShowId
from broadcast.messages import Cue, LookView, OrderRequest
from showrunner.rehearsal.audit import Held
from showrunner.rehearsal.buying import buy, buy_again
from showrunner.rehearsal.doors import Buyer, HttpDoor, TapDoor
from showrunner.rehearsal.plan import Plan
from showrunner.rehearsal.tally import Tally
from showrunner.rehearsal.viewer import SyntheticViewer

MAX_TAPS_PER_WEBSOCKET = 40
"""Taps sent over one viewer's WebSocket; the server bounds what one viewer may say. The others go over HTTP."""

HOT_SHARE = 0.5
"""The share of buyers who all want the look's first article; the others choose among all."""

TOKEN_LIFETIME_MS = 6 * 3_600_000


class _Intent(msgspec.Struct, frozen=True):
    """What a buyer will do, drawn before the look is known."""

    token: str
    websocket: bool
    repeats: bool
    choice: float
    """From 0 to 1: which article."""


class Crowd:
    """All buyers."""

    def __init__(
        self,
        plan: Plan,
        show: ShowId,
        channel_of: Sequence[ChannelId],
        tokens: ViewerTokens,
        http: HttpDoor,
        tally: Tally,
        new_id: NewId,
    ) -> None:
        self.cue: Cue | None = None
        self.seen = asyncio.Event()
        self.all_saw = asyncio.Event()
        self.held: list[Held] = []
        self._show = show
        self._http = http
        self._tally = tally
        self._new_id = new_id
        self._armed = False
        self._viewers = len(channel_of)
        self._tapping: list[asyncio.Task[None]] = []
        self._saw: set[int] = set()
        self._intents: defaultdict[int, list[_Intent]] = defaultdict(list)
        draw = random.Random(plan.seed)  # noqa: S311 - choices of a rehearsal, to be had again from the seed
        for tap in range(plan.taps):
            viewer = tap % len(channel_of)
            taps = self._intents[viewer]
            taps.append(
                _Intent(
                    token=tokens.issue(channel_of[viewer], BuyerId(f"rehearsal-{new_id()}"), TOKEN_LIFETIME_MS),
                    websocket=draw.random() < plan.websocket_share and len(taps) < MAX_TAPS_PER_WEBSOCKET,
                    repeats=draw.random() < plan.repeat_share,
                    choice=draw.random(),
                )
            )

    @property
    def saw(self) -> int:
        """Viewers who have the cue."""
        return len(self._saw)

    def arm(self) -> None:
        """From now on the next look that appears is the moment."""
        self._armed = True

    def heard(self, viewer: SyntheticViewer, cue: Cue, received_ms: float) -> None:
        """Note a viewer's cue; if it is the moment, that viewer's buyers tap."""
        look = cue.look
        if not self._armed or look is None or cue.action == "update":
            return
        if self.cue is None:
            self.cue = cue
            self.seen.set()
        if cue.id != self.cue.id or viewer.number in self._saw:
            return
        self._saw.add(viewer.number)
        if len(self._saw) == self._viewers:
            self.all_saw.set()
        self._tally.cue_ms.append(received_ms - cue.sent_ms)
        for intent in self._intents.pop(viewer.number, ()):
            self._tapping.append(asyncio.create_task(self._tap(intent, look, viewer)))

    async def all_answered(self) -> None:
        """Wait until every tap that was sent has its last answer; each is bounded in tries and time."""
        await asyncio.gather(*self._tapping)

    async def go_home(self) -> None:
        """Give up what is still under way."""
        for task in self._tapping:
            task.cancel()
        await asyncio.gather(*self._tapping, return_exceptions=True)

    async def _tap(self, intent: _Intent, look: LookView, viewer: SyntheticViewer) -> None:
        offer = look.offers[chosen(intent.choice, len(look.offers))]
        request = OrderRequest(show=self._show, sku=offer.sku, quantity=1, look=look.id, seen_price=offer.price)
        buyer = Buyer(token=intent.token, key=self._new_id(), request=request)
        doors: tuple[TapDoor, TapDoor] = (viewer, self._http) if intent.websocket else (self._http, viewer)
        acknowledged = await buy(buyer, *doors, self._tally)
        if acknowledged is None:
            return
        self.held.append(Held(buyer, acknowledged.order))
        if intent.repeats:
            await buy_again(buyer, acknowledged, doors[1], doors[0], self._tally)


def chosen(choice: float, offers: int) -> int:
    """Return which of the offers a buyer wants: ``HOT_SHARE`` of the choices fall on the first."""
    if choice < HOT_SHARE:
        return 0
    return int((choice - HOT_SHARE) / (1 - HOT_SHARE) * offers)
