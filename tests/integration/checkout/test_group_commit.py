import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from broadcast.checkout.adapters import group_commit, recovery, waiting_room
from broadcast.checkout.decisions import Placed
from broadcast.checkout.offers import Offer
from broadcast.checkout.payment import PaymentNotification
from broadcast.errors import Refusal
from broadcast.money import Money

Place = Callable[..., Awaitable[Placed]]
Settled = Callable[[], Awaitable[None]]

COAT_PRICE = Money(129_900, "CNY")


async def why(answer: Awaitable[Any]) -> str:
    """Return the name of the refusal that the answer must be."""
    with pytest.raises(Refusal) as caught:
        await answer
    return caught.value.name


def adds_up(checkout: Any) -> bool:
    return all(sku.left + sku.reserved + sku.sold == sku.initial for sku in checkout.stock().values())


# ---------------------------------------------------------------- the ordinary show


async def test_an_acknowledged_order_is_on_disk(house: Any, place: Place):
    checkout = await house.open()
    await place(checkout)
    assert await house.orders_on_disk() == 1


async def test_a_repeated_tap_is_the_same_order_even_after_a_restart(house: Any, place: Place):
    checkout = await house.open()
    first = await place(checkout)
    assert await place(checkout) == Placed(first.answer, replayed=True)
    await checkout.stop()

    again = await house.open()
    assert await place(again) == Placed(first.answer, replayed=True)
    assert await why(place(again, quantity=2)) == "key-reused"
    assert await house.orders_on_disk() == 1


async def test_a_restart_rebuilds_everything_exactly(house: Any, place: Place):
    checkout = await house.open()
    paid = (await place(checkout, key="paid")).answer.order
    given_up = (await place(checkout, key="given up", buyer="han")).answer.order
    late = (await place(checkout, key="late", buyer="mei", sku="scarf")).answer
    await place(checkout, key="reserved", buyer="mei", sku="scarf", quantity=7, look="look-12")
    await checkout.payment_notified(PaymentNotification(id="1", kind="captured", order=paid, amount=COAT_PRICE))
    await checkout.fulfil(paid)
    await checkout.cancel("youku", "han", given_up)
    await checkout.cancel("youku", "mei", late.order)
    await checkout.payment_notified(PaymentNotification(id="2", kind="captured", order=late.order, amount=late.amount))
    await checkout.stop()

    again = await house.open()
    assert again.stock() == checkout.stock()
    assert again.counters() == checkout.counters()
    assert again._desk.orders == checkout._desk.orders
    assert again._desk.by_key == checkout._desk.by_key
    assert again._desk.errands == checkout._desk.errands
    assert [errand.kind for errand in again._desk.errands.values()] == ["refund", "payment"]


async def test_a_crowd_on_one_coat_gets_exactly_what_there_is(house: Any, place: Place):
    checkout = await house.open()
    answers = await asyncio.gather(*(place(checkout, buyer=f"buyer-{n}") for n in range(300)), return_exceptions=True)
    placed = [answer for answer in answers if isinstance(answer, Placed)]
    assert placed == answers[:5]  # first come, first served
    assert {answer.name for answer in answers[5:]} == {"sold-out"}
    assert await house.orders_on_disk() == 5
    assert checkout.stock()["coat-m"].state == "sold_out"


async def test_taps_that_wait_together_share_one_transaction(house: Any, place: Place, settled: Settled):
    checkout = await house.open()
    house.disk.hold()
    taps = [asyncio.ensure_future(place(checkout, buyer="first", sku="scarf"))]
    await settled()  # the first is on its way to the disk, the others gather behind it
    taps += [asyncio.ensure_future(place(checkout, buyer=f"buyer-{n}", sku="scarf")) for n in range(100)]
    await settled()
    assert not any(tap.done() for tap in taps)
    house.disk.let_go()
    await asyncio.gather(*taps)
    assert house.disk.writes == 2


async def test_buyers_see_their_own_orders_only(house: Any, place: Place):
    checkout = await house.open()
    answer = (await place(checkout)).answer
    assert await checkout.order("youku", "li", answer.order) == answer
    for channel, buyer, order in [("taobao", "li", answer.order), ("youku", "han", answer.order), ("youku", "li", "x")]:
        with pytest.raises(Refusal, match="no-such-order"):
            await checkout.order(channel, buyer, order)


async def test_the_house_is_told_of_every_change_once_it_is_durable(house: Any, place: Place):
    checkout = await house.open()
    house.stock_news.clear()
    order = (await place(checkout)).answer.order
    await checkout.payment_notified(PaymentNotification(id="1", kind="captured", order=order, amount=COAT_PRICE))
    assert house.stock_news == ["coat-m", "coat-m"]
    assert [news.status for news in house.order_news] == ["reserved", "paid"]


async def test_a_listener_that_fails_costs_nobody_their_answer(house: Any, place: Place):
    mistakes: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: mistakes.append(context))

    def fail(_order: object) -> None:
        raise RuntimeError("the console is on fire")

    checkout = await house.open(on_order_changed=fail)
    await place(checkout)
    await place(checkout, key="2")
    assert [str(mistake["exception"]) for mistake in mistakes] == ["the console is on fire"] * 2


async def test_withdrawn_goods_are_not_sold_until_opened_again(house: Any, place: Place):
    checkout = await house.open()
    house.stock_news.clear()
    checkout.withdraw(["coat-m"])
    assert await why(place(checkout)) == "not-on-sale"
    assert (checkout.stock()["coat-m"].state, house.stock_news) == ("ended", ["coat-m"])
    checkout.open_for_sale(["coat-m"], house.now)
    await place(checkout)
    assert house.stock_news == ["coat-m", "coat-m", "coat-m"]


async def test_refusals_are_counted_by_reason_and_cost_no_write(house: Any, place: Place):
    checkout = await house.open()
    assert await why(place(checkout, sku="unknown")) == "not-on-sale"
    assert await why(place(checkout, quantity=4)) == "limit-reached"
    assert await why(place(checkout, sku="scarf", quantity=99, seen_price=Money(1, "CNY"))) == "price-changed"
    assert await why(checkout.fulfil("unknown")) == "no-such-order"
    assert house.disk.writes == 0
    assert checkout.refusals == {"not-on-sale": 1, "limit-reached": 1, "price-changed": 1, "no-such-order": 1}
    assert checkout.counters().refused == 4


async def test_news_of_a_wrong_amount_is_refused_counted_and_moves_nothing(house: Any, place: Place):
    checkout = await house.open()
    order = (await place(checkout)).answer.order
    lie = PaymentNotification(id="1", kind="captured", order=order, amount=Money(1, "CNY"))
    assert await why(checkout.payment_notified(lie)) == "invalid"
    assert checkout.refusals == {"invalid": 1}
    assert (await checkout.order("youku", "li", order)).status == "reserved"


async def test_a_hold_that_runs_out_gives_the_stock_back(house: Any, place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(group_commit, "SWEEP_EVERY_MS", 1)
    released = asyncio.Event()

    def heard(order: Any) -> None:
        if order.status == "released":
            released.set()

    checkout = await house.open(on_order_changed=heard)
    order = (await place(checkout)).answer.order
    house.now += 900_000
    await released.wait()
    assert (await checkout.order("youku", "li", order)).status == "released"
    assert checkout.stock()["coat-m"].left == 5


# ---------------------------------------------------------------- while a commit is under way


async def test_a_repeated_tap_waits_until_the_first_is_durable(house: Any, place: Place, settled: Settled):
    checkout = await house.open()
    house.disk.hold()
    first = asyncio.ensure_future(place(checkout))
    await settled()
    again = asyncio.ensure_future(place(checkout))
    other_body = asyncio.ensure_future(place(checkout, quantity=2))
    await settled()
    assert not again.done()
    assert not other_body.done()
    house.disk.let_go()
    assert await again == Placed((await first).answer, replayed=True)
    assert await why(other_body) == "key-reused"


async def test_a_repeated_tap_shares_the_fate_of_a_first_one_that_still_waits(
    house: Any, place: Place, settled: Settled
):
    checkout = await house.open()
    house.disk.hold()
    under_way = asyncio.ensure_future(place(checkout, buyer="mei", sku="scarf"))
    await settled()
    first = asyncio.ensure_future(place(checkout))
    await settled()
    checkout.withdraw(["coat-m"])
    again = asyncio.ensure_future(place(checkout))
    await settled()
    assert not again.done()  # what memory says now need not be what the first tap will hear
    checkout.open_for_sale(["coat-m"], house.now)
    house.disk.let_go()
    await under_way
    assert await again == Placed((await first).answer, replayed=True)


async def test_nobody_hears_sold_out_because_of_an_order_that_is_not_durable_yet(
    house: Any, place: Place, settled: Settled
):
    checkout = await house.open()
    await place(checkout, buyer="mei", quantity=2)
    house.disk.hold()
    last = asyncio.ensure_future(place(checkout, quantity=3))
    await settled()
    too_late = asyncio.ensure_future(place(checkout, buyer="han"))
    await settled()
    assert not too_late.done()
    house.disk.let_go()
    await last
    assert await why(too_late) == "sold-out"


async def test_nobody_hears_of_a_products_limit_because_of_another_size_that_is_not_durable_yet(
    house: Any, place: Place, settled: Settled, monkeypatch: pytest.MonkeyPatch
):
    sizes = tuple(
        Offer(
            sku=sku,
            price=COAT_PRICE,
            stock=stock,
            limit_per_buyer=None,
            title=sku,
            group="coat",
            limit_per_group=1,
        )
        for sku, stock in (("coat-m", 5), ("coat-l", 0))
    )
    checkout = await house.open(sizes)
    house.disk.hold()
    one_size = asyncio.ensure_future(place(checkout, key="m"))
    await settled()
    other_size = asyncio.ensure_future(place(checkout, key="l", sku="coat-l"))
    await settled()
    assert not other_size.done()

    async def lost(_changes: Any) -> None:
        monkeypatch.undo()
        raise OSError("the disk went away")

    monkeypatch.setattr(house.disk._record, "write", lost)
    house.disk.let_go()
    assert await why(one_size) == "busy"
    assert await why(other_size) == "sold-out"


async def test_what_memory_settles_is_answered_while_the_disk_is_busy(house: Any, place: Place, settled: Settled):
    checkout = await house.open()
    first = await place(checkout)
    for n in range(4):
        await place(checkout, key=f"{n}", buyer=f"buyer-{n}")
    house.disk.hold()
    under_way = asyncio.ensure_future(place(checkout, sku="scarf", buyer="mei"))
    await settled()
    assert await place(checkout) == Placed(first.answer, replayed=True)
    assert await why(place(checkout, buyer="late")) == "sold-out"
    assert await why(place(checkout, buyer="late", sku="unknown")) == "not-on-sale"
    assert not under_way.done()
    house.disk.let_go()
    await under_way


async def test_an_order_on_its_way_to_the_disk_is_shown_as_the_record_has_it(
    house: Any, place: Place, settled: Settled
):
    checkout = await house.open()
    order = (await place(checkout)).answer.order
    house.disk.hold()
    cancelled = asyncio.ensure_future(checkout.cancel("youku", "li", order))
    await settled()
    assert (await checkout.order("youku", "li", order)).status == "reserved"
    house.disk.let_go()
    await cancelled
    assert (await checkout.order("youku", "li", order)).status == "released"


async def test_callers_who_hang_up_break_nothing(house: Any, place: Place, settled: Settled):
    checkout = await house.open()
    house.disk.hold()
    decided = asyncio.ensure_future(place(checkout, buyer="decided"))
    await settled()
    waiting = asyncio.ensure_future(place(checkout, buyer="waiting"))
    patient = asyncio.ensure_future(place(checkout, buyer="patient"))
    await settled()
    decided.cancel()
    waiting.cancel()
    await settled()
    house.disk.let_go()
    await patient
    assert (await place(checkout, buyer="decided")).replayed
    assert not (await place(checkout, buyer="waiting")).replayed
    assert checkout.stock()["coat-m"].left == 2


async def test_over_capacity_a_tap_is_told_when_to_come_back(
    house: Any, place: Place, settled: Settled, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waiting_room, "MAX_WAITING", 3)
    checkout = await house.open()
    house.disk.hold()
    taps = [asyncio.ensure_future(place(checkout, buyer="first"))]
    await settled()
    taps += [asyncio.ensure_future(place(checkout, buyer=f"buyer-{n}", sku="scarf")) for n in range(3)]
    await settled()
    with pytest.raises(Refusal) as caught:
        await place(checkout, buyer="too many", sku="scarf")
    assert (caught.value.name, caught.value.more) == ("busy", {"retry_after_ms": 1_000})
    house.disk.let_go()
    await asyncio.gather(*taps)
    assert not (await place(checkout, buyer="too many", sku="scarf")).replayed
    assert checkout.counters().refused == 0


async def test_more_orders_than_memory_holds_are_not_taken_and_those_taken_stand(
    house: Any, place: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(group_commit, "MAX_ORDERS", 1)
    checkout = await house.open()
    first = await place(checkout)
    assert await why(place(checkout, buyer="han")) == "busy"
    assert await place(checkout) == Placed(first.answer, replayed=True)


async def test_a_checkout_is_started_once_and_stopped_as_often_as_you_like(house: Any):
    checkout = await house.open()
    with pytest.raises(RuntimeError, match="already"):
        await checkout.start()
    assert checkout.ready
    await checkout.stop()
    await checkout.stop()
    assert not checkout.ready


async def test_stopping_answers_all_that_was_accepted_and_refuses_the_rest(house: Any, place: Place, settled: Settled):
    checkout = await house.open()
    house.disk.hold()
    taps = [asyncio.ensure_future(place(checkout, buyer="first", sku="scarf"))]
    await settled()
    taps += [asyncio.ensure_future(place(checkout, buyer=f"buyer-{n}", sku="scarf")) for n in range(10)]
    await settled()
    stopping = asyncio.ensure_future(checkout.stop())
    await settled()
    assert not checkout.ready
    assert await why(place(checkout, buyer="late", sku="scarf")) == "busy"
    house.disk.let_go()
    await stopping
    await asyncio.gather(*taps)
    assert await house.orders_on_disk() == 11


# ---------------------------------------------------------------- when the record fails


async def test_a_commit_that_fails_loses_nothing_and_sells_nothing(house: Any, place: Place):
    checkout = await house.open()
    before = await place(checkout, buyer="before")
    await house.home.curse()
    together = await asyncio.gather(
        *(place(checkout, buyer=buyer) for buyer in ("li", "cursed", "han")), return_exceptions=True
    )
    assert {answer.name for answer in together} == {"busy"}
    assert checkout.ready
    assert (await house.orders_on_disk(), checkout.stock()["coat-m"].left) == (1, 4)

    assert not (await place(checkout, buyer="li")).replayed
    assert not (await place(checkout, buyer="han")).replayed
    assert await place(checkout, buyer="before") == Placed(before.answer, replayed=True)
    assert (await house.orders_on_disk(), checkout.stock()["coat-m"].left) == (3, 2)


async def test_a_commit_that_landed_although_it_reported_failure_is_acknowledged(house: Any, place: Place):
    checkout = await house.open()
    house.disk.lies_next = True
    first = await place(checkout)
    assert not first.replayed
    assert await house.orders_on_disk() == 1
    assert await place(checkout) == Placed(first.answer, replayed=True)
    assert checkout.stock()["coat-m"].left == 4
    assert [news.order for news in house.order_news] == [first.answer.order]


async def test_while_the_record_cannot_be_read_everybody_is_told_to_come_back(
    house: Any, place: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recovery, "FIRST_DELAY_MS", 1)
    recovered = asyncio.Event()
    checkout = await house.open(on_stock_changed=lambda _sku: recovered.set())
    first = await place(checkout)
    readable = asyncio.Event()
    recover = checkout._record.recover

    async def unreadable() -> Any:
        if readable.is_set():
            return await recover()
        raise OSError("the disk is away")

    await house.home.curse()
    monkeypatch.setattr(checkout._record, "recover", unreadable)
    assert await why(place(checkout, buyer="cursed")) == "busy"
    assert not checkout.ready
    assert await why(place(checkout)) == "busy"
    recovered.clear()
    readable.set()
    await recovered.wait()
    assert await place(checkout) == Placed(first.answer, replayed=True)
    assert adds_up(checkout)


async def test_a_checkout_whose_record_cannot_be_read_can_still_be_stopped(
    house: Any, place: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recovery, "FIRST_DELAY_MS", 1)
    checkout = await house.open()
    await house.home.curse()

    async def unreadable() -> Any:
        raise OSError("the disk is away")

    monkeypatch.setattr(checkout._record, "recover", unreadable)
    assert await why(place(checkout, buyer="cursed")) == "busy"
    await checkout.stop()
    assert await house.orders_on_disk() == 0


async def test_an_older_process_stops_answering_once_a_newer_one_has_taken_over(house: Any, place: Place):
    older = await house.open()
    await place(older, buyer="before")
    newer = await house.open()
    assert await why(place(older, buyer="li")) == "busy"
    assert not older.ready
    assert older.superseded.is_set()
    assert not (await place(newer, buyer="li")).replayed
    assert await house.orders_on_disk() == 2


async def test_text_no_database_can_hold_never_reaches_the_others_batch(house: Any, place: Place):
    checkout = await house.open()
    bad, good = await asyncio.gather(
        place(checkout, buyer="han", key="half a surrogate \udcff"), place(checkout), return_exceptions=True
    )
    assert bad.name == "invalid"
    assert not good.replayed


async def test_a_catalogue_that_grew_between_two_runs_is_more_to_sell(house: Any, place: Place):
    checkout = await house.open()
    await place(checkout, quantity=3)
    await checkout.stop()
    more = Offer(sku="coat-m", price=Money(99_900, "CNY"), stock=7, limit_per_buyer=None, title="Coat M")
    again = await house.open((more,))
    coats = again.stock()["coat-m"]
    assert (coats.initial, coats.left, coats.reserved) == (7, 4, 3)
    assert again.stock()["scarf"].state == "ended"
    assert (await place(again, buyer="han", quantity=4)).answer.amount == Money(399_600, "CNY")
