"""Packets of AAC in which nothing is heard, for where a source's sound is missing under its picture."""

from typing import Any

import av

AAC_FRAME = 1024
"""Samples in a packet."""

_LAYOUTS = {1: "mono", 2: "stereo"}
_SETTLING_FRAMES = 3
"""The first packets carry what an encoder needs to begin."""


class Silence:
    """Makes silent packets that fit between the packets of some AAC-LC.

    Args:
        sample_rate: of that sound.
        channels: of that sound, 1 or 2.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._layout = _LAYOUTS[channels]
        self._data: bytes | None = None

    def packet(self) -> "av.Packet[Any]":
        """Return one, without a time."""
        if self._data is None:
            self._data = self._encoded()
        packet = av.Packet(self._data)
        packet.is_keyframe = True
        return packet

    def _encoded(self) -> bytes:
        encoder: Any = av.CodecContext.create("aac", "w")
        encoder.sample_rate, encoder.layout, encoder.format = self._rate, self._layout, "fltp"
        made: list[av.Packet[Any]] = []
        for number in range(_SETTLING_FRAMES):
            nothing = av.AudioFrame("fltp", self._layout, AAC_FRAME)
            for plane in nothing.planes:
                plane.update(bytes(plane.buffer_size))
            nothing.sample_rate, nothing.pts = self._rate, number * AAC_FRAME
            made += encoder.encode(nothing)
        return bytes((made + encoder.encode(None))[-1])
