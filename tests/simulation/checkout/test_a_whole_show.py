"""A whole show on a virtual clock, from a seed.

Thousands of buyers who tap, wait in line, pay late or think better of it; a gateway that misbehaves, a disk that fails,
a clock that jumps, and a process that dies and comes back. The checkout, the SQLite file, the relay, the sandbox and
the signatures are the real ones. What must always hold is looked at before every write, and once more when all is over.
"""

import asyncio
import base64
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.models import ledger_entries, line_offers, metadata, orders, payment_outbox, stock
from broadcast.checkout.adapters.notifications import verify
from broadcast.checkout.adapters.relay import PaymentRelay
from broadcast.checkout.adapters.sandbox_gateway import SandboxBehaviour, SandboxGateway
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.changes import Changes
from broadcast.checkout.desk import Desk
from broadcast.checkout.offers import Offer
from broadcast.checkout.port import LineNews
from broadcast.checkout.shares import Shares
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.messages import OrderAnswer, OrderRequest
from broadcast.money import Money
from broadcast.show import TimedPrice

BUYERS = 2_000
SHOW_S = 120
HOLD_MS = 60_000
LIMIT = 2
STARTS_AT_MS = 1_509_451_200_000
SECRET = "whsec_" + base64.b64encode(b"a secret of at least 24 bytes").decode()
TICKET_KEY = b"the show's own key"
PLAIN = [
    Offer(sku=f"look-{n}", price=Money(10_000 + n, "CNY"), stock=150 * n, limit_per_buyer=LIMIT, title=f"Look {n}")
    for n in range(1, 5)
]
LAUNCH = TimedPrice(from_ms=STARTS_AT_MS, until_ms=STARTS_AT_MS + 10_000, price=Money(9_000, "CNY"))
TERMS: list[dict[str, Any]] = [
    {"prices": (LAUNCH,)},
    {"shares": Shares(percent={"beijing-tv": 60}, pooled_after_ms=40_000)},
    {"charge_after_ms": 30_000},
    {},
]
OFFERS = [msgspec.structs.replace(offer, **terms) for offer, terms in zip(PLAIN, TERMS, strict=True)]
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
        self.told = Counter[str]()
        self.skew_ms = 0

    def now(self) -> WallMs:
        return WallMs(STARTS_AT_MS + self.skew_ms + int(asyncio.get_running_loop().time() * 1000))

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
            ticket_key=TICKET_KEY,
            jitter=self.chance.random,
        )
        write = record.write

        async def write_or_fail(changes: Changes) -> None:
            check(checkout._desk, changes)
            await self.write_or_fail(write, changes)

        record.write = write_or_fail  # type: ignore[method-assign]
        checkout.on_line_news(self.hear)
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

    def hear(self, news: LineNews) -> None:
        """Be everybody in line: what they are told is set aside for them is in the record."""
        self.told[news.answer.state] += 1
        if news.answer.offer is not None:
            found = rows(self, line_offers)
            assert (news.channel, news.buyer, news.answer.sku) in {(row.channel, row.buyer, row.sku) for row in found}

    async def die(self) -> None:
        """End the process as kill -9 does: nothing drained, everything in memory gone; the next one's clock differs."""
        self.skew_ms += self.chance.randint(-2_000, 5_000)
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


def check(desk: Desk, changes: Changes) -> None:
    """See that a batch leaves everything right, before it is written."""
    sums = Counter[str]()
    for entry in changes.entries:
        sums[entry.order] += entry.value
    assert not any(sums.values())
    for sku, count in changes.shelves.items():
        shelf = desk.shelves[sku]
        assert count == shelf.count()
        assert count.adds_up
        assert shelf.aside == sum(offer.pieces for offer in desk.line_offers.values() if offer.ticket.sku == sku)
        assert shelf.aside <= shelf.left
    for order in changes.placed.values():
        assert desk.kept_by(order.channel, order.buyer, order.sku) <= LIMIT
    lines = desk.lines
    assert lines is not None
    for offer in changes.set_aside.values():
        line = lines.of.get(offer.ticket.sku)
        first = line.first(lambda channel, offer=offer: channel == offer.ticket.channel) if line else None  # type: ignore[misc]
        assert first is None or first.arrival > offer.ticket.arrival


async def wait_in_line(show: Show, who: tuple[str, str], ticket: str, mind: random.Random) -> str:
    """Ask now and then how it goes; return what became of it."""
    for _ in range(MAX_TRIES):
        await asyncio.sleep(mind.uniform(1, 3))
        if show.checkout is None:
            continue
        try:
            answer = await show.checkout.line(*who, ticket)
        except Refusal as refusal:
            if refusal.name != "busy":
                raise
            continue
        if answer.state != "waiting":
            return answer.state
    return "gone home"


async def hope_is_left(show: Show, who: tuple[str, str], refusal: Refusal, mind: random.Random) -> bool:
    """Wait as long as a refusal leaves something to wait for; return whether to tap again."""
    line = refusal.more.get("line", {})
    if line.get("could_win"):
        return await wait_in_line(show, who, line["ticket"], mind) in {"offered", "on_sale"}
    if refusal.name in {"sold-out", "limit-reached"}:
        return False
    if refusal.name not in {"busy", "not-on-sale"}:
        raise refusal
    await asyncio.sleep(mind.uniform(0.5, 2))
    return True


async def buy(show: Show, who: int, seed: int, heard: dict[str, OrderAnswer]) -> None:
    """Tap, again and again with the same key until something final is heard; some think better of it."""
    mind = random.Random(f"{seed} {who}")  # noqa: S311 - a buyer's whims
    channel = mind.choice(["youku", "beijing-tv"])
    await asyncio.sleep(mind.choice([4, 24, 45, 65]) + mind.random())
    body = OrderRequest(show="gala", sku=mind.choice(OFFERS).sku, quantity=mind.randint(1, LIMIT))
    key = f"key-{who}"
    ticket: str | None = None
    for _ in range(MAX_TRIES):
        if show.checkout is None:  # nobody is there
            await asyncio.sleep(mind.uniform(0.1, 1))
            continue
        try:
            async with asyncio.timeout(PATIENCE_S):
                placed = await show.checkout.place(
                    channel=channel, buyer=f"buyer-{who}", key=key, request=body, ticket=ticket
                )
        except Refusal as refusal:
            ticket = refusal.more.get("line", refusal.more).get("ticket", ticket)
            if not await hope_is_left(show, (channel, f"buyer-{who}"), refusal, mind):
                return
            if refusal.name == "sold-out":  # one is better than none
                body = msgspec.structs.replace(body, quantity=1)
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
    errands, set_aside = rows(show, payment_outbox), rows(show, line_offers)
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
    assert set_aside == []
    assert min(show.told["offered"], show.told["over"]) > 0
    assert {order.value // order.quantity for order in found if order.sku == "look-1"} == {9_000, 10_001}
    assert all((order.payment_due_ms is not None) == (order.sku == "look-3") for order in found)
