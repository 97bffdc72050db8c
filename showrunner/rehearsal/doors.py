"""The two doors a tap goes in by, seen from the buyer's side."""

import asyncio
from typing import Any, Protocol

import msgspec
from aiohttp import ClientSession

from broadcast.errors import PROBLEM_NAMESPACE
from broadcast.messages import OrderAnswer, OrderRequest

_CREATED = 201
_order = msgspec.json.Decoder(OrderAnswer)
_problem = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """One buyer's tap: who, for what, under which idempotency key."""

    token: str
    key: str
    request: OrderRequest


class Acknowledged(msgspec.Struct, frozen=True):
    """The order was placed, now or (``replayed``) when the same tap came before."""

    order: OrderAnswer
    replayed: bool


class Declined(msgspec.Struct, frozen=True):
    """The order was not placed; ``name`` is the problem's, ``problem`` the whole of it (RFC 9457)."""

    name: str
    problem: dict[str, Any]


Outcome = Acknowledged | Declined


class TapDoor(Protocol):
    """A way in for taps.

    Attributes:
        name: ``http`` or ``websocket``.
        turn: taken by whoever sends a tap here, until its answer: so many taps are on their way at once.
    """

    name: str
    turn: asyncio.Semaphore

    async def place(self, buyer: Buyer) -> Outcome:
        """Send a tap and return its answer.

        Raises:
            OSError: the connection failed: whether the order was placed is unknown, the same key is to be sent again.
            TimeoutError: no answer; the same holds.
        """


def declined(problem: dict[str, Any]) -> Declined:
    """Return a refusal by the name its type ends in."""
    return Declined(str(problem.get("type", "")).removeprefix(PROBLEM_NAMESPACE), problem)


def bearing(token: str) -> dict[str, str]:
    """Return the header that says whose request this is (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


class HttpDoor:
    """Taps over HTTP, on the session's kept connections."""

    name = "http"

    def __init__(self, session: ClientSession, url: str, at_once: int) -> None:
        self.turn = asyncio.Semaphore(at_once)
        self._session = session
        self._url = f"{url}/v1/orders"

    async def place(self, buyer: Buyer) -> Outcome:
        """Send a tap as ``POST /v1/orders``."""
        headers = {
            **bearing(buyer.token),
            "Idempotency-Key": buyer.key,
            "Content-Type": "application/json",
        }
        async with self._session.post(self._url, data=_encode(buyer.request), headers=headers) as response:
            body = await response.read()
            if response.status == _CREATED:
                return Acknowledged(_order.decode(body), "Idempotency-Replayed" in response.headers)
            return declined(_problem.decode(body))
