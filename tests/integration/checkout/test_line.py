"""The line behind the real desk: what buyers hear, what survives, and who comes first when there is no room."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from waiting import until

from broadcast.checkout.adapters import waiting_room
from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.decisions import Placed
from broadcast.checkout.line import OFFER_FOR_MS
from broadcast.checkout.offers import Offer, SaleWindow
from broadcast.checkout.port import LineNews
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from broadcast.money import Money

KEY = b"the show's own key"
ONE = (Offer(sku="coat-m", price=Money(1, "CNY"), stock=1, limit_per_buyer=None, title="Coat M"),)
BODY = OrderRequest(show="gala", sku="coat-m", quantity=1)


class Queue:
    """One coat, held; and everybody else."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.news: list[LineNews] = []
        self.checkout: GroupCommitCheckout

    async def open(self) -> None:
        self.checkout = await self.house.open(ONE, ticket_key=KEY)
        self.checkout.on_line_news(self.news.append)

    async def place(self, buyer: str, ticket: str | None = None) -> Placed:
        return await self.checkout.place(channel="youku", buyer=buyer, key="k", request=BODY, ticket=ticket)

    async def refused(self, buyer: str, ticket: str | None = None) -> dict[str, Any]:
        with pytest.raises(Refusal) as refusal:
            await self.place(buyer, ticket)
        return {"name": refusal.value.name, **refusal.value.more}


@pytest.fixture
async def queue(house: Any) -> Queue:
    queue = Queue(house)
    await queue.open()
    queue.held = (await queue.place("holder")).answer.order  # type: ignore[attr-defined]
    return queue


async def test_whoever_is_next_is_told_when_a_piece_comes_back_and_gets_it(queue: Any):
    line = (await queue.refused("han"))["line"]
    assert (line["place"], line["could_win"]) == (1, True)
    await queue.checkout.cancel("youku", "holder", queue.held)
    [news] = queue.news
    assert (news.buyer, news.answer.state, news.answer.offer.quantity) == ("han", "offered", 1)
    assert (await queue.checkout.line("youku", "han", line["ticket"])).offer == news.answer.offer
    assert (await queue.refused("latecomer"))["name"] == "sold-out"
    assert (await queue.place("han")).answer.status == "reserved"


async def test_an_offer_nobody_takes_lapses_by_itself_and_its_buyer_is_told(queue: Any):
    ticket = (await queue.refused("han"))["line"]["ticket"]
    await queue.checkout.cancel("youku", "holder", queue.held)
    queue.house.now += OFFER_FOR_MS
    await until(lambda: len(queue.news) == 2, "the offer lapses")
    assert queue.news[-1].answer.state == "on_sale"
    assert (await queue.checkout.line("youku", "han", ticket)).state == "on_sale"
    assert (await queue.place("latecomer")).answer.status == "reserved"
    assert (await queue.checkout.line("youku", "han", ticket)).state == "over"  # had their turn
    assert (await queue.refused("han", ticket))["line"]["place"] == 1  # comes anew, after nobody


async def test_what_was_set_aside_is_still_set_aside_after_a_restart(queue: Any):
    ticket = (await queue.refused("han"))["line"]["ticket"]
    await queue.checkout.cancel("youku", "holder", queue.held)
    await queue.checkout.stop()
    await queue.open()
    assert (await queue.checkout.line("youku", "han", ticket)).state == "offered"
    assert (await queue.refused("latecomer"))["name"] == "sold-out"
    assert (await queue.place("han")).answer.status == "reserved"


async def test_after_a_restart_the_earlier_ticket_is_still_the_earlier_one(queue: Any):
    ticket = (await queue.refused("han"))["line"]["ticket"]
    await queue.checkout.stop()
    await queue.open()
    latecomer = (await queue.refused("latecomer"))["line"]
    assert (await queue.refused("han", ticket))["line"]["could_win"]
    assert latecomer["place"] == 1
    await queue.checkout.cancel("youku", "holder", queue.held)
    queue.house.now += 5_000
    await until(lambda: len(queue.news) == 2, "the line moves")
    assert {(news.buyer, news.answer.state) for news in queue.news} == {("han", "offered"), ("latecomer", "over")}


async def test_nobody_is_told_of_an_offer_that_did_not_become_durable(queue: Any, monkeypatch: pytest.MonkeyPatch):
    await queue.refused("han")

    async def fails(_changes: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(queue.house.disk, "write", fails)
        with pytest.raises(Refusal, match="busy"):
            await queue.checkout.cancel("youku", "holder", queue.held)
    assert queue.news == []
    await queue.checkout.cancel("youku", "holder", queue.held)
    assert [(news.buyer, news.answer.state) for news in queue.news] == [("han", "offered")]


async def test_a_ticket_is_worth_nothing_to_anybody_else(queue: Any):
    ticket = (await queue.refused("han"))["line"]["ticket"]
    for call in (queue.checkout.line, queue.checkout.leave_line):
        for wrong in (("youku", "mei", ticket), ("taobao", "han", ticket), ("youku", "han", ticket + "A")):
            with pytest.raises(Refusal, match="not-found"):
                await call(*wrong)
    for who in ("mei", "han"):
        refused = await queue.refused(who, ticket if who == "mei" else ticket[:-1])
        assert (refused["name"], refused["errors"][0]["pointer"]) == ("invalid", "/ticket")


async def test_whoever_leaves_makes_room_for_the_next(queue: Any):
    ticket = (await queue.refused("han"))["line"]["ticket"]
    await queue.checkout.leave_line("youku", "han", ticket)
    await queue.checkout.cancel("youku", "holder", queue.held)
    assert queue.news == []
    assert (await queue.place("latecomer")).answer.status == "reserved"


async def test_without_a_key_nobody_stands_in_line(house: Any, place: Callable[..., Awaitable[Placed]]):
    checkout = await house.open(ONE)
    await place(checkout)
    with pytest.raises(Refusal) as refusal:
        await place(checkout, buyer="han")
    assert refusal.value.more == {"sku": "coat-m", "left": 0}
    with pytest.raises(Refusal, match="not-found"):
        await checkout.line("youku", "han", "v1.e30.e30")


async def test_a_buyer_turned_away_for_want_of_room_comes_before_those_who_came_later(
    house: Any, settled: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waiting_room, "MAX_WAITING", 2)
    stock = (Offer(sku="coat-m", price=Money(1, "CNY"), stock=4, limit_per_buyer=None, title="Coat M"),)
    checkout = await house.open(stock, ticket_key=KEY)

    def tap(buyer: str, ticket: str | None = None) -> "asyncio.Task[Placed]":
        return asyncio.create_task(
            checkout.place(channel="youku", buyer=buyer, key="k", request=BODY, ticket=ticket), name=buyer
        )

    house.disk.hold()
    first = [tap("writing")]
    await settled()
    first += [tap("waiting-1"), tap("waiting-2")]
    await settled()
    with pytest.raises(Refusal) as busy:
        await tap("turned-away")
    returned = tap("turned-away", busy.value.more["ticket"])
    with pytest.raises(Refusal, match="busy"):
        await tap("no-ticket")
    await settled()
    house.disk.let_go()
    placed = [(await task).answer for task in (*first, returned)]
    order = {task.get_name(): answer.order for task, answer in zip((*first, returned), placed, strict=True)}
    assert order["turned-away"] < order["waiting-1"] < order["waiting-2"]


async def test_one_buyers_taps_do_not_fill_the_room(house: Any, settled: Callable[[], Awaitable[None]]):
    checkout = await house.open()

    def tap(buyer: str, key: str) -> "asyncio.Task[Placed]":
        return asyncio.create_task(checkout.place(channel="youku", buyer=buyer, key=key, request=BODY))

    house.disk.hold()
    first = tap("first", "k")
    await settled()
    many = [tap("greedy", f"k-{n}") for n in range(1_000)]
    await settled()
    refused = [task for task in many if task.done()]
    assert len(refused) == 1_000 - waiting_room.MAX_PER_BUYER
    assert {task.exception().name for task in refused} == {"busy"}
    other = tap("other", "k")
    await settled()
    assert not other.done()
    house.disk.let_go()
    await asyncio.gather(first, other, *many, return_exceptions=True)
    assert (await other).answer.status == "reserved"


async def test_a_pre_order_is_charged_when_it_is_due_and_may_be_cancelled_until_then(
    house: Any, place: Callable[..., Awaitable[Placed]]
):
    due = house.now + 3_600_000
    coat = Offer(sku="coat-m", price=Money(1, "CNY"), stock=5, limit_per_buyer=None, title="Coat M", charge_at_ms=due)
    checkout = await house.open((coat,))
    errands: list[Any] = []
    checkout.on_errands(lambda new: errands.extend(errand.order for errand in new))
    kept, given_up = (await place(checkout)).answer, (await place(checkout, key="k2")).answer
    assert (kept.payment_due_ms, kept.hold_until_ms) == (due, due + 900_000)
    await checkout.stop()

    checkout = await house.open((coat,))
    checkout.on_errands(lambda new: errands.extend(errand.order for errand in new))
    house.now = due - 1
    assert (await checkout.cancel("youku", "li", given_up.order)).status == "released"
    assert errands == []
    house.now = due
    await until(lambda: bool(errands), "the payment is asked for")
    assert errands == [kept.order]


async def test_pre_orders_can_be_charged_early(house: Any, place: Callable[..., Awaitable[Placed]]):
    coat = Offer(
        sku="coat-m",
        price=Money(1, "CNY"),
        stock=5,
        limit_per_buyer=None,
        title="C",
        charge_at_ms=house.now + 9_000_000,
    )
    checkout = await house.open((coat,))
    errands: list[Any] = []
    checkout.on_errands(errands.extend)
    for key in ("1", "2"):
        await place(checkout, key=key)
    assert await checkout.charge_preorders(["coat-m"]) == 2
    assert await checkout.charge_preorders(["coat-m"]) == 0
    assert len(errands) == 2
    with pytest.raises(Refusal, match="not-on-sale"):
        await checkout.charge_preorders(["hat"])


async def test_when_a_sale_is_over_the_card_is_told(house: Any):
    coat = Offer(
        sku="coat-m",
        price=Money(1, "CNY"),
        stock=5,
        limit_per_buyer=None,
        title="C",
        window=SaleWindow(ends_ms=house.now + 1_000),
    )
    checkout = await house.open((coat,))
    house.stock_news.clear()
    house.now += 1_000
    await until(lambda: bool(house.stock_news), "the card is told")
    assert checkout.counter("coat-m").state == "ended"
