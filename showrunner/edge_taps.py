"""Taps that arrive on an edge: sent on to the checkout, and its answer handed back on the same WebSocket.

An edge decides nothing and holds no key. Whatever goes wrong on the way is answered ``busy``: a tap keeps its
idempotency key, so trying again is always safe.
"""

import asyncio
from collections.abc import Callable, Mapping

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from broadcast.channels.adapters.feed_socket import Reply
from broadcast.channels.adapters.tokens import issuer
from broadcast.errors import Refusal, problem
from broadcast.ids import ChannelId
from broadcast.messages import OrderAnswer, OrderMessage, OrderRequest, ProblemMessage, Tap

MAX_CONNECTIONS = 128
"""Connections one edge process keeps to the checkout."""

MAX_ON_THE_WAY = 2_048
"""Taps of one edge process that may wait for the checkout at once."""

TIMEOUT_S = 5.0
"""How long the checkout may take; the hold on stock, if it made one, ends by itself."""

CONNECT_TIMEOUT_S = 2.0
DRAIN_S = 5.0
"""How long a stopping edge waits for answers to taps that are on their way."""

RETRY_AFTER_MS = 1_000
"""A buyer who is told to try again waits about this long, half of it up or down."""

CREATED = 201
PROBLEM_JSON = "application/problem+json"

_json = msgspec.json.Encoder()
_order = msgspec.json.Decoder(OrderAnswer)
_problem = msgspec.json.Decoder(dict[str, object])
log = structlog.get_logger()


class TapForwarder:
    """Sends taps to the checkout over kept HTTP connections.

    Args:
        checkout_url: the checkout's base address.
        chance: a number in [0, 1), to spread those who are told to try again.
    """

    def __init__(self, checkout_url: str, chance: Callable[[], float]) -> None:
        self._orders = f"{checkout_url}/v1/orders"
        self._chance = chance
        self._session: ClientSession | None = None
        self._on_the_way = 0
        self._answered = asyncio.Event()

    async def start(self) -> None:
        """Be ready to send."""
        self._session = ClientSession(
            connector=TCPConnector(limit=MAX_CONNECTIONS),
            timeout=ClientTimeout(total=TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        )

    async def stop(self) -> None:
        """Wait for answers on their way, within ``DRAIN_S``, and close the connections."""
        try:
            async with asyncio.timeout(DRAIN_S):
                while self._on_the_way:
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            log.warning("taps.unanswered", taps=self._on_the_way)
        if self._session is not None:
            await self._session.close()

    async def tap(self, tap: Tap, channel: ChannelId, reply: Reply) -> None:
        """Answer a tap that came over a viewer's open feed of ``channel``."""
        self._on_the_way += 1
        try:
            reply(_json.encode(await self._answer(tap, channel)))
        finally:
            self._on_the_way -= 1
            self._answered.set()

    async def _answer(self, tap: Tap, channel: ChannelId) -> OrderMessage | ProblemMessage:
        try:
            # Only the checkout can tell a forged token; but a token of another channel is not for this feed.
            if issuer(tap.token) != channel:
                raise Refusal("wrong-channel", f"this feed is {channel}'s")
            if self._on_the_way > MAX_ON_THE_WAY:
                return self._busy(tap, "too many taps at once")
            return await self._send(tap)
        except Refusal as refusal:
            return ProblemMessage(id=tap.id, problem=refusal.problem())
        except (ClientError, TimeoutError, OSError) as unreachable:
            log.warning("checkout.unreachable", reason=repr(unreachable))
            return self._busy(tap, "the checkout does not answer")
        except msgspec.DecodeError as unreadable:
            log.warning("checkout.unreadable", reason=str(unreadable))
            return self._busy(tap, "the checkout's answer could not be read")

    async def _send(self, tap: Tap) -> OrderMessage | ProblemMessage:
        request = OrderRequest(
            show=tap.show, sku=tap.sku, quantity=tap.quantity, look=tap.look, seen_price=tap.seen_price
        )
        headers = {
            "Authorization": f"Bearer {tap.token}",
            "Idempotency-Key": tap.key,
            "Content-Type": "application/json",
        }
        if tap.ticket is not None:
            headers["Arrival-Ticket"] = tap.ticket
        try:
            status, answer, body = await self._post(_json.encode(request), headers)
        except OSError:
            # The kept connection may have been closed just as it was used; the key makes a second attempt safe.
            status, answer, body = await self._post(_json.encode(request), headers)
        if status == CREATED:
            replayed = answer.get("Idempotency-Replayed") == "true"
            return OrderMessage(id=tap.id, replayed=replayed, **msgspec.structs.asdict(_order.decode(body)))
        if answer.get("Content-Type", "").startswith(PROBLEM_JSON):
            return ProblemMessage(id=tap.id, problem=_problem.decode(body))
        return self._busy(tap, "the checkout does not answer")

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            raise RuntimeError("the forwarder has not started")
        async with self._session.post(self._orders, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()

    def _busy(self, tap: Tap, why: str) -> ProblemMessage:
        wait_ms = int(RETRY_AFTER_MS * (0.5 + self._chance()))
        return ProblemMessage(id=tap.id, problem=problem("busy", why, retry_after_ms=wait_ms))
