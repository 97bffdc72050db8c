from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.orders import Order
from broadcast.checkout.payment import StatementLine
from broadcast.checkout.reconciliation import REASONS, SETTLING_MS, Span, reconcile, repairs
from broadcast.clock import WallMs
from broadcast.money import Money

AMOUNT = Money(129_900, "CNY")
MIDNIGHT_MS, DAY_MS = 1_762_800_000_000, 86_400_000
SPAN = Span(WallMs(MIDNIGHT_MS), WallMs(MIDNIGHT_MS + DAY_MS))
NOON_MS = MIDNIGHT_MS + DAY_MS // 2


def order(name: str = "o-1", status: Any = "paid", payment: Any = "captured", placed_at_ms: int = NOON_MS) -> Order:
    return Order(
        order=name,
        show="gala",
        channel="youku",
        buyer="li",
        key=name,
        fingerprint="f",
        sku="coat-m",
        quantity=1,
        look=None,
        amount=AMOUNT,
        placed_at_ms=placed_at_ms,
        hold_until_ms=placed_at_ms + 300_000,
        status=status,
        payment=payment,
        release_reason="cancelled" if status == "released" else None,
    )


def line(kind: Any = "captured", name: str = "o-1", amount: Money = AMOUNT) -> StatementLine:
    return StatementLine(order=name, kind=kind, amount=amount)


def kinds(orders: list[Order], lines: list[StatementLine]) -> list[tuple[str, str]]:
    found = reconcile("alipay", {one.order: one for one in orders}, lines, SPAN)
    return [(one.order, one.kind) for one in found]


AGREEING = [
    ([order()], [line()]),
    ([order(status="fulfilled")], [line()]),
    ([order(status="released", payment="none")], []),
    ([order(status="reserved", payment="none")], []),
    ([order(status="released", payment="refunded")], [line(), line("refunded")]),
]

DIFFERENCES: list[tuple[str, list[Order], list[StatementLine]]] = [
    ("missing-here", [order(status="reserved", payment="none")], [line()]),
    ("captured-and-released", [order(status="released", payment="none")], [line()]),
    ("missing-there", [order()], []),
    ("wrong-amount", [order()], [line(amount=Money(129_901, "CNY"))]),
    ("wrong-amount", [order()], [line(amount=Money(129_900, "HKD"))]),
    ("wrong-amount", [order(status="reserved", payment="none")], [line(amount=Money(1, "CNY"))]),
    (
        "wrong-amount",
        [order(status="released", payment="refunded")],
        [line(), line("refunded", amount=Money(1, "CNY"))],
    ),
    ("unknown-order", [], [line()]),
    ("captured-twice", [order()], [line(), line()]),
    ("refunded-twice", [order(status="released", payment="refunded")], [line(), line("refunded"), line("refunded")]),
    ("refund-missing-here", [order(status="released", payment="refund-due")], [line(), line("refunded")]),
    ("refund-missing-there", [order(status="released", payment="refunded")], [line()]),
    ("refund-not-made", [order(status="released", payment="refund-due")], [line()]),
    ("refund-without-capture", [order()], [line(), line("refunded")]),
]


@pytest.mark.parametrize(("orders", "lines"), AGREEING)
def test_books_that_agree_have_no_difference(orders: list[Order], lines: list[StatementLine]):
    assert kinds(orders, lines) == []


@pytest.mark.parametrize(("kind", "orders", "lines"), DIFFERENCES)
def test_each_kind_of_difference_is_found_and_explained(kind: str, orders: list[Order], lines: list[StatementLine]):
    (found,) = reconcile("alipay", {one.order: one for one in orders}, lines, SPAN)
    assert found.kind == kind
    assert found.reason
    assert found.ours != found.theirs


def test_every_kind_there_is_is_tried_here():
    assert {kind for kind, _, _ in DIFFERENCES} == set(REASONS)


@pytest.mark.parametrize("placed_at_ms", [SPAN.from_ms - 1, SPAN.until_ms - SETTLING_MS - 300_000 + 1])
def test_what_may_stand_in_the_next_days_statement_is_not_called_missing(placed_at_ms: int):
    for payment in ("captured", "refund-due", "refunded"):
        assert (
            kinds([order(payment=payment, placed_at_ms=placed_at_ms)], [line()] if payment == "refund-due" else [])
            == []
        )


@given(
    agreeing=st.lists(st.sampled_from(AGREEING), max_size=30),
    injected=st.dictionaries(st.integers(0, 40), st.sampled_from(DIFFERENCES), max_size=10),
    seed=st.randoms(use_true_random=False),
)
def test_whatever_is_injected_is_found_and_nothing_is_invented(agreeing: Any, injected: Any, seed: Any):
    orders: list[Order] = []
    lines: list[StatementLine] = []
    expected: list[tuple[str, str]] = []
    cases = [("", *case) for case in agreeing]
    for place, case in sorted(injected.items()):
        cases.insert(min(place, len(cases)), case)
    for number, (kind, its_orders, its_lines) in enumerate(cases):
        name = f"o-{number:03d}"
        orders += [msgspec.structs.replace(one, order=name) for one in its_orders]
        lines += [msgspec.structs.replace(one, order=name) for one in its_lines]
        if kind:
            expected.append((name, kind))
    seed.shuffle(lines)
    assert kinds(orders, lines) == expected


def test_a_capture_nobody_told_us_of_is_taken_in():
    waiting = order(status="reserved", payment="none")
    (found,) = reconcile("alipay", {waiting.order: waiting}, [line()], SPAN)
    assert [(news.kind, news.amount) for news in repairs(waiting, found)] == [("captured", AMOUNT)]


def test_a_refund_nobody_told_us_of_is_taken_in():
    owed = order(status="released", payment="refund-due")
    (found,) = reconcile("alipay", {owed.order: owed}, [line(), line("refunded")], SPAN)
    assert [news.kind for news in repairs(owed, found)] == ["refunded"]


@pytest.mark.parametrize(("kind", "orders", "lines"), DIFFERENCES)
def test_nothing_is_repaired_by_itself_but_news_of_the_right_amount(kind: str, orders: Any, lines: Any):
    (found,) = reconcile("alipay", {one.order: one for one in orders}, lines, SPAN)
    if orders and kind not in {"missing-here", "captured-and-released", "refund-missing-here"}:
        assert repairs(orders[0], found) == []
