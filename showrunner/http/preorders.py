"""Pre-orders charged earlier than they are due, by a producer: the goods are there sooner than was thought."""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec
import structlog
from aiohttp import web

from broadcast.channels.adapters.tokens import ProducerTokens, bearer
from broadcast.errors import Refusal
from broadcast.ids import ShowId, Sku
from broadcast.messages import Name
from showrunner.http.bodies import read_json

MAX_SKUS = 200
"""SKUs of one request."""

log = structlog.get_logger()


class ChargeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /v1/shows/{show}/pre-orders/charge``: whose pre-orders are paid for now."""

    skus: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=MAX_SKUS)]


class ChargeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments were asked for by this request; those that were before do not count."""

    asked_for: int


class PreOrders(Protocol):
    """Where pre-orders are charged."""

    async def charge_preorders(self, skus: Sequence[Sku]) -> int:
        """Ask for the payments of these SKUs' pre-orders now; return how many were asked for.

        Raises:
            Refusal: ``not-on-sale`` for a SKU that is not in the show, or ``busy``; asking again goes on.
        """


_request = msgspec.json.Decoder(ChargeRequest)


class PreOrderDoor:
    """The pre-orders of one show, for its producers."""

    def __init__(self, show: ShowId, checkout: PreOrders, tokens: ProducerTokens) -> None:
        self._show = show
        self._checkout = checkout
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of pre-orders."""
        return [web.post("/v1/shows/{show}/pre-orders/charge", self._charge)]

    async def _charge(self, request: web.Request) -> web.Response:
        token = bearer(request.headers.get("Authorization"))
        if request.match_info["show"] != self._show:
            raise Refusal("no-such-show", "that show is not on here")
        producer = self._tokens.verify(token, self._show)
        skus = (await read_json(request, _request)).skus
        # who asked is on record even where the answer never comes
        log.info("preorders.charge", by=producer.name, skus=list(skus))
        asked_for = await self._checkout.charge_preorders([Sku(sku) for sku in skus])
        log.info("preorders.charged", by=producer.name, skus=list(skus), asked_for=asked_for)
        return web.Response(
            body=msgspec.json.encode(ChargeAnswer(asked_for=asked_for)), content_type="application/json"
        )
