"""Clips whose frames carry their number, of every awkward kind, and ways to send them."""

import math
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from camera import HEIGHT, WIDTH, picture

TICK = Fraction(1, 90_000)


def write_clip(
    path: Path,
    shown_ms: Sequence[float],
    *,
    group: int = 25,
    b_frames: int = 0,
    sound: bool = False,
    sound_until_ms: float = math.inf,
    turned: int = 0,
) -> Path:
    """Write a clip with a frame at each instant.

    Args:
        path: its suffix says the container.
        shown_ms: when each frame is shown.
        group: frames between key frames.
        b_frames: in a row.
        sound: write a tone too.
        sound_until_ms: there it ends, however much longer the picture is.
        turned: quarter turns the stored picture is to be turned back by.
    """
    options = {"g": str(group), "bf": str(b_frames), "preset": "ultrafast", "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options=options)
        video.width, video.height = (HEIGHT, WIDTH) if turned % 2 else (WIDTH, HEIGHT)
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = TICK
        audio = container.add_stream("aac", rate=48_000, layout="stereo") if sound else None
        heard = 0
        for number, at_ms in enumerate(shown_ms):
            frame = picture(number)
            if turned:
                upright = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(upright, turned)), format="rgb24")
            frame.pts, frame.time_base = round(at_ms * 90), TICK
            container.mux(video.encode(frame))
            while audio is not None and heard * 1000 < min(at_ms, sound_until_ms) * 48_000:
                wave = np.sin(np.arange(heard, heard + 1024) * 0.05).astype(np.float32) * 0.2
                tone = av.AudioFrame.from_ndarray(np.stack((wave, wave)), format="fltp", layout="stereo")
                tone.sample_rate, tone.pts, tone.time_base = 48_000, heard, Fraction(1, 48_000)
                container.mux(audio.encode(tone))
                heard += 1024
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))
    return path


class Sender:
    """Sends a clip in real time, once, to an address the media library writes to."""

    def __init__(self, clip: Path, address: str, container_format: str) -> None:
        self._clip = clip
        self._address = address
        self._format = container_format
        self._stopping = threading.Event()
        self.began_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Sender":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with av.open(self._address, "w", format=self._format, options={"flush_packets": "1"}) as output:
                    self._send(output)
            except (OSError, av.error.FFmpegError):
                self._stopping.wait(0.1)  # whoever listens is not there yet
            else:
                return

    def _send(self, output: Any) -> None:
        with av.open(str(self._clip)) as clip:
            streams: dict[int, Any] = {
                stream.index: output.add_stream_from_template(stream, opaque=True) for stream in clip.streams
            }
            began = time.monotonic()
            self.began_s = time.time()
            for packet in clip.demux():
                if packet.dts is None:
                    continue
                due = began + float(packet.dts * (packet.time_base or 0))
                if self._stopping.wait(max(0.0, due - time.monotonic())):
                    return
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
