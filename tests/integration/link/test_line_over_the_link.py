"""The line over the link: what a door that does not own the desk asks, hears, and says again to the next owner."""

from typing import Any

import msgspec
import pytest
from waiting import until

from broadcast.checkout.port import LineNews
from broadcast.errors import Refusal
from broadcast.line_messages import LineAnswer, LineOfferView
from broadcast.messages import OrderRequest

WAITING = LineAnswer(
    ticket="hans", sku="coat", quantity=1, state="waiting", place=1, could_win=True, offer=None
)  # fmt: skip
OFFERED = msgspec.structs.replace(WAITING, state="offered", place=None, offer=LineOfferView(quantity=1, until_ms=9))
OVER = msgspec.structs.replace(WAITING, state="over", place=None, could_win=False)
COAT = OrderRequest(show="gala", sku="coat", quantity=1)


@pytest.fixture
def news() -> list[LineNews]:
    return []


@pytest.fixture
async def owner(owners: Any, desk: Any, signpost: Any) -> Any:
    owner = await owners()
    desk.lines["hans"] = WAITING
    owner.news.informed(desk)
    signpost.point_to(owner.address)
    return owner


@pytest.fixture
async def door(doors: Any, owner: Any, news: list[LineNews]) -> Any:
    door = await doors()
    door.on_line_news(news.append)
    await until(lambda: door.link.connected, f"the door has found {owner.address}")
    return door


async def test_a_ticket_goes_with_the_tap_and_says_where_its_buyer_stands(door: Any, desk: Any) -> None:
    await door.place(channel="web", buyer="han", key="k1", request=COAT, ticket="hans")
    assert desk.tickets == ["hans"]
    assert await door.line("web", "han", "hans") == WAITING
    await door.leave_line("web", "han", "hans")
    with pytest.raises(Refusal, match="not-found"):
        await door.line("web", "han", "hans")


async def test_a_tap_is_answered_without_anybody_waiting_for_it(door: Any) -> None:
    answers: list[Any] = []
    for key, sku in (("k1", "coat"), ("k1", "coat"), ("k2", "gone")):
        request = msgspec.structs.replace(COAT, sku=sku)
        door.tap(channel="web", buyer="han", key=key, request=request, answer=answers.append)
        await until(lambda: len(answers) > 0, "it was answered")
        if sku == "coat":
            assert answers.pop().answer.order == "order-k1"
    assert (answers[0].name, answers[0].more) == ("sold-out", {"sku": "gone"})
    assert door.refusals == {"sold-out": 1}


async def test_only_the_door_that_watches_a_buyer_hears_of_their_place(
    door: Any, doors: Any, owner: Any, news: list[LineNews]
) -> None:
    other = await doors()
    heard_elsewhere: list[LineNews] = []
    other.on_line_news(heard_elsewhere.append)
    door.watch_line("web", "han", "coat", "hans")
    await until(lambda: bool(owner.news.line_watchers), "the owner knows who watches")
    for answer in (OFFERED, OVER, OVER):
        owner.news.line_changed(LineNews("web", "han", answer))
    await until(lambda: len(news) == 2, "the door has heard")
    assert [one.answer for one in news] == [OFFERED, OVER]  # and nothing once it was over
    assert heard_elsewhere == []


async def test_whoever_waits_stands_in_line_again_at_the_next_owner(
    door: Any, desk: Any, owner: Any, owners: Any, signpost: Any, news: list[LineNews]
) -> None:
    door.watch_line("web", "han", "coat", "hans")
    await until(lambda: desk.lines_asked == [("hans", True)], "the first owner was told")
    desk.lines_asked.clear()
    following = await owners()
    await owner.die()
    signpost.point_to(following.address)
    await until(lambda: bool(following.news.line_watchers), "the next owner was told")
    assert desk.lines_asked == []  # before control has spoken nothing is on sale, and so there is no line
    desk.lines["hans"] = OFFERED
    following.news.informed(desk)
    await until(lambda: news == [LineNews("web", "han", OFFERED)], "the door has heard what it missed")
    assert desk.lines_asked == [("hans", True)]


async def test_who_had_an_offer_is_not_put_in_line_again_by_a_change_of_owner(
    door: Any, desk: Any, owner: Any, owners: Any, signpost: Any, news: list[LineNews]
) -> None:
    door.watch_line("web", "han", "coat", "hans")
    await until(lambda: len(desk.lines_asked) == 1, "the owner was told")
    owner.news.line_changed(LineNews("web", "han", OFFERED))
    await until(lambda: len(news) == 1, "the door has heard")
    following = await owners()
    await owner.die()
    following.news.informed(desk)
    desk.lines["hans"] = OVER
    signpost.point_to(following.address)
    await until(lambda: len(news) == 2, "the door hears that it is over")
    assert desk.lines_asked[1:] == [("hans", False)]


@pytest.mark.parametrize("end", ["bought", "left", "over"])
async def test_who_is_out_of_the_line_is_not_spoken_of_again(
    door: Any, owner: Any, owners: Any, signpost: Any, news: list[LineNews], end: str
) -> None:
    door.watch_line("web", "han", "coat", "hans")
    door.watch_line("web", "mei", "coat", "meis")
    await until(lambda: len(owner.news.line_watchers) == 2, "the owner knows")
    if end == "bought":
        await door.place(channel="web", buyer="han", key="k1", request=COAT)
    elif end == "left":
        await door.leave_line("web", "han", "hans")
    else:
        owner.news.line_changed(LineNews("web", "han", OVER))
        await until(lambda: len(news) == 1, "the door has heard")
    following = await owners()
    await owner.die()
    signpost.point_to(following.address)
    await until(lambda: bool(following.news.line_watchers), "the next owner was told of the others")
    assert list(following.news.line_watchers) == [("coat", "web", "mei")]


async def test_before_it_is_known_what_is_on_sale_nobody_is_told_that_it_is_over(
    doors: Any, desk: Any, owners: Any, signpost: Any
) -> None:
    owner = await owners()
    desk.lines |= {"hans": OVER, "meis": OFFERED}
    signpost.point_to(owner.address)
    door = await doors()
    with pytest.raises(Refusal, match="busy"):
        await door.line("web", "han", "hans")
    assert await door.line("web", "mei", "meis") == OFFERED
    owner.news.informed(desk)
    assert await door.line("web", "han", "hans") == OVER


async def test_pre_orders_are_charged_from_any_door(door: Any, desk: Any) -> None:
    assert await door.charge_preorders(["coat", "scarf"]) == 2
    assert desk.charged == ["coat", "scarf"]
