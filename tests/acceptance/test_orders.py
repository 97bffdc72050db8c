"""One-tap orders over HTTP, line by line of the contract."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bad_tokens import BAD_TOKENS, claims
from house import PAYMENT_KEY, SHOW, House, channel_key, open_house
from tokens import jwt

from broadcast.checkout.adapters.notifications import sign
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import WallMs
from broadcast.ids import OrderId
from broadcast.money import Money


@pytest.fixture
async def on_air(running_show: House) -> House:
    """The show with its first look on air."""
    await running_show.command("take", look="look-1")
    return running_show


async def settled(house: House, order: str, status: str, token: str | None = None) -> dict[str, Any]:
    """Follow an order over HTTP until it has a status."""
    async with asyncio.timeout(15):
        while True:
            answer = await house.request("GET", f"/v1/orders/{order}", token=token or house.viewer_token())
            if answer.body["status"] == status:
                return dict(answer.body)


# ---------------------------------------------------------------- placed


async def test_an_order_is_reserved_at_its_price_until_its_hold_runs_out(on_air: House) -> None:
    before_ms = time.time() * 1000
    answer = await on_air.order("COAT-M", 2)
    assert answer.status == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert answer.headers["Location"] == f"/v1/orders/{answer.body['order']}"
    assert answer.body["status"] == "reserved"
    assert (answer.body["sku"], answer.body["quantity"]) == ("COAT-M", 2)
    assert answer.body["amount"] == {"value": 259_800, "currency": "CNY"}
    assert before_ms + 299_000 < answer.body["hold_until_ms"] < time.time() * 1000 + 301_000
    assert on_air.stock("COAT-M").left == 98
    assert on_air.stock("COAT-M").reserved == 2


async def test_the_same_key_and_body_again_is_the_same_answer(on_air: House) -> None:
    first = await on_air.order("COAT-M", key="one-tap", seen_price={"value": 129_900, "currency": "CNY"}, look="look-1")
    again = await on_air.order("COAT-M", key="one-tap", seen_price={"value": 129_900, "currency": "CNY"}, look="look-1")
    assert again.status == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.text == first.text
    assert on_air.stock("COAT-M").reserved == 1


async def test_a_replay_gets_the_first_answer_even_after_the_order_was_paid(on_air: House) -> None:
    await on_air.payments(delay_ms=10)
    first = await on_air.order("COAT-M", key="one-tap")
    await settled(on_air, first.body["order"], "paid")
    again = await on_air.order("COAT-M", key="one-tap")
    assert again.text == first.text


async def test_a_hundred_repeats_at_once_are_one_order(on_air: House) -> None:
    answers = await asyncio.gather(*(on_air.order("COAT-M", key="impatient") for _ in range(100)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert on_air.stock("COAT-M").reserved == 1


async def test_the_same_key_with_another_body_is_refused(on_air: House) -> None:
    await on_air.order("COAT-M", key="one-tap")
    before = on_air.figures()
    for changed in ({"quantity": 2}, {"sku": "COAT-S"}, {"look": "look-1"}):
        answer = await on_air.order(**{"sku": "COAT-M", "key": "one-tap", **changed})
        assert (answer.status, answer.problem) == (422, "key-reused")
    assert on_air.figures() == before


async def test_two_buyers_may_use_the_same_key(on_air: House) -> None:
    mei = await on_air.order("COAT-M", key="1", token=on_air.viewer_token(buyer="mei"))
    jun = await on_air.order("COAT-M", key="1", token=on_air.viewer_token(buyer="jun"))
    mei_elsewhere = await on_air.order("COAT-M", key="1", token=on_air.viewer_token("youku", "mei"))
    assert len({mei.body["order"], jun.body["order"], mei_elsewhere.body["order"]}) == 3


# ---------------------------------------------------------------- refused by the business


async def test_what_is_not_on_air_yet_is_not_on_sale(running_show: House) -> None:
    before = running_show.figures()
    answer = await running_show.order("COAT-M")
    assert (answer.status, answer.problem) == (409, "not-on-sale")
    assert "opens_at_ms" not in answer.body
    assert running_show.figures() == before


async def test_a_look_stays_on_sale_after_the_next_one_was_taken(on_air: House) -> None:
    await on_air.command("take", look="look-2")
    await on_air.command("clear")
    assert (await on_air.order("COAT-M")).status == 201


async def test_an_undone_look_is_no_longer_on_sale(on_air: House) -> None:
    await on_air.command("undo")
    answer = await on_air.order("COAT-M")
    assert (answer.status, answer.problem) == (409, "not-on-sale")


async def test_a_sku_shown_twice_is_still_on_sale_when_one_showing_was_undone(on_air: House) -> None:
    await on_air.command("take", look="look-3")
    await on_air.command("undo")
    assert (await on_air.order("SCARF")).status == 201
    assert (await on_air.order("HOOD-L")).problem == "not-on-sale"


async def test_a_channel_that_shows_later_sells_later(running_show: House) -> None:
    taken = await running_show.command("take", look="look-1")
    early = await running_show.order("COAT-M", token=running_show.viewer_token("beijing-tv"))
    assert (early.status, early.problem) == (409, "not-on-sale")
    assert early.body["opens_at_ms"] == taken.body["cue"]["at_ms"] + 60_000
    assert (await running_show.order("COAT-M", token=running_show.viewer_token("youku"))).status == 201


async def test_a_look_armed_for_later_sells_from_then_on(running_show: House) -> None:
    at_ms = int(time.time() * 1000) + 300_000
    await running_show.command("take", look="look-1", at_ms=at_ms)
    answer = await running_show.order("COAT-M")
    assert (answer.status, answer.problem) == (409, "not-on-sale")
    assert answer.body["opens_at_ms"] == at_ms


async def test_a_fence_is_passed_when_the_channel_has_shown_the_look(running_show: House) -> None:
    at_ms = int(time.time() * 1000) - 59_900
    await running_show.command("take", look="look-1", at_ms=at_ms)
    async with asyncio.timeout(10):
        while (
            answer := await running_show.order("COAT-M", token=running_show.viewer_token("beijing-tv"))
        ).status != 201:
            assert answer.body["opens_at_ms"] == at_ms + 60_000


async def test_the_price_seen_must_be_the_price(on_air: House) -> None:
    before = on_air.figures()
    for seen in ({"value": 129_899, "currency": "CNY"}, {"value": 129_900, "currency": "EUR"}):
        answer = await on_air.order("COAT-M", seen_price=seen)
        assert (answer.status, answer.problem) == (409, "price-changed")
        assert answer.body["price"] == {"value": 129_900, "currency": "CNY"}
    assert on_air.figures() == before


async def test_one_buyer_gets_no_more_than_the_limit(on_air: House) -> None:
    assert (await on_air.order("COAT-M")).status == 201
    assert (await on_air.order("COAT-M")).status == 201
    before = on_air.figures()
    answer = await on_air.order("COAT-M")
    assert (answer.status, answer.problem) == (409, "limit-reached")
    assert on_air.figures() == before
    assert (await on_air.order("COAT-S")).status == 201
    assert (await on_air.order("COAT-M", token=on_air.viewer_token(buyer="jun"))).status == 201


async def test_an_article_may_have_a_limit_of_its_own(on_air: House) -> None:
    assert (await on_air.order("SCARF", 99)).status == 201
    assert (await on_air.order("SCARF", 1)).problem == "limit-reached"


async def test_the_last_piece_is_sold_once(running_show: House) -> None:
    await running_show.command("take", look="look-2")
    tokens = [running_show.viewer_token(buyer=f"buyer-{number}") for number in range(50)]
    answers = await asyncio.gather(*(running_show.order("LAST-ONE", token=token) for token in tokens))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 49]
    assert {answer.problem for answer in answers if answer.status == 409} == {"sold-out"}
    assert running_show.stock("LAST-ONE").left == 0
    assert running_show.stock("LAST-ONE").reserved == 1


async def test_what_never_had_stock_is_sold_out(running_show: House) -> None:
    await running_show.command("take", look="look-3a")
    assert (await running_show.order("SOLD-OUT")).problem == "sold-out"


# ---------------------------------------------------------------- what becomes of it


async def test_a_paid_order_is_paid_for_its_buyer_and_sold_for_the_house(on_air: House) -> None:
    await on_air.payments(delay_ms=10)
    order = (await on_air.order("COAT-M")).body["order"]
    await settled(on_air, order, "paid")
    counter = on_air.stock("COAT-M")
    assert (counter.left, counter.reserved, counter.sold) == (99, 0, 1)


async def test_a_payment_told_twice_and_in_any_order_is_one_payment(on_air: House) -> None:
    await on_air.payments(delay_ms=5, duplicate_share=1.0, reorder=True)
    for buyer in ("mei", "jun", "li"):
        token = on_air.viewer_token(buyer=buyer)
        order = (await on_air.order("COAT-M", token=token)).body["order"]
        await settled(on_air, order, "paid", token)
    assert on_air.stock("COAT-M").sold == 3
    assert on_air.running.checkout.counters().paid_value == 3 * 129_900


async def test_a_failed_payment_gives_the_stock_back(on_air: House) -> None:
    await on_air.payments(delay_ms=10, failure_share=1.0)
    order = (await on_air.order("COAT-M")).body["order"]
    await settled(on_air, order, "released")
    assert on_air.stock("COAT-M").left == 100
    await on_air.payments(delay_ms=10)
    assert (await on_air.order("COAT-M", 2)).status == 201, "and the limit counts only what is kept"


async def test_an_order_nobody_pays_is_released_when_its_hold_runs_out(tmp_path: Path) -> None:
    async with open_house(tmp_path, hold_ms=20) as house:
        await house.command("take", look="look-1")
        order = (await house.order("COAT-M")).body["order"]
        await settled(house, order, "released")
        assert house.stock("COAT-M").left == 100


async def test_a_cancelled_order_gives_the_stock_back_at_once(on_air: House) -> None:
    order = (await on_air.order("COAT-M", 2)).body["order"]
    answer = await on_air.request("POST", f"/v1/orders/{order}/cancel", token=on_air.viewer_token())
    assert (answer.status, answer.body["status"]) == (200, "released")
    assert on_air.stock("COAT-M").left == 100
    again = await on_air.request("POST", f"/v1/orders/{order}/cancel", token=on_air.viewer_token())
    assert again.body == answer.body
    assert on_air.stock("COAT-M").left == 100


async def test_the_last_piece_cancelled_is_for_sale_again_on_every_card(running_show: House) -> None:
    await running_show.command("take", look="look-2")
    async with running_show.watch("web") as viewer:
        order = (await running_show.order("LAST-ONE")).body["order"]
        assert (await viewer.until_type("stock"))["state"] == "sold_out"
        await running_show.request("POST", f"/v1/orders/{order}/cancel", token=running_show.viewer_token())
        back = await viewer.until_type("stock")
    assert (back["left"], back["state"]) == (1, "on_sale")
    assert (await running_show.order("LAST-ONE", token=running_show.viewer_token(buyer="jun"))).status == 201


async def test_an_order_is_shown_to_its_buyer_only(on_air: House) -> None:
    order = (await on_air.order("COAT-M")).body["order"]
    mine = await on_air.request("GET", f"/v1/orders/{order}", token=on_air.viewer_token())
    assert (mine.status, mine.body["order"]) == (200, order)
    for token in (on_air.viewer_token(buyer="jun"), on_air.viewer_token("youku", "mei")):
        others = await on_air.request("GET", f"/v1/orders/{order}", token=token)
        assert (others.status, others.problem) == (404, "no-such-order")
        before = on_air.figures()
        cancelled = await on_air.request("POST", f"/v1/orders/{order}/cancel", token=token)
        assert (cancelled.status, cancelled.problem) == (404, "no-such-order")
        assert on_air.figures() == before


@pytest.mark.parametrize("order", ["none", "0193b0a0-0000-7000-8000-000000000000", "%00", "x" * 2_000])
async def test_an_order_that_never_was_is_not_found(on_air: House, order: str) -> None:
    answer = await on_air.request("GET", f"/v1/orders/{order}", token=on_air.viewer_token())
    assert (answer.status, answer.problem) == (404, "no-such-order")


async def test_orders_need_a_token_to_be_seen(on_air: House) -> None:
    order = (await on_air.order("COAT-M")).body["order"]
    for method, path in (("GET", f"/v1/orders/{order}"), ("POST", f"/v1/orders/{order}/cancel")):
        answer = await on_air.request(method, path)
        assert (answer.status, answer.problem) == (401, "unauthorized")


async def test_orders_stock_and_the_look_on_air_outlive_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.command("take", look="look-1")
        placed = await house.order("COAT-M", 2, key="before")
        before = house.figures()
    async with open_house(tmp_path) as house:
        assert house.figures() == before
        again = await house.order("COAT-M", 2, key="before")
        assert again.text == placed.text
        async with house.watch("web") as viewer:
            assert (await viewer.next())["state"]["on_air"]["look"]["id"] == "look-1"
        assert (await house.order("COAT-S")).status == 201


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_an_order_is_refused_with_a_token(on_air: House, token: str) -> None:
    before = on_air.figures()
    answer = await on_air.request(
        "POST",
        "/v1/orders",
        json={"show": SHOW, "sku": "COAT-M", "quantity": 1},
        headers={"Idempotency-Key": "k", "Authorization": f"Bearer {token}"},
    )
    assert (answer.status, answer.problem) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert on_air.figures() == before


@pytest.mark.parametrize("header", ["Basic bWVpOm1laQ==", "Bearer", "{token}", "Token {token}"])
async def test_an_order_is_refused_when_the_token_is_not_sent_as_bearer(on_air: House, header: str) -> None:
    sent = header.format(token=on_air.viewer_token())
    answer = await on_air.request(
        "POST",
        "/v1/orders",
        json={"show": SHOW, "sku": "COAT-M", "quantity": 1},
        headers={"Idempotency-Key": "k", "Authorization": sent},
    )
    assert (answer.status, answer.problem) == (401, "unauthorized")


async def test_a_token_that_was_good_is_refused_once_it_has_expired(on_air: House) -> None:
    token = jwt(claims(exp=time.time() + 0.5), channel_key("web"))
    assert (await on_air.order("COAT-M", token=token)).status == 201
    async with asyncio.timeout(10):
        while (await on_air.order("COAT-M", token=token, key="later")).status != 401:
            pass


# ---------------------------------------------------------------- pages


async def test_a_channels_page_may_order_and_read_the_answer(on_air: House) -> None:
    origin = "https://v.youku.com"
    asked = await on_air.request(
        "OPTIONS",
        "/v1/orders",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    for needed in ("authorization", "content-type", "idempotency-key"):
        assert needed in asked.headers["Access-Control-Allow-Headers"]
    answer = await on_air.request(
        "POST",
        "/v1/orders",
        token=on_air.viewer_token("youku"),
        json={"show": SHOW, "sku": "COAT-M", "quantity": 1},
        headers={"Idempotency-Key": "k", "Origin": origin},
    )
    assert answer.status == 201
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Idempotency-Replayed" in answer.headers["Access-Control-Expose-Headers"]


async def test_a_page_of_another_origin_may_not_order(on_air: House) -> None:
    before = on_air.figures()
    for origin in ("https://copycat.example", "null", "http://v.youku.com", "https://v.youku.com.copycat.example"):
        answer = await on_air.request(
            "POST",
            "/v1/orders",
            token=on_air.viewer_token("youku"),
            json={"show": SHOW, "sku": "COAT-M", "quantity": 1},
            headers={"Idempotency-Key": "k", "Origin": origin},
        )
        assert (answer.status, answer.problem) == (403, "origin-refused")
        assert "Access-Control-Allow-Origin" not in answer.headers
        asked = await on_air.request("OPTIONS", "/v1/orders", headers={"Origin": origin})
        assert asked.status == 403
    assert on_air.figures() == before


# ---------------------------------------------------------------- the gateway's notifications


@pytest.fixture
async def waiting_order(on_air: House) -> tuple[House, PaymentNotification]:
    """An order, and the gateway's news that it was paid."""
    body = (await on_air.order("COAT-M")).body
    amount = Money(body["amount"]["value"], body["amount"]["currency"])
    return on_air, PaymentNotification(id="msg_1", kind="captured", order=OrderId(body["order"]), amount=amount)


async def notify(house: House, news: PaymentNotification, secret: str = PAYMENT_KEY, age_ms: int = 0) -> Any:
    headers, body = sign(news, WallMs(int(time.time() * 1000) - age_ms), secret)
    return await house.request("POST", "/v1/payments/notifications", data=body, headers=headers)


async def test_the_gateways_news_is_believed_when_signed(
    waiting_order: tuple[House, PaymentNotification],
) -> None:
    house, news = waiting_order
    assert (await notify(house, news)).status == 204
    assert (await notify(house, news)).status == 204
    assert house.stock("COAT-M").sold == 1


async def test_news_signed_by_somebody_else_or_long_ago_changes_nothing(
    waiting_order: tuple[House, PaymentNotification],
) -> None:
    house, news = waiting_order
    before = house.figures()
    forged = await notify(house, news, secret="whsec_" + "c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk=")
    stale = await notify(house, news, age_ms=600_000)
    unsigned_news = await house.request("POST", "/v1/payments/notifications", json={"type": "payment.captured"})
    for answer in (forged, stale, unsigned_news):
        assert (answer.status, answer.problem) == (401, "unauthorized")
    assert house.figures() == before


async def test_news_of_another_amount_or_of_no_order_of_ours_changes_nothing(
    waiting_order: tuple[House, PaymentNotification],
) -> None:
    house, news = waiting_order
    before = house.figures()
    less = await notify(house, msgspec.structs.replace(news, amount=Money(1, "CNY")))
    assert (less.status, less.problem) == (422, "invalid")
    unknown = await notify(house, msgspec.structs.replace(news, order=OrderId("nobody's")))
    assert (unknown.status, unknown.problem) == (404, "no-such-order")
    assert house.figures() == before
