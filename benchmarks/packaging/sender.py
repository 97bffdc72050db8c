"""A process that plays a camera: sends a file as MPEG-TS over TCP, in real time, round and round."""

import socket
import time
from pathlib import Path
from typing import Any

import av

WIDTH, HEIGHT, RATE, SECONDS, GROUP = 1280, 720, 25, 20, 50
BITS_PER_SECOND = "3000000"


def make_film(path: Path) -> Path:
    """Write 20 seconds of 720p25 at 3 Mbit/s, H.264 and AAC, a key frame every two seconds."""
    import numpy as np

    noise = np.random.default_rng(1)
    with av.open(str(path), "w", format="mp4") as container:
        options = {"g": str(GROUP), "bf": "2", "preset": "ultrafast", "sc_threshold": "0"}
        options |= {"b": BITS_PER_SECOND, "maxrate": BITS_PER_SECOND, "bufsize": BITS_PER_SECOND}
        video = container.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, options={"b": "128000"})
        audio.layout = "stereo"
        ground = noise.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        for number in range(SECONDS * RATE):
            picture = np.roll(ground, number * 7, axis=1)
            frame = av.VideoFrame.from_ndarray(picture // 3 + 60, format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        for number in range(SECONDS * 48_000 // 1024):
            sound = noise.standard_normal((2, 1024)).astype(np.float32) * 0.05
            heard = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
            heard.sample_rate, heard.pts = 48_000, number * 1024
            container.mux(audio.encode(heard))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def send(path: Path, port: int, seconds: float) -> None:
    """Connect and send for so long."""
    with socket.create_connection(("127.0.0.1", port)) as connection:

        class Wire:
            def write(self, data: bytes) -> int:
                connection.sendall(data)
                return len(data)

        wire: Any = Wire()
        began, base = time.monotonic(), 0
        with av.open(str(path)) as source, av.open(wire, "w", format="mpegts") as output:
            targets = {stream.index: output.add_stream_from_template(stream, opaque=True) for stream in source.streams}
            while time.monotonic() - began < seconds:
                source.seek(0)
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    shift = round(base / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    early_s = began + float(packet.dts * packet.time_base) - time.monotonic()
                    if early_s > 0:
                        time.sleep(early_s)
                    packet.stream = targets[packet.stream_index]
                    output.mux(packet)
                base += SECONDS
