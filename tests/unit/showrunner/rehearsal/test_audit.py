import msgspec

from broadcast.ids import OrderId, Sku
from broadcast.messages import OrderAnswer
from broadcast.money import Money
from showrunner.rehearsal.audit import same_order, unbalanced

ACKNOWLEDGED = OrderAnswer(
    order=OrderId("1"), status="reserved", sku=Sku("BAG"), quantity=1, amount=Money(100, "CNY"), hold_until_ms=9
)


def test_an_order_that_was_paid_or_released_since_is_still_the_same_order() -> None:
    assert same_order(ACKNOWLEDGED, msgspec.structs.replace(ACKNOWLEDGED, status="paid"))
    released = msgspec.structs.replace(ACKNOWLEDGED, status="released", release_reason="hold-ran-out")
    assert same_order(ACKNOWLEDGED, released)


def test_an_order_that_is_gone_or_changed_is_lost() -> None:
    assert not same_order(ACKNOWLEDGED, None)
    assert not same_order(ACKNOWLEDGED, msgspec.structs.replace(ACKNOWLEDGED, quantity=2))
    assert not same_order(ACKNOWLEDGED, msgspec.structs.replace(ACKNOWLEDGED, amount=Money(99, "CNY")))


def test_pieces_that_appeared_or_vanished_are_named() -> None:
    before = {Sku("A"): 5, Sku("B"): 5, Sku("C"): 5}
    after = {Sku("A"): 5, Sku("B"): 6, Sku("D"): 1}
    assert unbalanced(before, after) == ("B", "C", "D")
    assert unbalanced(before, before) == ()
