"""One connection of the link: frames of msgpack, each a batch of messages, bounded in every direction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec
import structlog

HEAD_BYTES = 4
"""A frame begins with its length without these, big-endian."""

MAX_FRAME_BYTES = 1_048_576
"""A frame of messages."""

MAX_HANDSHAKE_BYTES = 512
"""A frame before both ends know one another."""

MAX_MESSAGES = 1_024
"""Messages in one frame: bounds how long the event loop is away over one."""

MAX_UNSENT_BYTES = 16 * MAX_FRAME_BYTES
"""What may wait for the other end to read; beyond it the connection is given up."""

_encode = msgspec.msgpack.Encoder().encode
log = structlog.get_logger()


class FrameError(Exception):
    """What came is no frame of ours; the connection is over."""


class LinkConnection(asyncio.Protocol):
    """Sends and receives messages over a stream.

    Args:
        on_frame: given each frame's content; may raise ``FrameError``.
        on_over: told once the connection is over, and why, if something was wrong with it.
        on_unsendable: told of a message that cannot be encoded; nobody else's are lost with it.
        on_made: told once the stream is there, before anything is received.
    """

    def __init__(
        self,
        on_frame: Callable[[bytes], None],
        on_over: Callable[[Exception | None], None],
        on_unsendable: Callable[[Any], None] = lambda _message: None,
        on_made: Callable[[], None] = lambda: None,
    ) -> None:
        self.on_frame = on_frame
        self.on_over = on_over
        self.on_unsendable = on_unsendable
        self._on_made = on_made
        self.most = MAX_HANDSHAKE_BYTES
        """The largest frame that is taken; raised once both ends know one another."""
        self.over = False
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._out: list[Any] = []
        self._flushing = False
        self._rest = bytearray()
        self._wrong: Exception | None = None

    # ------------------------------------------------------------ outward

    def send(self, message: Any) -> None:
        """Send a message, together with all others of this turn of the event loop; lost if the connection is over."""
        self._out.append(message)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what waits now."""
        self._flushing = False
        out, self._out = self._out, []
        if self.over:
            return
        for start in range(0, len(out), MAX_MESSAGES):
            self._write_batch(out[start : start + MAX_MESSAGES])

    def send_frame(self, content: Any) -> None:
        """Send one thing as a frame of its own, at once: the handshake's."""
        self._write(_encode(content))

    def _write_batch(self, batch: Sequence[Any]) -> None:
        try:
            content = _encode(batch)
        except (ValueError, TypeError, OverflowError) as wrong:  # UnicodeEncodeError is a ValueError
            self._split(batch, wrong)
            return
        if len(content) > MAX_FRAME_BYTES:
            self._split(batch, FrameError("too large a message"))
            return
        self._write(content)

    def _split(self, batch: Sequence[Any], wrong: Exception) -> None:
        if len(batch) == 1:
            log.warning("link.unsendable", message=type(batch[0]).__name__, reason=type(wrong).__name__)
            self.on_unsendable(batch[0])
            return
        middle = len(batch) // 2
        self._write_batch(batch[:middle])
        self._write_batch(batch[middle:])

    def _write(self, content: bytes) -> None:
        transport = self._transport
        if transport is None or self.over:
            return
        transport.write(len(content).to_bytes(HEAD_BYTES, "big") + content)
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.fail(FrameError("the other end does not read"))

    # ------------------------------------------------------------ inward

    def data_received(self, data: bytes) -> None:
        """Take frames out of what came."""
        rest = self._rest
        rest += data
        at = 0
        try:
            while not self.over and len(rest) - at >= HEAD_BYTES:
                size = int.from_bytes(rest[at : at + HEAD_BYTES], "big")
                if size > self.most:
                    raise FrameError(f"a frame of {size} bytes")
                end = at + HEAD_BYTES + size
                if len(rest) < end:
                    break
                content = bytes(rest[at + HEAD_BYTES : end])
                at = end
                self.on_frame(content)
        except (FrameError, msgspec.DecodeError) as wrong:
            self.fail(wrong)
        del rest[:at]

    # ------------------------------------------------------------ life

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's stream transports have asyncio's methods without being its subclasses.
        self._transport = cast("asyncio.Transport", transport)
        self._on_made()

    def pause_writing(self) -> None:
        """Take no more questions from an end that does not read its answers."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Take questions again."""
        if self._transport is not None and not self.over:
            self._transport.resume_reading()

    def fail(self, wrong: Exception) -> None:
        """End the connection because of what the other end did."""
        if self._wrong is None:
            self._wrong = wrong
        self.close()

    def close(self) -> None:
        """End the connection; what waits to be read or written is lost. Safe at any time."""
        if self._transport is not None:
            self._transport.abort()
        self.over = True

    def finish(self) -> None:
        """Send what waits, then end the connection."""
        self.flush()
        if self._transport is not None:
            self._transport.close()
        self.over = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        self.over = True
        self._rest.clear()
        self.on_over(self._wrong or exc)
