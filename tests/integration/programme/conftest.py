"""Makes small videos of every awkward kind, by the same libraries that read them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Sender
from ingest_desk import Desk

VideoMaker = Callable[..., Path]
Reading = Callable[[str], Awaitable[Desk]]
Sending = Callable[[Path, str, str], Sender]


@pytest.fixture
def make_video(tmp_path: Path) -> VideoMaker:
    """Return a maker of videos whose frames get lighter one by one."""

    def make(
        name: str = "source.mp4",
        *,
        frames: int = 120,
        rate: Fraction = Fraction(25),
        gop: int = 25,
        b_frames: int = 0,
        sound: bool = True,
        codec: str = "libx264",
        stamps: Sequence[int] | None = None,
        size: tuple[int, int] = (160, 90),
    ) -> Path:
        path = tmp_path / name
        options = {"g": str(gop), "bf": str(b_frames)}
        if codec == "libx264":
            options |= {"preset": "ultrafast", "sc_threshold": "0", "keyint_min": str(gop)}
        with av.open(str(path), "w") as container:
            video = container.add_stream(codec, rate=rate, options=options)
            video.width, video.height, video.pix_fmt = size[0], size[1], "yuv420p"
            base = 1 / rate if stamps is None else Fraction(1, 1000)
            video.codec_context.time_base = base
            audio = container.add_stream("aac", rate=48_000, layout="stereo") if sound else None
            last = frames - 1 if stamps is None else stamps[-1]
            for number in range(frames if stamps is None else len(stamps)):
                picture = np.full((size[1], size[0], 3), 30 + number % 180, np.uint8)
                picture[: size[1] // 3, : size[0] // 3] = (250, 20, 20)  # so that one sees which way is up
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number if stamps is None else stamps[number], base
                container.mux(video.encode(frame))
            if audio is not None:
                for start in range(0, int((last + 1) * base * 48_000), 1024):
                    wave = np.sin(np.arange(start, start + 1024, dtype=np.float32) / 20)[None].repeat(2, 0) * 0.3
                    heard = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave), format="fltp", layout="stereo")
                    heard.sample_rate, heard.pts, heard.time_base = 48_000, start, Fraction(1, 48_000)
                    container.mux(audio.encode(heard))
                container.mux(audio.encode(None))
            container.mux(video.encode(None))
        return path

    return make


@pytest.fixture
async def read(tmp_path: Path) -> AsyncIterator[Reading]:
    desks: list[Desk] = []

    async def start(address: str) -> Desk:
        desks.append(Desk(tmp_path / "recording", address))
        await desks[-1].process.start()
        return desks[-1]

    yield start
    for desk in desks:
        await desk.process.stop()


@pytest.fixture
def send() -> Iterator[Sending]:
    senders: list[Sender] = []

    def start(clip: Path, address: str, container_format: str) -> Sender:
        senders.append(Sender(clip, address, container_format).start())
        return senders[-1]

    yield start
    for sender in senders:
        sender.stop()
