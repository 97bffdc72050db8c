"""A whole show on a virtual clock, from a seed.

Thousands of buyers, a gateway that misbehaves, a disk that fails, and a process that dies and comes back. The checkout,
the SQLite file, the relay, the sandbox and the signatures are the real ones.
"""

import asyncio
import base64
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.models import ledger_entries, metadata, orders, payment_outbox, stock
from broadcast.checkout.adapters.notifications import verify
from broadcast.checkout.adapters.relay import PaymentRelay
from broadcast.checkout.adapters.sandbox_gateway import SandboxBehaviour, SandboxGateway
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.offers import Offer
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.messages import OrderAnswer, OrderRequest
from broadcast.money import Money

BUYERS = 2_000
SHOW_S = 120
HOLD_MS = 60_000
LIMIT = 2
STARTS_AT_MS = 1_509_451_200_000
SECRET = "whsec_" + base64.b64encode(b"a secret of at least 24 bytes").decode()
OFFERS = [
    Offer(sku=f"look-{n}", price=Money(10_000 + n, "CNY"), stock=150 * n, limit_per_buyer=LIMIT, title=f"Look {n}")
    for n in range(1, 5)
]
PATIENCE_S = 3
MAX_TRIES = 200


class Show:
    """The process on stage, and how it fails."""

    def __init__(self, path: Path, chance: random.Random, executor: Any) -> None:
        self.engine = sqlite_engine(path)
        metadata.create_all(self.engine)
        self.chance = chance
        self.executor = executor
        self.numbers = 0
        self.checkout: GroupCommitCheckout | None = None
        self.mishaps = Counter[str]()

    def now(self) -> WallMs:
        return WallMs(STARTS_AT_MS + int(asyncio.get_running_loop().time() * 1000))

    def new_id(self) -> str:
        self.numbers += 1
        return f"order-{self.numbers:06d}"

    async def open(self) -> None:
        """Start the process."""
        record = SqliteRecord(self.engine, "gala", f"process-{self.chance.random()}", self.executor)
        checkout = GroupCommitCheckout(
            record,
            show="gala",
            offers=OFFERS,
            fences_ms={"youku": 3_000, "beijing-tv": 20_000},
            hold_ms=HOLD_MS,
            now=self.now,
            new_id=self.new_id,
            on_stock_changed=lambda _sku: None,
            on_order_changed=lambda _order: None,
            jitter=self.chance.random,
        )
        write = record.write
        record.write = lambda changes: self.write_or_fail(write, changes)  # type: ignore[method-assign]
        await checkout.start()
        for number, offer in enumerate(OFFERS):
            checkout.open_for_sale([offer.sku], ProgrammeMs(STARTS_AT_MS + 20_000 * number))
        self.gateway = SandboxGateway(
            secret=SECRET,
            deliver=self.deliver,
            now=lambda: WallMs(int(time.time() * 1000)),  # signatures are checked against the real clock
            behaviour=SandboxBehaviour(
                delay_ms=20_000,  # so that some captures come after the hold
                failure_share=0.1,
                duplicate_share=0.2,
                reorder=True,
                wrong_amount_share=0.05,
                seed="unreliable",
            ),
        )
        self.relay = PaymentRelay(checkout, self.gateway, jitter=self.chance.random)
        await self.gateway.start()
        await self.relay.start()
        self.checkout = checkout

    async def die(self) -> None:
        """End the process as kill -9 does: nothing drained, everything in memory gone."""
        checkout, self.checkout = self.checkout, None
        assert checkout is not None
        tasks = [task for task in (checkout._pump, checkout._sweeper) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self.relay.stop(), self.gateway.stop(), return_exceptions=True)
        await checkout._record.close()
        self.mishaps["died"] += 1

    async def write_or_fail(self, write: Callable[[Any], Awaitable[None]], changes: Any) -> None:
        """Write as a bad disk does: at times not at all, at times without saying so."""
        drawn = self.chance.random()
        if drawn < 0.02:
            self.mishaps["not written"] += 1
            raise OSError("not written")
        await write(changes)
        if drawn < 0.04:
            self.mishaps["written, reported as failed"] += 1
            raise OSError("written, and the answer lost")

    async def deliver(self, headers: dict[str, str], body: bytes) -> int:
        """Be the web server the gateway posts to."""
        try:
            if self.checkout is None:
                raise ConnectionRefusedError
            await self.checkout.payment_notified(verify(headers, body, SECRET))
        except Refusal as refusal:
            self.mishaps[f"notification refused: {refusal.name}"] += 1
            return refusal.status
        return 204


async def buy(show: Show, who: int, seed: int, heard: dict[str, OrderAnswer]) -> None:
    """Tap, again and again with the same key until something final is heard; some think better of it."""
    mind = random.Random(f"{seed} {who}")  # noqa: S311 - a buyer's whims
    channel = mind.choice(["youku", "beijing-tv"])
    await asyncio.sleep(mind.choice([4, 24, 45, 65]) + mind.random())
    body = OrderRequest(show="gala", sku=mind.choice(OFFERS).sku, quantity=mind.randint(1, LIMIT))
    key = f"key-{who}"
    for _ in range(MAX_TRIES):
        if show.checkout is None:  # nobody is there
            await asyncio.sleep(mind.uniform(0.1, 1))
            continue
        try:
            async with asyncio.timeout(PATIENCE_S):
                placed = await show.checkout.place(channel=channel, buyer=f"buyer-{who}", key=key, request=body)
        except Refusal as refusal:
            if refusal.name in {"sold-out", "limit-reached"}:
                return
            if refusal.name not in {"busy", "not-on-sale"}:
                raise
            await asyncio.sleep(mind.uniform(0.5, 2))
        except TimeoutError:  # nobody answers: the process died meanwhile
            continue
        else:
            assert heard.setdefault(key, placed.answer) == placed.answer
            if mind.random() < 0.7:
                break
            # not sure it worked: tap once more
    else:
        raise RuntimeError("never heard anything final")
    if mind.random() < 0.1:
        await asyncio.sleep(mind.uniform(0, 40))
        await give_up(show, channel, f"buyer-{who}", heard[key])


async def give_up(show: Show, channel: str, buyer: str, answer: OrderAnswer) -> None:
    if show.checkout is not None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await show.checkout.cancel(channel, buyer, answer.order)
        except (Refusal, TimeoutError):
            pass  # the buyer shrugs


async def crash_now_and_then(show: Show) -> None:
    for _ in range(5):
        await asyncio.sleep(show.chance.uniform(2, SHOW_S / 5))
        await show.die()
        await asyncio.sleep(show.chance.uniform(0, 2))
        await show.open()


async def whole_show(show: Show, seed: int) -> dict[str, OrderAnswer]:
    heard: dict[str, OrderAnswer] = {}
    await show.open()
    await asyncio.gather(crash_now_and_then(show), *(buy(show, who, seed, heard) for who in range(BUYERS)))
    await asyncio.sleep(3_600)  # every hold has run out, every payment and refund has been heard of
    assert show.checkout is not None
    await asyncio.gather(show.relay.stop(), show.gateway.stop())
    await show.checkout.stop()
    return heard


def rows(show: Show, table: Any) -> list[Any]:
    with show.engine.connect() as connection:
        return list(connection.execute(select(table)))


def by_account(entries: Iterable[Any]) -> Counter[str]:
    sums = Counter[str]()
    for entry in entries:
        sums[entry.account] += entry.value
    return sums


@pytest.mark.parametrize("seed", [2017, 11, 11_11])
def test_after_any_show_the_books_are_right(
    seed: int, tmp_path: Path, in_virtual_time: Callable[[Any], Any], inline: Any
):
    show = Show(tmp_path / "show.sqlite3", random.Random(seed), inline)  # noqa: S311 - a replayable show
    heard = in_virtual_time(whole_show(show, seed))
    found, shelves, entries = rows(show, orders), rows(show, stock), rows(show, ledger_entries)
    errands = rows(show, payment_outbox)
    show.engine.dispose()

    assert show.mishaps["died"] == 5  # the show was as bad as it was meant to be
    for mishap in ("not written", "written, reported as failed", "notification refused: invalid"):
        assert show.mishaps[mishap] > 0

    by_key = {order.idempotency_key: order for order in found}
    assert len(by_key) == len(found)
    assert {key: answer.order for key, answer in heard.items()} == {key: by_key[key].order_id for key in heard}

    kept, sold = Counter[tuple[str, str]](), Counter[str]()
    for order in found:
        if order.status != "released":
            kept[order.buyer, order.sku] += order.quantity
            sold[order.sku] += order.quantity
    assert max(kept.values()) <= LIMIT
    for shelf in shelves:
        assert shelf.left + shelf.reserved + shelf.sold == shelf.initial
        assert (shelf.reserved, shelf.sold) == (0, sold[shelf.sku])

    assert {order.status for order in found} == {"paid", "released"}
    assert {order.payment for order in found} == {"none", "captured", "refunded"}
    paid_value = sum(order.value for order in found if order.status == "paid")
    assert by_account(entries) == {"gateway": paid_value, "sales": -paid_value, "refunds-due": 0}
    assert errands == []
