"""The bytes of a message, made once and the same for every viewer of a channel.

Server frames are not masked (RFC 6455, section 5.1), so one frame serves all WebSocket viewers; Server-Sent Events go
out as HTTP/1.1 chunks (RFC 9112, section 7.1), so one chunk serves all of those.
"""

import struct

import msgspec

_TEXT = 0x81
_CLOSE = 0x88
_LENGTH_16 = 126
_LENGTH_64 = 127
_SHORT = 125
_MAX_16 = 0xFFFF

PING_FRAME = b"\x89\x00"
"""An empty ping: it keeps middleboxes from forgetting an idle viewer."""


class Frames(msgspec.Struct, frozen=True):
    """One message as it goes out.

    Attributes:
        seq: its place in the cue log.
        websocket: a complete text frame.
        sse: a complete HTTP chunk holding one event.
    """

    seq: int
    websocket: bytes
    sse: bytes


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked final text frame (RFC 6455, section 5.2) around UTF-8 bytes."""
    size = len(payload)
    if size <= _SHORT:
        return bytes((_TEXT, size)) + payload
    if size <= _MAX_16:
        return struct.pack("!BBH", _TEXT, _LENGTH_16, size) + payload
    return struct.pack("!BBQ", _TEXT, _LENGTH_64, size) + payload


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
    """Return a message's bytes for both transports."""
    return Frames(seq, text_frame(payload), event_chunk(payload, event_id(epoch, seq)))
