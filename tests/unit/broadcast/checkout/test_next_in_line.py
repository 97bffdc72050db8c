"""Nobody is overtaken, nobody is kept waiting for nothing, and nothing that comes back lies idle."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from broadcast.checkout.commands import Cancel, Expire, LeaveLine, Notified, Place
from broadcast.checkout.decisions import Placed
from broadcast.checkout.desk import Desk
from broadcast.checkout.line import GATHERS_FOR_MS, OFFER_FOR_MS, Lines
from broadcast.checkout.next_in_line import standing
from broadcast.checkout.payment import PaymentNotification
from broadcast.checkout.shares import Shares
from broadcast.checkout.tickets import Ticket, read
from broadcast.errors import Refusal
from broadcast.line_messages import LineAnswer

KEY = b"the show's own key"
SWEEP = Expire(most=100)


@pytest.fixture
def sold_out(shop: Any):
    """Five coats, each held by a buyer who has not paid."""
    shop.desk.lines = Lines(KEY)
    shop.holders = [shop.order(key="k", buyer=f"holder-{n}") for n in range(5)]
    return shop


def line_of(refused: Any) -> dict[str, Any]:
    assert isinstance(refused, Refusal)
    assert (refused.name, refused.more["left"]) == ("sold-out", 0)
    return refused.more.get("line")


def stand(shop: Any, buyer: str, **different: Any) -> Ticket:
    line = line_of(shop.tap(**({"buyer": buyer, "key": "k"} | different)))
    assert line["could_win"]
    return read(line["ticket"], KEY, shop.now)


def state(shop: Any, ticket: Ticket) -> LineAnswer:
    return standing(shop.desk, ticket, shop.now)


def give_up(shop: Any, which: int) -> None:
    shop.decide(Cancel(channel="youku", buyer=f"holder-{which}", order=shop.holders[which]))


def test_a_refused_buyer_stands_in_line_and_hears_their_place(sold_out: Any):
    first, second = (line_of(sold_out.tap(buyer=buyer, key="k")) for buyer in ("han", "mei"))
    assert [first["place"], second["place"]] == [1, 2]
    assert first["could_win"]
    assert second["could_win"]


def test_asking_again_is_the_same_place(sold_out: Any):
    han = stand(sold_out, "han")
    stand(sold_out, "mei")
    assert stand(sold_out, "han") == han
    assert state(sold_out, han).place == 1


def test_what_comes_back_is_set_aside_for_whoever_came_first(sold_out: Any):
    han, mei = stand(sold_out, "han"), stand(sold_out, "mei")
    give_up(sold_out, 0)
    offered = state(sold_out, han)
    assert (offered.state, offered.offer.quantity) == ("offered", 1)
    assert offered.offer.until_ms == sold_out.now + OFFER_FOR_MS
    assert (state(sold_out, mei).state, state(sold_out, mei).place) == ("waiting", 2)
    assert sold_out.changes[-1].left_line == [han]
    assert line_of(sold_out.tap(buyer="latecomer", key="k"))["place"] == 3


def test_only_whom_it_is_set_aside_for_gets_it(sold_out: Any):
    stand(sold_out, "han")
    give_up(sold_out, 0)
    assert line_of(sold_out.tap(buyer="latecomer", key="k")) is not None
    assert isinstance(sold_out.tap(buyer="han", key="k"), Placed)
    assert sold_out.desk.line_offers == {}
    assert (sold_out.left(), sold_out.desk.shelves["coat-m"].free) == (0, 0)


def test_nobody_gets_ahead_within_the_batch_in_which_a_piece_comes_back(sold_out: Any, tap: Callable[..., Place]):
    stand(sold_out, "han")
    back = Cancel(channel="youku", buyer="holder-0", order=sold_out.holders[0])
    _, latecomer, han = sold_out.decide(back, tap(buyer="latecomer", key="k"), tap(buyer="han", key="k"))
    assert latecomer.name == "sold-out"
    assert isinstance(han, Placed)


def test_an_offer_that_lapses_goes_to_the_next(sold_out: Any):
    han, mei = stand(sold_out, "han"), stand(sold_out, "mei")
    give_up(sold_out, 0)
    sold_out.now += OFFER_FOR_MS
    assert sold_out.tap(buyer="han", key="late").name == "sold-out"
    sold_out.decide(SWEEP)
    assert state(sold_out, mei).state == "offered"
    assert han in sold_out.changes[-1].left_line


def test_an_offer_that_is_declined_goes_to_the_next_at_once(sold_out: Any):
    stand(sold_out, "han")
    mei = stand(sold_out, "mei")
    give_up(sold_out, 0)
    sold_out.decide(LeaveLine(sku="coat-m", channel="youku", buyer="han"))
    assert state(sold_out, mei).state == "offered"


def test_whoever_left_the_line_is_passed_over(sold_out: Any):
    stand(sold_out, "han")
    mei = stand(sold_out, "mei")
    sold_out.decide(LeaveLine(sku="coat-m", channel="youku", buyer="han"))
    assert state(sold_out, mei).place == 1


def test_a_failed_payment_and_a_hold_that_ran_out_reach_the_line(
    sold_out: Any, news: Callable[..., PaymentNotification]
):
    han, mei = stand(sold_out, "han"), stand(sold_out, "mei")
    sold_out.decide(Notified(notification=news("failed", sold_out.holders[0])))
    assert state(sold_out, han).state == "offered"
    assert isinstance(sold_out.tap(buyer="han", key="k"), Placed)
    sold_out.now += sold_out.desk.hold_ms
    sold_out.decide(SWEEP)
    assert state(sold_out, mei).state == "offered"


def test_what_nobody_in_line_wants_is_for_everybody(sold_out: Any):
    han = stand(sold_out, "han")
    give_up(sold_out, 0)
    sold_out.now += OFFER_FOR_MS
    sold_out.decide(SWEEP)
    assert state(sold_out, han).state == "on_sale"
    assert isinstance(sold_out.tap(buyer="latecomer", key="k"), Placed)


def test_as_many_before_as_could_come_back_and_nobody_more_can_win(sold_out: Any):
    for n in range(5):
        stand(sold_out, f"buyer-{n}")
    sixth = line_of(sold_out.tap(buyer="sixth", key="k"))
    assert (sixth["place"], sixth["could_win"]) == (6, False)
    assert state(sold_out, read(sixth["ticket"], KEY, sold_out.now)).state == "over"


def test_those_at_the_end_are_told_as_soon_as_too_little_can_come_back(
    sold_out: Any, news: Callable[..., PaymentNotification]
):
    tickets = [stand(sold_out, f"buyer-{n}") for n in range(5)]
    paid = sold_out.holders[:3]
    sold_out.decide(*(Notified(notification=news("captured", order)) for order in paid))
    assert state(sold_out, tickets[4]).state == "waiting"  # who paid may still cancel
    sold_out.now += sold_out.desk.hold_ms  # now they may not
    for order in sold_out.holders[3:]:
        sold_out.decide(Notified(notification=news("captured", order)))
    sold_out.decide(SWEEP)
    assert [state(sold_out, ticket).state for ticket in tickets] == ["over"] * 5
    assert sold_out.changes[-1].left_line == tickets[::-1]
    assert sold_out.desk.lines.of == {}


def test_once_everything_is_sold_for_good_there_is_no_line(sold_out: Any, news: Callable[..., PaymentNotification]):
    sold_out.decide(*(Notified(notification=news("captured", order)) for order in sold_out.holders))
    sold_out.now += sold_out.desk.hold_ms
    assert line_of(sold_out.tap(buyer="han", key="k")) is None


def test_a_buyer_who_asks_for_more_than_is_left_does_not_stand_in_line(sold_out: Any):
    give_up(sold_out, 0)
    refused = sold_out.tap(buyer="han", key="k", quantity=2)
    assert refused.more == {"sku": "coat-m", "left": 1}


def test_what_comes_back_is_offered_even_where_it_is_less_than_was_wanted(sold_out: Any):
    han = stand(sold_out, "han", quantity=3)
    give_up(sold_out, 0)
    assert state(sold_out, han).offer.quantity == 1
    assert sold_out.tap(buyer="han", key="k", quantity=3).more == {"sku": "coat-m", "left": 1}
    assert isinstance(sold_out.tap(buyer="han", key="k"), Placed)


def test_what_somebody_leaves_of_their_offer_goes_to_the_next(shop: Any):
    shop.desk.lines = Lines(KEY)
    pair = shop.order(key="k", buyer="holder", quantity=2)
    shop.order(key="k", buyer="holder-b", quantity=3)
    han, mei = stand(shop, "han", quantity=2), stand(shop, "mei")
    shop.decide(Cancel(channel="youku", buyer="holder", order=pair))
    assert (state(shop, han).offer.quantity, state(shop, mei).state) == (2, "waiting")
    assert isinstance(shop.tap(buyer="han", key="k"), Placed)
    assert state(shop, mei).state == "offered"


def test_nobody_is_offered_more_than_their_limit(shop: Any):
    shop.desk.lines = Lines(KEY)
    shop.order(key="own", buyer="han", quantity=2)  # of three that one buyer may have
    pair = shop.order(key="k", buyer="holder", quantity=3)
    han = stand(shop, "han", key="more")
    shop.desk.lines.stand(Ticket("gala", "coat-m", "youku", "han", 2, han.arrival))
    shop.decide(Cancel(channel="youku", buyer="holder", order=pair))
    assert state(shop, han).offer.quantity == 1
    assert shop.desk.shelves["coat-m"].free == 2  # the rest is for everybody


def test_a_set_back_clock_lets_nobody_be_earlier(sold_out: Any):
    han = stand(sold_out, "han")
    sold_out.now -= 50_000
    assert stand(sold_out, "mei").arrival > han.arrival


def restarted(shop: Any) -> None:
    """Rebuild the desk from what the record holds; nobody stands in line any more."""
    before = shop.desk
    shop.desk = Desk(before.show, before.offers, before.openings, before.hold_ms, Lines(KEY))
    shelves = {sku: shelf.count() for sku, shelf in before.shelves.items()}
    shop.desk.restore(before.orders.values(), shelves, before.errands.values(), before.line_offers.values())


def test_after_a_restart_a_ticket_is_the_same_place_whoever_asks_first(sold_out: Any):
    han, mei = stand(sold_out, "han"), stand(sold_out, "mei")
    restarted(sold_out)
    assert state(sold_out, mei).place == 1  # the first to ask, for now
    assert state(sold_out, han).place == 1
    assert state(sold_out, mei).place == 2


def test_a_tap_with_a_ticket_stands_where_the_ticket_says(sold_out: Any):
    han = stand(sold_out, "han")
    restarted(sold_out)
    stand(sold_out, "mei")
    [refused] = sold_out.decide(tap_with("han", han))
    assert line_of(refused)["place"] == 1


def tap_with(buyer: str, ticket: Ticket) -> Place:
    return Place(
        show="gala",
        channel="youku",
        buyer=buyer,
        key="k",
        fingerprint="f",
        sku="coat-m",
        quantity=1,
        look=None,
        seen_price=None,
        arrival=ticket.arrival,
    )


def test_what_somebody_was_told_is_theirs_survives_a_restart(sold_out: Any):
    han = stand(sold_out, "han")
    give_up(sold_out, 0)
    restarted(sold_out)
    assert state(sold_out, han).state == "offered"
    assert sold_out.tap(buyer="latecomer", key="k").name == "sold-out"
    assert isinstance(sold_out.tap(buyer="han", key="k"), Placed)


def test_after_a_restart_what_comes_back_waits_for_those_who_stood_in_line(sold_out: Any):
    han = stand(sold_out, "han")
    restarted(sold_out)
    sold_out.desk.lines.gather("coat-m", sold_out.now + GATHERS_FOR_MS)
    give_up(sold_out, 0)
    latecomer = stand(sold_out, "latecomer")
    assert state(sold_out, han).place == 1
    sold_out.now += GATHERS_FOR_MS
    sold_out.decide(SWEEP)
    assert (state(sold_out, han).state, state(sold_out, latecomer).state) == ("offered", "waiting")


def test_a_ticket_of_another_show_or_for_nothing_sold_here_is_unknown(sold_out: Any):
    for wrong in (("other", "coat-m"), ("gala", "hat")):
        with pytest.raises(Refusal, match="not-found"):
            state(sold_out, Ticket(*wrong, "youku", "han", 1, sold_out.now * 1_000))


def test_no_offer_outlasts_the_sale_and_none_is_made_after_it(sold_out: Any):
    han = stand(sold_out, "han")
    sold_out.openings.withdraw("coat-m")
    give_up(sold_out, 0)
    assert state(sold_out, han).state == "over"
    assert sold_out.desk.line_offers == {}


def test_the_earliest_is_next_whatever_their_channel(sold_out: Any):
    mei = stand(sold_out, "mei", channel="beijing-tv")
    han = stand(sold_out, "han")
    give_up(sold_out, 0)
    assert (state(sold_out, mei).state, state(sold_out, han).state) == ("offered", "waiting")


def with_shares(shop: Any, **percent: int) -> None:
    """Keep pieces for channels for an hour."""
    shares = Shares(percent=percent, pooled_after_ms=3_600_000)
    offers = {sku: msgspec.structs.replace(offer, shares=shares) for sku, offer in shop.desk.offers.items()}
    shop.desk = Desk("gala", offers, shop.openings, shop.desk.hold_ms, Lines(KEY))


def test_what_comes_back_of_a_channels_share_goes_to_the_line_of_that_channel(shop: Any):
    with_shares(shop, **{"beijing-tv": 40})
    ours = [shop.order(key="k", buyer=f"tv-{n}", channel="beijing-tv") for n in range(2)]
    for n in range(3):
        shop.order(key="k", buyer=f"youku-{n}")
    han, mei = stand(shop, "han"), stand(shop, "mei", channel="beijing-tv")
    shop.decide(Cancel(channel="beijing-tv", buyer="tv-0", order=ours[0]))
    assert (state(shop, han).state, state(shop, mei).state) == ("waiting", "offered")


def test_an_offer_that_lapsed_is_no_longer_taken_from_its_channels_share(shop: Any):
    with_shares(shop, **{"beijing-tv": 40})
    ours = [shop.order(key="k", buyer=f"tv-{n}", channel="beijing-tv") for n in range(2)]
    for n in range(3):
        shop.order(key="k", buyer=f"youku-{n}")
    stand(shop, "mei", channel="beijing-tv")
    shop.decide(Cancel(channel="beijing-tv", buyer="tv-0", order=ours[0]))
    shop.now += OFFER_FOR_MS
    shop.decide(SWEEP)
    assert shop.desk.open_to("coat-m", "beijing-tv", shop.now) == 1
    assert shop.desk.open_to("coat-m", "youku", shop.now) == 0


def test_when_shares_end_what_was_kept_goes_to_whoever_waits(shop: Any):
    with_shares(shop, **{"beijing-tv": 40})
    for n in range(3):
        shop.order(key="k", buyer=f"youku-{n}")
    refused = shop.tap(buyer="han", key="k")
    han = read(refused.more["line"]["ticket"], KEY, shop.now)
    shop.now = refused.more["pooled_at_ms"]
    assert isinstance(shop.tap(buyer="latecomer", key="k"), Placed)  # two were kept: one is for whoever came first
    assert state(shop, han).state == "offered"
    assert shop.tap(buyer="another", key="k").name == "sold-out"
