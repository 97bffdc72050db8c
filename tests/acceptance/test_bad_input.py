"""Oversized, malformed, binary, wrong-type input on every address: the right answer, and nothing has changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from house import SHOW, House
from viewers import masked_frame, upgrade_request

ORDER = {"show": SHOW, "sku": "COAT-M", "quantity": 1}
COMMAND = {"command": "take", "key": "k"}
GUEST = {"channel": "web"}
BEHAVIOUR = {"delay_ms": 1}

DOORS = {
    "orders": ("/v1/orders", ORDER),
    "commands": (f"/v1/shows/{SHOW}/commands", COMMAND),
    "guests": (f"/v1/shows/{SHOW}/guests", GUEST),
    "sandbox": (f"/v1/shows/{SHOW}/sandbox", BEHAVIOUR),
}


@pytest.fixture
async def on_air(running_show: House) -> AsyncIterator[House]:
    """The show with its first look on air; at the end it must be as it was, and still sell."""
    await running_show.command("take", look="look-1")
    before, seq = running_show.figures(), running_show.running.hub.seq
    yield running_show
    assert running_show.figures() == before
    assert running_show.running.hub.seq == seq
    assert (await running_show.order("COAT-M")).status == 201


def headers_for(house: House, door: str) -> dict[str, str]:
    token = house.viewer_token() if door == "orders" else house.producer_token()
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": "k", "Content-Type": "application/json"}


async def post(house: House, door: str, data: Any, **headers: str) -> tuple[int, str]:
    path, _ = DOORS[door]
    sent = {**headers_for(house, door), **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = await house.request("POST", path, data=data, headers=sent)
    return answer.status, answer.problem


# ---------------------------------------------------------------- HTTP bodies


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"\x00\x01\x02\xff\xfe",
        b'{"show": "\xff\xfe"}',
        b"[" * 10_000,
        b'{"a":' * 3_000,
        b"null null",
        "\ufeff{}".encode(),
        json.dumps(ORDER).encode("utf-16"),
        b"{'show': 'x'}",
        b'{"quantity": NaN}',
    ],
    ids=lambda body: repr(body)[:24],
)
async def test_a_body_that_is_no_json_is_malformed(on_air: House, door: str, body: bytes) -> None:
    assert await post(on_air, door, body) in {(400, "malformed"), (422, "invalid")}


@pytest.mark.parametrize("door", DOORS)
async def test_a_body_too_large_is_refused_unread(on_air: House, door: str) -> None:
    _, body = DOORS[door]
    padded = json.dumps({**body, "padding": "x" * 20_000}).encode()
    assert await post(on_air, door, padded) == (413, "too-large")


@pytest.mark.parametrize("door", DOORS)
async def test_a_body_too_large_is_refused_although_it_never_said_how_large(on_air: House, door: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"padding": "'
        for _ in range(64):
            yield b"x" * 1_024
        yield b'"}'

    assert await post(on_air, door, chunks()) == (413, "too-large")


async def test_a_body_of_a_promised_gigabyte_is_refused_before_it_is_sent(on_air: House) -> None:
    token = on_air.viewer_token()
    async with on_air.connect() as connection:
        await connection.send(
            b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"
            b"Content-Length: 1000000000\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        assert (await connection.read_head()).split(b" ")[1] == b"413"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", "x"]
)
async def test_a_body_of_another_media_type_is_refused(on_air: House, door: str, content_type: str) -> None:
    _, body = DOORS[door]
    sent = await post(on_air, door, json.dumps(body).encode(), Content_Type=content_type)
    assert sent == (415, "unsupported-media-type")


async def test_json_may_say_its_character_set(running_show: House) -> None:
    await running_show.command("take")
    answer = await running_show.request(
        "POST",
        "/v1/orders",
        data=json.dumps(ORDER).encode(),
        headers={**headers_for(running_show, "orders"), "Content-Type": "application/json; charset=utf-8"},
    )
    assert answer.status == 201


# ---------------------------------------------------------------- order fields


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": -1}, "/quantity"),
        ({"quantity": 100}, "/quantity"),
        ({"quantity": 1.5}, "/quantity"),
        ({"quantity": "1"}, "/quantity"),
        ({"quantity": True}, "/quantity"),
        ({"quantity": None}, "/quantity"),
        ({"quantity": [1]}, "/quantity"),
        ({"quantity": 10**30}, "/quantity"),
        ({"quantity": ...}, "/quantity"),
        ({"sku": ""}, "/sku"),
        ({"sku": "S" * 65}, "/sku"),
        ({"sku": 7}, "/sku"),
        ({"sku": ...}, "/sku"),
        ({"show": ...}, "/show"),
        ({"show": None}, "/show"),
        ({"look": ""}, "/look"),
        ({"look": {"id": "look-1"}}, "/look"),
        ({"look": "look\u0000"}, "/look"),
        ({"look": "look\n1"}, "/look"),
        ({"seen_price": 129_900}, "/seen_price"),
        ({"seen_price": {"value": "129900", "currency": "CNY"}}, "/seen_price/value"),
        ({"seen_price": {"value": 1299.5, "currency": "CNY"}}, "/seen_price/value"),
        ({"seen_price": {"value": 129_900}}, "/seen_price/currency"),
    ],
    ids=str,
)
async def test_an_order_with_a_wrong_field_is_refused_by_pointer(
    on_air: House, fields: dict[str, Any], pointer: str
) -> None:
    body = {name: value for name, value in {**ORDER, **fields}.items() if value is not ...}
    answer = await on_air.request(
        "POST", "/v1/orders", data=json.dumps(body).encode(), headers=headers_for(on_air, "orders")
    )
    assert (answer.status, answer.problem) == (422, "invalid")
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"show": "another-show"}, 404, "no-such-show"),
        ({"show": "\u0000"}, 404, "no-such-show"),
        ({"sku": "NO-SUCH-SKU"}, 409, "not-on-sale"),
        ({"sku": "\u0000"}, 409, "not-on-sale"),
        ({"sku": "衣"}, 409, "not-on-sale"),
        ({"sku": "'; DROP TABLE orders; --"}, 409, "not-on-sale"),
        ({"seen_price": {"value": -1, "currency": "CNY"}}, 409, "price-changed"),
        ({"seen_price": {"value": 10**30, "currency": "CNY"}}, 409, "price-changed"),
        ({"seen_price": {"value": 129_900, "currency": "\u0000" * 1_000}}, 409, "price-changed"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_an_order_for_what_is_not_there_is_refused(
    on_air: House, fields: dict[str, Any], status: int, problem: str
) -> None:
    answer = await on_air.request("POST", "/v1/orders", json={**ORDER, **fields}, headers=headers_for(on_air, "orders"))
    assert (answer.status, answer.problem) == (status, problem)


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800"])
@pytest.mark.parametrize("field", ["sku", "look", "show"])
async def test_half_a_character_is_no_text(on_air: House, field: str, text: str) -> None:
    body = json.dumps({**ORDER, field: "@"}).replace('"@"', f'"{text}"').encode()
    status, _ = await post(on_air, "orders", body)
    assert status in {400, 404, 409, 422}


@pytest.mark.parametrize("key", [None, "", "k" * 256])
async def test_an_order_needs_a_key_of_the_right_length(on_air: House, key: str | None) -> None:
    headers = headers_for(on_air, "orders")
    del headers["Idempotency-Key"]
    if key is not None:
        headers["Idempotency-Key"] = key
    answer = await on_air.request("POST", "/v1/orders", json=ORDER, headers=headers)
    assert (answer.status, answer.problem) == (400, "malformed")


async def test_a_key_may_be_255_characters(running_show: House) -> None:
    await running_show.command("take")
    assert (await running_show.order("COAT-M", key="k" * 255)).status == 201


async def test_a_key_that_is_not_printable_is_refused(on_air: House) -> None:
    token = on_air.viewer_token().encode()
    body = json.dumps(ORDER).encode()
    for key in (b"\x80\xff", b"a\tb", b"\xed\xa0\x80"):
        async with on_air.connect() as connection:
            await connection.send(
                b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: %b\r\n"
                b"Content-Length: %d\r\nAuthorization: Bearer %b\r\n\r\n%b" % (key, len(body), token, body)
            )
            assert (await connection.read_head()).split(b" ")[1] in {b"400", b"422"}


# ---------------------------------------------------------------- HTTP heads


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v1/shows/little-show/feed?channel=web HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /v1/shows/little-show/feed?channel=web HTTP/1.1\r\nHost: a\r\nHost: b\r\nUpgrade: websocket\r\n\r\n",
        b"GET /v1/shows/\xff\xfe/feed HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: minus one\r\n\r\n",
        b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nx",
        b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"x" * 20_000,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000,
        b"GET /v1/shows/little-show/feed HTTP/1.1\r\nX: " + b"x" * 20_000,
        b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(40_000)),
    ],
    ids=lambda head: repr(head)[:40],
)
async def test_a_request_that_is_none_is_answered_with_a_refusal_or_a_closed_door(on_air: House, head: bytes) -> None:
    async with on_air.connect() as connection:
        connection.writer.write(head)
        connection.writer.write_eof()
        answer = await read_until_gone(connection.read_to_end())
    assert not answer or answer.split(b" ")[1] in {b"400", b"401", b"404", b"413", b"426", b"431", b"505"}, answer


async def read_until_gone(reading: Any) -> bytes:
    try:
        return bytes(await reading)
    except ConnectionError:
        return b""


async def test_an_upgrade_with_too_many_headers_opens_no_feed(on_air: House) -> None:
    many = {f"X-{number}": "y" for number in range(101)}
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path(), **many))
        assert (await connection.read_head()).split(b" ")[1] == b"426"


async def test_an_upgrade_that_comes_byte_by_byte_is_an_upgrade(on_air: House) -> None:
    async with on_air.connect() as connection:
        for byte in upgrade_request(on_air.feed_path()):
            await connection.send(bytes([byte]))
        assert (await connection.read_head()).startswith(b"HTTP/1.1 101 ")
        assert b'"snapshot"' in await connection.read_frame()


async def test_a_message_sent_together_with_the_upgrade_is_answered(on_air: House) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()) + masked_frame(b'{"type":"clock","t0_ms":1}'))
        await connection.read_head()
        assert b'"snapshot"' in await connection.read_frame()
        assert b'"clock"' in await connection.read_frame()


async def test_who_connects_and_says_nothing_is_let_go(impatient_doors: None, on_air: House) -> None:  # noqa: ARG001 - the fixture changes the doors
    async with on_air.connect() as connection:
        assert await read_until_gone(connection.read_to_end()) == b""


async def test_who_never_finishes_the_first_head_is_let_go(impatient_doors: None, on_air: House) -> None:  # noqa: ARG001 - the fixture changes the doors
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path())[:-2])
        assert await read_until_gone(connection.read_to_end()) == b""


async def test_who_never_finishes_the_body_is_let_go(impatient_doors: None, on_air: House) -> None:  # noqa: ARG001 - the fixture changes the doors
    async with on_air.connect() as connection:
        await connection.send(
            b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"
            b"Content-Length: 50\r\nAuthorization: Bearer " + on_air.viewer_token().encode() + b"\r\n\r\n{"
        )
        head = await connection.read_head()
    assert head.split(b" ")[1] == b"408"
    assert b"Connection: close" in head


# ---------------------------------------------------------------- WebSocket messages


@pytest.mark.parametrize(
    ("message", "problem", "pointer"),
    [
        ("", "malformed", None),
        ("{", "malformed", None),
        ("[" * 8_000, "invalid", ""),
        ('{"type":"clock","a":' * 400, "malformed", None),
        ('{"id":' * 1_300, "malformed", None),
        ("null", "invalid", ""),
        ("[]", "invalid", ""),
        ('"tap"', "invalid", ""),
        ("7", "invalid", ""),
        ("{}", "invalid", "/type"),
        ('{"type": "take"}', "invalid", "/type"),
        ('{"type": "snapshot"}', "invalid", "/type"),
        ('{"type": 7}', "invalid", "/type"),
        ('{"type": "clock"}', "invalid", "/t0_ms"),
        ('{"type": "clock", "t0_ms": "1"}', "invalid", "/t0_ms"),
        ('{"type": "clock", "t0_ms": null}', "invalid", "/t0_ms"),
        ('{"type": "clock", "t0_ms": 1e999}', "invalid", "/t0_ms"),
        ('{"type": "tap", "id": 7}', "invalid", "/id"),
        ('{"type": "tap", "id": ""}', "invalid", "/id"),
        ('{"type": "tap", "id": "t"}', "invalid", "/show"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_message_gets_a_problem_and_the_feed_goes_on(
    on_air: House, message: str, problem: str, pointer: str | None
) -> None:
    async with on_air.watch("web") as viewer:
        answer = await viewer.ask(message)
        assert answer["problem"]["type"].rpartition("/")[2] == problem
        assert [error["pointer"] for error in answer["problem"].get("errors", [])] == (
            [] if pointer is None else [pointer]
        )
        assert (await viewer.ask({"type": "clock", "t0_ms": 1}))["type"] == "clock"


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": 0},
        {"quantity": "1"},
        {"quantity": 100},
        {"sku": ""},
        {"sku": "S" * 65},
        {"token": ""},
        {"token": "t" * 4_097},
        {"key": ""},
        {"key": "k" * 256},
        {"look": 7},
        {"seen_price": 1},
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_tap_with_a_wrong_field_is_refused_by_pointer_under_its_id(
    on_air: House, fields: dict[str, Any]
) -> None:
    tap = {"type": "tap", "id": "t1", **ORDER, "token": on_air.viewer_token(), "key": "k", **fields}
    async with on_air.watch("web") as viewer:
        answer = await viewer.ask(tap)
    assert answer["type"] == "problem"
    assert answer["id"] == "t1"
    (error,) = answer["problem"]["errors"]
    assert error["pointer"] == f"/{next(iter(fields))}"


async def test_a_binary_message_closes_the_feed(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.say(b"\x00\x01")
        assert await viewer.closed() == 1003


@pytest.mark.parametrize("size", [8_193, 100_000, 5_000_000])
async def test_a_message_too_large_closes_the_feed(on_air: House, size: int) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.say("x" * size)
        assert await viewer.closed() == 1009


async def test_a_message_too_large_in_pieces_closes_the_feed(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.connection.send(["x" * 3_000] * 3)
        assert await viewer.closed() == 1009


async def test_a_message_may_come_in_pieces(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.next()
        await viewer.connection.send(['{"type":"cl', 'ock",', '"t0_ms":7}'])
        assert (await viewer.next())["t0_ms"] == 7


RAW_FRAMES = {
    "not UTF-8": (masked_frame(b"\xff\xfe"), 1007),
    "not UTF-8 across pieces": (masked_frame(b"\xe2\x82", fin=False) + masked_frame(b"\x28", 0x0), 1007),
    "not masked": (b"\x81\x02{}", 1002),
    "of an opcode nobody knows": (masked_frame(b"{}", 0x3), 1002),
    "compressed although that was not agreed": (masked_frame(b"{}", rsv1=True), 1002),
    "a continuation of nothing": (masked_frame(b"{}", 0x0), 1002),
    "a new message inside a message": (masked_frame(b"{", fin=False) + masked_frame(b"}"), 1002),
    "a ping in pieces": (masked_frame(b"", 0x9, fin=False), 1002),
    "a ping too long": (masked_frame(b"x" * 126, 0x9), 1002),
    "a close code nobody may send": (masked_frame((1005).to_bytes(2, "big"), 0x8), 1002),
    "a close code cut short": (masked_frame(b"\x03", 0x8), 1002),
    "a length of an exabyte": (b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4), 1009),
    "a negative length": (b"\x81\xff" + (2**63).to_bytes(8, "big") + bytes(4), 1009),
}


@pytest.mark.parametrize(("frame", "code"), RAW_FRAMES.values(), ids=RAW_FRAMES.keys())
async def test_a_frame_that_breaks_the_protocol_closes_the_feed(on_air: House, frame: bytes, code: int) -> None:
    async with on_air.connect() as connection, on_air.watch("web") as other:
        await other.next()
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        await connection.send(frame)
        assert await connection.read_close_code() == code
        assert await connection.read_to_end() == b""
        assert (await other.ask({"type": "clock", "t0_ms": 1}))["type"] == "clock"
        assert on_air.running.hub.audience()["web"] == 1


FLOODS = {
    "messages": masked_frame(b'{"type":"clock","t0_ms":1}'),
    "pings": masked_frame(b"x" * 125, 0x9),
    "pongs": masked_frame(b"", 0xA),
    "wrong messages": masked_frame(b"{"),
}


@pytest.mark.parametrize("frame", FLOODS.values(), ids=FLOODS.keys())
async def test_a_flood_is_stopped(on_air: House, frame: bytes) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        await connection.send(frame * 500)
        assert await connection.read_close_code() == 4003


async def test_a_flood_of_empty_pieces_of_one_message_is_stopped(on_air: House) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        await connection.send(masked_frame(b"", fin=False) + masked_frame(b"", 0x0, fin=False) * 500)
        assert await connection.read_close_code() == 4003


async def test_a_viewer_who_says_goodbye_is_answered_and_forgotten(on_air: House) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        await connection.send(masked_frame((1000).to_bytes(2, "big") + b"bye", 0x8))
        assert await connection.read_close_code() == 1000
        assert await connection.read_to_end() == b""
    assert on_air.running.hub.audience()["web"] == 0


async def test_a_viewer_who_shuts_its_half_of_the_connection_is_forgotten(on_air: House) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        connection.writer.write_eof()
        await connection.read_to_end()
    assert on_air.running.hub.audience()["web"] == 0


async def test_a_ping_is_answered_with_its_own_bytes(on_air: House) -> None:
    async with on_air.watch("web") as viewer:
        await viewer.next()
        async with asyncio.timeout(10):
            await (await viewer.connection.ping(b"still there?"))


async def test_a_ping_between_the_pieces_of_a_message_is_answered_before_the_message(on_air: House) -> None:
    async with on_air.connect() as connection:
        await connection.send(upgrade_request(on_air.feed_path()))
        await connection.read_head()
        await connection.read_frame()
        first, rest = masked_frame(b'{"type":"clock",', fin=False), masked_frame(b'"t0_ms":7}', 0x0)
        await connection.send(first + masked_frame(b"still there?", 0x9) + rest)
        assert await connection.read_frame() == b"\x8a\x0cstill there?"
        assert b'"t0_ms":7' in await connection.read_frame()
