"""What nobody should send: one refusal over HTTP and the open WebSocket, nothing moved, no secret in the log."""

import json
import time
import uuid
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import msgspec
import pytest
import structlog
from bad_tokens import BAD_TOKENS
from house import PAYMENT_KEY, SHOW, House, channel_key
from tokens import jwt, seconds_from_now

from broadcast.checkout.adapters.notifications import sign
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import WallMs
from broadcast.errors import TITLES
from broadcast.ids import OrderId
from broadcast.messages import MAX_TOKEN_CHARS
from broadcast.money import Money

Log = list[MutableMapping[str, Any]]
NEWS = "/v1/payments/notifications"


@pytest.fixture
async def on_air(running_show: House) -> AsyncIterator[House]:
    """The show with its first look on air; at the end it must be as it was, and still sell."""
    await running_show.command("take", look="look-1")
    before = running_show.figures()
    yield running_show
    assert running_show.figures() == before
    assert (await running_show.order("COAT-M", token=running_show.viewer_token(buyer="the next"))).status == 201


@pytest.fixture
def written() -> AsyncIterator[Log]:
    """Everything that is logged meanwhile."""
    with structlog.testing.capture_logs() as log:
        yield log


async def over_http(
    house: House, *, key: str | None = None, token: str | None = None, **fields: Any
) -> tuple[int, str]:
    headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Content-Type": "application/json"}
    headers["Authorization"] = f"Bearer {house.viewer_token() if token is None else token}"
    body = {"show": SHOW, "sku": "COAT-M", "quantity": 1, **fields}
    answer = await house.request("POST", "/v1/orders", data=json.dumps(body).encode(), headers=headers)
    return answer.status, "" if answer.status == 201 else answer.problem


async def over_websocket(
    house: House, *, key: str | None = None, token: str | None = None, **fields: Any
) -> tuple[int, str]:
    message = {"type": "tap", "id": "t1", "show": SHOW, "sku": "COAT-M", "quantity": 1, **fields}
    message |= {"key": key or str(uuid.uuid4()), "token": house.viewer_token() if token is None else token}
    async with house.watch("web") as viewer:
        answer = await viewer.ask(message)
        assert answer.get("id") == "t1" or answer["problem"]["type"].endswith("/malformed")
        if answer["type"] == "order":
            return 201, ""
        assert (await viewer.ask({"type": "clock", "t0_ms": 1}))["type"] == "clock", "the feed is none the worse for it"
    name = answer["problem"]["type"].rpartition("/")[2]
    assert answer["problem"]["status"] == TITLES[name][0]
    return answer["problem"]["status"], name


DOORS = pytest.mark.parametrize("tap", [over_http, over_websocket], ids=["http", "websocket"])


def secrets_of(token: str) -> list[str]:
    """What of a token would let somebody else use it, as far as it is long enough to be told from other text."""
    return [part for part in token.split(".")[1:] if len(part) > 20]


# ---------------------------------------------------------------- tokens

OVER_THE_SOCKET = {name: token for name, token in BAD_TOKENS.items() if 1 <= len(token) <= MAX_TOKEN_CHARS}


@pytest.mark.parametrize("token", OVER_THE_SOCKET.values(), ids=OVER_THE_SOCKET.keys())
async def test_a_tap_on_the_open_websocket_is_refused_with_a_token(on_air: House, token: str, written: Log) -> None:
    assert await over_websocket(on_air, token=token) == (401, "unauthorized")
    assert [line["problem"] for line in written if line["event"] == "request.refused"] == ["unauthorized"]
    assert not any(secret in repr(written) for secret in secrets_of(token))


async def test_a_token_of_another_channel_buys_there_and_not_on_this_feed(on_air: House, written: Log) -> None:
    token = on_air.viewer_token("youku", "han")
    assert await over_websocket(on_air, token=token) == (403, "wrong-channel")
    assert not any(secret in repr(written) for secret in secrets_of(token))
    claims = {"iss": "youku", "sub": "han", "exp": seconds_from_now(60)}
    for tap in (over_http, over_websocket):  # of a channel that is there, signed with the key of this one
        assert await tap(on_air, token=jwt(claims, channel_key("web"))) == (401, "unauthorized")


@DOORS
async def test_what_is_refused_for_being_wrong_is_in_the_log_by_its_name_alone(
    on_air: House, tap: Any, written: Log
) -> None:
    forged = jwt({"iss": "web", "sub": "mei", "exp": seconds_from_now(60)}, "not the channel's key, though as long")
    assert await tap(on_air, token=forged, key="a key that is mine") == (401, "unauthorized")
    (line,) = [line for line in written if line["event"] == "request.refused"]
    assert (line["problem"], line["where"]) in {("unauthorized", "/v1/orders"), ("unauthorized", "web")}
    for secret in (*secrets_of(forged), "a key that is mine", channel_key("web")):
        assert secret not in repr(written)


# ---------------------------------------------------------------- bodies


@DOORS
@pytest.mark.parametrize("quantity", [0, -1, -(10**30), 100, 10**30, 1.5, 0.999, 1e300, "1", True, None, [1], {}])
async def test_a_quantity_that_is_none_is_refused_by_pointer(on_air: House, tap: Any, quantity: object) -> None:
    assert await tap(on_air, quantity=quantity) == (422, "invalid")


@DOORS
async def test_a_number_that_is_none_is_no_json(on_air: House, tap: Any) -> None:
    assert await tap(on_air, quantity=float("nan")) in {(400, "malformed"), (422, "invalid")}


@DOORS
@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"seen_price": {"value": 129_899, "currency": "CNY"}}, (409, "price-changed")),
        ({"seen_price": {"value": 129_900, "currency": "HKD"}}, (409, "price-changed")),
        ({"seen_price": {"value": -129_900, "currency": "CNY"}}, (409, "price-changed")),
        ({"seen_price": {"value": 1299.0001, "currency": "CNY"}}, (422, "invalid")),
        ({"sku": "PEA-COAT-S"}, (409, "not-on-sale")),
        ({"show": "tmall-collection-2017"}, (404, "no-such-show")),
        ({"show": "tmall-collection-2017", "sku": "PEA-COAT-S"}, (404, "no-such-show")),
        ({"sku": "DOWN-M"}, (409, "not-on-sale")),
        ({"quantity": 3}, (409, "limit-reached")),
    ],
    ids=str,
)
async def test_another_price_or_another_shows_sku_is_refused(
    on_air: House, tap: Any, fields: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert await tap(on_air, **fields) == refusal


@pytest.mark.parametrize("first", [over_http, over_websocket], ids=["http-first", "websocket-first"])
@pytest.mark.parametrize("again", [over_http, over_websocket], ids=["http-again", "websocket-again"])
@pytest.mark.parametrize(
    "changed",
    [{"quantity": 2}, {"sku": "COAT-S"}, {"look": "look-1"}, {"seen_price": {"value": 129_900, "currency": "CNY"}}],
    ids=str,
)
async def test_a_key_with_another_body_is_refused_whichever_door_had_it_first(
    running_show: House, first: Any, again: Any, changed: dict[str, Any], written: Log
) -> None:
    await running_show.command("take", look="look-1")
    assert await first(running_show, key="one tap") == (201, "")
    before = running_show.figures()
    assert await again(running_show, key="one tap", **changed) == (422, "key-reused")
    assert await again(running_show, key="one tap") == (201, ""), "and the first is still what it was"
    assert running_show.figures() == before
    assert "one tap" not in repr(written)


# ---------------------------------------------------------------- notifications


async def notify(house: House, order: str, value: int, **different: Any) -> tuple[int, str]:
    news = PaymentNotification(id="msg_1", kind="captured", order=OrderId(order), amount=Money(value, "CNY"))
    secret = different.pop("secret", PAYMENT_KEY)
    headers, body = sign(msgspec.structs.replace(news, **different), WallMs(int(time.time() * 1000)), secret)
    answer = await house.request("POST", NEWS, data=body, headers=headers)
    return answer.status, "" if answer.status == 204 else answer.problem


async def test_news_that_is_forged_replayed_or_of_another_amount_moves_nothing_and_is_written_down(
    running_show: House, written: Log
) -> None:
    await running_show.command("take", look="look-1")
    async with running_show.watch("web") as viewer:
        tap = {"type": "tap", "id": "t1", "show": SHOW, "sku": "COAT-M", "quantity": 1, "key": "k"}
        order = (await viewer.ask({**tap, "token": running_show.viewer_token()}))["order"]
        before = running_show.figures()
        forger = "whsec_" + "c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk="
        assert await notify(running_show, order, 129_900, secret=forger) == (401, "unauthorized")
        for amount in (0, 1, 129_899, 129_901, -129_900, 10**15):
            assert await notify(running_show, order, amount) == (422, "invalid")
        assert await notify(running_show, order, 129_900, amount=Money(129_900, "HKD")) == (422, "invalid")
        assert await notify(running_show, order, 129_900, kind="refunded") == (422, "invalid")
        assert (await notify(running_show, "no-such-order", 129_900))[0] == 404
        assert running_show.figures() == before
        assert await notify(running_show, order, 129_900) == (204, "")
        assert (await viewer.until_type("order"))["status"] == "paid"
        paid = running_show.figures()
        for _ in range(3):
            assert await notify(running_show, order, 129_900) == (204, ""), "a replay is taken in and moves nothing"
        assert await notify(running_show, order, 129_900, kind="failed") == (204, "")
        assert running_show.figures() == paid
    refused = [line["problem"] for line in written if line["event"] == "request.refused"]
    assert refused.count("unauthorized") == 1
    assert "invalid" in refused
    for secret in (PAYMENT_KEY, forger, "v1,", "129899"):
        assert secret not in repr(written)
