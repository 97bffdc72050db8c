"""The front all peers share, so that only what is behind it differs: aiohttp on uvloop, our tokens, our messages.

A peer is a module with a ``Store``; run as ``python -m benchmarks.checkout.peers.<name> URL`` it prints its port once
it serves ``POST /v1/orders``, and ends when standard input does.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable
from typing import Protocol

import msgspec
import uvloop
from aiohttp import web

from benchmarks.checkout.drop import CURRENCY, HOLD_MS, PRICE, tokens
from broadcast.channels.adapters.tokens import bearer
from broadcast.errors import Refusal
from broadcast.messages import OrderAnswer, OrderRequest
from broadcast.money import Money
from showrunner.http.bodies import read_json
from showrunner.http.problems import problems
from showrunner.refusal_log import RefusalLog

BACKLOG = 4_096


class Tap(msgspec.Struct, frozen=True):
    """What a store is asked to make durable."""

    order: str
    buyer: str
    key: str
    sku: str
    quantity: int
    hold_until_ms: int


class Store(Protocol):
    """Where a peer keeps stock and orders."""

    async def start(self) -> None:
        """Connect, and lay the stock out."""

    async def place(self, tap: Tap) -> bool:
        """Reserve durably; return False when it is sold out. A repeated key places nothing twice."""

    async def stop(self) -> None:
        """Disconnect."""


def fresh(buyer: str, key: str, request: OrderRequest) -> Tap:
    """Return the tap of a request."""
    hold_until_ms = time.time_ns() // 1_000_000 + HOLD_MS
    return Tap(str(uuid.uuid4()), buyer, key, request.sku, request.quantity, hold_until_ms)


def serve(make: Callable[[str], Store]) -> None:
    """Serve a store from the command line."""
    uvloop.run(_serve(make(sys.argv[1])))


async def _serve(store: Store) -> None:
    known = tokens()
    decoder = msgspec.json.Decoder(OrderRequest)

    async def post(request: web.Request) -> web.Response:
        viewer = known.verify(bearer(request.headers.get("Authorization")))
        key = request.headers["Idempotency-Key"]
        tap = fresh(viewer.buyer, key, await read_json(request, decoder))
        if not await store.place(tap):
            raise Refusal("sold-out")
        amount = Money(PRICE * tap.quantity, CURRENCY)
        answer = OrderAnswer(
            order=tap.order, status="reserved", sku=tap.sku, quantity=tap.quantity, amount=amount,
            hold_until_ms=tap.hold_until_ms,
        )  # fmt: skip
        return web.Response(body=msgspec.json.encode(answer), status=201, content_type="application/json")

    app = web.Application(middlewares=[problems(RefusalLog())])
    app.router.add_post("/v1/orders", post)
    await store.start()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=BACKLOG)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    over = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(over), sys.stdin)
    await over.read()
    await runner.cleanup()
    await store.stop()
