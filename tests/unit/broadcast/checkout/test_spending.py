from typing import Any

import pytest

from broadcast.assurance import Assurance
from broadcast.checkout.commands import Cancel, Expire, Notified, Place
from broadcast.checkout.decisions import Placed, decide
from broadcast.checkout.desk import Desk
from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.checkout.orders import fingerprint
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.spending import CLOCKS_DIFFER_MS, SpendingLimits, SpendingRule
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from broadcast.money import Money

URL = "https://id.example/step-up"
COAT, SCARF = 1_000, 100
MAX_AGE_MS = 300_000
NOW = 10_000_000


def rule(**different: Any) -> SpendingRule:
    return SpendingRule(**({"url": URL, "max_age_ms": MAX_AGE_MS} | different))


class Till:
    """A desk that sells coats and scarves under limits, and a clock to turn."""

    def __init__(self, limits: SpendingLimits) -> None:
        self.now = NOW
        self.placed = 0
        self.limits = limits
        offers = (
            Offer(sku="coat", price=Money(COAT, "CNY"), stock=50, limit_per_buyer=None, title="Coat"),
            Offer(sku="scarf", price=Money(SCARF, "CNY"), stock=50, limit_per_buyer=None, title="Scarf"),
        )
        self.offers = catalogue(offers)
        self.openings = Openings({"youku": 0, "web": 0})
        for sku in self.offers:
            self.openings.open(sku, 0)
        self.desk = self.empty_desk()

    def empty_desk(self) -> Desk:
        return Desk("gala", self.offers, self.openings, 900_000, None, self.limits)

    def tap(
        self,
        sku: str = "scarf",
        quantity: int = 1,
        *,
        key: str | None = None,
        buyer: str = "li",
        channel: str = "youku",
        assurance: Assurance | None = None,
    ) -> Placed | Refusal:
        self.placed += 1
        request = OrderRequest(show="gala", sku=sku, quantity=quantity)
        command = Place(
            show="gala",
            channel=channel,
            buyer=buyer,
            key=key or f"key-{self.placed}",
            fingerprint=fingerprint(request),
            sku=sku,
            quantity=quantity,
            look=None,
            seen_price=None,
            assurance=assurance,
        )
        ((answer,), _changes) = decide(self.desk, [command], self.now, lambda: f"order-{self.placed}")
        assert isinstance(answer, (Placed, Refusal))
        return answer

    def tell(self, *commands: Any) -> None:
        decide(self.desk, commands, self.now, lambda: "no order is placed by these")

    def fresh(self, acr: str = "") -> Assurance:
        return Assurance(acr, self.now - 1_000)


def outcome(answer: Placed | Refusal) -> str:
    return answer.name if isinstance(answer, Refusal) else "placed"


@pytest.fixture
def till() -> Till:
    return Till(SpendingLimits(everywhere=rule(per_order=500, per_buyer=1_000)))


def test_a_show_without_limits_asks_nobody(till: Till):
    till.limits = None
    till.desk = till.empty_desk()
    assert till.desk.spending is None
    assert outcome(till.tap("coat", 20)) == "placed"


def test_an_order_of_exactly_the_limit_goes_by_one_tap_and_one_above_it_does_not(till: Till):
    assert outcome(till.tap(quantity=5)) == "placed"
    refused = till.tap(quantity=6, buyer="han")
    assert isinstance(refused, Refusal)
    assert refused.status == 403
    assert refused.more == {
        "url": URL,
        "limit": {"value": 500, "currency": "CNY"},
        "of": "order",
        "amount": {"value": 600, "currency": "CNY"},
        "max_age_ms": MAX_AGE_MS,
    }


def test_orders_add_up_whatever_they_are_for(till: Till):
    assert [outcome(till.tap(quantity=5)), outcome(till.tap(quantity=5))] == ["placed", "placed"]
    refused = till.tap()
    assert isinstance(refused, Refusal)
    assert (refused.name, refused.more["of"]) == ("step-up-required", "buyer")


def test_what_is_refused_has_moved_nothing_and_its_key_is_free(till: Till):
    before = till.desk.stock()
    assert outcome(till.tap("coat", key="mine")) == "step-up-required"
    assert till.desk.stock() == before
    assert not till.desk.orders
    assert till.desk.spending.spent("youku", "li", "CNY", till.now) == 0
    assert outcome(till.tap("coat", key="mine", assurance=till.fresh())) == "placed"


def test_a_repeated_tap_hears_its_order_whatever_the_limit_says_by_then(till: Till):
    first = till.tap("coat", key="mine", assurance=till.fresh())
    again = till.tap("coat", key="mine")
    assert again == Placed(first.answer, replayed=True)


def test_another_buyer_and_another_channel_have_sums_of_their_own(till: Till):
    for _ in range(2):
        till.tap(quantity=5)
    assert outcome(till.tap(buyer="han")) == "placed"
    assert outcome(till.tap(channel="web")) == "placed"
    assert outcome(till.tap()) == "step-up-required"


@pytest.mark.parametrize(
    ("assurance", "then"),
    [
        (Assurance("", NOW), "placed"),
        (Assurance("", NOW - MAX_AGE_MS), "placed"),
        (Assurance("", NOW - MAX_AGE_MS - 1), "step-up-required"),
        (Assurance("", NOW + CLOCKS_DIFFER_MS), "placed"),
        (Assurance("", NOW + CLOCKS_DIFFER_MS + 1), "step-up-required"),
        (Assurance("gold", None), "step-up-required"),
        (None, "step-up-required"),
    ],
)
def test_an_authentication_counts_for_its_time(till: Till, assurance: Assurance | None, then: str):
    assert outcome(till.tap("coat", assurance=assurance)) == then


def test_only_the_kinds_of_authentication_asked_for_count():
    till = Till(SpendingLimits(everywhere=rule(per_order=500, acr_values=("phr", "phrh"))))
    refused = till.tap("coat", assurance=till.fresh("password"))
    assert isinstance(refused, Refusal)
    assert refused.more["acr_values"] == ["phr", "phrh"]
    assert outcome(till.tap("coat", assurance=till.fresh("phrh"))) == "placed"


def test_a_consent_lifts_the_limit_of_one_order_up_to_what_was_agreed_and_no_sum(till: Till):
    agreed = Assurance(agreed=Money(COAT, "CNY"))
    assert outcome(till.tap("coat", assurance=Assurance(agreed=Money(COAT - 1, "CNY")))) == "step-up-required"
    assert outcome(till.tap("coat", assurance=Assurance(agreed=Money(COAT, "HKD")))) == "step-up-required"
    assert outcome(till.tap("coat", assurance=agreed)) == "placed"
    refused = till.tap("coat", assurance=agreed)
    assert isinstance(refused, Refusal)
    assert refused.more["of"] == "buyer"


@pytest.mark.parametrize("how", ["cancelled", "hold ran out", "payment failed", "cancelled though paid"])
def test_a_released_order_no_longer_counts(till: Till, how: str):
    order = till.tap(quantity=5).answer.order
    till.tap(quantity=5)
    assert outcome(till.tap()) == "step-up-required"
    amount = Money(500, "CNY")
    if how == "hold ran out":
        till.now += 900_000
        till.tell(Expire(most=1))
    elif how == "payment failed":
        till.tell(Notified(notification=PaymentNotification(id="n", kind="failed", order=order, amount=amount)))
    else:
        if how == "cancelled though paid":
            till.tell(Notified(notification=PaymentNotification(id="n", kind="captured", order=order, amount=amount)))
            assert outcome(till.tap()) == "step-up-required", "what is paid counts"
        till.tell(Cancel(channel="youku", buyer="li", order=order))
    assert outcome(till.tap(quantity=5)) == "placed"
    assert outcome(till.tap()) == "step-up-required"


def test_only_orders_within_the_window_count():
    till = Till(SpendingLimits(everywhere=rule(per_buyer=500, window_ms=60_000)))
    till.tap(quantity=3)
    till.now += 30_000
    assert outcome(till.tap(quantity=2)) == "placed"
    assert outcome(till.tap()) == "step-up-required"
    till.now += 30_000
    assert outcome(till.tap(quantity=3)) == "placed"
    assert outcome(till.tap()) == "step-up-required"


def test_a_channel_may_have_limits_of_its_own_or_alone():
    limits = SpendingLimits(by_channel={"web": rule(per_order=100)})
    till = Till(limits)
    assert outcome(till.tap("coat")) == "placed"
    assert outcome(till.tap("coat", channel="web")) == "step-up-required"


def test_nobody_shows_who_they_are_for_what_is_gone(till: Till):
    for number in range(10):
        till.tap("coat", 5, buyer=f"b{number}", assurance=till.fresh())
    assert outcome(till.tap("coat")) == "sold-out"


def test_a_rebuilt_desk_knows_what_was_spent(till: Till):
    till.tap(quantity=5)
    released = till.tap(quantity=5).answer.order
    till.tell(Cancel(channel="youku", buyer="li", order=released))
    rebuilt = till.empty_desk()
    rebuilt.restore(
        reversed(list(till.desk.orders.values())),
        {sku: shelf.count() for sku, shelf in till.desk.shelves.items()},
        till.desk.errands.values(),
    )
    assert rebuilt.spending.spent("youku", "li", "CNY", till.now) == 500
