"""One-tap orders over HTTP, answered without the HTTP server: the same desk, the same answers (decision 0033)."""

import asyncio
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

import msgspec
import structlog
from aiohttp import web

from broadcast.channels.adapters.http_connection import Answer
from broadcast.channels.adapters.tokens import Viewer
from broadcast.channels.whole_request import WholeRequest, http_answer
from broadcast.checkout.decisions import Placed
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from showrunner.http.bodies import MAX_BODY_BYTES, decoded
from showrunner.http.orders import OrderDesk
from showrunner.http.problems import PROBLEM_JSON, problem_headers

LINE = b"POST /v1/orders HTTP/1.1"
JSON = b"application/json"
KEPT_S = 75.0
"""How long a connection is kept after an order, as after every other request."""

_STATUS = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}
_request = msgspec.json.Decoder(OrderRequest)
_json = msgspec.json.Encoder()
log = structlog.get_logger()


class StraightOrders:
    """Takes ``POST /v1/orders``; what a page of another origin must be told is left to the HTTP server.

    It looks at two attributes of aiohttp's connection that have no public name. Were they to go, orders on a connection
    that aiohttp has served before would be left to aiohttp; a test says so before that happens.
    """

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk
        self._date = b""
        self._date_s = 0

    def takes(self, request: WholeRequest) -> bool:
        """See ``Straight.takes``."""
        return request.line == LINE and b"origin" not in request.headers and len(request.body) <= MAX_BODY_BYTES

    def answer(self, request: WholeRequest, answer: Answer) -> None:
        """See ``Straight.answer``."""
        headers = request.headers
        key = headers.get(b"idempotency-key", b"").decode()
        ticket = headers.get(b"arrival-ticket")
        try:
            viewer, often = self._desk.admit(headers.get(b"authorization", b"").decode(), key)
            if headers.get(b"content-type", b"").partition(b";")[0].rstrip().lower() != JSON:
                raise Refusal("unsupported-media-type", "send Content-Type: application/json")
            order = decoded(request.body, _request)

            def placed(outcome: Placed | Refusal) -> None:
                answer(self._outcome(viewer, outcome))

            self._desk.place(viewer, key, order, None if ticket is None else ticket.decode(), placed, often=often)
        except Refusal as refusal:
            answer(self._refused(refusal))
        except Exception:
            log.exception("http.fault", method="POST", path="/v1/orders")
            answer(self._refused(Refusal("internal")))

    def is_idle(self, server: asyncio.Protocol) -> bool:
        """See ``Straight.is_idle``."""
        waiter: asyncio.Future[None] | None = getattr(server, "_waiter", None)
        return waiter is not None and not waiter.done()

    def used(self, server: asyncio.Protocol) -> None:
        """See ``Straight.used``."""
        connection = cast("web.RequestHandler", server)
        # the event loop's time is the monotonic clock; asking for the loop costs a system call (getpid)
        connection._next_keepalive_close_time = time.monotonic() + KEPT_S  # noqa: SLF001 - see above

    def _outcome(self, viewer: Viewer, outcome: Placed | Refusal) -> bytes:
        if isinstance(outcome, Refusal):
            self._desk.note_early(viewer, outcome)
            return self._refused(outcome)
        order = outcome.answer
        replayed = b"Idempotency-Replayed: true\r\n" if outcome.replayed else b""
        return http_answer(
            b"201 Created",
            b"Content-Type: application/json\r\nLocation: /v1/orders/%b\r\n%bDate: %b\r\n"
            % (order.order.encode(), replayed, self._now()),
            _json.encode(order),
        )

    def _refused(self, refusal: Refusal) -> bytes:
        self._desk.note_wrong(refusal)
        body = refusal.problem()
        extra = "".join(f"{name}: {value}\r\n" for name, value in problem_headers(body).items()).encode()
        return http_answer(
            _STATUS[body["status"]],
            b"Content-Type: %b\r\n%bDate: %b\r\n" % (PROBLEM_JSON.encode(), extra, self._now()),
            _json.encode(body),
        )

    def _now(self) -> bytes:
        """Return the date as a header says it (RFC 9110, section 5.6.7), made once a second."""
        now_s = int(time.time())
        if now_s != self._date_s:
            self._date_s, self._date = now_s, formatdate(now_s, usegmt=True).encode()
        return self._date
