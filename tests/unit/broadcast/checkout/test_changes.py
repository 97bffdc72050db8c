from collections.abc import Callable
from typing import Any

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Expire, Fulfil, Notified, Place
from broadcast.checkout.decisions import decide
from broadcast.checkout.payment import Errand, PaymentNotification
from broadcast.money import Money


def test_nothing_decided_is_nothing_to_write():
    assert not Changes()


def test_an_order_placed_and_given_up_in_one_batch_is_written_once_and_never_paid(shop: Any, tap: Callable[..., Place]):
    answers, changes = decide(
        shop.desk,
        [tap(), Cancel(channel="youku", buyer="li", order="the-order")],
        shop.now,
        lambda: "the-order",
    )
    assert answers[1].status == "released"
    assert [order.status for order in changes.placed.values()] == ["released"]
    assert (changes.changed, changes.opened, changes.closed) == ({}, {}, set())


def test_an_order_changed_twice_in_one_batch_is_written_as_it_ended(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    shop.decide(Notified(notification=news("captured", order)), Fulfil(order=order))
    changes = shop.changes[-1]
    assert [after.status for after in changes.changed.values()] == ["fulfilled"]
    assert [before.status for before in changes.before.values()] == ["reserved"]
    assert changes.closed == {(order, "payment")}


def test_an_errand_no_longer_wanted_in_the_same_batch_is_never_run():
    changes = Changes()
    changes.open(Errand("o", "refund", Money(1, "CNY")))
    changes.close("o", "refund")
    assert (changes.opened, changes.closed) == ({}, set())


def test_the_figures_written_are_those_after_the_whole_batch(shop: Any, tap: Callable[..., Place]):
    shop.decide(*(tap(key=str(n), buyer=f"b{n}") for n in range(4)))
    assert {sku: count.left for sku, count in shop.changes[-1].shelves.items()} == {"coat-m": 1}


def test_a_refused_batch_writes_nothing(shop: Any, tap: Callable[..., Place]):
    shop.decide(tap(sku="unknown"), Cancel(channel="youku", buyer="li", order="none"), Expire(most=5))
    assert not shop.changes[-1]
