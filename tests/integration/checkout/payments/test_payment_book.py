"""The payment book on both homes of the record."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broadcast.checkout.adapters.payment_book import Attempt, PaymentBook, PostgresTransactions, SqliteTransactions
from broadcast.checkout.adapters.postgres_record import record_engine
from broadcast.checkout.payment import Agreement, BuyerAction
from broadcast.checkout.reconciliation import Difference
from broadcast.clock import WallMs
from broadcast.money import Money
from showrunner.databases import open_checkout

CONSENT = Agreement(provider="alipay", reference="2026-agreement", currency="CNY", limit=100_000, address="addr-7")
ATTEMPT = Attempt(
    order="o-1",
    show="gala",
    provider="stripe",
    agreement="pm_1",
    customer="cus_1",
    amount=Money(5, "CNY"),
    asked_at_ms=9,
)
DIFFERENCE = Difference(
    order="o-1", provider="alipay", kind="missing-here", ours="reserved", theirs="captured 5 CNY", action="take-in"
)


@pytest.fixture(params=["sqlite", "postgres"])
async def book(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PaymentBook]:
    if request.param == "sqlite":
        book = PaymentBook(SqliteTransactions(open_checkout(tmp_path / "checkout.sqlite3")))
    else:
        book = PaymentBook(PostgresTransactions(record_engine(request.getfixturevalue("postgres_url"))))
    yield book
    await book.close()


async def test_a_consent_is_found_by_its_buyer_on_its_channel_alone(book: PaymentBook):
    await book.agree("youku", "li", CONSENT, WallMs(1))
    assert await book.agreements("youku", "li") == [CONSENT]
    assert await book.agreements("taobao", "li") == []
    assert await book.agreements("youku", "mei") == []


async def test_a_new_consent_takes_the_place_of_the_old_one_for_the_same_gateway(book: PaymentBook):
    newer = Agreement(provider="alipay", reference="newer", currency="CNY")
    other = Agreement(provider="stripe", reference="pm_1", customer="cus_1", currency="HKD")
    for agreement in (CONSENT, other, newer):
        await book.agree("youku", "li", agreement, WallMs(1))
    assert await book.agreements("youku", "li") == [newer, other]


async def test_a_consent_taken_back_is_forgotten(book: PaymentBook):
    await book.agree("youku", "li", CONSENT, WallMs(1))
    await book.revoke("youku", "li")
    assert await book.agreements("youku", "li") == []


async def test_where_an_order_was_taken_is_remembered_with_what_the_gateway_said(book: PaymentBook):
    assert await book.attempt("o-1") is None
    await book.begin(ATTEMPT)
    assert await book.attempt("o-1") == ATTEMPT
    await book.answered("o-1", "pi_1", BuyerAction(kind="qr", value="code"))
    found = await book.attempt("o-1")
    assert found is not None
    assert (found.reference, found.action) == ("pi_1", BuyerAction(kind="qr", value="code"))
    assert await book.providers("gala") == {"o-1": "stripe"}


async def test_the_same_difference_found_twice_is_one_and_can_be_repaired(book: PaymentBook):
    await book.note("gala", [DIFFERENCE, DIFFERENCE], WallMs(1))
    await book.note("gala", [DIFFERENCE], WallMs(2))
    assert await book.differences("gala") == [DIFFERENCE]
    repaired = Difference(
        order="o-1", provider="alipay", kind="missing-here", ours="reserved", theirs="captured 5 CNY", action="take-in",
        repaired=True,
    )  # fmt: skip
    await book.note("gala", [repaired], WallMs(3))
    assert await book.differences("gala") == [repaired]
    assert await book.differences("another show") == []
