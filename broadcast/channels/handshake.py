"""The opening handshake of a feed WebSocket (RFC 6455, section 4.2), without I/O.

Written for the purpose: a million viewers coming back pay it once each. Everything that is not clearly an
upgrade to the feed is left to the ordinary HTTP server.
"""

import base64
import binascii
import hashlib
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from broadcast.ids import ChannelId, Epoch, ShowId

SUBPROTOCOL = "cues.v1"
MAX_HEAD_BYTES = 16_384
"""A request head longer than this is not read."""

MAX_HEADERS = 100
FEED_PREFIX = b"GET /v1/shows/"
FEED_SUFFIX = "/feed"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_MAX_SEQ_DIGITS = 15


class Resume(NamedTuple):
    """Where a returning viewer stopped."""

    epoch: Epoch
    after: int


class FeedRequest(NamedTuple):
    """What a viewer asks of the feed: which show, which channel, from where on, and from which page."""

    show: ShowId
    channel: ChannelId
    resume: Resume | None
    origin: str | None
    host: str


class Upgrade(NamedTuple):
    """A valid upgrade: what is asked, and the bytes that answer it."""

    request: FeedRequest
    answer: bytes


def feed_show(path: str) -> ShowId | None:
    """Return the show a feed path names, or None if the path is not a feed's."""
    parts = path.split("/")
    if len(parts) == 5 and parts[:3] == ["", "v1", "shows"] and parts[4] == "feed" and parts[3]:  # noqa: PLR2004 - /v1/shows/{show}/feed has five parts
        return ShowId(unquote(parts[3]))
    return None


def resume_point(epoch: str | None, after: str | None) -> Resume | None:
    """Read a resume point; anything that is not one means none, and the viewer gets a snapshot."""
    if not epoch or after is None or not after.isascii() or not after.isdigit() or len(after) > _MAX_SEQ_DIGITS:
        return None
    return Resume(Epoch(epoch), int(after))


def _headers(lines: list[bytes]) -> dict[bytes, str] | None:
    if len(lines) > MAX_HEADERS:
        return None
    headers: dict[bytes, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            return None
        key = name.lower()
        text = value.strip().decode("latin-1")
        if key in headers:
            if key in {b"host", b"sec-websocket-key", b"sec-websocket-version", b"origin"}:
                return None
            text = f"{headers[key]}, {text}"
        headers[key] = text
    return headers


def _has_token(value: str, token: str) -> bool:
    return any(part.strip().lower() == token for part in value.split(","))


def _key_is_valid(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def read_upgrade(head: bytes) -> Upgrade | None:  # noqa: PLR0911 - one return a reason not to be an upgrade
    """Read a complete request head (through the empty line) as an upgrade to the feed.

    Returns:
        The upgrade, or None when the request is not a well-formed WebSocket upgrade of a feed address: the
        ordinary HTTP server then answers it.
    """
    if not head.startswith(FEED_PREFIX):
        return None
    request_line, *lines = head[:-4].split(b"\r\n")
    method_target_version = request_line.split(b" ")
    if len(method_target_version) != 3 or method_target_version[2] != b"HTTP/1.1":  # noqa: PLR2004 - RFC 9112, 3
        return None
    headers = _headers(lines)
    if headers is None:
        return None
    key = headers.get(b"sec-websocket-key", "")
    if (
        not _has_token(headers.get(b"upgrade", ""), "websocket")
        or not _has_token(headers.get(b"connection", ""), "upgrade")
        or headers.get(b"sec-websocket-version") != "13"
        or not headers.get(b"host")
        or not _key_is_valid(key)
    ):
        return None
    try:
        url = urlsplit(method_target_version[1].decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        return None
    show = feed_show(url.path)
    if show is None:
        return None
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    answer += accept
    if _has_token(headers.get(b"sec-websocket-protocol", ""), SUBPROTOCOL):
        answer += b"\r\nSec-WebSocket-Protocol: " + SUBPROTOCOL.encode()
    request = FeedRequest(
        show,
        ChannelId(query.get("channel", "")),
        resume_point(query.get("epoch"), query.get("after")),
        headers.get(b"origin"),
        headers[b"host"],
    )
    return Upgrade(request, answer + b"\r\n\r\n")


def origin_allowed(origin: str | None, host: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a page may use the feed: no origin (an app), our own, or one the channel lists (RFC 6455, 10.2)."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return origin.partition("://")[2] == host
