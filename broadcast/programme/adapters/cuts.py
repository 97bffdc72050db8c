"""Decides which packets of a file go into which segment."""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Any

import av
from av.container import InputContainer

from broadcast.programme.adapters.silence import AAC_FRAME, Silence
from broadcast.programme.adapters.source import MAX_SEGMENT

MAX_AUDIO_LAG = Fraction(10)
"""Seconds of picture read past a segment's end before it goes on without the sound still missing."""

MAX_ROUNDING = Fraction(1, 500)
"""Seconds a sound packet may lie beside the end of the one before it and still be taken to follow it at once."""

MAX_WAITING_SOUND = 4_096
"""Packets of sound kept for a picture that does not come; the oldest go first."""

Cut = tuple[list["av.Packet[Any]"], list["av.Packet[Any]"]]
"""The picture's packets of one segment in decode order, and the sound's that belong under them."""


def cuts(container: InputContainer, video: av.VideoStream, audio: av.AudioStream | None) -> Iterator[Cut]:
    """Yield the segments of a file, in order, with the file's first frame moved to 0.

    A segment starts with a key frame and holds as many whole groups of pictures as fit ``MAX_SEGMENT``, at least one.
    Its sound starts at or after its picture, so that players anchor it on the picture; sound before the first frame
    or after the last is left out. Where sound is missing there is silence, so that players have no hole to stall in.
    """
    video_base = Fraction(video.time_base or 1)
    cutter = Cutter(
        video_base,
        usual_ticks(video.average_rate or video.guessed_rate, video_base),
        sample_rate=0 if audio is None else audio.codec_context.sample_rate,
        channels=0 if audio is None else audio.codec_context.channels,
        frame_samples=0 if audio is None else audio.codec_context.frame_size,
    )
    for packet in container.demux([video] if audio is None else [video, audio]):
        if packet.size == 0 or packet.pts is None or packet.dts is None:
            continue
        if packet.stream_index == video.index:
            cutter.add_video(packet)
        else:
            cutter.add_audio(packet)
        yield from cutter.complete()
    cutter.end()
    yield from cutter.complete()


class Cutter:
    """Takes packets one by one, and gives whole segments.

    Args:
        video_base: seconds a tick of the picture's timestamps lasts.
        usual: ticks a frame lasts, as long as nothing better is known.
        sample_rate: of the sound; 0 where there is none.
        channels: of the sound, at most 2; 0 where there is none.
        frame_samples: samples in a packet of sound; 0 where the codec does not say.
        eager: end a segment as soon as another group as long as its last would not fit any more, rather than when
            that group has come: for pictures that are still being made.
        max_segment: seconds of groups put into one segment.
        max_audio_lag: seconds; see ``MAX_AUDIO_LAG``.
    """

    def __init__(
        self,
        video_base: Fraction,
        usual: int,
        *,
        sample_rate: int,
        channels: int,
        frame_samples: int,
        eager: bool = False,
        max_segment: Fraction = MAX_SEGMENT,
        max_audio_lag: Fraction = MAX_AUDIO_LAG,
    ) -> None:
        self._video_base = video_base
        self._usual = usual
        self._rate = sample_rate
        self._frame_samples = frame_samples or AAC_FRAME
        self._silence = Silence(sample_rate, channels) if channels and self._frame_samples == AAC_FRAME else None
        self._heard = 0  # samples of sound given out, silence among them
        self._eager = eager
        self._max_segment = max_segment
        self._max_audio_lag = max_audio_lag
        self._rounding = int(MAX_ROUNDING * sample_rate)
        self._next_sample: int | None = None
        self._origin: int | None = None
        self._group: list[av.Packet[Any]] = []  # since the last key frame
        self._segment: list[av.Packet[Any]] = []  # whole groups before it
        self._start = 0  # ticks where the segment starts
        self._ready: deque[tuple[list[av.Packet[Any]], int]] = deque()  # (packets, end ticks), waiting for their sound
        self._sound: deque[av.Packet[Any]] = deque()
        self._seen = 0  # ticks of picture read
        self._ended = False

    @property
    def group_ticks(self) -> int:
        """How long the group of pictures is that was begun last, as far as it has come."""
        return self._seen - _stamps(self._group[0])[0] if self._group else 0

    def add_video(self, packet: "av.Packet[Any]") -> None:
        """Take a packet of the picture, in decode order; the first must be a key frame."""
        pts, dts = _stamps(packet)
        if self._origin is None:
            self._origin = pts
        packet.pts, packet.dts = pts - self._origin, dts - self._origin
        if self._group:
            before = self._group[-1]
            before.duration = packet.dts - _stamps(before)[1]
            self._usual = before.duration
        if packet.is_keyframe:
            if self._group:  # how far decoding runs ahead may change from group to group; what is shown must not
                first_pts, first_dts = _stamps(self._group[0])
                ahead = (packet.pts - packet.dts) - (first_pts - first_dts)
                before = self._group[-1]
                before.duration = max(1, (before.duration or self._usual) + ahead)
            self._close_group(packet.pts)
        self._group.append(packet)
        self._seen = max(self._seen, packet.pts)

    def add_audio(self, packet: "av.Packet[Any]") -> None:
        """Count the sound in samples: containers that round its time (to a millisecond, say) would tear it apart."""
        base = packet.time_base
        sample = round(Fraction(_stamps(packet)[0] * base.numerator * self._rate, base.denominator))
        if self._next_sample is not None and abs(sample - self._next_sample) <= self._rounding:
            sample = self._next_sample
        self._next_sample = sample + self._frame_samples
        packet.pts = packet.dts = sample
        packet.duration = self._frame_samples
        packet.time_base = Fraction(1, self._rate)
        self._sound.append(packet)
        if len(self._sound) > MAX_WAITING_SOUND:
            self._sound.popleft()

    def end(self) -> None:
        """Close what is open: nothing more will come."""
        if self._group:
            last = max(self._group, key=lambda packet: _stamps(packet)[0])
            end = _stamps(last)[0] + (last.duration or self._usual)
            # decode times of a group run from its first to its last frame's, as presentation times do: the last
            # packet takes what is left of the group, so that the next loop's arithmetic closes
            first = self._group[0]
            self._group[-1].duration = end - _stamps(first)[0] - (_stamps(self._group[-1])[1] - _stamps(first)[1])
            self._close_group(end)
            if self._segment:
                self._close_segment(end)
        self._ended = True

    def complete(self) -> Iterator[Cut]:
        """Yield the segments that are whole."""
        while self._ready:
            packets, end = self._ready[0]
            if not self._heard_until(end):
                return
            self._ready.popleft()
            yield packets, self._sound_between(_stamps(packets[0])[0], end)

    def _close_group(self, end: int) -> None:
        if not self._group:
            return
        start = _stamps(self._group[0])[0]
        if self._segment and (end - self._start) * self._video_base > self._max_segment:
            self._close_segment(start)
        self._segment += self._group
        self._group = []
        if self._eager and (end - self._start + end - start) * self._video_base > self._max_segment:
            self._close_segment(end)

    def _close_segment(self, end: int) -> None:
        self._ready.append((self._segment, end))
        self._segment = []
        self._start = end

    def _heard_until(self, end: int) -> bool:
        if not self._rate or self._ended:
            return True
        heard = bool(self._sound) and self._sound_time(self._sound[-1]) >= end * self._video_base
        return heard or (self._seen - end) * self._video_base > self._max_audio_lag

    def _sound_between(self, start: int, end: int) -> list["av.Packet[Any]"]:
        chosen = []
        shift = int((self._origin or 0) * self._video_base * self._rate)  # down: never before the picture
        origin = (self._origin or 0) * self._video_base
        first = ceil((start * self._video_base + origin) * self._rate)
        beyond = ceil((end * self._video_base + origin) * self._rate)
        while self._sound and _stamps(self._sound[0])[0] < beyond:
            packet = self._sound.popleft()
            # sound that comes back after silence was put in its place begins where there is room for half of it
            if _stamps(packet)[0] >= max(first, self._heard - self._frame_samples // 2):
                chosen += self._silent(first, _stamps(packet)[0], shift)
                packet.pts = packet.dts = _stamps(packet)[0] - shift
                chosen.append(packet)
                self._heard = packet.pts + shift + self._frame_samples
        if self._next_sample is not None:
            chosen += self._silent(first, beyond + self._frame_samples - 1, shift)
        return chosen

    def _silent(self, first: int, until: int, shift: int) -> list["av.Packet[Any]"]:
        """Return the silence between what was heard before and where the sound goes on: as many packets as fit."""
        if self._silence is None:
            return []
        begin = max(first, self._heard)
        count = max(0, until - begin) // self._frame_samples
        made = []
        for number in range(count):
            packet = self._silence.packet()
            packet.pts = packet.dts = begin + number * self._frame_samples - shift
            packet.duration = self._frame_samples
            packet.time_base = Fraction(1, self._rate)
            made.append(packet)
        self._heard = max(self._heard, begin + count * self._frame_samples)
        return made

    def _sound_time(self, packet: "av.Packet[Any]") -> Fraction:
        return Fraction(_stamps(packet)[0], self._rate) - (self._origin or 0) * self._video_base


def _stamps(packet: "av.Packet[Any]") -> tuple[int, int]:
    assert packet.pts is not None  # noqa: S101 - packets without time never enter the cutter
    assert packet.dts is not None  # noqa: S101 - the same
    return packet.pts, packet.dts


def usual_ticks(rate: Fraction | None, time_base: Fraction) -> int:
    """Return how many ticks a frame lasts at a nominal rate; 1 where there is none."""
    return max(1, round(1 / rate / time_base)) if rate else 1
