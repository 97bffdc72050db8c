"""Whatever buyers and gateways do, in whatever order and in whatever batches, the books are right."""

from collections import Counter
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Command, Expire, Fulfil, Notified, Place
from broadcast.checkout.decisions import Placed, decide
from broadcast.checkout.desk import Desk
from broadcast.checkout.ledger import LedgerEntry, balances
from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import PaymentNotification
from broadcast.money import Money

HOLD_MS = 1_000
LIMIT = 3
PRICES = {"coat": Money(500, "CNY"), "scarf": Money(70, "CNY")}

buyers = st.sampled_from(["li", "han", "mei"])
keys = st.sampled_from(["k1", "k2", "k3", "k4"])
some_order = st.integers(0, 12).map(lambda n: f"order-{n}")


@st.composite
def taps(draw: st.DrawFn) -> Place:
    sku, quantity = draw(st.sampled_from(list(PRICES))), draw(st.integers(1, 3))
    return Place(
        show="gala",
        channel="youku",
        buyer=draw(buyers),
        key=draw(keys),
        fingerprint=f"{sku} {quantity}",
        sku=sku,
        quantity=quantity,
        look=None,
        seen_price=None,
    )


@st.composite
def notifications(draw: st.DrawFn) -> Notified:
    amount = Money(draw(st.sampled_from([70, 140, 210, 500, 1000, 1500])), "CNY")
    kind = draw(st.sampled_from(["captured", "failed", "refunded"]))
    return Notified(notification=PaymentNotification(id="msg", kind=kind, order=draw(some_order), amount=amount))


cancels = st.builds(Cancel, channel=st.just("youku"), buyer=buyers, order=some_order)
commands = st.one_of(
    taps(), taps(), notifications(), cancels, st.builds(Fulfil, order=some_order), st.builds(Expire, most=st.just(3))
)
histories = st.lists(st.tuples(st.integers(0, 600), st.lists(commands, max_size=6)), max_size=15)


class Record:
    """What a perfect database would hold after each batch."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.entries: list[LedgerEntry] = []
        self.shelves = {}
        self.errands = {}

    def write(self, changes: Changes) -> None:
        assert not changes.placed.keys() & self.orders.keys()
        assert changes.changed.keys() <= self.orders.keys()
        assert all(self.orders[order] == before for order, before in changes.before.items())
        self.orders |= changes.placed | changes.changed
        self.entries += changes.entries
        self.shelves |= changes.shelves
        assert not changes.opened.keys() & self.errands.keys()
        self.errands |= changes.opened
        for key in changes.closed:
            del self.errands[key]


def check(desk: Desk, record: Record, stock: dict[str, int]) -> None:
    kept = Counter()
    for order in record.orders.values():
        if order.status != "released":
            kept[order.buyer, order.sku] += order.quantity
    assert max(kept.values(), default=0) <= LIMIT
    for sku, initial in stock.items():
        shelf = desk.shelves[sku]
        assert shelf.count().adds_up
        assert shelf.initial == initial
        assert shelf.reserved + shelf.sold == sum(pieces for (_, of), pieces in kept.items() if of == sku)
    sums = balances(record.entries)
    assert sum(sums.values()) == 0
    by_payment, by_status = Counter(), Counter()
    for order in record.orders.values():
        by_payment[order.payment] += order.amount.value
        by_status[order.status] += order.amount.value
    assert -sums.get(("sales", "CNY"), 0) == by_status["paid"] + by_status["fulfilled"]
    assert -sums.get(("refunds-due", "CNY"), 0) == by_payment["refund-due"]
    assert sums.get(("gateway", "CNY"), 0) == by_payment["captured"] + by_payment["refund-due"]
    wanted = {(o.order, "payment") for o in record.orders.values() if o.status == "reserved"}
    wanted |= {(o.order, "refund") for o in record.orders.values() if o.payment == "refund-due"}
    assert record.errands.keys() == wanted == desk.errands.keys()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 6), st.integers(0, 4), histories)
def test_nothing_is_oversold_lost_doubled_or_unbalanced(
    coats: int, scarves: int, history: list[tuple[int, list[Command]]]
):
    stock = {"coat": coats, "scarf": scarves}
    offers = catalogue(
        Offer(sku=sku, price=PRICES[sku], stock=pieces, limit_per_buyer=LIMIT, title=sku)
        for sku, pieces in stock.items()
    )
    openings = Openings({"youku": 0})
    for sku in stock:
        openings.open(sku, 0)
    desk, record = Desk("gala", offers, openings, HOLD_MS), Record()
    numbers, now = count(), 0
    first_answers: dict[tuple[str, str], tuple[str, object]] = {}
    for pause_ms, batch in history:
        now += pause_ms
        answers, changes = decide(desk, batch, now, lambda: f"order-{next(numbers)}")
        record.write(changes)
        check(desk, record, stock)
        for command, answer in zip(batch, answers, strict=True):
            remember(first_answers, command, answer)
    rebuilt = Desk("gala", offers, openings, HOLD_MS)
    full = {sku: shelf.count() for sku, shelf in Desk("gala", offers, openings, HOLD_MS).shelves.items()}
    rebuilt.restore(record.orders.values(), full | record.shelves, record.errands.values())
    assert rebuilt.stock() == desk.stock()
    assert rebuilt.counters(0) == desk.counters(0)
    assert rebuilt.by_key == desk.by_key


def remember(first_answers: dict, command: Command, answer: object) -> None:
    """Hold every answer under a key against the first one given under it."""
    if not isinstance(command, Place):
        return
    known = first_answers.get((command.buyer, command.key))
    if known is None:
        if isinstance(answer, Placed):
            assert not answer.replayed
            first_answers[command.buyer, command.key] = (command.fingerprint, answer.answer)
    elif known[0] == command.fingerprint:
        assert answer == Placed(known[1], replayed=True)
    else:
        assert answer.name == "key-reused"
