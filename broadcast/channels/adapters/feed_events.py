"""The feed as Server-Sent Events (WHATWG HTML, 9.2), for players and TV boxes without WebSocket."""

import asyncio

from aiohttp import HttpVersion11, web

from broadcast.channels.adapters.feed_hub import FeedHub, Refused
from broadcast.channels.adapters.socket_writer import SocketWriter
from broadcast.channels.close_codes import CloseCode
from broadcast.channels.frames import PING_CHUNK, Frames
from broadcast.channels.handshake import FeedRequest, resume_point
from broadcast.errors import Refusal
from broadcast.ids import ChannelId, ShowId

EVENT_STREAM = "text/event-stream"
RETRY_MS = 2_000
"""How long an EventSource is told to wait before it connects again."""

LAST_CHUNK = b"0\r\n\r\n"


class EventViewer:
    """One viewer over Server-Sent Events: the same messages, as chunks of one endless HTTP answer."""

    __slots__ = ("_writer", "done")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._writer = SocketWriter(transport)
        self.done = asyncio.Event()

    def send(self, frames: Frames) -> None:
        """Write one message of the feed."""
        if not self._writer.write(frames.sse):
            self.done.set()

    def ping(self) -> None:
        """Write a comment."""
        if not self._writer.write(PING_CHUNK):
            self.done.set()

    def close(self, code: CloseCode, reason: str) -> None:  # noqa: ARG002 - an EventSource has no close codes
        """End the answer; the EventSource connects again by itself."""
        self._writer.close(LAST_CHUNK)
        self.done.set()


def feed_request(request: web.Request) -> FeedRequest:
    """Read what an HTTP request asks of the feed; ``Last-Event-ID`` counts before the query."""
    epoch, _, after = request.headers.get("Last-Event-ID", "").rpartition(":")
    resume = resume_point(epoch, after) or resume_point(request.query.get("epoch"), request.query.get("after"))
    return FeedRequest(
        ShowId(request.match_info["show"]),
        ChannelId(request.query.get("channel", "")),
        resume,
        request.headers.get("Origin"),
        request.host,
    )


def _refusal(refused: Refused) -> Refusal:
    """Return a refusal of the hub as an HTTP answer; a full house says when to come back, not everybody at once."""
    if refused.retry_after_ms is None:
        return Refusal(refused.problem, refused.reason)
    return Refusal(refused.problem, refused.reason, retry_after_ms=refused.retry_after_ms)


async def stream_events(hub: FeedHub, request: web.Request) -> web.StreamResponse:
    """Answer with the feed until the viewer leaves or is told to go.

    Raises:
        Refusal: no such show or channel, a page that may not embed it, no room, or a request for anything else than
            an event stream.
    """
    if EVENT_STREAM not in request.headers.get("Accept", ""):
        raise Refusal("upgrade-required", "ask for a WebSocket on a fresh connection, or accept text/event-stream")
    if request.version < HttpVersion11:
        raise Refusal("upgrade-required", "an event stream comes in chunks: ask by HTTP/1.1")
    asked = feed_request(request)
    try:
        address = request.remote or ""
        feed = hub.admit(asked, address)
    except Refused as refused:
        raise _refusal(refused) from refused
    response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "Cache-Control": "no-store"})
    if asked.origin is not None:
        response.headers["Access-Control-Allow-Origin"] = asked.origin
        response.headers["Vary"] = "Origin"
    response.headers["X-Accel-Buffering"] = "no"
    response.enable_chunked_encoding()
    await response.prepare(request)
    # The first write sends the head too; from here on pre-built chunks go straight to the socket.
    await response.write(b"retry: %d\n\n" % RETRY_MS)
    transport = request.transport
    if transport is None:
        return response
    viewer = EventViewer(transport)
    hub.join(feed, viewer, asked.resume, address)
    try:
        await viewer.done.wait()
    finally:
        feed.leave(viewer)
        transport.abort()
    return response
