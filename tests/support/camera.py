"""A camera for tests: an encoder that sends MPEG-TS over TCP in real time, with the frame's number burned in, and
SCTE 35 sections on a PID of their own, written by hand because the media library types them as PES."""

import socket
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np

from broadcast.programme import frame_code
from broadcast.programme.scte35 import crc32

WIDTH, HEIGHT, RATE = 320, 180, 25
SPLICE_PID = 0x1F0
PACKET = 188


def picture(number: int) -> av.VideoFrame:
    """Return frame ``number`` with its number in the code strip."""
    image = np.full((HEIGHT, WIDTH, 3), 40 + number % 100, np.uint8)
    strip = max(1, int(HEIGHT * frame_code.STRIP_HEIGHT))
    image[:strip] = 0
    for cell, bit in enumerate(frame_code.encode(number)):
        left = frame_code.LEFT * WIDTH + frame_code.CELL_WIDTH * WIDTH * cell
        image[:strip, int(left) : int(left + frame_code.CELL_WIDTH * WIDTH)] = 255 if bit else 0
    return av.VideoFrame.from_ndarray(image, format="rgb24")


class Camera:
    """Sends to ``port`` until stopped.

    Args:
        port: of the listening ingest.
        group: frames between key frames.
        with_sound: send sound too.
        first: timestamp of the first frame in 90 kHz.
        jump_at: the frame from which on all timestamps are ``jump_s`` later.
        change: called with each transport packet's bytes before they are sent; may damage them.
    """

    def __init__(
        self,
        port: int,
        *,
        group: int = 25,
        with_sound: bool = True,
        b_frames: int = 0,
        first: int = 126_000,
        jump_at: int | None = None,
        jump_s: int = 1_000,
        change: Callable[[bytes], bytes] = lambda data: data,
    ) -> None:
        self._port = port
        self._group = group
        self._with_sound = with_sound
        self._b_frames = b_frames
        self._first = first
        self._jump_at = jump_at
        self._jump_s = jump_s
        self._change = change
        self._stopping = threading.Event()
        self._splices: list[bytes] = []
        self._counter = 0
        self.captured_s: dict[int, float] = {}
        self._began_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Camera":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)

    def due_ms(self, number: int) -> float:
        """Return when a frame was to be captured, however busy the machine was: its place on an even clock."""
        return (self._began_s + number / RATE) * 1000

    def splice(self, section: bytes) -> None:
        """Send a section with the next frame."""
        self._splices.append(section)

    def _run(self) -> None:
        connection = self._connect()
        if connection is None:
            return
        with connection:
            self._send(connection)

    def _connect(self) -> socket.socket | None:
        while not self._stopping.is_set():
            try:
                return socket.create_connection(("127.0.0.1", self._port), 1)
            except OSError:
                self._stopping.wait(0.1)
        return None

    def _send(self, connection: socket.socket) -> None:
        camera = self

        class Wire:
            def write(self, data: bytes) -> int:
                connection.sendall(camera._change(camera._with_splices(bytes(data))))
                return len(data)

        wire: Any = Wire()
        try:
            with av.open(wire, "w", format="mpegts", options={"mpegts_copyts": "1", "flush_packets": "1"}) as output:
                options = {"g": str(self._group), "bf": str(self._b_frames), "preset": "ultrafast", "sc_threshold": "0"}
                if not self._b_frames:
                    options["tune"] = "zerolatency"  # a frame is sent when it is captured
                video = output.add_stream("libx264", rate=RATE, options=options)
                video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
                video.codec_context.time_base = Fraction(1, 90_000)
                audio = output.add_stream("aac", rate=48_000) if self._with_sound else None
                if audio is not None:
                    audio.layout = "stereo"
                self._shoot(output, video, audio)
        except (OSError, av.error.FFmpegError):
            return  # whoever listened is gone

    def _shoot(self, output: Any, video: Any, audio: Any) -> None:
        began, samples, number = time.monotonic(), 0, 0
        self._began_s = time.time()
        while not self._stopping.is_set():
            due = began + number / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            self.captured_s[number] = time.time()
            ticks = self._first + number * 3600
            if self._jump_at is not None and number >= self._jump_at:
                ticks += 90_000 * self._jump_s
            frame = picture(number)
            frame.pts, frame.time_base = ticks, Fraction(1, 90_000)
            output.mux(video.encode(frame))
            while audio is not None and samples / 48_000 < number / RATE:
                tone = np.sin(np.arange(samples, samples + 1024) * 0.05).astype(np.float32) * 0.2
                heard = av.AudioFrame.from_ndarray(np.stack((tone, tone)), format="fltp", layout="stereo")
                heard.sample_rate, heard.time_base = 48_000, Fraction(1, 48_000)
                heard.pts = samples + (ticks - number * 3600) * 48_000 // 90_000
                output.mux(audio.encode(heard))
                samples += 1024
            number += 1

    # ------------------------------------------------------------ SCTE 35 by hand

    def _with_splices(self, data: bytes) -> bytes:
        """Name the splice PID in every program map, and send what waits."""
        sent = bytearray()
        for at in range(0, len(data), PACKET):
            packet = data[at : at + PACKET]
            sent += _with_splice_stream(packet) if _is_program_map(packet) else packet
        while self._splices:
            sent += self._splice_packet(self._splices.pop(0))
        return bytes(sent)

    def _splice_packet(self, section: bytes) -> bytes:
        head = bytes([0x47, 0x40 | SPLICE_PID >> 8, SPLICE_PID & 0xFF, 0x10 | self._counter])
        self._counter = (self._counter + 1) & 0x0F
        return (head + b"\0" + section).ljust(PACKET, b"\xff")


def time_signal(pts_ticks: int) -> bytes:
    """Write a splice_info_section by hand (ANSI/SCTE 35, 9.6)."""
    body = (0xFE << 32 | pts_ticks).to_bytes(5)
    inner = bytes(6) + b"\0" + (0xFFF << 12 | len(body)).to_bytes(3) + b"\x06" + body + b"\0\0"
    return checked(b"\xfc" + (0x3000 | len(inner) + 4).to_bytes(2) + inner)


def of_unknown_version(section: bytes) -> bytes:
    """Return a section as a later edition of the standard may have it."""
    return checked(section[:3] + b"\x07" + section[4:-4])


def cut_short(section: bytes) -> bytes:
    """Return a section whose command says that it is longer than the section."""
    return checked(section[:11] + (0xF0FF).to_bytes(2) + section[13:-4])


def checked(section: bytes) -> bytes:
    """Return a section with its checksum."""
    return section + crc32(section).to_bytes(4)


def _is_program_map(packet: bytes) -> bool:
    return len(packet) == PACKET and packet[1] & 0x40 != 0 and packet[4:6] == b"\0\x02"


def _with_splice_stream(packet: bytes) -> bytes:
    section = packet[5:]
    length = int.from_bytes(section[1:3]) & 0x0FFF
    body = bytearray(section[: 3 + length - 4])
    registration = b"\x05\x04CUEI"
    info_length = int.from_bytes(body[10:12]) & 0x0FFF
    body[10:12] = (0xF000 | info_length + len(registration)).to_bytes(2)
    body[12:12] = registration
    body += bytes([0x86, 0xE0 | SPLICE_PID >> 8, SPLICE_PID & 0xFF, 0xF0, 0x00])
    body[1:3] = (0xB000 | len(body) + 4 - 3).to_bytes(2)
    body += crc32(bytes(body)).to_bytes(4)
    return (packet[:5] + bytes(body)).ljust(PACKET, b"\xff")
