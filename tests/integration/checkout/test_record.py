from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from broadcast.checkout.adapters.record import Record, SupersededError
from broadcast.checkout.changes import Changes
from broadcast.checkout.ledger import entries
from broadcast.checkout.line import LineOffer
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, PaymentNotification
from broadcast.checkout.stock import ShelfCount
from broadcast.checkout.tickets import Ticket
from broadcast.clock import WallMs
from broadcast.money import Money

AMOUNT = Money(200, "CNY")
ORDER = Order(
    order="order-1",
    show="gala",
    channel="youku",
    buyer="李",
    key="钥匙",
    fingerprint="f" * 32,
    sku="coat-m",
    quantity=2,
    look="look-12",
    amount=AMOUNT,
    placed_at_ms=1_500_000_000_000,
    hold_until_ms=1_500_000_900_000,
)


def coats(pieces: int) -> list[Offer]:
    return [Offer(sku="coat-m", price=Money(100, "CNY"), stock=pieces, limit_per_buyer=None, title="Coat")]


@pytest.fixture
async def record(home: Any) -> AsyncIterator[Record]:
    record = home.record("the first")
    await record.take_over(coats(5), WallMs(1))
    yield record
    await record.close()


def placed(order: Order) -> Changes:
    changes = Changes()
    changes.placed[order.order] = order
    changes.shelves["coat-m"] = ShelfCount(5, 3, 2, 0)
    changes.open(Errand(order.order, "payment", order.amount))
    return changes


async def test_what_was_written_is_what_is_read(record: Record):
    await record.write(placed(ORDER))
    found = await record.load()
    assert found.orders == [ORDER]
    assert found.shelves == {"coat-m": ShelfCount(5, 3, 2, 0)}
    assert found.errands == [Errand("order-1", "payment", AMOUNT)]


@pytest.mark.parametrize("size", [1, 3, 31, 32, 33, 74, 300])
async def test_a_batch_of_any_size_is_stored_whole(record: Record, size: int):
    orders = [msgspec.structs.replace(ORDER, order=f"order-{number:03}", key=f"key-{number}") for number in range(size)]
    changes = Changes()
    for order in orders:
        changes.placed[order.order] = order
        changes.open(Errand(order.order, "payment", order.amount))
    await record.write(changes)
    found = await record.load()
    assert found.orders == orders
    assert found.errands == [Errand(order.order, "payment", AMOUNT) for order in orders]


async def test_a_pre_orders_payment_is_asked_for_after_a_restart_if_it_was_before(record: Record):
    pre_order = msgspec.structs.replace(ORDER, payment_due_ms=1_500_000_600_000)
    changes = placed(pre_order)
    changes.opened.clear()
    await record.write(changes)
    assert (await record.load()).errands == []
    changes = Changes()
    changes.open(Errand("order-1", "payment", AMOUNT))
    await record.write(changes)
    assert (await record.load()).errands == [Errand("order-1", "payment", AMOUNT)]


async def test_a_pre_order_and_what_is_set_aside_for_people_in_line_are_read_back(record: Record):
    pre_order = msgspec.structs.replace(ORDER, payment_due_ms=1_500_000_600_000)
    offer = LineOffer(
        "offer-1", Ticket("gala", "coat-m", "youku", "韩", 2, 1_500_000_000_000_001), 1, 1_500_000_030_000
    )
    changes = placed(pre_order)
    changes.offer(offer)
    await record.write(changes)
    found = await record.load()
    assert (found.orders, found.line_offers) == ([pre_order], [offer])

    again = msgspec.structs.replace(offer, id="offer-2")
    changes = Changes()
    changes.end_offer(offer)
    changes.offer(again)
    await record.write(changes)
    assert (await record.load()).line_offers == [again]


async def test_every_later_state_of_an_order_is_read_back(record: Record):
    await record.write(placed(ORDER))
    for after in (ORDER.paid(), ORDER.paid().released("cancelled"), ORDER.paid().released("cancelled").refunded()):
        changes = Changes()
        changes.record(ORDER, after)
        await record.write(changes)
        assert (await record.load()).orders == [after]


async def test_money_and_news_are_written_with_the_order_they_move(record: Record):
    await record.write(placed(ORDER))
    changes = Changes()
    changes.record(ORDER, ORDER.paid())
    changes.close("order-1", "payment")
    changes.entries += entries("order-1", "captured", AMOUNT)
    changes.notifications.append(PaymentNotification(id="msg_1", kind="captured", order="order-1", amount=AMOUNT))
    await record.write(changes)
    assert (await record.load()).errands == []


async def test_another_shows_orders_are_not_ours(home: Any, record: Record):
    await record.write(placed(ORDER))
    other = home.record("another", "rehearsal")
    await other.take_over(coats(9), WallMs(2))
    assert ((await other.load()).orders, (await other.load()).shelves) == ([], {"coat-m": ShelfCount(9, 9, 0, 0)})
    await other.close()


async def test_orders_are_read_back_in_the_order_they_were_placed(record: Record):
    for number in range(3):
        order = msgspec.structs.replace(ORDER, order=f"order-{number}", key=f"k{number}")
        changes = placed(order)
        changes.shelves.clear()
        await record.write(changes)
    assert [order.order for order in (await record.load()).orders] == ["order-0", "order-1", "order-2"]


async def test_a_larger_catalogue_is_a_delivery_and_a_smaller_one_takes_nothing_back(home: Any, record: Record):
    await record.write(placed(ORDER))
    await record.take_over(coats(8), WallMs(2))
    assert (await record.load()).shelves == {"coat-m": ShelfCount(8, 6, 2, 0)}
    await record.take_over(coats(3), WallMs(3))
    await record.take_over(coats(8), WallMs(4))
    assert (await record.load()).shelves == {"coat-m": ShelfCount(8, 6, 2, 0)}
    moved = await home.query("SELECT at_ms, pieces, reason FROM stock_movements ORDER BY at_ms")
    assert moved == [(1, 5, "initial"), (2, 3, "restock")]


async def test_stock_that_left_the_catalogue_stays_in_the_record(record: Record):
    await record.take_over([], WallMs(2))
    assert (await record.load()).shelves == {"coat-m": ShelfCount(5, 5, 0, 0)}


async def test_only_the_newest_owner_of_a_record_may_write(home: Any, record: Record):
    newer = home.record("the second")
    await newer.take_over(coats(5), WallMs(2))
    with pytest.raises(SupersededError):
        await record.write(placed(ORDER))
    assert (await newer.load()).orders == []
    await newer.write(placed(ORDER))
    await newer.close()
