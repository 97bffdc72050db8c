"""The payment book: what is kept of payments beside the record, on either of its homes.

Consents by reference, which gateway was asked for an order, differences found, and the ledger as settlement reads it.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from broadcast.checkout.adapters import models, rows
from broadcast.checkout.adapters.payment_models import payment_agreements, payment_attempts, payment_differences
from broadcast.checkout.adapters.sqlite import BEGIN_MODE
from broadcast.checkout.ledger import LedgerEntry
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Agreement, BuyerAction, Provider
from broadcast.checkout.reconciliation import Difference
from broadcast.clock import WallMs
from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId
from broadcast.money import Money

NAMES_AT_A_TIME = 500
"""Orders asked for by name in one statement."""

_T = TypeVar("_T")


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Which gateway an order was taken to, and by what: the same for every repetition."""

    order: OrderId
    show: ShowId
    provider: Provider
    agreement: str
    customer: str
    amount: Money
    asked_at_ms: int
    reference: str = ""
    action: BuyerAction | None = None


class Transactions(Protocol):
    """Runs work in one transaction, wherever the tables are."""

    async def run(self, work: Callable[[Connection], _T]) -> _T:
        """Run the work and commit."""

    async def close(self) -> None:
        """Make no more transactions."""


class SqliteTransactions:
    """Transactions on an SQLite file, in one thread of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**{BEGIN_MODE: "IMMEDIATE"})
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="payment-book")

    async def run(self, work: Callable[[Connection], _T]) -> _T:
        """Run the work and commit; somebody else's write is waited for, up to the engine's timeout."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, work)

    async def close(self) -> None:
        """Finish what runs."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._engine.dispose)
        self._executor.shutdown(wait=False)

    def _run(self, work: Callable[[Connection], _T]) -> _T:
        with self._engine.begin() as connection:
            return work(connection)


class PostgresTransactions:
    """Transactions on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], _T]) -> _T:
        """Run the work and commit."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


class PaymentBook:
    """What is kept of payments beside the record."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def close(self) -> None:
        """Let go of the database."""
        await self._transactions.close()

    # ------------------------------------------------------------ consents

    async def agreements(self, channel: ChannelId, buyer: BuyerId) -> list[Agreement]:
        """Return a buyer's consents, one a gateway at most."""
        table = payment_agreements
        query = select(table).where(table.c.channel == channel, table.c.buyer == buyer).order_by(table.c.provider)

        def read(connection: Connection) -> list[Agreement]:
            return [
                Agreement(
                    provider=row.provider,
                    reference=row.reference,
                    customer=row.customer,
                    currency=row.currency,
                    limit=row.limit_value,
                    address=row.address,
                    confirmed=bool(row.limit_confirmed),
                )
                for row in connection.execute(query)
            ]

        return await self._transactions.run(read)

    async def agree(self, channel: ChannelId, buyer: BuyerId, agreement: Agreement, now: WallMs) -> None:
        """Keep a buyer's consent, in place of an earlier one for the same gateway."""
        table = payment_agreements
        theirs = (table.c.channel == channel, table.c.buyer == buyer, table.c.provider == agreement.provider)

        def write(connection: Connection) -> None:
            connection.execute(delete(table).where(*theirs))
            connection.execute(
                insert(table).values(
                    channel=channel,
                    buyer=buyer,
                    provider=agreement.provider,
                    reference=agreement.reference,
                    customer=agreement.customer,
                    currency=agreement.currency,
                    limit_value=agreement.limit,
                    address=agreement.address,
                    agreed_at_ms=now,
                    limit_confirmed=agreement.confirmed,
                )
            )

        await self._transactions.run(write)

    async def revoke(self, channel: ChannelId, buyer: BuyerId) -> None:
        """Forget all of a buyer's consents."""
        table = payment_agreements
        forget = delete(table).where(table.c.channel == channel, table.c.buyer == buyer)
        await self._transactions.run(lambda connection: connection.execute(forget).close())

    # ------------------------------------------------------------ attempts

    async def attempt(self, order: OrderId) -> Attempt | None:
        """Return where an order was taken, or None where it was not yet."""
        query = select(payment_attempts).where(payment_attempts.c.order_id == order)
        found = await self._transactions.run(lambda connection: connection.execute(query).mappings().one_or_none())
        if found is None:
            return None
        kind = found["action_kind"]
        return Attempt(
            order=found["order_id"],
            show=found["show_id"],
            provider=found["provider"],
            agreement=found["agreement"],
            customer=found["customer"],
            amount=Money(found["value"], found["currency"]),
            asked_at_ms=found["asked_at_ms"],
            reference=found["reference"],
            action=BuyerAction(kind=kind, value=found["action_value"]) if kind else None,
        )

    async def begin(self, attempt: Attempt) -> None:
        """Note where an order is about to be taken; durable when this returns."""
        row = {
            "order_id": attempt.order,
            "show_id": attempt.show,
            "provider": attempt.provider,
            "agreement": attempt.agreement,
            "customer": attempt.customer,
            "value": attempt.amount.value,
            "currency": attempt.amount.currency,
            "asked_at_ms": attempt.asked_at_ms,
            "reference": "",
            "action_kind": "",
            "action_value": "",
        }
        await self._transactions.run(lambda connection: connection.execute(insert(payment_attempts), row).close())

    async def answered(self, order: OrderId, reference: str, action: BuyerAction | None) -> None:
        """Note what the gateway calls the payment, and what the buyer has to do."""
        change = (
            update(payment_attempts)
            .where(payment_attempts.c.order_id == order)
            .values(
                reference=reference,
                action_kind=action.kind if action is not None else "",
                action_value=action.value if action is not None else "",
            )
        )
        await self._transactions.run(lambda connection: connection.execute(change).close())

    async def providers(self, show: ShowId) -> dict[OrderId, Provider]:
        """Return which gateway each order of a show was taken to."""
        table = payment_attempts
        query = select(table.c.order_id, table.c.provider).where(table.c.show_id == show)
        return await self._transactions.run(
            lambda connection: {row.order_id: row.provider for row in connection.execute(query)}
        )

    # ------------------------------------------------------------ differences

    async def note(self, show: ShowId, differences: list[Difference], now: WallMs) -> None:
        """Keep differences; one found before is kept as it was first found, but for whether it is repaired."""
        table = payment_differences

        def write(connection: Connection) -> None:
            known = {tuple(row) for row in connection.execute(_DIFFERENCE_KEYS.where(table.c.show_id == show))}
            for one in differences:
                key = (one.order, one.kind, one.theirs)
                if key not in known:
                    known.add(key)
                    fields = msgspec.structs.asdict(one) | {"show_id": show, "found_at_ms": now}
                    connection.execute(insert(table).values(order_id=fields.pop("order"), **fields))
                elif one.repaired:
                    which = (table.c.show_id == show, table.c.order_id == one.order, table.c.kind == one.kind)
                    connection.execute(update(table).where(*which, table.c.theirs == one.theirs).values(repaired=True))

        await self._transactions.run(write)

    async def differences(self, show: ShowId) -> list[Difference]:
        """Return every difference ever found, the oldest first."""
        table = payment_differences
        query = select(table).where(table.c.show_id == show).order_by(table.c.found_at_ms, table.c.order_id)

        def read(connection: Connection) -> list[Difference]:
            return [
                Difference(
                    order=row.order_id,
                    provider=row.provider,
                    kind=row.kind,
                    ours=row.ours,
                    theirs=row.theirs,
                    action=row.action,
                    repaired=row.repaired,
                )
                for row in connection.execute(query)
            ]

        return await self._transactions.run(read)

    # ------------------------------------------------------------ the record, for settlement

    async def orders(self, show: ShowId) -> list[Order]:
        """Return every order of a show, the oldest first."""
        query = select(models.orders).where(models.orders.c.show_id == show).order_by(models.orders.c.order_id)
        return await self._transactions.run(
            lambda connection: [rows.order_of(row) for row in connection.execute(query).mappings()]
        )

    async def of_other_shows(self, show: ShowId, names: Sequence[OrderId]) -> set[OrderId]:
        """Return which of these orders are another show's: one account at a gateway may serve several."""
        table = models.orders
        found: set[OrderId] = set()
        for start in range(0, len(names), NAMES_AT_A_TIME):
            asked = names[start : start + NAMES_AT_A_TIME]
            query = select(table.c.order_id).where(table.c.order_id.in_(asked), table.c.show_id != show)
            found |= await self._transactions.run(partial(_named, query))
        return found

    async def entries(self, show: ShowId) -> list[LedgerEntry]:
        """Return every entry of a show's ledger."""
        ledger, orders = models.ledger_entries, models.orders
        query = (
            select(ledger)
            .join(orders, orders.c.order_id == ledger.c.order_id)
            .where(orders.c.show_id == show)
            .order_by(ledger.c.order_id, ledger.c.movement, ledger.c.account)
        )
        return await self._transactions.run(
            lambda connection: [
                LedgerEntry(row.order_id, row.movement, row.account, row.value, row.currency)
                for row in connection.execute(query)
            ]
        )


_DIFFERENCE_KEYS = select(payment_differences.c.order_id, payment_differences.c.kind, payment_differences.c.theirs)


def _named(query: Select[tuple[str]], connection: Connection) -> set[OrderId]:
    return {OrderId(row.order_id) for row in connection.execute(query)}
