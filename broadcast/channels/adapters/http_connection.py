"""A connection of the HTTP server; requests that come whole and are wanted straight never reach the server.

A general HTTP server makes a request object, two tasks and a response object of every request: most of what a tap over
HTTP costs. Orders spare themselves that (decision 0033). The server keeps the connection, and has every other request;
while it has one, the connection is its own.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from broadcast.channels.whole_request import WholeRequest, whole_request

Answer = Callable[[bytes], None]
"""Takes a whole HTTP answer, once."""


class Straight(Protocol):
    """Who takes requests straight, and what it must know of the HTTP server that has the others."""

    def takes(self, request: WholeRequest) -> bool:
        """Whether it answers this request."""

    def answer(self, request: WholeRequest, answer: Answer) -> None:
        """Answer a request it takes, now or later, in any case."""

    def is_idle(self, server: asyncio.Protocol) -> bool:
        """Whether the server waits for a connection's next request: every answer of its own is on its way."""

    def used(self, server: asyncio.Protocol) -> None:
        """Let the server know that the connection is in use, so that it does not close it as forgotten."""


class Unanswered:
    """How many requests are being answered straight; waiting for it to be none is how a stopping process drains."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    def __len__(self) -> int:
        return self._count

    def one_more(self) -> None:
        """Count a request."""
        self._count += 1
        self._none.clear()

    def one_less(self) -> None:
        """Count an answer."""
        self._count -= 1
        if not self._count:
            self._none.set()

    async def none(self) -> None:
        """Wait until all are answered."""
        await self._none.wait()


class HttpConnection(asyncio.Protocol):
    """Gives the HTTP server a connection with the bytes that were read before it had it, and tells when it is over.

    Args:
        server: the server's protocol.
        head: what was read already.
        over: called once the connection is gone.
        straight: takes some requests straight; None: the server has all.
        unanswered: counts them.
    """

    def __init__(
        self,
        server: asyncio.Protocol,
        head: bytes,
        over: Callable[[], None],
        straight: Straight | None,
        unanswered: Unanswered,
    ) -> None:
        self._server = server
        self._head = head
        self._over = over
        self._straight = straight
        self._unanswered = unanswered
        self._transport: asyncio.Transport | None = None
        self._server_asked = False
        self._answering = False
        self._ended = False
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with what was read already."""
        self._transport = cast("asyncio.Transport", transport)
        self._server.connection_made(transport)
        head, self._head = self._head, b""
        self.data_received(head)

    def data_received(self, data: bytes) -> None:
        """Answer straight what may be, and leave the rest to the server."""
        straight = self._straight
        if self._answering:
            # Answers come in the order of requests (RFC 9112, section 9.3.2); what came meanwhile is one read at most.
            self._held += data
            if self._transport is not None:
                self._transport.pause_reading()
            return
        if straight is not None:
            request = whole_request(data)
            if request is None:
                self._straight = None  # where a request begins can no longer be told
            elif straight.takes(request) and (not self._server_asked or straight.is_idle(self._server)):
                straight.used(self._server)
                self._answering = True
                self._unanswered.one_more()
                straight.answer(request, self._answer)
                return
        self._server_asked = True
        self._server.data_received(data)

    def _answer(self, answer: bytes) -> None:
        self._unanswered.one_less()
        self._answering = False
        transport = self._transport
        if transport is None:
            return
        transport.write(answer)
        if self._ended:
            transport.close()
        elif self._held:
            held, self._held = self._held, b""
            transport.resume_reading()
            self.data_received(held)

    def eof_received(self) -> bool | None:
        """Tell the server; an answer still on its way is written before the connection closes."""
        self._ended = True
        return True if self._answering else self._server.eof_received()

    def pause_writing(self) -> None:
        """Tell the server."""
        self._server.pause_writing()

    def resume_writing(self) -> None:
        """Tell the server."""
        self._server.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody."""
        self._transport = None
        self._held = b""
        self._over()
        self._server.connection_lost(exc)
