from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.ledger import balances, entries
from broadcast.money import Money

MOVEMENTS = st.sampled_from(["captured", "captured-late", "cancelled", "refunded"])
AMOUNTS = st.builds(Money, st.integers(0, 10**12), st.sampled_from(["CNY", "JPY"]))


@given(st.lists(st.tuples(MOVEMENTS, AMOUNTS)))
def test_whatever_moves_every_currency_sums_to_zero(moves: list[tuple[Any, Any]]):
    sums = balances(
        entry for n, (movement, amount) in enumerate(moves) for entry in entries(f"o-{n}", movement, amount)
    )
    for currency in ("CNY", "JPY"):
        assert sum(value for (_, of), value in sums.items() if of == currency) == 0


def test_a_capture_is_a_sale():
    assert balances(entries("o", "captured", Money(500, "CNY"))) == {("gateway", "CNY"): 500, ("sales", "CNY"): -500}


def test_money_that_came_late_and_went_back_leaves_nothing():
    late, back = entries("o", "captured-late", Money(500, "CNY")), entries("o", "refunded", Money(500, "CNY"))
    assert balances(late)["refunds-due", "CNY"] == -500
    assert set(balances([*late, *back]).values()) == {0}


def test_a_cancelled_sale_is_owed_until_it_is_refunded():
    sale = [*entries("o", "captured", Money(500, "CNY")), *entries("o", "cancelled", Money(500, "CNY"))]
    assert balances(sale) == {("gateway", "CNY"): 500, ("sales", "CNY"): 0, ("refunds-due", "CNY"): -500}
