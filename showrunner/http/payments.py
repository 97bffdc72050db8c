"""Where payment gateways tell what became of a payment, and where the sandbox is told how to behave."""

from typing import Annotated, Protocol

import msgspec
from aiohttp import web

from broadcast.channels.adapters.tokens import ProducerTokens, bearer
from broadcast.checkout.adapters.notifications import verify
from broadcast.checkout.adapters.sandbox_gateway import SandboxBehaviour
from broadcast.checkout.port import PaymentNews
from broadcast.ids import ShowId
from showrunner.http.bodies import read_body, read_json

NOTIFICATIONS = "/v1/payments/notifications"
MAX_DELAY_MS = 600_000

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


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


_behaviour = msgspec.json.Decoder(BehaviourRequest)


class PaymentDoor:
    """Payment notifications of one show, each verified before it is believed."""

    def __init__(
        self,
        show: ShowId,
        checkout: PaymentNews,
        secret: str,
        tokens: ProducerTokens,
        sandbox: Behaving | None,
    ) -> None:
        self._show = show
        self._checkout = checkout
        self._secret = secret
        self._tokens = tokens
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of payments; the sandbox's only where there is one."""
        routes = [web.post(NOTIFICATIONS, self._notified)]
        if self._sandbox is not None:
            routes.append(web.post(f"/v1/shows/{self._show}/sandbox", self._behave))
        return routes

    async def _notified(self, request: web.Request) -> web.Response:
        notification = verify(request.headers, await read_body(request), self._secret)
        await self._checkout.payment_notified(notification)
        return web.Response(status=204)

    async def _behave(self, request: web.Request) -> web.Response:
        self._tokens.verify(bearer(request.headers.get("Authorization")), self._show)
        asked = await read_json(request, _behaviour)
        if self._sandbox is not None:
            self._sandbox.behave(SandboxBehaviour(**msgspec.structs.asdict(asked)))
        return web.Response(body=msgspec.json.encode(asked), content_type="application/json")
