"""What every gateway has: trades, a way to tell the shop, and bad manners on request."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SHOP = "http://shop.test"
"""How a shop is called whose address is not known before it runs; ``LocalGateway.shop`` says where it is."""

Message = tuple[dict[str, str], bytes]


class Manners(msgspec.Struct, kw_only=True):
    """How a gateway behaves; by default, well.

    Attributes:
        slow_s: before each answer.
        fail: this many requests are answered 500 and not carried out.
        lose: this many requests are carried out and their answers lost (the connection breaks).
        decline: deductions are refused for lack of money.
        silent: no notification is ever sent.
        times: each notification is sent this often.
        shuffle: notifications wait until ``release`` and come in another order.
        lie: added to the amount in notifications.
        query_lie: added to the amount in answers to queries.
        forged: notifications, and answers, are signed with a key of somebody else.
        age_s: how long ago notifications claim to have been signed.
    """

    slow_s: float = 0
    fail: int = 0
    lose: int = 0
    decline: bool = False
    silent: bool = False
    times: int = 1
    shuffle: bool = False
    lie: int = 0
    query_lie: int = 0
    forged: bool = False
    age_s: int = 0


class Trade(msgspec.Struct, kw_only=True):
    """One payment as the gateway has it. ``state``: waiting, authorized, paid, closed."""

    number: str
    value: int
    currency: str
    state: str
    reference: str
    notify_url: str = ""
    refunded: int = 0
    refund_reference: str = ""
    more: dict[str, Any] = msgspec.field(default_factory=dict)


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class LocalGateway:
    """Trades and manners; what the wire looks like is each vendor's."""

    def __init__(self) -> None:
        self.manners = Manners()
        self.trades: dict[str, Trade] = {}
        self.requests: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        self.base_url = ""
        self.shop = ""
        self._held: list[tuple[str, Message]] = []
        self._telling: set[asyncio.Task[None]] = set()
        self._session: ClientSession | None = None

    # ------------------------------------------------------------ for each vendor to fill in

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def message(self, trade: Trade, kind: str) -> Message:
        """Return the signed notification of a trade that was captured, failed or refunded, as manners have it."""
        raise NotImplementedError

    # ------------------------------------------------------------ life

    @asynccontextmanager
    async def open(self) -> AsyncIterator["LocalGateway"]:
        """Serve on a free port of this machine."""
        app = web.Application(middlewares=[self._mannered], client_max_size=2**20)
        app.add_routes(self.routes())
        server = TestServer(app)
        await server.start_server()
        self.base_url = str(server.make_url("")).rstrip("/")
        self._session = ClientSession()
        try:
            yield self
        finally:
            for task in self._telling:
                task.cancel()
            await asyncio.gather(*self._telling, return_exceptions=True)
            await self._session.close()
            await server.close()

    @web.middleware
    async def _mannered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        manners = self.manners
        if manners.slow_s:
            await asyncio.sleep(manners.slow_s)
        if manners.fail:
            manners.fail -= 1
            return web.Response(status=500, text="{}", content_type="application/json")
        answer = await handler(request)
        if manners.lose:
            manners.lose -= 1
            if request.transport is not None:
                request.transport.abort()
        return answer

    # ------------------------------------------------------------ telling the shop

    def tell(self, trade: Trade, kind: str) -> None:
        """Send a notification, as manners have it."""
        if self.manners.silent or not trade.notify_url:
            return
        for _ in range(self.manners.times):
            if self.manners.shuffle:
                self._held.append((trade.notify_url, self.message(trade, kind)))
            else:
                self._send(trade.notify_url, self.message(trade, kind))

    def release(self, seed: int = 1) -> None:
        """Send what was held back, in an order drawn from the seed."""
        held, self._held = self._held, []
        random.Random(seed).shuffle(held)  # noqa: S311 - an order of arrival, no secret
        for url, message in held:
            self._send(url, message)

    async def told(self) -> None:
        """Wait until everything sent was answered."""
        while self._telling:
            await asyncio.gather(*self._telling)

    def _send(self, url: str, message: Message) -> None:
        task = asyncio.create_task(self._post(url.replace(SHOP, self.shop), message))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _post(self, url: str, message: Message) -> None:
        assert self._session is not None
        headers, body = message
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                self.answers.append((answer.status, await answer.read()))
        except ClientError:
            self.answers.append((0, b""))
