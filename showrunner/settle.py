"""``showrunner settle``, and the process of role ``settle``: reconciliation with the gateways, then settlement.

Reads the record and writes only the payment book beside it. What the record must hear of (money we were never told of)
goes to the checkout as any notification does, signed with the payment key.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from rich.console import Console

from broadcast.checkout.adapters.notifications import sign
from broadcast.checkout.adapters.payment_book import PaymentBook, PostgresTransactions, SqliteTransactions
from broadcast.checkout.adapters.postgres_record import record_engine
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import GatewayUnavailableError, PaymentNotification, Provider
from broadcast.checkout.reconciliation import Difference, Span, reconcile, repairs
from broadcast.checkout.settlement import Sale, Settlement, settle
from broadcast.clock import WallMs
from broadcast.ids import OrderId
from showrunner.data_folder import DataFolder
from showrunner.databases import open_checkout
from showrunner.feed_parts import wall_clock
from showrunner.gateways import Gateway, make_gateways
from showrunner.http.payments import NOTIFICATIONS
from showrunner.payment_settings import SettleSettings
from showrunner.settings import SettingsError
from showrunner.settlement_files import (
    DIFFERENCES,
    differences_table,
    read_rates,
    settlement_table,
    write_differences,
    write_settlement,
)
from showrunner.show_folder import LoadedShow, load_show
from showrunner.until_told import until_told

DELIVERY_TIMEOUT_S = 15.0
RETRY_S = 600.0
"""How long to wait where a gateway's statement cannot be had yet."""

MAX_RETRIES = 36
"""Six hours; the next night asks for the same days again."""

DAYS = 3
"""Days of statements compared each night: a movement found nowhere on its own day is found on the next."""

_DAY = timedelta(days=1)
_ZONES: Mapping[Provider, timezone] = {
    "alipay": timezone(timedelta(hours=8)), "wechat_pay": timezone(timedelta(hours=8)), "stripe": UTC,
}  # fmt: skip
"""Where each gateway's day begins."""

log = structlog.get_logger()


class Report(msgspec.Struct, frozen=True):
    """What one run found."""

    settlement: Settlement
    differences: list[Difference]

    @property
    def open_differences(self) -> list[Difference]:
        """Those that nothing has put right."""
        return [one for one in self.differences if not one.repaired]


class Settler:
    """Settles one show.

    Args:
        gateways: those whose statements are compared.
        checkout_url: the checkout's base address, where repairs are told; None to repair nothing.
        secret: signs them.
    """

    def __init__(
        self,
        show: LoadedShow,
        book: PaymentBook,
        gateways: Mapping[Provider, Gateway],
        *,
        checkout_url: str | None,
        secret: str | None,
    ) -> None:
        self._show = show
        self._book = book
        self._gateways = gateways
        self._checkout_url = checkout_url
        self._secret = secret

    async def run(self, today: date, days: int) -> Report:
        """Compare the days before today with the gateways' statements, repair what is safe, and settle.

        Raises:
            GatewayUnavailableError: a statement cannot be had yet.
        """
        differences: list[Difference] = []
        for provider, gateway in self._gateways.items():
            differences += await self._reconcile(provider, gateway, today, days)
        if differences:
            await self._book.note(self._show.info.id, differences, wall_clock())
        return Report(await self._settle(), differences)

    async def _reconcile(self, provider: Provider, gateway: Gateway, today: date, days: int) -> list[Difference]:
        first = today - days * _DAY
        lines = [line for n in range(days) for line in await gateway.statement((first + n * _DAY).isoformat())]
        zone = _ZONES[provider]
        span = Span(_midnight(first, zone), _midnight(today, zone))
        show = self._show.info.id
        taken = await self._book.providers(show)
        ours = {order.order: order for order in await self._book.orders(show)}
        named = {line.order for line in lines}
        elsewhere = await self._book.of_other_shows(show, sorted(named - ours.keys()))
        mine = {name: order for name, order in ours.items() if name in named or taken.get(name) == provider}
        found = reconcile(provider, mine, [line for line in lines if line.order not in elsewhere], span)
        return [await self._repaired(one, ours.get(one.order)) for one in found]

    async def _repaired(self, difference: Difference, order: Order | None) -> Difference:
        news = repairs(order, difference) if order is not None else []
        if not news or self._checkout_url is None or self._secret is None:
            return difference
        told = [await self._tell(one, self._checkout_url, self._secret) for one in news]
        return msgspec.structs.replace(difference, repaired=all(told))

    async def _tell(self, news: PaymentNotification, checkout_url: str, secret: str) -> bool:
        headers, body = sign(news, wall_clock(), secret)
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=DELIVERY_TIMEOUT_S)) as session,
                session.post(checkout_url + NOTIFICATIONS, data=body, headers=headers) as answer,
            ):
                return answer.ok
        except (ClientError, TimeoutError, OSError) as unreachable:
            log.warning("settle.not_told", order=news.order, reason=type(unreachable).__name__)
            return False

    async def _settle(self) -> Settlement:
        show = self._show.info.id
        taken = await self._book.providers(show)
        articles = self._show.articles
        sales: dict[OrderId, Sale] = {}
        for order in await self._book.orders(show):
            article = articles.get(order.sku)
            sales[order.order] = Sale(
                order=order.order,
                brand=article.brand if article is not None else order.sku,
                channel=order.channel,
                provider=taken.get(order.order, "sandbox"),
            )
        return settle(sales, await self._book.entries(show), read_rates(self._show.folder))


class RunningSettlement:
    """The process of role ``settle``: once a night, at the show's own time, or at the start if it was missed today."""

    def __init__(self, settler: Settler, show: LoadedShow, at: str, out: Path) -> None:
        hour, minute = (int(part) for part in at.split(":"))
        self._settler = settler
        self._zone = ZoneInfo(show.info.time_zone)
        self._at = timedelta(hours=hour, minutes=minute)
        self._out = out
        self._nights: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Begin to wait for the night."""
        self._nights = asyncio.create_task(self._run(), name="settlement")
        return "settle"

    async def stop(self) -> None:
        """Stop between two steps; the next start begins again."""
        if self._nights is not None:
            self._nights.cancel()
            await asyncio.gather(self._nights, return_exceptions=True)

    async def _run(self) -> None:
        tried: date | None = None
        while True:
            now = datetime.now(self._zone)
            due = now.replace(hour=0, minute=0, second=0, microsecond=0) + self._at
            if due <= now and (tried == due.date() or self._is_written(due.date())):
                due += _DAY
            await asyncio.sleep(max(0.0, (due - now).total_seconds()))
            tried = due.date()
            await self._night(tried)

    def _is_written(self, day: date) -> bool:
        """Tell whether a night's report is there: a process that was away at the hour makes it when it starts."""
        return (self._out / day.isoformat() / DIFFERENCES).exists()

    async def _night(self, today: date) -> None:
        for _ in range(MAX_RETRIES):
            try:
                report = await self._settler.run(today, DAYS)
            except GatewayUnavailableError as unavailable:
                log.warning("settle.statement_not_ready", reason=str(unavailable))
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("settle.fault")
                return
            else:
                write_report(report, self._out / today.isoformat())
                log.info("settle.done", day=today.isoformat(), open_differences=len(report.open_differences))
                return
        log.error("settle.given_up", day=today.isoformat())


def write_report(report: Report, out: Path) -> None:
    """Write a run's files into a folder, in place of an earlier run's."""
    out.mkdir(parents=True, exist_ok=True)
    write_settlement(report.settlement, out)
    write_differences(report.differences, out)


@asynccontextmanager
async def payment_book(data: Path | None, database_url: str | None) -> AsyncIterator[PaymentBook]:
    """Open the payment book of a data folder, or of a PostgreSQL database.

    Raises:
        SettingsError: neither is given, or the folder holds no show's record.
    """
    if database_url is not None:
        book = PaymentBook(PostgresTransactions(record_engine(database_url)))
    elif data is not None and DataFolder(data).checkout_database.is_file():
        book = PaymentBook(SqliteTransactions(open_checkout(DataFolder(data).checkout_database)))
    else:
        raise SettingsError(f"data: {data} holds no show's record" if data else "data: is missing")
    try:
        yield book
    finally:
        await book.close()


def _midnight(day: date, zone: timezone) -> WallMs:
    return WallMs(int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000))


def run_settle(settings: SettleSettings, days: int, console: Console) -> int:
    """Settle once, and print it; with ``days``, compare that many days' statements first.

    Returns:
        The exit code: 1 where a difference is open.
    """
    return asyncio.run(_settle_once(settings, days, console))


async def _settle_once(settings: SettleSettings, days: int, console: Console) -> int:
    show = load_show(settings.show)
    async with _settler(settings, show, compare=days > 0) as settler:
        try:
            report = await settler.run(datetime.now(ZoneInfo(show.info.time_zone)).date(), days)
        except GatewayUnavailableError as unavailable:
            raise SettingsError(f"a statement cannot be had: {unavailable}") from unavailable
    write_report(report, settings.settle_out)
    console.print(settlement_table(report.settlement.lines))
    if days:
        console.print(differences_table(report.differences) if report.differences else "No difference.")
    return 1 if report.open_differences else 0


async def settle_until_told(settings: SettleSettings) -> None:
    """Be the process of role ``settle``."""
    show = load_show(settings.show)
    async with _settler(settings, show, compare=True) as settler:
        await until_told(RunningSettlement(settler, show, settings.settle_at, settings.settle_out))


@asynccontextmanager
async def _settler(settings: SettleSettings, show: LoadedShow, *, compare: bool) -> AsyncIterator[Settler]:
    gateways = make_gateways(settings) if compare else {}
    url, key = settings.database_url, settings.payment_key
    try:
        async with payment_book(settings.data, url.get_secret_value() if url is not None else None) as book:
            yield Settler(
                show,
                book,
                gateways,
                checkout_url=settings.checkout_url.rstrip("/") if settings.checkout_url is not None else None,
                secret=key.get_secret_value() if key is not None else None,
            )
    finally:
        for gateway in gateways.values():
            gateway.close_threads()
