"""Looks at a key frame now and then, and listens to the sound beside it: enough to notice black, frozen, silent."""

import math
from collections.abc import Sequence
from typing import Any

import av
import numpy as np

from broadcast.programme.adapters.stretch import Streams
from broadcast.programme.ingest_news import PictureSample
from broadcast.programme.live_segments import LiveSegment

SAMPLE_EVERY_MS = 4_000
"""A key frame is looked at this often at most: decoding it is most of what packaging costs."""

LISTENED_PACKETS = 12
"""A quarter of a second of AAC."""

SILENCE_DB = -120.0
_WIDTH, _HEIGHT = 160, 90

Luma = np.ndarray[tuple[int, ...], np.dtype[np.int16]]


class Sampler:
    """Samples the segments of one stretch."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._last_ms: int | None = None
        self._before: Luma | None = None

    def sample(
        self,
        segment: LiveSegment,
        video_packets: Sequence["av.Packet[Any]"],
        audio_packets: Sequence["av.Packet[Any]"],
    ) -> PictureSample | None:
        """Return what a segment looks and sounds like, if it is time for another look and it can be decoded."""
        if self._last_ms is not None and segment.capture_ms - self._last_ms < SAMPLE_EVERY_MS:
            return None
        luma = self._look(bytes(video_packets[0]))
        if luma is None:
            return None
        change = None if self._before is None else float(np.abs(luma - self._before).mean())
        self._last_ms, self._before = segment.capture_ms, luma
        return PictureSample(
            at_ms=segment.capture_ms,
            luma=float(luma.mean()),
            contrast=float(luma.std()),
            change=change,
            loudness_db=self._listen(audio_packets),
            bits_per_second=segment.bits_per_second,
        )

    def _look(self, key_frame: bytes) -> Luma | None:
        decoder: Any = _decoder(self._streams.video)
        decoder.thread_count = 1
        decoder.options = {"skip_loop_filter": "all"}
        try:
            frames = [*decoder.decode(av.Packet(key_frame)), *decoder.decode(None)]
        except av.error.FFmpegError:
            return None
        if not frames:
            return None
        small = frames[0].reformat(width=_WIDTH, height=_HEIGHT, format="gray", interpolation="FAST_BILINEAR")
        luma: Luma = small.to_ndarray().astype(np.int16)
        return luma

    def _listen(self, packets: Sequence["av.Packet[Any]"]) -> float | None:
        if self._streams.audio is None or not packets:
            return None
        decoder: Any = _decoder(self._streams.audio, self._streams.audio_header)
        power, samples = 0.0, 0
        try:
            for packet in packets[:LISTENED_PACKETS]:
                for frame in decoder.decode(av.Packet(bytes(packet))):
                    heard = frame.to_ndarray().astype(np.float64)
                    power, samples = power + float((heard**2).sum()), samples + heard.size
        except (av.error.FFmpegError, ValueError):
            return None
        if not samples or not power:
            return SILENCE_DB
        return max(SILENCE_DB, 10 * math.log10(power / samples))


def _decoder(stream: Any, header: bytes | None = None) -> Any:
    """Return a new decoder with a stream's parameters: a frame by itself must not disturb any other."""
    context = stream.codec_context
    decoder: Any = av.CodecContext.create(context.name if context.is_decoder else _decodes(context.name), "r")
    if context.extradata or header:
        decoder.extradata = context.extradata or header
    if stream.type == "audio":
        decoder.sample_rate, decoder.layout = context.sample_rate, context.layout
    return decoder


def _decodes(encoder: str) -> str:
    return "h264" if encoder == "libx264" else encoder
