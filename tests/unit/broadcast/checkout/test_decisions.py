from collections.abc import Callable
from typing import Any

import pytest

from broadcast.checkout.commands import Cancel, Expire, Fulfil, Notified, Place
from broadcast.checkout.decisions import Placed
from broadcast.checkout.payment import PaymentNotification
from broadcast.errors import Refusal
from broadcast.money import Money


def name(answer: object) -> str:
    return answer.name if isinstance(answer, Refusal) else "answered"


# ---------------------------------------------------------------- placing


def test_a_tap_reserves_the_pieces_and_says_until_when(shop: Any):
    answer = shop.tap(quantity=2, look="look-12", seen_price=Money(129_900, "CNY")).answer
    assert (answer.status, answer.sku, answer.quantity) == ("reserved", "coat-m", 2)
    assert answer.amount == Money(259_800, "CNY")
    assert answer.hold_until_ms == shop.now + 900_000
    assert shop.left() == 3
    assert [e.kind for e in shop.desk.errands.values()] == ["payment"]


def test_a_repeated_tap_is_the_same_order(shop: Any):
    first, again = shop.tap(), shop.tap()
    assert again == Placed(first.answer, replayed=True)
    assert shop.left() == 4


def test_two_taps_with_one_key_in_one_batch_are_one_order(shop: Any, tap: Callable[..., Place]):
    first, again = shop.decide(tap(), tap())
    assert (first.replayed, again.replayed) == (False, True)
    assert first.answer == again.answer
    assert shop.left() == 4


def test_a_repeated_tap_hears_its_first_answer_whatever_happened_since(
    shop: Any, news: Callable[..., PaymentNotification]
):
    first = shop.tap()
    shop.decide(Notified(notification=news("captured", first.answer.order)))
    assert shop.tap() == Placed(first.answer, replayed=True)


def test_a_repeated_tap_is_looked_up_before_anything_could_refuse_it(shop: Any):
    first = shop.tap(quantity=3)  # at the limit
    shop.order(buyer="han", quantity=2)  # sold out
    shop.openings.withdraw("coat-m")
    assert shop.tap(quantity=3) == Placed(first.answer, replayed=True)
    assert name(shop.tap(quantity=3, key="another")) == "not-on-sale"


def test_a_key_used_with_another_body_is_refused_even_when_sold_out(shop: Any):
    shop.order()
    shop.order(buyer="han", quantity=3)
    shop.order(buyer="mei", quantity=1)
    assert name(shop.tap(quantity=2)) == "key-reused"
    assert name(shop.tap(sku="coat-l")) == "key-reused"


def test_a_key_means_nothing_to_other_buyers_and_channels(shop: Any):
    shop.openings.set_fence("beijing-tv", 0)
    orders = {shop.order(), shop.order(buyer="han"), shop.order(channel="beijing-tv")}
    assert len(orders) == 3


def test_a_refused_tap_leaves_its_key_free(shop: Any):
    assert name(shop.tap(quantity=4)) == "limit-reached"
    assert name(shop.tap(quantity=1)) == "answered"


def test_nobody_orders_before_their_channel_has_shown_the_look(shop: Any):
    shop.now = 1_000_000 + 3_000
    assert name(shop.tap()) == "answered"
    early = shop.tap(channel="beijing-tv")
    assert (early.name, early.more["opens_at_ms"]) == ("not-on-sale", 1_060_000)


@pytest.mark.parametrize(
    ("different", "refused"),
    [
        ({"sku": "unknown"}, "not-on-sale"),
        ({"show": "rehearsal"}, "no-such-show"),
        ({"channel": "elsewhere"}, "no-such-channel"),
        ({"seen_price": Money(99_900, "CNY")}, "price-changed"),
        ({"seen_price": Money(129_900, "JPY")}, "price-changed"),
        ({"quantity": 4}, "limit-reached"),
        ({"sku": "coat-l", "quantity": 6}, "sold-out"),
        ({"quantity": 0, "fingerprint_of": "f"}, "invalid"),
        ({"quantity": -1, "fingerprint_of": "f"}, "invalid"),
        ({"key": "nul\x00"}, "invalid"),
    ],
)
def test_what_cannot_be_sold_is_refused_and_moves_nothing(shop: Any, different: dict[str, Any], refused: str):
    assert name(shop.tap(**different)) == refused
    assert not shop.changes[-1]
    assert (shop.left("coat-m"), shop.left("coat-l")) == (5, 5)


def test_a_changed_price_is_told(shop: Any):
    assert shop.tap(seen_price=Money(1, "CNY")).more == {"price": {"value": 129_900, "currency": "CNY"}}


def test_sold_out_says_how_many_are_left(shop: Any):
    shop.order(sku="coat-l", quantity=4)
    assert shop.tap(key="2", sku="coat-l", quantity=2).more == {"sku": "coat-l", "left": 1}
    assert name(shop.tap(key="2", sku="coat-l", quantity=1)) == "answered"


def test_the_last_pieces_go_to_whoever_came_first(shop: Any, tap: Callable[..., Place]):
    taps = [tap(buyer=f"b{n}", sku="coat-l", quantity=2) for n in range(4)]
    assert [name(answer) for answer in shop.decide(*taps)] == ["answered", "answered", "sold-out", "sold-out"]
    assert name(shop.tap(buyer="late", sku="coat-l", quantity=1)) == "answered"


def test_the_limit_counts_what_a_buyer_holds_and_owns_of_that_sku_on_that_channel(
    shop: Any, news: Callable[..., PaymentNotification]
):
    paid = shop.order(key="1", quantity=2)
    shop.decide(Notified(notification=news("captured", paid, Money(259_800, "CNY"))), Fulfil(order=paid))
    assert shop.tap(key="2", quantity=2).more == {"limit": 3, "kept": 2}
    assert name(shop.tap(key="3", quantity=1)) == "answered"
    assert name(shop.tap(key="4", quantity=1)) == "limit-reached"
    assert name(shop.tap(key="5", quantity=3, sku="coat-l")) == "answered"


def test_what_a_buyer_gave_up_no_longer_counts_for_the_limit(shop: Any):
    order = shop.order(quantity=3)
    shop.decide(Cancel(channel="youku", buyer="li", order=order))
    assert name(shop.tap(key="2", quantity=3)) == "answered"


# ---------------------------------------------------------------- paying


def test_a_captured_payment_makes_the_order_paid_and_the_piece_sold(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    assert shop.decide(Notified(notification=news("captured", order))) == [None]
    assert shop.desk.orders[order].status == "paid"
    assert shop.desk.shelves["coat-m"].sold == 1
    assert shop.desk.errands == {}
    assert [(e.account, e.value) for e in shop.changes[-1].entries] == [("gateway", 129_900), ("sales", -129_900)]


@pytest.mark.parametrize("kind", ["captured", "failed"])
def test_the_same_news_twice_changes_nothing_more(shop: Any, news: Callable[..., PaymentNotification], kind: str):
    order = shop.order()
    shop.decide(Notified(notification=news(kind, order)))
    assert shop.decide(Notified(notification=news(kind, order))) == [None]
    assert not shop.changes[-1]


def test_a_failed_payment_gives_the_piece_back(shop: Any, news: Callable[..., PaymentNotification]):
    order = shop.order()
    shop.decide(Notified(notification=news("failed", order)))
    assert shop.desk.orders[order].release_reason == "payment-failed"
    assert (shop.left(), shop.desk.errands) == (5, {})


def test_a_failure_heard_after_the_capture_changes_nothing(shop: Any, news: Callable[..., PaymentNotification]):
    order = shop.order()
    shop.decide(Notified(notification=news("captured", order)), Notified(notification=news("failed", order)))
    assert shop.desk.orders[order].status == "paid"


def test_a_capture_after_release_is_owed_back_and_the_piece_stays_for_others(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    shop.now += 900_000
    shop.decide(Expire(most=10))
    shop.decide(Notified(notification=news("captured", order)))
    assert (shop.desk.orders[order].status, shop.desk.orders[order].payment) == ("released", "refund-due")
    assert [e.kind for e in shop.desk.errands.values()] == ["refund"]
    assert shop.left() == 5

    shop.decide(Notified(notification=news("refunded", order)))
    assert shop.desk.orders[order].payment == "refunded"
    assert shop.desk.errands == {}


@pytest.mark.parametrize("amount", [Money(129_901, "CNY"), Money(1, "CNY"), Money(129_900, "JPY")])
@pytest.mark.parametrize("kind", ["captured", "failed"])
def test_news_of_another_amount_is_refused_and_moves_nothing(
    shop: Any, news: Callable[..., PaymentNotification], amount: Money, kind: str
):
    order = shop.order()
    assert name(shop.decide(Notified(notification=news(kind, order, amount)))[0]) == "invalid"
    assert not shop.changes[-1]
    assert shop.desk.orders[order].status == "reserved"


def test_news_of_an_unknown_order_is_refused(shop: Any, news: Callable[..., PaymentNotification]):
    assert name(shop.decide(Notified(notification=news("captured", "never-placed")))[0]) == "no-such-order"


def test_a_refund_nobody_asked_for_is_refused_and_one_heard_twice_is_not(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    assert name(shop.decide(Notified(notification=news("refunded", order)))[0]) == "invalid"
    shop.decide(Notified(notification=news("captured", order)), Cancel(channel="youku", buyer="li", order=order))
    refunds = [Notified(notification=news("refunded", order)) for _ in range(2)]
    assert shop.decide(*refunds) == [None, None]
    assert len(shop.changes[-1].entries) == 2


# ---------------------------------------------------------------- giving up, running out, handing over


def test_a_cancelled_order_gives_its_stock_back(shop: Any):
    order = shop.order(quantity=2)
    [answer] = shop.decide(Cancel(channel="youku", buyer="li", order=order))
    assert (answer.status, shop.left()) == ("released", 5)
    assert shop.decide(Cancel(channel="youku", buyer="li", order=order)) == [answer]
    assert shop.left() == 5


def test_cancelling_a_paid_order_within_its_hold_sends_the_money_back(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    shop.decide(Notified(notification=news("captured", order)))
    shop.decide(Cancel(channel="youku", buyer="li", order=order))
    assert shop.left() == 5
    assert [e.kind for e in shop.desk.errands.values()] == ["refund"]
    assert [(e.account, e.value) for e in shop.changes[-1].entries] == [("sales", 129_900), ("refunds-due", -129_900)]


def test_a_paid_order_can_no_longer_be_cancelled_once_its_hold_has_passed(
    shop: Any, news: Callable[..., PaymentNotification]
):
    order = shop.order()
    shop.decide(Notified(notification=news("captured", order)))
    shop.now += 900_000
    assert name(shop.decide(Cancel(channel="youku", buyer="li", order=order))[0]) == "not-cancellable"
    assert shop.desk.orders[order].status == "paid"


@pytest.mark.parametrize("stranger", [{"buyer": "han"}, {"channel": "beijing-tv"}, {"order": "order-99"}])
def test_nobody_cancels_an_order_that_is_not_theirs(shop: Any, stranger: dict[str, str]):
    order = shop.order()
    command = Cancel(**({"channel": "youku", "buyer": "li", "order": order} | stranger))
    assert name(shop.decide(command)[0]) == "no-such-order"
    assert shop.left() == 4


def test_a_hold_that_ran_out_is_released_on_the_instant_and_not_before(shop: Any):
    order = shop.order()
    shop.now += 899_999
    assert shop.decide(Expire(most=10)) == [0]
    shop.now += 1
    assert shop.decide(Expire(most=10)) == [1]
    assert shop.desk.orders[order].release_reason == "hold-ran-out"
    assert shop.left() == 5


def test_a_paid_order_outlives_its_hold(shop: Any, news: Callable[..., PaymentNotification]):
    order = shop.order()
    shop.decide(Notified(notification=news("captured", order)))
    shop.now += 10**9
    assert shop.decide(Expire(most=10)) == [0]
    assert shop.desk.orders[order].status == "paid"


def test_a_sweep_releases_no_more_than_it_may(shop: Any):
    for n in range(4):
        shop.order(key=str(n), buyer=f"b{n}")
    shop.now += 900_000
    assert [shop.decide(Expire(most=3)), shop.decide(Expire(most=3))] == [[3], [1]]


def test_only_a_paid_order_is_handed_over_and_only_once(shop: Any, news: Callable[..., PaymentNotification]):
    order = shop.order()
    assert name(shop.decide(Fulfil(order=order))[0]) == "invalid"
    shop.decide(Notified(notification=news("captured", order)))
    [first] = shop.decide(Fulfil(order=order))
    assert first.status == "fulfilled"
    assert shop.decide(Fulfil(order=order)) == [first]
    assert name(shop.decide(Fulfil(order="order-99"))[0]) == "no-such-order"


def test_one_refusal_in_a_batch_leaves_the_others_alone(shop: Any, tap: Callable[..., Place]):
    cancel_nothing = Cancel(channel="youku", buyer="li", order="none")
    answers = shop.decide(cancel_nothing, tap(), tap(sku="unknown", buyer="han"), tap(buyer="mei"))
    assert [name(answer) for answer in answers] == ["no-such-order", "answered", "not-on-sale", "answered"]
