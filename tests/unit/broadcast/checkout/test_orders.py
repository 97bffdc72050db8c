from typing import Any

import pytest

from broadcast.checkout.orders import Order, fingerprint
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from broadcast.money import Money

BODY = {"show": "gala", "sku": "coat-m", "quantity": 1, "look": "look-12", "seen_price": Money(100, "CNY")}


@pytest.fixture
def order() -> Order:
    return Order(
        order="o-1",
        show="gala",
        channel="youku",
        buyer="li",
        key="k",
        fingerprint="f",
        sku="coat-m",
        quantity=2,
        look=None,
        amount=Money(200, "CNY"),
        placed_at_ms=0,
        hold_until_ms=1_000,
    )


def test_an_order_is_reserved_then_paid_then_fulfilled(order: Order):
    assert order.status == "reserved"
    assert order.paid().status == "paid"
    assert order.paid().fulfilled().status == "fulfilled"


def test_a_repeated_tap_hears_the_first_answer_even_after_payment(order: Order):
    assert order.paid().first_answer() == order.answer()
    assert order.paid().answer() != order.answer()


def test_releasing_a_paid_order_owes_the_money_back(order: Order):
    assert order.released("cancelled").payment == "none"
    released = order.paid().released("cancelled")
    assert (released.status, released.payment) == ("released", "refund-due")
    assert released.refunded().payment == "refunded"


def test_money_that_comes_too_late_does_not_bring_the_order_back(order: Order):
    late = order.released("hold-ran-out").paid_too_late()
    assert (late.status, late.payment, late.release_reason) == ("released", "refund-due", "hold-ran-out")


def test_only_a_paid_order_is_fulfilled(order: Order):
    for other in (order, order.released("cancelled"), order.paid().fulfilled()):
        with pytest.raises(Refusal, match="invalid"):
            other.fulfilled()


def test_steps_the_life_of_an_order_does_not_have_are_mistakes(order: Order):
    for step in (
        lambda: order.paid().paid(),
        lambda: order.released("cancelled").paid(),
        order.paid_too_late,
        lambda: order.released("cancelled").released("cancelled"),
        lambda: order.paid().fulfilled().released("cancelled"),
        order.refunded,
        lambda: order.paid().refunded(),
    ):
        with pytest.raises(ValueError):
            step()


def test_an_order_can_be_cancelled_until_its_hold_ends(order: Order):
    assert order.refuse_cancelling(10**15) is None  # still reserved: the sweep has not come by yet
    assert order.paid().refuse_cancelling(999) is None
    assert order.paid().refuse_cancelling(1_000).name == "not-cancellable"
    assert order.paid().fulfilled().refuse_cancelling(0).name == "not-cancellable"


@pytest.mark.parametrize(
    "other",
    [
        {"show": "rehearsal"},
        {"sku": "coat-l"},
        {"quantity": 2},
        {"look": "look-13"},
        {"look": None},
        {"seen_price": Money(101, "CNY")},
        {"seen_price": Money(100, "JPY")},
        {"seen_price": None},
    ],
)
def test_bodies_that_differ_anywhere_have_different_fingerprints(other: dict[str, Any]):
    assert fingerprint(OrderRequest(**BODY)) == fingerprint(OrderRequest(**BODY))
    assert fingerprint(OrderRequest(**(BODY | other))) != fingerprint(OrderRequest(**BODY))
