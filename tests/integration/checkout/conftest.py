import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from uuid_utils import uuid7

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.models import metadata
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.decisions import Placed
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import Sku
from broadcast.messages import OrderRequest
from broadcast.money import Money

OFFERS = (
    Offer(sku="coat-m", price=Money(129_900, "CNY"), stock=5, limit_per_buyer=3, title="Coat M"),
    Offer(sku="scarf", price=Money(9_900, "CNY"), stock=1_000, limit_per_buyer=None, title="Scarf"),
)


class GatedExecutor(Executor):
    """Runs each job at once, unless closed: then jobs wait for ``open``, as writes wait for a slow disk."""

    def __init__(self) -> None:
        self._held: list[Callable[[], None]] | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - an executor hands every error to whoever waits
                future.set_exception(error)

        if self._held is None:
            run()
        else:
            self._held.append(run)
        return future

    def close(self) -> None:
        self._held = []

    def open(self) -> None:
        held, self._held = self._held or [], None
        for run in held:
            run()


class House:
    """Checkouts on one SQLite file, with a clock to turn; what they announced is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = WallMs(1_500_000_000_000)
        self.engine: Engine = sqlite_engine(path)
        metadata.create_all(self.engine)
        self.stock_news: list[Sku] = []
        self.order_news: list[Order] = []
        self._started: list[GroupCommitCheckout] = []

    async def open(self, offers: tuple[Offer, ...] = OFFERS, **different: Any) -> GroupCommitCheckout:
        """Start a checkout, everything in the catalogue on sale."""
        settings: dict[str, Any] = {
            "show": "gala",
            "offers": offers,
            "fences_ms": {"youku": 0, "taobao": 0},
            "hold_ms": 900_000,
            "now": lambda: self.now,
            "new_id": lambda: str(uuid7()),
            "on_stock_changed": self.stock_news.append,
            "on_order_changed": self.order_news.append,
            "jitter": lambda: 0.5,
        }
        checkout = GroupCommitCheckout(self.engine, **(settings | different))
        await checkout.start()
        checkout.open_for_sale([offer.sku for offer in offers], ProgrammeMs(0))
        self._started.append(checkout)
        return checkout

    async def close(self) -> None:
        for checkout in self._started:
            if isinstance(checkout._executor, GatedExecutor):
                checkout._executor.open()
            await checkout.stop()
        self.engine.dispose()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "show.sqlite3")
    yield house
    await house.close()


@pytest.fixture
def gate() -> GatedExecutor:
    return GatedExecutor()


@pytest.fixture
def place() -> Callable[..., Awaitable[Placed]]:
    """Tap on one coat, different where said."""

    def tap(
        checkout: GroupCommitCheckout, *, channel: str = "youku", buyer: str = "li", key: str = "key-1", **body: Any
    ) -> Awaitable[Placed]:
        request = OrderRequest(**({"show": "gala", "sku": "coat-m", "quantity": 1} | body))
        return checkout.place(channel=channel, buyer=buyer, key=key, request=request)

    return tap


@pytest.fixture
def settled() -> Callable[[], Awaitable[None]]:
    """Let everything that can go on without waiting for the disk go on."""

    async def turn_over() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    return turn_over
