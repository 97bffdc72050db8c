"""An order over HTTP is answered alike, by whichever way it comes: straight, or through the HTTP server."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from house import House

BODY: dict[str, Any] = {"show": "little-show", "sku": "COAT-M", "quantity": 1}
SERVER = "Server"
"""The HTTP server puts its name into its answers; who answers straight does not."""

Heard = tuple[str, dict[str, str], Any]


@pytest.fixture
async def on_air(running_show: House) -> House:
    await running_show.command("take", look="look-1")
    return running_show


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, request: bytes) -> Heard:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status, *fields = head.rstrip().split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        body = json.loads(await self._reader.readexactly(int(headers["Content-Length"])))
        return status, headers, body


@pytest.fixture
async def connection(on_air: House) -> Any:
    url = urlsplit(on_air.base_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    yield Connection(reader, writer)
    writer.close()
    await writer.wait_closed()


def order(
    house: House, key: str | None = "a-key", body: Any = BODY, *, token: str | None = None, **headers: str
) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {
        "Host": "show.example",
        "Authorization": f"Bearer {house.viewer_token() if token is None else token}",
        "Content-Type": "application/json",
        **({} if key is None else {"Idempotency-Key": key}),
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "Content-Length": str(len(text)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /v1/orders HTTP/1.1\r\n{head}\r\n".encode() + text


def unusual(request: bytes) -> bytes:
    """Return the request with a header that only the HTTP server reads."""
    return request.replace(b"\r\nHost:", b"\r\nTE: trailers\r\nHost:")


def told(heard: Heard) -> tuple[str, dict[str, str], Any]:
    status, headers, body = heard
    kept = {name: value for name, value in headers.items() if name not in {"Date", SERVER, "Content-Length"}}
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in {"line", "retry_after_ms"}}
    return status, kept, body


async def test_an_order_is_the_same_order_whichever_way_it_comes(on_air: House, connection: Connection) -> None:
    said = order(on_air)
    placed = await connection.say(said)
    assert placed[0] == "HTTP/1.1 201 Created"
    assert placed[1]["Location"] == f"/v1/orders/{placed[2]['order']}"
    assert SERVER not in placed[1]
    again = await connection.say(said)
    served = await connection.say(unusual(said))
    assert SERVER in served[1]
    assert told(again) == told(served)
    assert again[1]["Idempotency-Replayed"] == "true"
    assert again[2] == placed[2]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"key": None}, 400),
        ({"key": "k" * 256}, 400),
        ({"body": b"{"}, 400),
        ({"body": b"\xff"}, 400),
        ({"body": []}, 422),
        ({"body": BODY | {"quantity": 0}}, 422),
        ({"body": BODY | {"quantity": 1.5}}, 422),
        ({"body": BODY | {"sku": "no-such-sku"}}, 409),
        ({"body": BODY | {"show": "another"}}, 404),
        ({"body": BODY | {"seen_price": {"value": 1, "currency": "CNY"}}}, 409),
        ({"body": BODY | {"quantity": 99}}, 409),
        ({"token": ""}, 401),
        ({"token": "forged.by.us"}, 401),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 201),
        ({"Arrival_Ticket": "forged"}, 422),
    ],
)
async def test_what_is_refused_is_refused_alike(
    on_air: House, connection: Connection, wrong: dict[str, Any], status: int
) -> None:
    before = on_air.figures()
    said = order(on_air, **wrong)
    straight = await connection.say(said)
    assert straight[0].split()[1] == str(status)
    assert SERVER not in straight[1]
    served = await connection.say(unusual(said))
    if status == 201:
        assert served[2] == straight[2]
    else:
        assert told(served) == told(straight)
        assert on_air.figures() == before


async def test_a_body_beyond_what_is_read_is_refused_by_the_server(on_air: House, connection: Connection) -> None:
    heard = await connection.say(order(on_air, body=BODY | {"look": "x" * 17_000}))
    assert heard[0].split()[1] == "413"


async def test_what_another_origins_page_must_be_told_it_is_told(on_air: House, connection: Connection) -> None:
    heard = await connection.say(order(on_air, Origin="https://evil.example"))
    assert heard[0].split()[1] == "403"
    assert SERVER in heard[1]


async def test_a_connection_that_asked_for_something_else_before_orders_straight_again(
    on_air: House, connection: Connection
) -> None:
    ready = await connection.say(b"GET /readyz HTTP/1.1\r\nHost: show.example\r\n\r\n")
    assert SERVER in ready[1]
    placed = await connection.say(order(on_air))
    assert placed[0] == "HTTP/1.1 201 Created"
    assert SERVER not in placed[1]
    ready = await connection.say(b"GET /readyz HTTP/1.1\r\nHost: show.example\r\n\r\n")
    assert ready[2] == {"status": "ready"}
