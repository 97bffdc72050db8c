"""Reading what a viewer sends: by the I/O-free core of ``websockets``, in the usual cases by one look at the bytes.

A viewer sends a clock probe, a tap, a pong, each one masked frame in one piece. Whatever else comes, the library reads.
"""

import zlib

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, apply_mask  # type: ignore[attr-defined]  # apply_mask is its C, where it was built
from websockets.protocol import OPEN, Protocol, Side

MAX_MESSAGE_BYTES = 8_192
"""The largest message a viewer may send."""

_SHORT = 125
_LENGTH_16 = 126
_MAX_16 = 0xFFFF
_WHOLE_TEXT = 0x81
_WHOLE_DEFLATED = 0xC1
_EMPTY_BLOCK = b"\x00\x00\xff\xff"
_MASKED = 0x80
_MASKED_LENGTH_16 = _MASKED | _LENGTH_16
_MASK_BYTES = 4
_SHORT_HEAD_BYTES = 6
_HEAD_BYTES = 8
"""Of a masked frame with a 7-bit and with a 16-bit length (RFC 6455, section 5.2)."""

_PONG_HEAD = b"\x8a\x80"
"""An empty pong, masked: what our pings are answered with."""


class _Sizes(PerMessageDeflate):
    """Compression as agreed, or none; and how many bytes the frames took that were read."""

    def __init__(self, *, deflates: bool) -> None:
        super().__init__(
            remote_no_context_takeover=True,
            local_no_context_takeover=True,
            remote_max_window_bits=zlib.MAX_WBITS,
            local_max_window_bits=zlib.MAX_WBITS,
        )
        self._deflates = deflates
        self.read = 0

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        """Read one frame."""
        self.read += _wire_size(len(frame.data))
        return super().decode(frame, max_size=max_size) if self._deflates else frame


class ViewerReader(Protocol):
    """The library's reader of what one viewer sends."""

    def __init__(self, *, deflates: bool) -> None:
        super().__init__(Side.SERVER, state=OPEN, max_size=MAX_MESSAGE_BYTES)
        self._sizes = _Sizes(deflates=deflates)
        self.extensions = [self._sizes]
        self._came = 0

    def receive_data(self, data: bytes | bytearray) -> None:
        """Take in bytes."""
        self._came += len(data)
        super().receive_data(data)

    @property
    def idle(self) -> bool:
        """Whether everything that came was whole frames: nothing would be lost with the reader."""
        return self._came == self._sizes.read


def is_pong(data: bytes) -> bool:
    """Whether the bytes are exactly one empty pong."""
    return len(data) == _SHORT_HEAD_BYTES and data.startswith(_PONG_HEAD)


def whole_text(data: bytes, *, deflates: bool) -> bytes | None:
    """Return the message where the bytes are exactly one masked text frame, as a tap or a clock probe is.

    That is nearly all a viewer ever sends at once; whatever else the bytes are is the library's to read.
    """
    if len(data) < _SHORT_HEAD_BYTES:
        return None
    first, second = data[0], data[1]
    if first != _WHOLE_TEXT and not (deflates and first == _WHOLE_DEFLATED):
        return None
    if second == _MASKED_LENGTH_16:
        head = _HEAD_BYTES
        size = data[2] << 8 | data[3]
        if size < _LENGTH_16:
            return None
    else:
        head = _SHORT_HEAD_BYTES
        size = second - _MASKED
    if size != len(data) - head or size > MAX_MESSAGE_BYTES:
        return None
    payload = apply_mask(data[head:], data[head - _MASK_BYTES : head])
    return payload if first == _WHOLE_TEXT else _inflated(payload)


def _inflated(payload: bytes) -> bytes | None:
    """Return a whole compressed message (RFC 7692, section 7.2.2), or None where the library has to say what it is."""
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflating.decompress(payload + _EMPTY_BLOCK, MAX_MESSAGE_BYTES)
    except zlib.error:
        return None
    return None if inflating.unconsumed_tail else text


def _wire_size(payload: int) -> int:
    """Return how many bytes a masked frame took (RFC 6455, section 5.2)."""
    extended = 0 if payload <= _SHORT else 2 if payload <= _MAX_16 else 8
    return 2 + extended + 4 + payload
