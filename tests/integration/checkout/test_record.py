from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from broadcast.checkout.adapters.models import stock_movements
from broadcast.checkout.adapters.record import Record, SupersededError
from broadcast.checkout.changes import Changes
from broadcast.checkout.ledger import entries
from broadcast.checkout.offers import Offer
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, PaymentNotification
from broadcast.checkout.stock import ShelfCount
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
def record(house: Any) -> Record:
    record = Record(house.engine, "gala")
    record.take_over(coats(5), WallMs(1))
    return record


def placed(order: Order) -> Changes:
    changes = Changes()
    changes.placed[order.order] = order
    changes.shelves["coat-m"] = ShelfCount(5, 3, 2, 0)
    changes.open(Errand(order.order, "payment", order.amount))
    return changes


def test_what_was_written_is_what_is_read(record: Record):
    record.write(placed(ORDER))
    found = record.load()
    assert found.orders == [ORDER]
    assert found.shelves == {"coat-m": ShelfCount(5, 3, 2, 0)}
    assert found.errands == [Errand("order-1", "payment", AMOUNT)]
    record.close()


def test_every_later_state_of_an_order_is_read_back(record: Record):
    record.write(placed(ORDER))
    for after in (ORDER.paid(), ORDER.paid().released("cancelled"), ORDER.paid().released("cancelled").refunded()):
        changes = Changes()
        changes.record(ORDER, after)
        record.write(changes)
        assert record.load().orders == [after]
    record.close()


def test_money_and_news_are_written_with_the_order_they_move(record: Record):
    record.write(placed(ORDER))
    changes = Changes()
    changes.record(ORDER, ORDER.paid())
    changes.close("order-1", "payment")
    changes.entries += entries("order-1", "captured", AMOUNT)
    changes.notifications.append(PaymentNotification(id="msg_1", kind="captured", order="order-1", amount=AMOUNT))
    record.write(changes)
    assert record.load().errands == []
    record.close()


def test_another_shows_orders_are_not_ours(house: Any, record: Record):
    record.write(placed(ORDER))
    other = Record(house.engine, "rehearsal")
    record.close()
    other.take_over(coats(9), WallMs(2))
    assert (other.load().orders, other.load().shelves) == ([], {"coat-m": ShelfCount(9, 9, 0, 0)})
    other.close()


def test_orders_are_read_back_in_the_order_they_were_placed(record: Record):
    for number in range(3):
        order = msgspec.structs.replace(ORDER, order=f"order-{number}", key=f"k{number}")
        changes = placed(order)
        changes.shelves.clear()
        record.write(changes)
    assert [order.order for order in record.load().orders] == ["order-0", "order-1", "order-2"]
    record.close()


def test_a_larger_catalogue_is_a_delivery_and_a_smaller_one_takes_nothing_back(house: Any, record: Record):
    record.write(placed(ORDER))
    record.take_over(coats(8), WallMs(2))
    assert record.load().shelves == {"coat-m": ShelfCount(8, 6, 2, 0)}
    record.take_over(coats(3), WallMs(3))
    record.take_over(coats(8), WallMs(4))
    assert record.load().shelves == {"coat-m": ShelfCount(8, 6, 2, 0)}
    record.close()
    with house.engine.connect() as connection:
        moved = connection.execute(select(stock_movements).order_by(stock_movements.c.at_ms)).all()
    assert [(row.at_ms, row.pieces, row.reason) for row in moved] == [(1, 5, "initial"), (2, 3, "restock")]


def test_stock_that_left_the_catalogue_stays_in_the_record(record: Record):
    record.take_over([], WallMs(2))
    assert record.load().shelves == {"coat-m": ShelfCount(5, 5, 0, 0)}
    record.close()


def test_only_the_newest_owner_of_a_record_may_write(house: Any, record: Record):
    newer = Record(house.engine, "gala")
    newer.take_over(coats(5), WallMs(2))
    with pytest.raises(SupersededError):
        record.write(placed(ORDER))
    assert newer.load().orders == []
    newer.write(placed(ORDER))
    record.close()
    newer.close()
