"""A programme of two seconds, made in no time: for tests that need a picture and do not look at it."""

from pathlib import Path

import av

RATE = 25


def write_video(path: Path, seconds: int = 2) -> Path:
    """Write an H.264 video that is cut as it is, without being encoded again."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"g": str(RATE), "bf": "0", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        for number in range(seconds * RATE):
            frame = av.VideoFrame(160, 90, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number % 200]) * plane.buffer_size)
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path
