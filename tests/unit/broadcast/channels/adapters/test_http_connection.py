"""Requests that are answered straight: in order with the server's, and each exactly once."""

import asyncio
from typing import Any, cast

import pytest

from broadcast.channels.adapters.http_connection import Answer, HttpConnection, Unanswered
from broadcast.channels.whole_request import WholeRequest

ORDER = b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
PAGE = b"GET /watch HTTP/1.1\r\nHost: a\r\n\r\n"


class Server(asyncio.Protocol):
    """Stands for the HTTP server."""

    def __init__(self) -> None:
        self.got = b""
        self.idle = True
        self.used = 0
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.got += data
        self.idle = False

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        self.lost = True


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reading = True
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closed = True


class Orders:
    """Takes orders straight, and answers when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Answer] = []

    def takes(self, request: WholeRequest) -> bool:
        return request.line.startswith(b"POST /v1/orders ")

    def answer(self, request: WholeRequest, answer: Answer) -> None:
        assert request.body == b"{}"
        self.waiting.append(answer)

    def is_idle(self, server: asyncio.Protocol) -> bool:
        return cast("Server", server).idle

    def used(self, server: asyncio.Protocol) -> None:
        cast("Server", server).used += 1


class Street:
    def __init__(self, head: bytes = ORDER) -> None:
        self.server, self.orders, self.transport, self.unanswered = Server(), Orders(), Transport(), Unanswered()
        self.over = 0
        self.connection = HttpConnection(self.server, head, self._over, self.orders, self.unanswered)
        self.connection.connection_made(self.transport)

    def _over(self) -> None:
        self.over += 1


@pytest.fixture
async def street() -> Street:
    return Street()


async def test_an_order_never_reaches_the_server_and_keeps_the_connection_from_being_forgotten(street: Street) -> None:
    street.orders.waiting.pop()(b"done")
    assert street.transport.written == b"done"
    assert (street.server.got, street.server.used) == (b"", 1)


async def test_what_comes_while_an_order_is_answered_waits_its_turn(street: Street) -> None:
    street.connection.data_received(PAGE)
    assert (street.server.got, street.transport.reading) == (b"", False)
    street.orders.waiting.pop()(b"done")
    assert (street.server.got, street.transport.reading) == (PAGE, True)


async def test_while_the_server_answers_orders_are_its_own_and_afterwards_go_straight_again() -> None:
    street = Street(PAGE)
    street.connection.data_received(ORDER)
    assert street.server.got == PAGE + ORDER
    street.server.idle = True
    street.connection.data_received(ORDER)
    assert len(street.orders.waiting) == 1
    assert street.server.got == PAGE + ORDER


@pytest.mark.parametrize("unusual", [ORDER[:20], ORDER + ORDER, ORDER.replace(b"HTTP/1.1", b"HTTP/1.0")])
async def test_where_a_request_begins_can_not_be_told_any_more_the_server_has_all(unusual: bytes) -> None:
    street = Street(unusual)
    street.server.idle = True
    street.connection.data_received(ORDER)
    assert street.server.got == unusual + ORDER
    assert street.orders.waiting == []


async def test_whoever_says_no_more_still_hears_their_answer_before_the_connection_closes(street: Street) -> None:
    assert street.connection.eof_received() is True
    assert not street.transport.closed
    street.orders.waiting.pop()(b"done")
    assert street.transport.written == b"done"
    assert street.transport.closed


async def test_an_answer_to_somebody_who_is_gone_is_counted_and_harms_nothing(street: Street) -> None:
    street.connection.connection_lost(None)
    assert (street.over, street.server.lost, len(street.unanswered)) == (1, True, 1)
    street.orders.waiting.pop()(b"done")
    assert (street.transport.written, len(street.unanswered)) == (b"", 0)


async def test_a_stopping_process_waits_for_the_last_answer(street: Street) -> None:
    waiting = asyncio.create_task(street.unanswered.none())
    await asyncio.sleep(0)
    assert not waiting.done()
    street.orders.waiting.pop()(b"done")
    await waiting


async def test_without_anybody_who_takes_requests_straight_the_server_has_all() -> None:
    server, transport = Server(), Transport()
    connection = HttpConnection(server, ORDER, lambda: None, None, Unanswered())
    connection.connection_made(transport)
    assert server.got == ORDER
