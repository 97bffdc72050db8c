"""A server that a stream is fetched from over RTMP (Adobe's RTMP 1.0): one viewer at a time, one clip in real time.

Written by hand because the media library only listens for those who publish.
"""

import io
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

import av

CHUNK = 128
HANDSHAKE = 1536
COMMAND, DATA_CHANNEL = 20, 4
FLV_HEAD, TAG_HEAD, TAG_TAIL = 13, 11, 4


class RtmpOrigin:
    """Waits on ``port`` for viewers and plays them a clip."""

    def __init__(self, port: int, clip: Path) -> None:
        self._port = port
        self._tags = _flv_tags(clip)
        self._stopping = threading.Event()
        self.began_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "RtmpOrigin":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        with socket.create_server(("127.0.0.1", self._port)) as listening:
            listening.settimeout(0.2)
            while not self._stopping.is_set():
                try:
                    viewer, _ = listening.accept()
                except TimeoutError:
                    continue
                with viewer:
                    viewer.settimeout(5)
                    try:
                        self._serve(viewer)
                    except OSError:
                        continue  # the viewer is gone

    def _serve(self, viewer: socket.socket) -> None:
        viewer.sendall(b"\x03" + bytes(HANDSHAKE))
        asked = _read(viewer, 1 + HANDSHAKE)
        viewer.sendall(asked[1:])
        _read(viewer, HANDSHAKE)
        self._answer(viewer, b"connect", _nothing() + _info("NetConnection.Connect.Success"))
        self._answer(viewer, b"createStream", _nothing() + _number(1))
        self._until(viewer, b"play")
        status = _text("onStatus") + _number(0) + _nothing() + _info("NetStream.Play.Start")
        viewer.sendall(_message(COMMAND, status, 0, 1))
        began = time.monotonic()
        self.began_s = time.time()
        for kind, at_ms, body in self._tags:
            if self._stopping.wait(max(0.0, began + at_ms / 1000 - time.monotonic())):
                return
            viewer.sendall(_message(kind, body, at_ms, 1))

    def _answer(self, viewer: socket.socket, command: bytes, what: bytes) -> None:
        number = self._until(viewer, command)
        viewer.sendall(_message(COMMAND, _text("_result") + number + what, 0, 0))

    def _until(self, viewer: socket.socket, command: bytes) -> bytes:
        """Wait for a command, and return the number it is to be answered by; each is in one chunk."""
        name = _text(command.decode())
        heard = b""
        while name not in heard or len(heard.partition(name)[2]) < 9:
            more = viewer.recv(4096)
            if not more:
                raise OSError("gone")
            heard += more
        return heard.partition(name)[2][:9]


def _read(viewer: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = viewer.recv(size - len(got))
        if not more:
            raise OSError("gone")
        got += more
    return got


def _text(text: str) -> bytes:
    return b"\x02" + struct.pack(">H", len(text)) + text.encode()


def _number(value: float) -> bytes:
    return b"\x00" + struct.pack(">d", value)


def _nothing() -> bytes:
    return b"\x05"


def _info(code: str) -> bytes:
    fields = {"level": "status", "code": code, "description": code}
    named = b"".join(struct.pack(">H", len(name)) + name.encode() + _text(value) for name, value in fields.items())
    return b"\x03" + named + b"\x00\x00\x09"


def _message(kind: int, body: bytes, at_ms: int, stream: int) -> bytes:
    """Return a message as chunks of channel ``DATA_CHANNEL`` (RTMP 1.0, 5.3.1)."""
    head = bytes([DATA_CHANNEL]) + at_ms.to_bytes(3) + len(body).to_bytes(3) + bytes([kind]) + struct.pack("<I", stream)
    parts = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)] or [b""]
    return head + bytes([0xC0 | DATA_CHANNEL]).join(parts)


def _flv_tags(clip: Path) -> list[tuple[int, int, bytes]]:
    """Return a clip as RTMP carries it: kind, timestamp in ms and body of every message."""
    written = io.BytesIO()
    with av.open(str(clip)) as source, av.open(written, "w", format="flv") as output:
        streams: dict[int, Any] = {
            stream.index: output.add_stream_from_template(stream, opaque=True) for stream in source.streams
        }
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
    data, at, tags = written.getvalue(), FLV_HEAD, []
    while at + TAG_HEAD <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4])
        at_ms = int.from_bytes(data[at + 4 : at + 7]) | data[at + 7] << 24
        tags.append((data[at], at_ms, data[at + TAG_HEAD : at + TAG_HEAD + size]))
        at += TAG_HEAD + size + TAG_TAIL
    return tags
