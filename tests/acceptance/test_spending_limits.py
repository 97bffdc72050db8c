"""Orders beyond a spending limit: refused until the buyer shows who they are, then the same tap, over either door."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import SHOW, House, channel_key, open_house
from tokens import jwt, seconds_from_now

from broadcast.checkout.spending import SpendingLimits, SpendingRule
from broadcast.ids import ChannelId

URL = "https://id.example/step-up"
COAT = 129_900
LIMITS = SpendingLimits(
    everywhere=SpendingRule(url=URL, per_order=200_000, per_buyer=300_000, max_age_ms=300_000),
    by_channel={
        ChannelId("youku"): SpendingRule(url=URL, per_order=100_000, max_age_ms=600_000, acr_values=("phr", "phrh"))
    },
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The show with its first look on air, and limits."""
    async with open_house(tmp_path / "data", spending=LIMITS) as house:
        await house.command("take", look="look-1")
        yield house


def fresh(house: House, **claims: Any) -> str:
    return house.viewer_token(auth_time=seconds_from_now(-5), **claims)


def tap(token: str, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    body = {"show": SHOW, "sku": "COAT-M", "quantity": quantity, "token": token, "key": str(uuid.uuid4()), **fields}
    return {"type": "tap", "id": "t1", **body}


async def test_an_order_beyond_the_limit_says_where_to_go_and_moves_nothing(house: House) -> None:
    before = house.figures()
    answer = await house.order(quantity=2)
    assert (answer.status, answer.problem) == (403, "step-up-required")
    assert (answer.body["url"], answer.body["of"]) == (URL, "order")
    assert answer.body["limit"] == {"value": 200_000, "currency": "CNY"}
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age=300'
    assert house.figures() == before


async def test_the_tap_repeated_with_its_key_and_a_fresh_token_is_the_order(house: House) -> None:
    assert (await house.order(quantity=2, key="mine")).problem == "step-up-required"
    answer = await house.order(quantity=2, key="mine", token=fresh(house))
    assert answer.status == 201
    again = await house.order(quantity=2, key="mine")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, answer.body, "true")


async def test_over_the_open_websocket_it_is_the_same(house: House) -> None:
    before = house.figures()
    message = tap(house.viewer_token(), quantity=2)
    async with house.watch("web") as viewer:
        refused = await viewer.ask(message)
        assert (refused["type"], refused["problem"]["url"]) == ("problem", URL)
        assert refused["problem"]["type"].endswith("/step-up-required")
        assert house.figures() == before
        assert (await viewer.ask({**message, "token": fresh(house)}))["type"] == "order"


async def test_a_buyers_orders_count_together_over_both_doors_until_one_is_released(house: House) -> None:
    first = await house.order()
    async with house.watch("web") as viewer:
        assert (await viewer.ask(tap(house.viewer_token())))["type"] == "order"
        refused = await house.order("SCARF", quantity=8)
        assert (refused.problem, refused.body["of"]) == ("step-up-required", "buyer")
        await house.request("POST", f"/v1/orders/{first.body['order']}/cancel", token=house.viewer_token())
        assert (await viewer.ask(tap(house.viewer_token(), sku="SCARF", quantity=8)))["type"] == "order"


async def test_of_taps_made_at_once_only_those_within_the_limit_are_orders(house: House) -> None:
    async with house.watch("web") as viewer:
        await viewer.next()
        posts = [asyncio.create_task(house.order("SCARF", quantity=9)) for _ in range(4)]
        for number in range(4):
            await viewer.say(tap(house.viewer_token(), sku="SCARF", quantity=9, id=f"t{number}"))
        told = [await viewer.until(lambda news: news["type"] in {"order", "problem"}) for _ in range(4)]
        answers = await asyncio.gather(*posts)
    orders = [one.body for one in answers if one.status == 201] + [one for one in told if one["type"] == "order"]
    value = sum(order["amount"]["value"] for order in orders)
    each = orders[0]["amount"]["value"]
    assert value <= 300_000 < value + each


async def test_what_was_spent_is_known_after_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path / "data", spending=LIMITS) as before:
        await before.command("take", look="look-1")
        assert [(await before.order()).status for _ in range(2)] == [201, 201]
    async with open_house(tmp_path / "data", spending=LIMITS) as after:
        refused = await after.order("SCARF", quantity=10)
        assert (refused.status, refused.body["of"]) == (403, "buyer")


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"auth_time": -5, "acr": "phr"}, 201),
        ({"auth_time": -5, "acr": "password"}, 403),
        ({"auth_time": -5}, 403),
        ({"acr": "phr"}, 403),
        ({"auth_time": -36_000, "acr": "phr"}, 403),
        ({"auth_time": 36_000, "acr": "phr"}, 403),
        ({"auth_time": "now", "acr": "phr"}, 403),
        ({"auth_time": 1e300, "acr": "phr"}, 403),
        ({"auth_time": True, "acr": ["phr"]}, 403),
        ({"auth_time": {}, "acr": 7}, 403),
    ],
    ids=str,
)
async def test_a_channel_may_ask_for_a_kind_of_authentication(
    house: House, claims: dict[str, Any], status: int
) -> None:
    if type(claims.get("auth_time")) is int:  # so many seconds from now
        claims = {**claims, "auth_time": seconds_from_now(claims["auth_time"])}
    answer = await house.order(token=house.viewer_token("youku", **claims))
    assert answer.status == status, answer.body
    if status == 403:
        assert answer.body["acr_values"] == ["phr", "phrh"]
        assert answer.headers["WWW-Authenticate"].endswith(', max_age=600, acr_values="phr phrh"')


async def test_a_token_that_says_it_was_authenticated_and_is_forged_is_no_token(house: House) -> None:
    claims = {"iss": "web", "sub": "mei", "exp": seconds_from_now(60), "auth_time": seconds_from_now(-1)}
    assert (await house.order(quantity=2, token=jwt(claims, channel_key("youku")))).status == 401


async def test_a_show_without_limits_says_nothing_of_them(running_show: House) -> None:
    await running_show.command("take", look="look-1")
    assert (await running_show.order(quantity=2)).status == 201


# ---------------------------------------------------------------- consents


async def consent(house: House, asked: int | None, **proved: Any) -> int:
    agreement = {"provider": "sandbox", "reference": "agreement-1", "customer": ""}
    claims = {"iss": "web", "sub": "mei", "aud": "payment-agreement", "exp": seconds_from_now(60), **agreement}
    body = {**agreement, "currency": "CNY", "proof": jwt({**claims, **proved}, channel_key("web"))}
    if asked is not None:
        body["limit"] = asked
    return (await house.request("PUT", "/v1/me/consent", token=house.viewer_token(), json=body)).status


async def test_a_consent_whose_limit_the_channel_proved_covers_orders_up_to_it(house: House) -> None:
    assert await consent(house, 2 * COAT, limit=2 * COAT, currency="CNY") == 200
    async with house.watch("web") as viewer:
        assert (await viewer.ask(tap(house.viewer_token(), quantity=2)))["type"] == "order"
    refused = await house.order("SCARF", quantity=10)
    assert (refused.problem, refused.body["of"]) == ("step-up-required", "buyer"), "it covers orders, not their sum"


@pytest.mark.parametrize(
    ("limit", "proved", "kept"),
    [
        (2 * COAT, {}, 200),
        (None, {}, 200),
        (2 * COAT - 1, {"limit": 2 * COAT - 1, "currency": "CNY"}, 200),
        (2 * COAT, {"limit": COAT, "currency": "CNY"}, 403),
        (2 * COAT, {"limit": 2 * COAT, "currency": "HKD"}, 403),
        (None, {"limit": 2 * COAT, "currency": "CNY"}, 403),
    ],
)
async def test_a_consent_that_is_not_proved_or_too_small_covers_nothing(
    house: House, limit: int | None, proved: dict[str, Any], kept: int
) -> None:
    assert await consent(house, limit, **proved) == kept
    assert (await house.order(quantity=2)).problem == "step-up-required"
