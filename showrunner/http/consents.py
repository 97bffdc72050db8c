"""A buyer's standing consent to pay by one tap, by reference; and what an order without one still wants of its buyer.

Anybody could claim that an agreement is theirs. So one with a real gateway comes with a proof: a JWT signed with the
channel's key, as viewer tokens are, by whoever saw the buyer sign. The sandbox's needs none.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Protocol

import msgspec
from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from broadcast.channels.adapters.tokens import Viewer, ViewerTokens, bearer
from broadcast.checkout.payment import Agreement, BuyerAction, Provider
from broadcast.clock import Now, WallMs
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, OrderId
from broadcast.messages import MAX_TOKEN_CHARS, OrderAnswer
from broadcast.money import MAX_MINOR_UNITS
from showrunner.http.bodies import read_json

CONSENT = "/v1/me/consent"
PROOF_IS_FOR = "payment-agreement"
"""The ``aud`` of a proof: a viewer token is none."""

_CARD = re.compile(r"[0-9]{13,16}")
_ALGORITHM = "HS256"

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:@|-]+$")]


class ConsentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``PUT /v1/me/consent``. References only: whatever looks like a card's number is refused.

    Attributes:
        reference: agreement number, contract id or payment method, as the gateway named it.
        customer: how the gateway names the buyer, where it wants to hear that.
        limit: minor units one order may cost without asking again.
        address: reference of the delivery address.
        proof: see the module; for every gateway but the sandbox. One that names ``limit`` and ``currency`` also lets
            orders up to there pass a spending limit.
    """

    provider: Provider
    reference: Reference
    customer: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[A-Za-z0-9_.:@|-]*$")] = ""
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_MINOR_UNITS)] | None = None
    address: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[A-Za-z0-9_.:@|-]*$")] = ""
    proof: Annotated[str, msgspec.Meta(max_length=MAX_TOKEN_CHARS)] = ""


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as its buyer sees it: of the reference only the last four characters."""

    provider: Provider
    ends_with: str
    currency: str
    limit: int | None
    address: str


class ConsentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``GET`` and ``PUT /v1/me/consent``; ``provider`` is the gateway of this channel's new orders."""

    provider: Provider
    consents: tuple[ConsentView, ...]


class PaymentAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answer of ``GET /v1/orders/{order}/payment``: what the buyer has to do, absent where nothing."""

    provider: Provider | None
    action: BuyerAction | None = None


class Taken(Protocol):
    """Where an order was taken."""

    @property
    def provider(self) -> Provider:
        """By which gateway."""

    @property
    def action(self) -> BuyerAction | None:
        """What the buyer has to do there."""


class Consents(Protocol):
    """Where consents are kept."""

    async def agreements(self, channel: ChannelId, buyer: BuyerId) -> list[Agreement]:
        """Return a buyer's consents."""

    async def agree(self, channel: ChannelId, buyer: BuyerId, agreement: Agreement, now: WallMs) -> None:
        """Keep a consent."""

    async def revoke(self, channel: ChannelId, buyer: BuyerId) -> None:
        """Forget a buyer's consents."""

    async def attempt(self, order: OrderId) -> Taken | None:
        """Return where an order was taken."""


class Orders(Protocol):
    """Knows whose order an order is."""

    async def order(self, channel: ChannelId, buyer: BuyerId, order: OrderId) -> OrderAnswer:
        """Return a buyer's order, or refuse."""


_request = msgspec.json.Decoder(ConsentRequest)


class ConsentDoor:
    """Consents over HTTP, for the buyer whose viewer token it is."""

    def __init__(
        self,
        book: Consents,
        orders: Orders,
        tokens: ViewerTokens,
        keys: Mapping[ChannelId, bytes],
        now: Now,
        *,
        provider_of: Callable[[ChannelId], Provider],
    ) -> None:
        self._book = book
        self._orders = orders
        self._tokens = tokens
        self._keys = {channel: OctKey.import_key(key) for channel, key in keys.items()}
        self._now = now
        self._provider_of = provider_of

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of consents."""
        return [
            web.get(CONSENT, self._get),
            web.put(CONSENT, self._put),
            web.delete(CONSENT, self._delete),
            web.get("/v1/orders/{order}/payment", self._payment),
        ]

    async def _get(self, request: web.Request) -> web.Response:
        return await self._consents(self._viewer(request))

    async def _put(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        asked = await read_json(request, _request)
        if any(_looks_like_a_card(text) for text in (asked.reference, asked.customer, asked.address)):
            raise invalid(FieldError("/reference", "looks like a card's number; only references are kept"))
        confirmed = False
        if asked.provider != "sandbox" or asked.proof:
            confirmed = self._must_be_proved(viewer, asked)
        agreement = Agreement(
            provider=asked.provider,
            reference=asked.reference,
            customer=asked.customer,
            currency=asked.currency,
            limit=asked.limit,
            address=asked.address,
            confirmed=confirmed,
        )
        await self._book.agree(viewer.channel, viewer.buyer, agreement, self._now())
        return await self._consents(viewer)

    async def _delete(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        await self._book.revoke(viewer.channel, viewer.buyer)
        return web.Response(status=204)

    async def _payment(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        order = await self._orders.order(viewer.channel, viewer.buyer, OrderId(request.match_info["order"]))
        taken = await self._book.attempt(order.order)
        if taken is None:
            return _answer(PaymentAnswer(provider=None))
        return _answer(
            PaymentAnswer(provider=taken.provider, action=taken.action if order.status == "reserved" else None)
        )

    async def _consents(self, viewer: Viewer) -> web.Response:
        kept = await self._book.agreements(viewer.channel, viewer.buyer)
        return _answer(
            ConsentAnswer(
                provider=self._provider_of(viewer.channel),
                consents=tuple(
                    ConsentView(
                        provider=one.provider,
                        ends_with=one.reference[-4:],
                        currency=one.currency,
                        limit=one.limit,
                        address=one.address,
                    )
                    for one in kept
                ),
            )
        )

    def _must_be_proved(self, viewer: Viewer, asked: ConsentRequest) -> bool:
        """Make sure that the channel itself says that the agreement is this buyer's.

        Returns:
            Whether it also says what one order may cost: the proof names ``limit`` and ``currency``, and they are those
            asked for.

        Raises:
            Refusal: ``forbidden``.
        """
        wanted = {
            "iss": viewer.channel,
            "sub": viewer.buyer,
            "aud": PROOF_IS_FOR,
            "provider": asked.provider,
            "reference": asked.reference,
            "customer": asked.customer,
        }
        try:
            claims = jwt.decode(asked.proof, self._keys[viewer.channel], algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError, KeyError):
            raise Refusal("forbidden", "the proof is not the channel's") from None
        expires = claims.get("exp")
        if {name: claims.get(name) for name in wanted} != wanted:
            raise Refusal("forbidden", "the proof is of another agreement, buyer or channel")
        if type(expires) is not int or expires * 1000 <= self._now():
            raise Refusal("forbidden", "the proof has run out")
        if claims.get("limit") is None:
            return False
        if (claims["limit"], claims.get("currency")) != (asked.limit, asked.currency):
            raise Refusal("forbidden", "the proof is of another limit")
        return True

    def _viewer(self, request: web.Request) -> Viewer:
        return self._tokens.verify(bearer(request.headers.get("Authorization")))


def _looks_like_a_card(text: str) -> bool:
    """Tell whether the text is 13 to 16 digits whose check digit (ISO/IEC 7812-1, annex B) is right."""
    digits = text.replace("-", "")
    if _CARD.fullmatch(digits) is None:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - a decimal digit's end


def _answer(answer: msgspec.Struct) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(answer), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
