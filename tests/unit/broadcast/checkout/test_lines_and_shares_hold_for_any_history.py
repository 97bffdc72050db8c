"""Whatever buyers of several channels do: shares are honoured, nobody is overtaken, everything is sold in the end."""

from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Charge, Command, Expire, LeaveLine, Notified, Place
from broadcast.checkout.decisions import Placed, decide
from broadcast.checkout.desk import Desk
from broadcast.checkout.line import OFFER_FOR_MS, LineOffer, Lines, key_of
from broadcast.checkout.next_in_line import standing
from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.shares import Shares
from broadcast.checkout.tickets import read
from broadcast.errors import Refusal
from broadcast.money import Money

KEY = b"the show's own key"
HOLD_MS = 40_000
DUE_AFTER_MS = 20_000
LIMIT, TOGETHER = 2, 3
SKUS = ("coat-s", "coat-m")
CHANNELS = ("tmall", "tv", "youku")
SHARES = Shares(percent={"tmall": 40, "tv": 30}, pooled_after_ms=60_000)

buyers = st.sampled_from([f"buyer-{n}" for n in range(8)])
channels = st.sampled_from(CHANNELS)
skus = st.sampled_from(SKUS)
some_order = st.integers(0, 20).map(lambda n: f"id-{n:03d}")


@st.composite
def taps(draw: st.DrawFn) -> Place:
    sku, quantity = draw(skus), draw(st.integers(1, 2))
    return Place(
        show="gala",
        channel=draw(channels),
        buyer=draw(buyers),
        key=draw(st.sampled_from(["k1", "k2", "k3"])),
        fingerprint=f"{sku} {quantity}",
        sku=sku,
        quantity=quantity,
        look=None,
        seen_price=None,
    )


@st.composite
def notifications(draw: st.DrawFn) -> Notified:
    amount = Money(draw(st.sampled_from([5, 10])), "CNY")
    kind = draw(st.sampled_from(["captured", "failed"]))
    return Notified(notification=PaymentNotification(id="msg", kind=kind, order=draw(some_order), amount=amount))


commands = st.one_of(
    taps(),
    taps(),
    taps(),
    notifications(),
    st.builds(Cancel, channel=channels, buyer=buyers, order=some_order),
    st.builds(LeaveLine, sku=skus, channel=channels, buyer=buyers),
    st.builds(Charge, sku=skus, most=st.just(5)),
    st.builds(Expire, most=st.just(50)),
)
# the clock goes on, jumps far, and is now and then set back
pauses = st.one_of(st.integers(0, 5_000), st.sampled_from([OFFER_FOR_MS, HOLD_MS, -3_000]))
histories = st.lists(st.tuples(pauses, st.lists(commands, max_size=5)), max_size=20)


class House:
    """A desk, what a perfect database would hold of it, and a clock."""

    def __init__(self, pieces: int, *, pre_order: bool) -> None:
        offers = catalogue(
            Offer(
                sku=sku,
                price=Money(5, "CNY"),
                stock=pieces,
                limit_per_buyer=LIMIT,
                title=sku,
                charge_after_ms=DUE_AFTER_MS if pre_order else None,
                group="coat",
                limit_per_group=TOGETHER,
                shares=SHARES,
            )
            for sku in SKUS
        )
        openings = Openings(dict.fromkeys(CHANNELS, 0))
        for sku in SKUS:
            openings.open(sku, 1_000_000)
        self.pieces = pieces
        self.now = 1_010_000
        self.desk = Desk("gala", offers, openings, HOLD_MS, Lines(KEY))
        self.orders: dict[str, Order] = {}
        self.errands: dict[Any, Any] = {}
        self.line_offers: dict[str, LineOffer] = {}
        self.in_line: dict[Any, int] = {}
        self.shelves = {sku: shelf.count() for sku, shelf in self.desk.shelves.items()}
        self._numbers = count()

    def decide(self, *batch: Command) -> list[Any]:
        answers, changes = decide(self.desk, batch, self.now, lambda: f"id-{next(self._numbers):03d}")
        self._write(changes)
        self._hear(batch, answers, changes)
        return answers

    def _hear(self, batch: tuple[Command, ...], answers: list[Any], changes: Changes) -> None:
        """Keep the line as those know it who stand in it, and see that nobody was overtaken."""
        for command, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refusal) and answer.more.get("line", {}).get("could_win"):
                ticket = read(answer.more["line"]["ticket"], KEY, self.now)
                self.in_line[key_of(ticket)] = ticket.arrival
            elif isinstance(command, LeaveLine):
                self.in_line.pop((command.sku, command.channel, command.buyer), None)
        for ticket in changes.left_line:
            self.in_line.pop(key_of(ticket), None)
        for offer in changes.set_aside.values():
            sku, channel, _ = offer.key
            pooled = self.desk.pooled_from_ms(sku, self.now) is None
            others = [
                arrival for (of, on, _), arrival in self.in_line.items() if of == sku and (pooled or on == channel)
            ]
            assert offer.ticket.arrival < min(others, default=offer.ticket.arrival + 1)

    def _write(self, changes: Changes) -> None:
        self.orders |= changes.placed | changes.changed
        self.errands |= changes.opened
        for key in changes.closed:
            del self.errands[key]
        self.line_offers |= changes.set_aside
        for offer in changes.put_back:
            del self.line_offers[offer]
        self.shelves |= changes.shelves

    def check(self) -> None:
        desk = self.desk
        assert {offer.key: offer for offer in self.line_offers.values()} == desk.line_offers
        for sku in SKUS:
            self._check_pieces(sku)
            self._check_line(sku)
        for buyer in {(order.channel, order.buyer) for order in self.orders.values()}:
            kept = {sku: self._taken(sku, *buyer) for sku in SKUS}
            assert max(kept.values()) <= LIMIT
            assert sum(kept.values()) <= TOGETHER
        wanted = {o.order for o in self.orders.values() if o.status == "reserved"}
        asked = {order for order, kind in self.errands if kind == "payment"}
        waiting = {order for orders in desk.uncharged.values() for order in orders}
        assert asked | waiting == wanted
        assert not asked & waiting

    def _taken(self, sku: str, channel: str, buyer: str | None = None) -> int:
        return sum(
            order.quantity
            for order in self.orders.values()
            if (order.sku, order.channel) == (sku, channel)
            and buyer in {None, order.buyer}
            and order.status != "released"
        )

    def _check_pieces(self, sku: str) -> None:
        shelf, desk = self.desk.shelves[sku], self.desk
        aside = [offer for offer in self.line_offers.values() if offer.ticket.sku == sku]
        assert shelf.count().adds_up
        assert shelf.initial == self.pieces
        assert shelf.reserved + shelf.sold == sum(self._taken(sku, channel) for channel in CHANNELS)
        assert shelf.aside == sum(offer.pieces for offer in aside) <= shelf.left
        if desk.pooled_from_ms(sku, self.now) is None:
            assert {desk.open_to(sku, channel, self.now) for channel in CHANNELS} == {shelf.free}
            return
        kept: dict[str, int] = {}  # for each channel, of what was promised to it
        for channel in CHANNELS:
            promised = shelf.initial * SHARES.percent.get(channel, 0) // 100
            had = self._taken(sku, channel) + sum(o.pieces for o in aside if o.ticket.channel == channel)
            kept[channel] = max(0, promised - had)
        for channel in CHANNELS:
            others = sum(kept.values()) - kept[channel]
            assert desk.open_to(sku, channel, self.now) == shelf.free - others

    def _check_line(self, sku: str) -> None:
        line = self.desk.lines.of.get(sku)
        if line is None:
            return
        for channel in CHANNELS:
            if line.first(lambda one, channel=channel: one == channel) is not None:
                assert self.desk.open_to(sku, channel, self.now) == 0  # nothing lies idle while somebody waits for it

    def rebuilt(self) -> Desk:
        desk = Desk("gala", self.desk.offers, self.desk.openings, HOLD_MS, Lines(KEY))
        desk.restore(self.orders.values(), self.shelves, self.errands.values(), self.line_offers.values())
        return desk


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 6), st.sampled_from(["bought", "pre-ordered"]), histories)
def test_whatever_happens_pieces_limits_shares_and_lines_are_right(
    pieces: int, how: str, history: list[tuple[int, list[Command]]]
):
    house = House(pieces, pre_order=how == "pre-ordered")
    for pause_ms, batch in history:
        house.now += pause_ms
        house.decide(Expire(most=50))  # as the sweep does
        for command in batch:
            house.decide(command)
            house.check()
        house.decide(*batch)  # all of it again, as one batch
        house.decide(Expire(most=50))
        house.check()
    again = house.rebuilt()
    assert again.stock() == house.desk.stock()
    assert again.line_offers == house.desk.line_offers
    assert again.uncharged == house.desk.uncharged
    for sku in SKUS:
        for channel in CHANNELS:
            assert again.open_to(sku, channel, house.now) == house.desk.open_to(sku, channel, house.now)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 12), st.lists(st.tuples(channels, st.booleans()), min_size=24, max_size=24), st.data())
def test_where_enough_want_it_everything_is_sold_whatever_channel_they_are_on(
    pieces: int, crowd: list[tuple[str, bool]], data: st.DataObject
):
    house = House(pieces, pre_order=False)
    pending = [Buyer(f"buyer-{n}", channel, pays=pays) for n, (channel, pays) in enumerate(crowd)]
    pending += [Buyer(f"sure-{n}", data.draw(channels), pays=True) for n in range(pieces)]
    for _ in range(200):
        for buyer in pending:
            buyer.act(house)
        house.now += 2_000
        house.decide(Expire(most=50))
        house.check()
        pending = [buyer for buyer in pending if not buyer.content]
        if not pending:
            break
    assert house.desk.shelves["coat-s"].sold == pieces


class Buyer:
    """Somebody who wants one coat, taps, waits in line while there is hope, and pays or does not."""

    def __init__(self, name: str, channel: str, *, pays: bool) -> None:
        self.name = name
        self.channel = channel
        self.pays = pays
        self.content = False
        self._ticket: str | None = None

    def act(self, house: House) -> None:
        if self._ticket is not None:
            answer = standing(house.desk, read(self._ticket, KEY, house.now), house.now)
            if answer.state == "waiting":
                return
        self._tap(house)

    def _tap(self, house: House) -> None:
        tap = Place(
            show="gala",
            channel=self.channel,
            buyer=self.name,
            key="k",
            fingerprint="f",
            sku="coat-s",
            quantity=1,
            look=None,
            seen_price=None,
        )
        [answer] = house.decide(tap)
        if isinstance(answer, Placed):
            kind = "captured" if self.pays else "failed"
            order = answer.answer
            news = PaymentNotification(id="msg", kind=kind, order=order.order, amount=order.amount)
            house.decide(Notified(notification=news))
            self.content = True
            return
        self._ticket = answer.more.get("line", {}).get("ticket")
        if self._ticket is None and not answer.more["left"] and "pooled_at_ms" not in answer.more:
            self.content = True  # finally sold out
