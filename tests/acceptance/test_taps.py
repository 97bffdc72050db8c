"""Taps on the open WebSocket: the same orders, answered and followed on the connection that placed them."""

import asyncio
import uuid
from typing import Any

import pytest
from house import SHOW, House


def tap(house: House, channel: str = "web", buyer: str = "mei", **fields: Any) -> dict[str, Any]:
    return {
        "type": "tap",
        "id": "t1",
        "show": SHOW,
        "sku": "COAT-M",
        "quantity": 1,
        "token": house.viewer_token(channel, buyer),
        "key": str(uuid.uuid4()),
        **fields,
    }


def problem_of(message: dict[str, Any]) -> str:
    assert message["type"] == "problem"
    return str(message["problem"]["type"]).rpartition("/")[2]


@pytest.fixture
async def on_air(running_show: House) -> House:
    """The show with its first look on air."""
    await running_show.command("take", look="look-1")
    return running_show


async def test_a_tap_is_answered_with_its_order(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        order = await viewer.ask(tap(on_air, id="mine", quantity=2))
    assert order["type"] == "order"
    assert order["id"] == "mine"
    assert (order["sku"], order["quantity"], order["status"]) == ("COAT-M", 2, "reserved")
    assert order["amount"] == {"value": 259_800, "currency": "CNY"}
    assert on_air.stock("COAT-M").reserved == 2


async def test_a_tap_is_the_same_order_over_either_door(on_air: House) -> None:
    message = tap(on_air)
    async with on_air.watch("web") as viewer:
        order = await viewer.ask(message)
    again = await on_air.order("COAT-M", key=message["key"])
    assert again.status == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.body["order"] == order["order"]


async def test_a_repeated_tap_is_the_same_order(on_air: House) -> None:
    message = tap(on_air)
    async with on_air.watch("web") as viewer:
        first = await viewer.ask(message)
        second = await viewer.ask({**message, "id": "t2"})
    assert second["order"] == first["order"]
    assert second["replayed"] is True
    assert on_air.stock("COAT-M").reserved == 1


async def test_taps_sent_at_once_are_each_answered_under_their_own_id(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.next()
        for number in range(5):
            await viewer.say(tap(on_air, id=f"t{number}", sku="SCARF"))
        answers = {(await viewer.until_type("order"))["id"] for _ in range(5)}
    assert answers == {f"t{number}" for number in range(5)}


async def test_the_same_tap_sent_twice_at_once_is_one_order(on_air: House) -> None:
    message = tap(on_air)
    async with on_air.watch("web") as one, on_air.watch("web") as two:
        first, second = await asyncio.gather(one.ask(message), two.ask(message))
    assert first["order"] == second["order"]
    assert sorted((first["replayed"], second["replayed"])) == [False, True]
    assert on_air.stock("COAT-M").reserved == 1


async def test_the_buyer_hears_on_the_same_connection_when_the_order_is_paid(on_air: House) -> None:
    await on_air.payments(delay_ms=10)
    async with on_air.watch("web") as viewer:
        order = await viewer.ask(tap(on_air, id="mine"))
        paid = await viewer.until(lambda message: message.get("status") == "paid")
    assert (paid["type"], paid["id"], paid["order"]) == ("order", "mine", order["order"])
    assert on_air.stock("COAT-M").sold == 1


async def test_the_buyer_hears_on_the_same_connection_when_the_payment_failed(on_air: House) -> None:
    await on_air.payments(delay_ms=10, failure_share=1.0)
    async with on_air.watch("web") as viewer:
        await viewer.ask(tap(on_air))
        released = await viewer.until(lambda message: message.get("status") == "released")
    assert released["type"] == "order"
    assert on_air.stock("COAT-M").left == 100


async def test_a_buyer_who_comes_back_and_taps_again_hears_that_the_order_is_paid(on_air: House) -> None:
    await on_air.payments(delay_ms=10)
    message = tap(on_air)
    async with on_air.watch("web") as viewer:
        await viewer.ask(message)
        await viewer.until(lambda news: news.get("status") == "paid")
    async with on_air.watch("web") as viewer:
        assert (await viewer.ask(message))["status"] == "reserved"
        assert (await viewer.until_type("order"))["status"] == "paid"


async def test_a_buyer_who_comes_back_before_the_payment_hears_of_it_on_the_new_connection(on_air: House) -> None:
    message = tap(on_air)
    async with on_air.watch("web") as viewer:
        order = await viewer.ask(message)
    async with on_air.watch("web") as viewer:
        await viewer.ask({**message, "id": "again"})
        await on_air.request("POST", f"/v1/orders/{order['order']}/cancel", token=on_air.viewer_token())
        news = await viewer.until_type("order")
    assert (news["id"], news["status"]) == ("again", "released")


async def test_other_viewers_hear_nothing_of_an_order_but_its_stock(on_air: House) -> None:
    async with on_air.watch("web") as buyer, on_air.watch("web") as other:
        await other.next()
        await buyer.ask(tap(on_air))
        assert (await other.next())["type"] == "stock"
        await on_air.command("clear")
        assert (await other.next())["type"] == "cue"


async def test_a_tap_on_a_card_whose_stock_is_gone_is_told_sold_out(on_air: House) -> None:
    await on_air.command("take", look="look-2")
    async with on_air.watch("web") as viewer:
        await viewer.ask(tap(on_air, buyer="first", sku="LAST-ONE"))
        refused = await viewer.ask(tap(on_air, buyer="second", sku="LAST-ONE", id="late"))
    assert problem_of(refused) == "sold-out"
    assert refused["id"] == "late"
    assert refused["problem"]["status"] == 409


async def test_a_tap_with_another_channels_token_is_refused(on_air: House) -> None:
    before = on_air.figures()
    async with on_air.watch("web") as viewer:
        refused = await viewer.ask(tap(on_air, channel="youku"))
    assert problem_of(refused) == "wrong-channel"
    assert refused["problem"]["status"] == 403
    assert on_air.figures() == before


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"token": "not.a.token"}, "unauthorized"),
        ({"show": "another-show"}, "no-such-show"),
        ({"sku": "NO-SUCH-SKU"}, "not-on-sale"),
        ({"sku": "DOWN-M"}, "not-on-sale"),
        ({"quantity": 3}, "limit-reached"),
        ({"seen_price": {"value": 1, "currency": "CNY"}}, "price-changed"),
        ({"key": "line\nbreak"}, "invalid"),
        ({"look": "\u0000"}, "invalid"),
    ],
    ids=str,
)
async def test_a_tap_is_refused_for_the_same_reasons_as_an_order(
    on_air: House, fields: dict[str, Any], problem: str
) -> None:
    before = on_air.figures()
    async with on_air.watch("web") as viewer:
        refused = await viewer.ask(tap(on_air, **fields))
        assert problem_of(refused) == problem
        assert refused["id"] == "t1"
        assert on_air.figures() == before
        assert (await viewer.ask(tap(on_air)))["type"] == "order", "the connection is none the worse for it"


async def test_too_many_taps_at_once_from_one_viewer_are_told_to_come_back(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.next()
        burst = [tap(on_air, id=f"t{number}", sku="SCARF") for number in range(40)]
        for message in burst:
            await viewer.say(message)
        answers = [await viewer.until(lambda news: news["type"] in {"order", "problem"}) for _ in burst]
        refused = {answer["id"] for answer in answers if answer["type"] == "problem"}
        assert all(problem_of(answer) == "busy" for answer in answers if answer["type"] == "problem")
        for message in burst:
            if message["id"] in refused:
                assert (await viewer.ask(message))["type"] == "order"
    assert on_air.stock("SCARF").reserved == 40


async def test_a_tap_is_decided_although_the_buyer_is_gone_before_the_answer(on_air: House) -> None:
    message = tap(on_air)
    async with on_air.watch("web") as viewer:
        await viewer.next()
        await viewer.say(message)
        await viewer.connection.close()
    again = await on_air.order("COAT-M", key=message["key"])
    assert again.status == 201
    assert on_air.stock("COAT-M").reserved == 1
