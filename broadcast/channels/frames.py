"""The bytes of a message, made once and the same for every viewer of a channel.

Server frames are not masked (RFC 6455, section 5.1), so one frame serves all WebSocket viewers; Server-Sent Events go
out as HTTP/1.1 chunks (RFC 9112, section 7.1), so one chunk serves all of those.
"""

import struct
import zlib

import msgspec

_TEXT = 0x81
_DEFLATED = 0x40
"""The bit that says a message is compressed (RFC 7692, section 6)."""

_CLOSE = 0x88
_LENGTH_16 = 126
_LENGTH_64 = 127
_SHORT = 125
_MAX_16 = 0xFFFF

MIN_DEFLATED_BYTES = 256
"""Shorter messages go out as they are to everybody: there is nothing to win."""

DEFLATE_LEVEL = 9
"""Made once for all, so made well."""

QUICK_DEFLATE_LEVEL = 1
"""For what is large and soon out of date: a snapshot."""

_EMPTY_BLOCK = b"\x00\x00\xff\xff"
"""Ends what was flushed, and is left out at the end of a message (RFC 7692, section 7.2.1)."""

PING_FRAME = b"\x89\x00"
"""An empty ping: it keeps middleboxes from forgetting an idle viewer."""


class Frames(msgspec.Struct, frozen=True):
    """One message as it goes out.

    Attributes:
        seq: its place in the cue log.
        websocket: a complete text frame.
        deflated: the same, compressed for viewers who agreed to that.
        sse: a complete HTTP chunk holding one event.
    """

    seq: int
    websocket: bytes
    deflated: bytes
    sse: bytes


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked final text frame (RFC 6455, section 5.2) around UTF-8 bytes."""
    return _frame(_TEXT, payload)


def deflated_frame(*parts: bytes) -> bytes:
    """Return an unmasked final text frame around parts made by ``deflated`` (RFC 7692, section 7.2.1).

    What is compressed apart can be put together: no part refers to another, or to an earlier message.
    """
    return _frame(_TEXT | _DEFLATED, b"".join(parts).removesuffix(_EMPTY_BLOCK))


def deflated(text: bytes, level: int = DEFLATE_LEVEL) -> bytes:
    """Return text compressed by itself, ending on a byte (RFC 1951; a full flush of zlib)."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size <= _SHORT:
        return bytes((first, size)) + payload
    if size <= _MAX_16:
        return struct.pack("!BBH", first, _LENGTH_16, size) + payload
    return struct.pack("!BBQ", first, _LENGTH_64, size) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return an unmasked close frame. The reason is cut to the 123 bytes a control frame leaves it."""
    body = struct.pack("!H", code) + reason.encode()[:123]
    return bytes((_CLOSE, len(body))) + body


def chunk(data: bytes) -> bytes:
    """Return one HTTP/1.1 chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


PING_CHUNK = chunk(b":\n\n")
"""A Server-Sent Events comment: what a ping is on that transport."""


def event_chunk(payload: bytes, event_id: str) -> bytes:
    """Return one Server-Sent Event as a chunk; the payload is JSON on one line."""
    return chunk(b"id: %b\ndata: %b\n\n" % (event_id.encode(), payload))


def event_id(epoch: str, seq: int) -> str:
    """Return the id by which an EventSource resumes (its ``Last-Event-ID``)."""
    return f"{epoch}:{seq}"


def encode(seq: int, epoch: str, payload: bytes) -> Frames:
    """Return a message's bytes for every transport."""
    plain = text_frame(payload)
    worth_it = len(payload) >= MIN_DEFLATED_BYTES
    return Frames(
        seq,
        plain,
        deflated_frame(deflated(payload)) if worth_it else plain,
        event_chunk(payload, event_id(epoch, seq)),
    )
