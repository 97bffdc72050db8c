"""Where a show that is run from here keeps what must last, and where its desk is.

Embedded: everything in this process, on SQLite in the data folder. Distributed: the timeline on PostgreSQL, the desk
with whichever checkout process owns it.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from broadcast.checkout.adapters.ownership import OwnerWatch
from broadcast.checkout.adapters.payment_book import SqliteTransactions
from broadcast.checkout.adapters.postgres import UNREACHABLE
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.port import Checkout
from broadcast.ids import Sku
from broadcast.messages import OrderAnswer
from broadcast.show import Article
from showrunner.checkout_parts import open_desk
from showrunner.data_folder import DataFolder
from showrunner.databases import control_engine, migrate_postgres, open_checkout, open_control
from showrunner.feed_parts import new_id
from showrunner.link.remote_checkout import RemoteCheckout
from showrunner.metrics import LinkCollector
from showrunner.payments import Payments
from showrunner.settings import ControlSettings, Settings
from showrunner.show_folder import LoadedShow

RETRY_S = 1.0
"""How long to wait before a database that could not be reached is tried again."""

OnStock = Callable[[Sku], None]
OnOrder = Callable[[OrderAnswer], None]

log = structlog.get_logger()


class Home(Protocol):
    """What a running show is given."""

    engine: AsyncEngine
    """Of the control database."""

    checkout: Checkout
    payments: Payments | None
    """Payments, if they are this process's business."""

    collectors: tuple[LinkCollector, ...]

    def ready(self) -> bool:
        """Whether this process can do its part."""

    async def prepare(self) -> None:
        """Have the databases ready."""

    async def start_payments(self, closing: AsyncExitStack, base_url: str) -> None:
        """Let orders be paid, if that is this process's business, until the stack is closed."""


class EmbeddedHome:
    """One process that does everything, with nothing to install."""

    def __init__(
        self,
        settings: Settings,
        data: DataFolder,
        show: LoadedShow,
        articles: Mapping[Sku, Article],
        on_stock_changed: OnStock,
        on_order_changed: OnOrder,
    ) -> None:
        self.engine = open_control(data.control_database)
        secret = settings.payment_key.get_secret_value()
        record = SqliteRecord(open_checkout(data.checkout_database), show.info.id, new_id())
        self._on_order_changed = on_order_changed
        self._desk = open_desk(record, show, articles, on_stock_changed, self._order_changed, secret)
        self.checkout: Checkout = self._desk
        self.collectors: tuple[LinkCollector, ...] = ()
        book = SqliteTransactions(open_checkout(data.checkout_database))
        self._payments = Payments(settings, show.info.id, secret, book)
        self.payments: Payments | None = self._payments

    def ready(self) -> bool:
        """Whether a tap can be taken."""
        return self.checkout.ready

    async def prepare(self) -> None:
        """Do nothing: opening the files brought them up to date."""

    async def start_payments(self, closing: AsyncExitStack, base_url: str) -> None:
        """Let orders be paid."""
        closing.push_async_callback(self._payments.stop)
        await self._payments.start(base_url)
        await closing.enter_async_context(self._payments.errands(self._desk))

    def _order_changed(self, order: OrderAnswer) -> None:
        self._payments.order_changed(order)
        self._on_order_changed(order)


class DistributedHome:
    """The control process beside any number of checkout processes."""

    def __init__(
        self, settings: ControlSettings, show: LoadedShow, on_stock_changed: OnStock, on_order_changed: OnOrder
    ) -> None:
        self._url = settings.database_url.get_secret_value()
        self._watch = OwnerWatch(self._url, show.info.id)
        self.engine = control_engine(self._url)
        remote = RemoteCheckout(
            role="control",
            show=show.info.id,
            key=settings.link_key.get_secret_value().encode(),
            where=self._watch,
            on_stock_changed=on_stock_changed,
            on_order_changed=on_order_changed,
        )
        self.checkout: Checkout = remote
        self.collectors: tuple[LinkCollector, ...] = (
            LinkCollector(connected=lambda: remote.link.connected, waiting=lambda: remote.link.outstanding),
        )
        self.payments: Payments | None = None

    def ready(self) -> bool:
        """Say yes: commands are taken while the desk changes hands."""
        return True

    async def prepare(self) -> None:
        """Wait for the server, however long, and bring its tables up to date."""
        while True:
            try:
                await migrate_postgres(self._url)
            except UNREACHABLE as unreachable:
                log.warning("database.unreachable", reason=repr(unreachable))
                await asyncio.sleep(RETRY_S)
            else:
                break
        await self._watch.start()

    async def start_payments(self, closing: AsyncExitStack, base_url: str) -> None:  # noqa: ARG002 - the port's
        """Leave payments to the owner of the desk."""
        closing.push_async_callback(self._watch.stop)
