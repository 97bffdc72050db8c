import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from record_homes import PostgresHome, SqliteHome, Watched
from uuid_utils import uuid7

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
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


class House:
    """Checkouts on one record, with a clock to turn; what they announced is kept."""

    def __init__(self, home: SqliteHome | PostgresHome) -> None:
        self.home = home
        self.now = WallMs(1_500_000_000_000)
        self.stock_news: list[Sku] = []
        self.order_news: list[Order] = []
        self.disk: Watched
        """Of the checkout opened last."""
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
        record = Watched(different.pop("record", None) or self.home.record(str(uuid7())))
        self.disk = record
        checkout = GroupCommitCheckout(record, **(settings | different))
        await checkout.start()
        checkout.open_for_sale([offer.sku for offer in offers], ProgrammeMs(0))
        self._started.append(checkout)
        return checkout

    async def close(self) -> None:
        for checkout in self._started:
            assert isinstance(checkout._record, Watched)
            checkout._record.let_go()
            await checkout.stop()

    async def orders_on_disk(self) -> int:
        """Return how many orders another connection sees."""
        ((count,),) = await self.home.query("SELECT count(*) FROM orders")
        return int(count)


@pytest.fixture(params=["sqlite", "postgres"])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteHome | PostgresHome]:
    """The record's home: the same tests hold for both."""
    home: SqliteHome | PostgresHome
    if request.param == "sqlite":
        home = SqliteHome(tmp_path / "show.sqlite3")
    else:
        home = PostgresHome(request.getfixturevalue("postgres_url"))
    yield home
    await home.close()


@pytest.fixture
async def house(home: SqliteHome | PostgresHome) -> AsyncIterator[House]:
    house = House(home)
    yield house
    await house.close()


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
