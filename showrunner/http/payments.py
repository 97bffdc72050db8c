"""Where payment gateways tell what became of a payment, and where the sandbox is told how to behave."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
import structlog
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from broadcast.channels.adapters.tokens import ProducerTokens, bearer
from broadcast.checkout.adapters.notifications import verify
from broadcast.checkout.adapters.sandbox_gateway import SandboxBehaviour
from broadcast.checkout.payment import Acknowledgement, NotificationReader, PaymentNotification, Provider
from broadcast.checkout.port import PaymentNews
from broadcast.errors import Refusal
from broadcast.ids import ShowId
from showrunner.http.bodies import read_body, read_json
from showrunner.http.callers import caller

NOTIFICATIONS = "/v1/payments/notifications"
"""News signed by the house itself: the sandbox's, and settlement's repairs."""

PROVIDER_NOTIFICATIONS = "/v1/payments/{provider}/notifications"
MAX_DELAY_MS = 600_000

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

log = structlog.get_logger()


class BehaviourRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /v1/shows/{show}/sandbox``: how the sandbox gateway behaves from now on."""

    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_DELAY_MS)] = 1_500
    failure_share: Share = 0.0
    duplicate_share: Share = 0.0
    reorder: bool = False
    wrong_amount_share: Share = 0.0
    seed: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Behaving(Protocol):
    """A sandbox that can be told how to behave."""

    def behave(self, behaviour: SandboxBehaviour) -> None:
        """Behave like this from now on."""


class RefusedNews(Protocol):
    """Writes down what a gateway rightly signed and the checkout could not take."""

    def __call__(self, provider: Provider, news: PaymentNotification) -> None:
        """Write it down."""


_behaviour = msgspec.json.Decoder(BehaviourRequest)


class PaymentDoor:
    """Payment notifications of one show, each verified before it is believed.

    Args:
        secret: of the house's own notifications.
        sandbox: told how to behave, where it is in this process.
        readers: gateway → what reads its notifications.
        refused: told of signed news that does not fit the order.
    """

    def __init__(
        self,
        show: ShowId,
        checkout: PaymentNews,
        secret: str,
        tokens: ProducerTokens,
        sandbox: Behaving | None,
        *,
        readers: Mapping[Provider, NotificationReader] | None = None,
        refused: RefusedNews | None = None,
        per_minute: int = 60_000,
    ) -> None:
        self._show = show
        self._checkout = checkout
        self._secret = secret
        self._tokens = tokens
        self._sandbox = sandbox
        self._readers = dict(readers or {})
        self._refused = refused
        self._pace = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of payments; the sandbox's only where there is one."""
        routes = [web.post(NOTIFICATIONS, self._notified), web.post(PROVIDER_NOTIFICATIONS, self._told)]
        if self._sandbox is not None:
            routes.append(web.post(f"/v1/shows/{self._show}/sandbox", self._behave))
        return routes

    async def _notified(self, request: web.Request) -> web.Response:
        await self._keep_pace(request)
        notification = verify(request.headers, await read_body(request), self._secret)
        await self._take_in("sandbox", notification)
        return web.Response(status=204)

    async def _told(self, request: web.Request) -> web.Response:
        """Take in a gateway's news; the answer, yes or no, is in the gateway's own words."""
        name = request.match_info["provider"]
        if name == "sandbox":
            return await self._notified(request)
        for provider, reader in self._readers.items():
            if provider == name:
                try:
                    await self._keep_pace(request)
                    news = reader.read(request.headers, await read_body(request))
                    if news is not None:
                        await self._take_in(provider, news)
                except Refusal as refusal:
                    # neither the body nor its signature: they hold what is the buyer's and the gateway's
                    log.warning("payment.notification_refused", provider=provider, problem=refusal.name)
                    return _answer(reader.refused(refusal))
                return _answer(reader.accepted())
        raise Refusal("not-found", "that gateway is not ours")

    async def _take_in(self, provider: Provider, news: PaymentNotification) -> None:
        try:
            await self._checkout.payment_notified(news)
        except Refusal as refusal:
            if refusal.name == "invalid" and self._refused is not None:
                self._refused(provider, news)
            raise

    async def _keep_pace(self, request: web.Request) -> None:
        if not await self._limiter.hit(self._pace, "notification", caller(request)):
            raise Refusal("too-many-requests", "too many notifications from this address", retry_after_ms=1_000)

    async def _behave(self, request: web.Request) -> web.Response:
        self._tokens.verify(bearer(request.headers.get("Authorization")), self._show)
        asked = await read_json(request, _behaviour)
        if self._sandbox is not None:
            self._sandbox.behave(SandboxBehaviour(**msgspec.structs.asdict(asked)))
        return web.Response(body=msgspec.json.encode(asked), content_type="application/json")


def _answer(said: Acknowledgement) -> web.Response:
    if not said.body:
        return web.Response(status=said.status)
    return web.Response(body=said.body, status=said.status, content_type=said.content_type)
