"""However taps, payments, cancellations and time are mixed, nobody spends past a limit without showing who they are."""

from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast.assurance import Assurance
from broadcast.checkout.commands import Cancel, Command, Expire, Fulfil, Notified, Place
from broadcast.checkout.decisions import Placed, decide
from broadcast.checkout.desk import Desk
from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.spending import SpendingLimits, SpendingRule
from broadcast.errors import Refusal
from broadcast.money import Money

PRICES = {"coat": 500, "scarf": 70}
HOLD_MS = 1_000
MAX_AGE_MS = 400

some_order = st.integers(0, 20).map(lambda n: f"order-{n}")
buyers = st.sampled_from(["li", "han"])
instants = st.one_of(st.none(), st.integers(-100, 10_000))
assurances = st.one_of(
    st.none(),
    st.builds(Assurance, st.sampled_from(["", "low", "high"]), instants, st.none()),
    st.builds(Assurance, st.just(""), st.none(), st.integers(0, 1_500).map(lambda value: Money(value, "CNY"))),
)


@st.composite
def taps(draw: st.DrawFn) -> Place:
    sku, quantity = draw(st.sampled_from(list(PRICES))), draw(st.integers(1, 3))
    return Place(
        show="gala",
        channel=draw(st.sampled_from(["youku", "web"])),
        buyer=draw(buyers),
        key=draw(st.sampled_from([f"k{n}" for n in range(8)])),
        fingerprint=f"{sku} {quantity}",
        sku=sku,
        quantity=quantity,
        look=None,
        seen_price=None,
        assurance=draw(assurances),
    )


@st.composite
def notifications(draw: st.DrawFn) -> Notified:
    amount = Money(draw(st.sampled_from([70, 140, 210, 500, 1_000, 1_500])), "CNY")
    kind = draw(st.sampled_from(["captured", "failed", "refunded"]))
    return Notified(notification=PaymentNotification(id="msg", kind=kind, order=draw(some_order), amount=amount))


cancels = st.builds(Cancel, channel=st.sampled_from(["youku", "web"]), buyer=buyers, order=some_order)
commands = st.one_of(
    taps(),
    taps(),
    taps(),
    notifications(),
    cancels,
    st.builds(Fulfil, order=some_order),
    st.builds(Expire, most=st.just(3)),
)
histories = st.lists(st.tuples(st.integers(0, 700), st.lists(commands, max_size=6)), max_size=12)
rules = st.builds(
    SpendingRule,
    url=st.just("https://id.example/"),
    per_order=st.one_of(st.none(), st.integers(0, 1_600)),
    per_buyer=st.one_of(st.none(), st.integers(0, 3_000)),
    window_ms=st.one_of(st.none(), st.integers(1, 3_000)),
    max_age_ms=st.just(MAX_AGE_MS),
    acr_values=st.sampled_from([(), ("high",)]),
)
limits = st.builds(
    SpendingLimits,
    everywhere=st.one_of(st.none(), rules),
    by_channel=st.one_of(st.just({}), rules.map(lambda rule: {"web": rule})),
)


def spent_by(orders: dict[str, Order], tap: Place, rule: SpendingRule, now: int) -> int:
    """Add up from the orders alone what the desk keeps as a sum."""
    return sum(
        order.amount.value
        for order in orders.values()
        if (order.channel, order.buyer) == (tap.channel, tap.buyer)
        and order.status != "released"
        and (rule.window_ms is None or order.placed_at_ms > now - rule.window_ms)
    )


def needs_step_up(orders: dict[str, Order], tap: Place, rule: SpendingRule | None, now: int) -> bool:
    if rule is None:
        return False
    value = PRICES[tap.sku] * tap.quantity
    agreed = tap.assurance is not None and tap.assurance.agreed is not None and value <= tap.assurance.agreed.value
    dear = rule.per_order is not None and value > rule.per_order and not agreed
    much = rule.per_buyer is not None and spent_by(orders, tap, rule, now) + value > rule.per_buyer
    return (dear or much) and not rule.satisfied(tap.assurance, now)


@settings(max_examples=300, deadline=None)
@given(limits, histories)
def test_an_order_is_asked_for_a_step_up_exactly_when_the_orders_before_it_say_so(
    limits: SpendingLimits, history: list[tuple[int, list[Command]]]
):
    offers = catalogue(
        Offer(sku=sku, price=Money(price, "CNY"), stock=1_000, limit_per_buyer=None, title=sku)
        for sku, price in PRICES.items()
    )
    openings = Openings({"youku": 0, "web": 0})
    for sku in PRICES:
        openings.open(sku, 0)
    desk = Desk("gala", offers, openings, HOLD_MS, None, limits)
    numbers, now = count(), 0
    for pause_ms, batch in history:
        now += pause_ms
        for command in batch:  # one by one, to look at the desk as each finds it
            known = isinstance(command, Place) and (command.channel, command.buyer, command.key) in desk.by_key
            wanted = isinstance(command, Place) and needs_step_up(desk.orders, command, limits.of(command.channel), now)
            stock = desk.stock()
            ((answer,), changes) = decide(desk, [command], now, lambda: f"order-{next(numbers)}")
            if isinstance(command, Place) and not known:
                assert isinstance(answer, Refusal if wanted else Placed)
            if isinstance(answer, Refusal) and answer.name == "step-up-required":
                assert wanted
                assert not changes
                assert desk.stock() == stock
    rebuilt = Desk("gala", offers, openings, HOLD_MS, None, limits)
    counts = {sku: shelf.count() for sku, shelf in desk.shelves.items()}
    rebuilt.restore(sorted(desk.orders.values(), key=lambda o: o.order), counts, desk.errands.values())
    for channel in ("youku", "web"):
        for buyer in ("li", "han"):
            assert rebuilt.spending.spent(channel, buyer, "CNY", now) == desk.spending.spent(channel, buyer, "CNY", now)
