"""A checkout process: a door that takes taps, and one of those that may own the desk.

Any number of them serve one show; PostgreSQL is the record. The composition root of its role.
"""

import os
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from broadcast.channels.adapters.feed_socket import Reply
from broadcast.channels.adapters.tokens import ProducerTokens, ViewerTokens
from broadcast.checkout.adapters.ownership import Ownership, OwnerWatch
from broadcast.checkout.adapters.payment_book import PostgresTransactions
from broadcast.checkout.adapters.postgres_record import PostgresRecord, record_engine
from broadcast.checkout.adapters.relay import ErrandSource
from broadcast.ids import ChannelId, Sku
from broadcast.messages import OrderAnswer
from showrunner.checkout_parts import open_desk
from showrunner.checkout_seat import CheckoutSeat, Desk
from showrunner.databases import migrate_postgres
from showrunner.feed_parts import new_id, wall_clock
from showrunner.http import documents
from showrunner.http.app import application
from showrunner.http.orders import OrderDesk
from showrunner.http.preorders import PreOrderDoor
from showrunner.http.straight_orders import StraightOrders
from showrunner.link import desk_messages, edge_messages
from showrunner.link.desk_server import DeskServer
from showrunner.link.edge_messages import LineWatchSaid
from showrunner.link.handshake import LinkRole
from showrunner.link.remote_checkout import RemoteCheckout
from showrunner.link.server import LinkRoom, LinkServer
from showrunner.link.tap_server import TapServer
from showrunner.listening import Listener, quoted
from showrunner.metrics import DeskCollector, LinkCollector, LinkServerCollector, PaceCollector, SuspectCollector
from showrunner.payment_doors import consented_taps, payment_routes
from showrunner.payments import Payments
from showrunner.pictures import with_pictures
from showrunner.proxy_settings import trusted_proxies
from showrunner.refusal_log import RefusalLog
from showrunner.settings import CheckoutSettings
from showrunner.show_folder import LoadedShow
from showrunner.suspect_settings import suspects
from showrunner.tap_settings import tap_pace

log = structlog.get_logger()


class RunningCheckout:
    """One checkout process."""

    def __init__(self, settings: CheckoutSettings, show: LoadedShow) -> None:
        self._settings = settings
        self._show = show
        self._articles = with_pictures(show)
        self._closing = AsyncExitStack()
        self._url = settings.database_url.get_secret_value()
        self._link_key = settings.link_key.get_secret_value().encode()
        self._watch = OwnerWatch(self._url, show.info.id)
        self._engine: AsyncEngine = record_engine(self._url)
        self._remote = RemoteCheckout(
            role="door",
            show=show.info.id,
            key=self._link_key,
            where=self._watch,
            on_order_changed=self._heard,
        )
        self.desk_server = DeskServer(self._owned, lambda: self.seat.sure)
        self.seat = CheckoutSeat(
            Ownership(self._url, show.info.id),
            self._remote,
            self._open_desk,
            self._errands,
            lambda: migrate_postgres(self._url),
            self._desk_moved,
            self.desk_server,
        )
        keys = {ChannelId(name): key.get_secret_value().encode() for name, key in settings.channel_keys.items()}
        self._viewers = ViewerTokens(keys, wall_clock)
        self._pace = tap_pace(settings)
        self._suspects = suspects(settings)
        self._refusals = RefusalLog()
        secret = settings.payment_key.get_secret_value()
        book = PostgresTransactions(record_engine(self._url))
        self._payments = Payments(settings, show.info.id, secret, book)
        self._consented = consented_taps(settings, show, self.seat, self._payments)
        self._orders = OrderDesk(
            show.info.id, self.seat, self._viewers, self._pace, self._consented, self._suspects, self._refusals
        )
        self.link = LinkServer(show.info.id, self._rooms())
        self._proxies = trusted_proxies(settings)
        self._listener = Listener(self._application(), straight=StraightOrders(self._orders), proxies=self._proxies)

    # ------------------------------------------------------------ life

    async def start(self) -> str:
        """Begin to serve and return the base address. Waits for neither PostgreSQL nor our turn at the desk.

        Raises:
            PortTakenError: an address cannot be listened on.
        """
        settings, closing = self._settings, self._closing
        closing.push_async_callback(self._engine.dispose)
        await self._watch.start()
        closing.push_async_callback(self._watch.stop)
        link_port = await self.link.start(settings.link_host, settings.link_port)
        closing.push_async_callback(self.link.stop)
        port = await self._listener.start(settings.host, settings.port)
        closing.push_async_callback(self._listener.stop)
        base_url = f"http://{quoted(settings.host)}:{port}"
        await self.desk_server.start()
        closing.push_async_callback(self.desk_server.stop)
        closing.push_async_callback(self._payments.stop)
        await self._payments.start(base_url)
        if self._consented is not None:
            closing.push_async_callback(self._consented.stop)
        address = settings.link_address or f"{quoted(settings.link_host)}:{link_port}"
        closing.push_async_callback(self.seat.stop)
        await self.seat.start(address)
        if self._suspects is not None:
            closing.callback(self._suspects.stop)
        closing.push_async_callback(self._listener.stop_accepting)
        log.info("checkout.serving", show=self._show.info.id, at=base_url, link=address, pid=os.getpid())
        return base_url

    async def stop(self) -> None:
        """Drain: no new connections, taps in progress answered, the desk given up at once."""
        await self._closing.aclose()

    # ------------------------------------------------------------ parts

    def _rooms(self) -> dict[LinkRole, LinkRoom]:
        rooms: dict[LinkRole, LinkRoom] = {
            "door": LinkRoom(self._link_key, desk_messages.asks, self.desk_server.enter),
            "control": LinkRoom(self._link_key, desk_messages.asks, self.desk_server.enter),
        }
        edge_key = self._settings.edge_link_key
        if edge_key is not None:
            taps = TapServer(self._orders.tap, self._watch_line)
            rooms["edge"] = LinkRoom(edge_key.get_secret_value().encode(), edge_messages.asks, taps.enter)
        return rooms

    def _open_desk(self) -> Desk:
        record = PostgresRecord(self._engine, self._show.info.id, new_id())
        secret = self._settings.payment_key.get_secret_value()
        desk = open_desk(record, self._show, self._articles, self._stock_changed, self._order_changed, secret)
        desk.on_line_news(self.desk_server.line_changed)
        return desk

    def _errands(self, desk: ErrandSource) -> AbstractAsyncContextManager[None]:
        return self._payments.errands(desk)

    def _application(self) -> web.Application:
        settings, show = self._settings, self._show
        producers = ProducerTokens(settings.producer_key.get_secret_value().encode(), wall_clock)
        payments = payment_routes(settings, show.info, self.seat, self._payments, producers, self._viewers)
        pre_orders = PreOrderDoor(show.info.id, self.seat, producers)
        return application(
            [*self._orders.routes(), *pre_orders.routes(), *payments, *documents.routes()],
            origins=sorted({origin for channel in show.channels for origin in channel.origins}),
            refusals=self._refusals,
            proxies=self._proxies,
            ready=lambda: self.seat.ready,
            metrics=[
                DeskCollector(owned=self.seat.owned, turns=lambda: self.seat.turns),
                LinkServerCollector(peers=self.link.peers_by_role, refused=lambda: self.link.refused),
                PaceCollector(self._pace),
                *([SuspectCollector(self._suspects)] if self._suspects is not None else ()),
                LinkCollector(
                    connected=lambda: self._remote.link.connected, waiting=lambda: self._remote.link.outstanding
                ),
            ],
        )

    # ------------------------------------------------------------ what the desk tells

    def _stock_changed(self, sku: Sku) -> None:
        self.desk_server.stock_changed(sku)

    def _order_changed(self, order: OrderAnswer) -> None:
        self._payments.order_changed(order)
        self.desk_server.order_changed(order)
        self._orders.changed(order)

    def _heard(self, order: OrderAnswer) -> None:
        """Take in what the owner tells this door: other doors hear it from the owner."""
        self._orders.changed(order)

    def _owned(self) -> Desk | None:
        return self.seat.owned()

    def _watch_line(self, said: LineWatchSaid, reply: Reply) -> None:
        self._orders.watch_line(said.tap, said.channel, said.ticket, said.state, reply)

    def _desk_moved(self) -> None:
        self.link.send_away(frozenset({"door", "control"}))
