"""The opening handshake of a feed WebSocket (RFC 6455, section 4.2), without I/O.

Written for the purpose: a million viewers coming back pay it once each. Everything that is not clearly an
upgrade to the feed is left to the ordinary HTTP server.
"""

import binascii
import hashlib
import re
from functools import lru_cache
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
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in base64 (RFC 6455, section 4.2.1)."""

_FIELD = re.compile(rb"(?m)^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r\n")
"""One header field line (RFC 9112, section 5)."""

_OTHER_LINES = 2
"""Lines of a head that are no field: the request line and the empty one."""

_ONLY_ONCE = frozenset({b"host", b"sec-websocket-key", b"sec-websocket-version", b"origin"})
_SUBPROTOCOL = SUBPROTOCOL.encode()
_SPOKEN = b"\r\nSec-WebSocket-Protocol: " + _SUBPROTOCOL
_ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
_DEFLATE = b"\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
_NO_CONTEXT = frozenset({b"server_no_context_takeover", b"client_no_context_takeover"})
_WINDOW_BITS = frozenset(str(bits).encode() for bits in range(8, 16))
_KEY_FIELD = b"\r\nSec-WebSocket-Key:"

REMEMBERED_HEADS = 1_024
"""Heads whose reading is remembered: but for their keys, a crowd that comes back asks in few different words."""

MAX_REMEMBERED_BYTES = 2_048
"""A head longer than this is read anew every time."""

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
    """A valid upgrade: what is asked, the bytes that answer it, and whether messages may be compressed from now on."""

    request: FeedRequest
    answer: bytes
    deflate: bool


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


def _headers(head: bytes) -> dict[bytes, bytes] | None:
    """Return the fields of a request head by lower-case name, those given twice joined (RFC 9110, section 5.3)."""
    fields = _FIELD.findall(head)
    if len(fields) >= MAX_HEADERS or len(fields) + _OTHER_LINES != head.count(b"\n"):
        return None
    headers: dict[bytes, bytes] = {name.lower(): value.rstrip(b" \t") for name, value in fields}
    if len(headers) == len(fields):
        return headers
    headers.clear()
    for name, value in fields:
        key = name.lower()
        if key in headers:
            if key in _ONLY_ONCE:
                return None
            headers[key] += b", " + value.rstrip(b" \t")
        else:
            headers[key] = value.rstrip(b" \t")
    return headers


def _has_token(value: bytes, token: bytes) -> bool:
    lowered = value.lower()
    return lowered == token or any(part.strip() == token for part in lowered.split(b","))


class _Asked(NamedTuple):
    """What a head asks for, whoever sends it."""

    request: FeedRequest
    spoken: bool
    deflate: bool


def _read_asked(head: bytes) -> _Asked | None:
    """Read a head whose key was taken out."""
    method_target_version = head[: head.index(b"\r\n")].split(b" ")
    if len(method_target_version) != 3 or method_target_version[2] != b"HTTP/1.1":  # noqa: PLR2004 - RFC 9112, 3
        return None
    headers = _headers(head)
    if (
        headers is None
        or b"sec-websocket-key" in headers
        or not _has_token(headers.get(b"upgrade", b""), b"websocket")
        or not _has_token(headers.get(b"connection", b""), b"upgrade")
        or headers.get(b"sec-websocket-version") != b"13"
        or not headers.get(b"host")
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
    origin = headers.get(b"origin")
    request = FeedRequest(
        show,
        ChannelId(query.get("channel", "")),
        resume_point(query.get("epoch"), query.get("after")),
        None if origin is None else origin.decode("latin-1"),
        headers[b"host"].decode("latin-1"),
    )
    return _Asked(
        request,
        _has_token(headers.get(b"sec-websocket-protocol", b""), _SUBPROTOCOL),
        _offers_deflate(headers.get(b"sec-websocket-extensions", b"")),
    )


def _offers_deflate(value: bytes) -> bool:
    """Whether one of the offers is compression as we do it (RFC 7692, section 7): every message by itself.

    A client that asks for a smaller window than ours gets none: the frames of a channel are the same for all.
    """
    for offer in value.lower().split(b","):
        name, *parameters = (part.strip() for part in offer.split(b";"))
        if name == b"permessage-deflate" and all(_agreeable(parameter) for parameter in parameters):
            return True
    return False


def _agreeable(parameter: bytes) -> bool:
    name, equals, value = (part.strip(b' \t"') for part in parameter.partition(b"="))
    if name == b"client_max_window_bits":
        return not equals or value in _WINDOW_BITS
    return not equals and name in _NO_CONTEXT


_read_remembered = lru_cache(maxsize=REMEMBERED_HEADS)(_read_asked)


def read_upgrade(head: bytes, *, allow_deflate: bool = True) -> Upgrade | None:
    """Read a complete request head (through the empty line) as an upgrade to the feed.

    Args:
        head: the request head.
        allow_deflate: agree to compressed messages where they are offered.

    Returns:
        The upgrade, or None when the request is not a well-formed WebSocket upgrade of a feed address: the
        ordinary HTTP server then answers it.
    """
    if not head.startswith(FEED_PREFIX):
        return None
    start = head.find(_KEY_FIELD)
    if start < 0:
        start = head.lower().find(_KEY_FIELD.lower())
        if start < 0:
            return None
    end = head.index(b"\r\n", start + len(_KEY_FIELD))
    key = head[start + len(_KEY_FIELD) : end].strip(b" \t")
    if _KEY.fullmatch(key) is None:
        return None
    rest = head[:start] + head[end:]
    asked = _read_remembered(rest) if len(rest) <= MAX_REMEMBERED_BYTES else _read_asked(rest)
    if asked is None:
        return None
    accept = binascii.b2a_base64(hashlib.sha1(key + _GUID, usedforsecurity=False).digest(), newline=False)
    deflate = asked.deflate and allow_deflate
    chosen = (_SPOKEN if asked.spoken else b"") + (_DEFLATE if deflate else b"")
    return Upgrade(asked.request, b"%b%b%b\r\n\r\n" % (_ANSWER, accept, chosen), deflate)


def origin_allowed(origin: str | None, host: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a page may use the feed: no origin (an app), our own, or one the channel lists (RFC 6455, 10.2)."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return origin.partition("://")[2] == host
