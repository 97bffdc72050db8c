"""Kill -9 of PostgreSQL under load, many times over: ``python tests/support/database_crash.py --kills 100``.

One process owns the desk and a crowd taps on it; the server dies at random moments and comes back. Now and then another
process takes the show over while the server is away, and the one before it does not know.
"""

import argparse
import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import uvloop
from postgres import PostgresServer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils import uuid7
from waiting import until

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.models import SCHEMA
from broadcast.checkout.adapters.postgres import connect
from broadcast.checkout.adapters.postgres_record import PostgresRecord, record_engine
from broadcast.checkout.offers import Offer
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.messages import OrderAnswer, OrderRequest
from broadcast.money import Money
from showrunner.databases import migrate_postgres

CROWD = 64
PLENTY, SCARCE = 1_000_000, 500
PRICE = Money(9_900, "CNY")
MAX_ACKS_BETWEEN_KILLS = 400
MAX_MOMENT_S, MAX_AWAY_S = 0.02, 0.3
"""The server dies up to so long after the answer that was waited for, and stays away up to so long."""

TAKEN_OVER_EVERY = 4
"""Of so many kills, one is the moment another process takes over."""
REPEATED_SHARE = 0.1
RETRY_S = 0.01
AFTER = {"order": {"reserved", "paid", "released"}, "paid": {"paid"}, "cancelled": {"released"}}
"""What was said of an order last → how the record may have it: a step may be durable and not yet said."""

_T = TypeVar("_T")


class Said(msgspec.Struct):
    """What a buyer was told of a tap."""

    what: str
    order: str
    sku: str
    quantity: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. What must be zero is the second half."""

    kills: int
    takeovers: int
    acknowledged: int
    sent_again: int
    sold_out: int
    recovered_s: list[float]

    lost: int
    unknown: int
    double: int
    oversold: int
    leaked: int
    unbalanced: int
    errands_astray: int
    other_answers: int
    unanswered: int

    @property
    def broken(self) -> dict[str, int]:
        """Every promise that was not kept, with how often."""
        names = ("lost", "unknown", "double", "oversold", "leaked", "unbalanced", "errands_astray", "other_answers")
        return {name: getattr(self, name) for name in (*names, "unanswered") if getattr(self, name)}


class Stage:
    """The processes, the crowd, and what the crowd was told."""

    def __init__(self, server: PostgresServer, url: str, draw: random.Random) -> None:
        self.server, self.url, self.draw = server, url, draw
        self.said: dict[str, Said] = {}
        self.sent = 0
        self.sent_again = self.sold_out = self.other_answers = self.acks = 0
        self.closing = False
        self.checkout: GroupCommitCheckout
        self._processes: list[tuple[GroupCommitCheckout, AsyncEngine]] = []

    async def enter(self) -> None:
        """Let another process take the show over, as soon as the server lets it."""
        offers = [
            Offer(sku="scarf", price=PRICE, stock=PLENTY, limit_per_buyer=None, title="Scarf"),
            Offer(sku="coat", price=PRICE, stock=SCARCE, limit_per_buyer=None, title="Coat"),
        ]
        while True:
            engine = record_engine(self.url)
            checkout = GroupCommitCheckout(
                PostgresRecord(engine, "gala", str(uuid7())),
                show="gala",
                offers=offers,
                fences_ms={"web": 0},
                hold_ms=900_000,
                now=lambda: WallMs(int(time.time() * 1000)),
                new_id=lambda: str(uuid7()),
                on_stock_changed=lambda _sku: None,
                on_order_changed=lambda _order: None,
            )
            self._processes.append((checkout, engine))
            try:
                await checkout.start()
            except Exception:  # noqa: BLE001 - the server is away: as a process that is started again until it runs
                await asyncio.sleep(RETRY_S)
                continue
            checkout.open_for_sale([offer.sku for offer in offers], ProgrammeMs(0))
            self.checkout = checkout
            return

    async def leave(self) -> None:
        """Stop every process."""
        for checkout, engine in self._processes:
            await checkout.stop()
            await engine.dispose()

    async def tap(self, who: int) -> None:
        """Tap, pay one in three orders, cancel one in five, repeat some taps, until closing."""
        draw = random.Random(self.draw.getrandbits(64))  # noqa: S311 - taps to be had again from the seed
        number = 0
        while not self.closing:
            number += 1
            key, buyer = f"{who}-{number}", f"buyer-{who}"
            request = OrderRequest(
                show="gala", sku=draw.choice(("scarf", "scarf", "coat")), quantity=draw.randint(1, 3)
            )
            self.sent += 1
            answer = await self._order(buyer, key, request)
            if answer is None:
                continue
            if draw.random() < REPEATED_SHARE:
                again = await self._order(buyer, key, request)
                self.other_answers += again != answer
            if number % 3 == 0:
                paid = PaymentNotification(id=key, kind="captured", order=answer.order, amount=answer.amount)
                await self._insist(lambda paid=paid: self.checkout.payment_notified(paid))  # type: ignore[misc]
                self.said[key].what = "paid"
            elif number % 5 == 0:
                order = answer.order
                await self._insist(lambda buyer=buyer, order=order: self.checkout.cancel("web", buyer, order))  # type: ignore[misc]
                self.said[key].what = "cancelled"

    async def _order(self, buyer: str, key: str, request: OrderRequest) -> OrderAnswer | None:
        """Tap until there is an answer; None where the goods are gone."""
        try:
            placed = await self._insist(
                lambda: self.checkout.place(channel="web", buyer=buyer, key=key, request=request)
            )
        except Refusal as refusal:
            if refusal.name != "sold-out":
                raise
            self.sold_out += 1
            return None
        answer = placed.answer
        self.said.setdefault(key, Said("order", answer.order, answer.sku, answer.quantity))
        self.acks += 1
        return answer

    async def _insist(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Ask until the answer is another than to come back later."""
        while True:
            try:
                return await ask()
            except Refusal as refusal:
                if refusal.name != "busy":
                    raise
            self.sent_again += 1
            await asyncio.sleep(RETRY_S)


async def crash(server: PostgresServer, url: str, kills: int, seed: int) -> Outcome:
    """Run a crowd and kill the server so many times, at moments drawn from the seed, and audit what is left."""
    draw = random.Random(seed)  # noqa: S311 - moments to be had again from the seed
    stage = Stage(server, url, draw)
    await stage.enter()
    crowd = [asyncio.create_task(stage.tap(who)) for who in range(CROWD)]
    recovered_s: list[float] = []
    takeovers = 0
    try:
        for number in range(1, kills + 1):
            acks = stage.acks + draw.randint(1, MAX_ACKS_BETWEEN_KILLS)
            await until(lambda acks=acks: stage.acks >= acks, "the crowd buys")  # type: ignore[misc]
            await asyncio.sleep(draw.uniform(0, MAX_MOMENT_S))
            await asyncio.to_thread(server.kill)  # beside the loop: a write may be anywhere on its way
            another = number % TAKEN_OVER_EVERY == 0
            entering = asyncio.create_task(stage.enter()) if another else None
            takeovers += another
            await asyncio.sleep(draw.uniform(0, MAX_AWAY_S))
            await asyncio.to_thread(server.start)
            began, acks = time.monotonic(), stage.acks
            if entering is not None:
                await entering
            await until(lambda acks=acks: stage.acks > acks, "orders are taken again")  # type: ignore[misc]
            recovered_s.append(time.monotonic() - began)
        stage.closing = True
        async with asyncio.timeout(60):
            await asyncio.gather(*crowd)
    finally:
        for task in crowd:
            task.cancel()
        unanswered = sum(isinstance(end, BaseException) for end in await asyncio.gather(*crowd, return_exceptions=True))
        await stage.leave()
    found = await audit(url, stage)
    return Outcome(
        kills=kills,
        takeovers=takeovers,
        acknowledged=len(stage.said),
        sent_again=stage.sent_again,
        sold_out=stage.sold_out,
        recovered_s=recovered_s,
        other_answers=stage.other_answers,
        unanswered=unanswered,
        **found,
    )


async def audit(url: str, stage: Stage) -> dict[str, int]:
    """Hold the record, read with plain SQL, against what the crowd was told. Nothing runs on it any more."""
    connection = await connect(url, SCHEMA)
    try:
        orders = await connection.fetch(
            "SELECT idempotency_key AS key, order_id, sku, quantity, status FROM orders WHERE show_id = 'gala'"
        )
        shelves = await connection.fetch('SELECT sku, initial, "left", reserved, sold FROM stock')
        unbalanced = await connection.fetchval(
            "SELECT count(*) FROM (SELECT FROM ledger_entries GROUP BY order_id HAVING sum(value) <> 0) AS entries"
        )
        # what was paid and given up has one errand to give it back; that a reserved order is to be paid, its row tells
        astray = await connection.fetchval(
            "SELECT count(*) FROM orders o WHERE (SELECT count(*) FROM payment_outbox e WHERE e.order_id = o.order_id)"
            " <> (o.payment = 'refund-due')::int"
        )
    finally:
        await connection.close()
    stored = {row["key"]: row for row in orders}
    kept, reserved, sold = Counter[str](), Counter[str](), Counter[str]()
    for row in orders:
        kept[row["sku"]] += row["quantity"] if row["status"] != "released" else 0
        reserved[row["sku"]] += row["quantity"] if row["status"] == "reserved" else 0
        sold[row["sku"]] += row["quantity"] if row["status"] in {"paid", "fulfilled"} else 0
    there_were = {"scarf": PLENTY, "coat": SCARCE}
    leaked = sum(
        abs(there_were[sku] - initial)
        + abs(initial - left - held - gone)
        + abs(held - reserved[sku])
        + abs(gone - sold[sku])
        for sku, initial, left, held, gone in shelves
    )
    return {
        "lost": sum(not _is_kept(said, stored.get(key)) for key, said in stage.said.items()),
        "unknown": len(stored.keys() - stage.said.keys()),
        "double": len(orders) - len(stored),
        "oversold": sum(max(0, kept[sku] - pieces) for sku, pieces in there_were.items()),
        "leaked": leaked + abs(len(shelves) - len(there_were)),
        "unbalanced": unbalanced,
        "errands_astray": astray,
    }


def _is_kept(said: Said, row: "object") -> bool:
    if row is None:
        return False
    found = (row["order_id"], row["sku"], row["quantity"])  # type: ignore[index]  # a row of asyncpg's
    return found == (said.order, said.sku, said.quantity) and row["status"] in AFTER[said.what]  # type: ignore[index]


def table(outcome: Outcome) -> Table:
    """Return a run as a table."""
    shown = Table(title="kill -9 of PostgreSQL under load", title_justify="left", show_header=False)
    times = sorted(outcome.recovered_s)
    rows: dict[str, object] = {
        "kills": f"{outcome.kills}, during {outcome.takeovers} of them another process took over",
        "orders acknowledged": outcome.acknowledged,
        "taps sent again": outcome.sent_again,
        "refused, sold out": outcome.sold_out,
        "orders again after the server was back": f"{times[len(times) // 2]:.2f} s median, {times[-1]:.2f} s most",
        "acknowledged orders lost": outcome.lost,
        "orders nobody was told of": outcome.unknown,
        "duplicate orders": outcome.double,
        "units oversold": outcome.oversold,
        "units leaked": outcome.leaked,
        "ledgers out of balance": outcome.unbalanced,
        "errands missing or too many": outcome.errands_astray,
        "repeats answered otherwise": outcome.other_answers,
        "taps never answered": outcome.unanswered,
    }
    for name, value in rows.items():
        shown.add_row(name, str(value))
    return shown


async def run(kills: int, seed: int) -> Outcome:
    """Run it on a server of its own."""
    server = PostgresServer()
    try:
        server.start()
        url = server.url(server.new_database())
        await migrate_postgres(url)
        return await crash(server, url, kills, seed)
    finally:
        server.remove()


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.disable()  # every kill is told of at length
    outcome = uvloop.run(run(asked.kills, asked.seed))
    Console().print(table(outcome))
    if outcome.broken:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
