import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from broadcast.checkout.decisions import Placed
from broadcast.errors import Refusal
from broadcast.line_messages import LineAnswer
from broadcast.messages import OrderAnswer, OrderCounters, OrderRequest, SkuCounter
from broadcast.money import Money
from showrunner.link import desk_messages
from showrunner.link.desk_server import DeskServer
from showrunner.link.remote_checkout import NOTHING_YET, RemoteCheckout
from showrunner.link.server import LinkRoom, LinkServer

KEY = b"the key of the link in these tests"


class Desk:
    """A desk without a record: it knows each key once, and keeps what it was told."""

    def __init__(self) -> None:
        self.placed: dict[str, OrderAnswer] = {}
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.opened: dict[str, int] = {}
        self.withdrawn: set[str] = set()
        self.refusals: dict[str, int] = {}
        self.left = 5
        self.charged: list[str] = []
        self.tickets: list[str | None] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.lines: dict[str, LineAnswer] = {}
        self.lines_asked: list[tuple[str, bool]] = []

    async def place(self, *, key: str, request: OrderRequest, **_who: str) -> Placed:
        self.asked.append(key)
        await self.answers.wait()
        if request.sku == "gone":
            raise Refusal("sold-out", "the last one went", sku="gone")
        known = self.placed.get(key)
        answer = known or OrderAnswer(
            order=f"order-{key}", status="reserved", sku=request.sku, quantity=request.quantity,
            amount=Money(100, "CNY"), hold_until_ms=1,
        )  # fmt: skip
        self.placed[key] = answer
        return Placed(answer, replayed=known is not None)

    def tap(self, *, answer: Any, ticket: str | None = None, **what: Any) -> None:
        self.tickets.append(ticket)

        async def later() -> None:
            try:
                placed: Any = await self.place(**what)
            except Refusal as refusal:
                placed = refusal
            answer(placed)

        task = asyncio.ensure_future(later())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def line(self, _channel: str, _buyer: str, ticket: str, *, stand: bool = True) -> LineAnswer:
        self.lines_asked.append((ticket, stand))
        answer = self.lines.get(ticket)
        if answer is None:
            raise Refusal("not-found")
        return answer

    async def leave_line(self, channel: str, buyer: str, ticket: str) -> None:
        await self.line(channel, buyer, ticket)
        del self.lines[ticket]

    async def charge_preorders(self, skus: Any) -> int:
        self.charged += skus
        return len(skus)

    async def order(self, _channel: str, _buyer: str, order: str) -> OrderAnswer:
        for answer in self.placed.values():
            if answer.order == order:
                return answer
        raise Refusal("no-such-order")

    def open_for_sale(self, skus: Any, opens_at_ms: int) -> None:
        self.opened |= dict.fromkeys(skus, opens_at_ms)

    def withdraw(self, skus: Any) -> None:
        self.withdrawn |= set(skus)
        for sku in skus:
            self.opened.pop(sku, None)

    def set_fence(self, channel: str, fence_ms: int) -> None:
        self.opened[f"fence of {channel}"] = fence_ms

    def stock(self) -> dict[str, SkuCounter]:
        return {"coat": self.counter("coat")}

    def counter(self, _sku: str) -> SkuCounter:
        return SkuCounter(initial=5, left=self.left, reserved=0, sold=0, state="on_sale")

    def counters(self) -> OrderCounters:
        return NOTHING_YET


class Owner:
    """A process that owns a desk, as far as the link can tell."""

    def __init__(self, desk: Desk) -> None:
        self.desk: Desk | None = desk
        self.news = DeskServer(lambda: self.desk, lambda: self.desk is not None)
        self.server = LinkServer(
            "gala", {role: LinkRoom(KEY, desk_messages.asks, self.news.enter) for role in ("door", "control")}
        )
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.port = await self.server.start("127.0.0.1", self.port)
        await self.news.start()

    async def die(self) -> None:
        """Go without a word: connections are cut, nothing is listened to."""
        for peer in tuple(self.server.peers):
            peer.connection.close()
        await self.server.stop()
        await self.news.stop()


class Signpost:
    """Says where the owner is."""

    def __init__(self) -> None:
        self._address: str | None = None
        self._moved = asyncio.Event()

    def point_to(self, address: str | None) -> None:
        self._address = address
        self._moved.set()

    async def address(self) -> str | None:
        self._moved.clear()
        return self._address

    async def changed(self) -> None:
        await self._moved.wait()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def owners(desk: Desk) -> AsyncIterator[Callable[[], Any]]:
    started: list[Owner] = []

    async def start() -> Owner:
        owner = Owner(desk)
        await owner.start()
        started.append(owner)
        return owner

    yield start
    for owner in started:
        await owner.die()


@pytest.fixture
def signpost() -> Signpost:
    return Signpost()


@pytest.fixture
async def doors(signpost: Signpost) -> AsyncIterator[Callable[..., Any]]:
    opened: list[RemoteCheckout] = []

    async def open_door(role: str = "door", key: bytes = KEY, **callbacks: Any) -> RemoteCheckout:
        door = RemoteCheckout(role=role, show="gala", key=key, where=signpost, chance=lambda: 0.5, **callbacks)
        await door.start()
        opened.append(door)
        return door

    yield open_door
    for door in opened:
        await door.stop()
