from typing import Any

import pytest

from broadcast.checkout.payment import Agreement, Outcome, news_of
from broadcast.money import Money

AMOUNT = Money(500, "CNY")


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        ("payment", "captured", "captured"),
        ("payment", "failed", "failed"),
        ("payment", "closed", "failed"),
        ("refund", "refunded", "refunded"),
        ("payment", "pending", None),
        ("payment", "authorized", None),
        ("payment", "unknown", None),
        ("refund", "failed", None),
        ("refund", "captured", None),
    ],
)
def test_only_what_is_final_is_news(kind: Any, state: Any, told: str | None):
    news = news_of("o", kind, Outcome(state=state), AMOUNT)
    assert (news.kind if news else None) == told


def test_news_tells_the_amount_the_gateway_names_not_the_one_we_wanted():
    captured = news_of("o", "payment", Outcome(state="captured", amount=Money(1, "CNY")), AMOUNT)
    assert captured is not None
    assert captured.amount == Money(1, "CNY")


def test_a_failure_is_about_the_amount_that_was_wanted():
    failed = news_of("o", "payment", Outcome(state="failed", amount=Money(0, "CNY")), AMOUNT)
    assert failed is not None
    assert failed.amount == AMOUNT


@pytest.mark.parametrize(
    ("limit", "currency", "covered"),
    [(None, "CNY", True), (500, "CNY", True), (499, "CNY", False), (None, "HKD", False)],
)
def test_an_agreement_covers_its_currency_up_to_its_limit(limit: int | None, currency: str, covered: bool):  # noqa: FBT001 - a table of cases
    agreement = Agreement(provider="alipay", reference="a", currency=currency, limit=limit)
    assert agreement.covers(AMOUNT) is covered
