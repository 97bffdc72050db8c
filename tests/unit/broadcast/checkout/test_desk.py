from collections.abc import Callable
from typing import Any

import pytest

from broadcast.checkout.commands import Cancel, Notified
from broadcast.checkout.desk import Desk, RecordDisagreesError
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.stock import ShelfCount


def record_of(desk: Desk) -> dict:
    return {
        "orders": list(desk.orders.values()),
        "shelves": {sku: shelf.count() for sku, shelf in desk.shelves.items()},
        "errands": list(desk.errands.values()),
    }


def again(desk: Desk, **different: Any) -> Desk:
    rebuilt = Desk(desk.show, desk.offers, desk.openings, desk.hold_ms)
    rebuilt.restore(**(record_of(desk) | different))
    return rebuilt


@pytest.fixture
def busy_shop(shop: Any, news: Callable[..., PaymentNotification]):
    """One order of each kind."""
    shop.order(key="reserved", quantity=2)
    paid = shop.order(key="paid", buyer="han")
    given_up = shop.order(key="given up", buyer="mei", sku="coat-l")
    shop.decide(Notified(notification=news("captured", paid)), Cancel(channel="youku", buyer="mei", order=given_up))
    return shop


def test_a_rebuilt_desk_is_the_same_desk(busy_shop: Any):
    rebuilt = again(busy_shop.desk)
    for about in ("orders", "by_key", "errands"):
        assert getattr(rebuilt, about) == getattr(busy_shop.desk, about)
    assert rebuilt.stock() == busy_shop.desk.stock()
    assert rebuilt.counters(0) == busy_shop.desk.counters(0)
    assert rebuilt.kept_by("youku", "li", "coat-m") == 2
    assert rebuilt.kept_by("youku", "mei", "coat-l") == 0
    assert rebuilt.first_hold_ms() == busy_shop.desk.first_hold_ms()


@pytest.mark.parametrize("wrong", [ShelfCount(5, 2, 2, 0), ShelfCount(5, 3, 1, 1), ShelfCount(5, 1, 2, 2)])
def test_a_record_that_contradicts_itself_is_not_sold_from(busy_shop: Any, wrong: ShelfCount):
    shelves = record_of(busy_shop.desk)["shelves"] | {"coat-m": wrong}
    with pytest.raises(RecordDisagreesError, match="coat-m"):
        again(busy_shop.desk, shelves=shelves)


def test_orders_for_a_sku_without_stock_are_noticed(busy_shop: Any):
    with pytest.raises(RecordDisagreesError, match="coat-m"):
        again(busy_shop.desk, shelves={"coat-l": ShelfCount(5, 5, 0, 0)})


def test_a_sku_that_left_the_catalogue_is_ended_and_still_accounted_for(busy_shop: Any):
    smaller = Desk("gala", {"coat-l": busy_shop.desk.offers["coat-l"]}, busy_shop.openings, 1)
    smaller.restore(**record_of(busy_shop.desk))
    counter = smaller.stock()["coat-m"]
    assert (counter.initial, counter.left, counter.reserved, counter.sold, counter.state) == (5, 2, 2, 1, "ended")


def test_counters_say_where_every_order_is(busy_shop: Any):
    counters = busy_shop.desk.counters(7)
    assert (counters.placed, counters.reserved, counters.paid, counters.fulfilled, counters.released) == (3, 1, 1, 0, 1)
    assert (counters.paid_value, counters.reserved_value, counters.refused) == (129_900, 259_800, 7)


def test_a_card_says_on_sale_then_sold_out_and_ended_once_withdrawn(shop: Any):
    assert shop.desk.state_of("coat-l") == "on_sale"
    shop.order(sku="coat-l", quantity=5)
    assert shop.desk.state_of("coat-l") == "sold_out"
    shop.openings.withdraw("coat-l")
    assert shop.desk.state_of("coat-l") == "ended"
