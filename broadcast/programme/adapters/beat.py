"""The film's sound: a soft house beat, made of sines and noise."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np

from broadcast.programme.adapters.normalise import AAC_FRAME, SAMPLE_RATE

LOUDNESS = 0.22
"""Peak, of full scale."""

PHRASE_FRAMES = 192
"""AAC frames in a phrase: 4.096 seconds, eight beats at 117 a minute."""

_PHRASE_BEATS = 8
_BEAT = PHRASE_FRAMES * AAC_FRAME // _PHRASE_BEATS
_NOISE_SEED = 5
_BASS = (55.0, 55.0, 65.41, 65.41, 49.0, 49.0, 43.65, 58.27)
_CHORDS = ((220.0, 261.63, 329.63), (196.0, 246.94, 293.66))

Samples = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def beat(audio: av.AudioStream, length: Fraction) -> "Iterator[av.Packet[Any]]":
    """Yield the sound of this many seconds as packets of ``audio``, an AAC encoder at 48 kHz stereo.

    Encoding minutes of a beat that repeats would cost more than encoding the picture. The phrase is a whole number
    of AAC frames and joins its own beginning, so its packets are encoded once and repeated. They are taken from the
    phrase's second time round, when the overlap with the frame before is already the one every later round has.
    """
    packets = _encoded(audio)
    for number in range(int(length * SAMPLE_RATE) // AAC_FRAME):
        packet = av.Packet(packets[number % PHRASE_FRAMES])
        packet.pts = packet.dts = number * AAC_FRAME
        packet.duration = AAC_FRAME
        packet.time_base = Fraction(1, SAMPLE_RATE)
        packet.is_keyframe = True
        packet.stream = audio
        yield packet


def _encoded(audio: av.AudioStream) -> list[bytes]:
    phrase = _phrase()
    packets = []
    for number in range(3 * PHRASE_FRAMES):
        start = number % PHRASE_FRAMES * AAC_FRAME
        samples = np.ascontiguousarray(phrase[:, start : start + AAC_FRAME])
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, number * AAC_FRAME, Fraction(1, SAMPLE_RATE)
        packets += audio.encode(frame)
    by_start = {packet.pts: bytes(packet) for packet in packets}
    return [by_start[(PHRASE_FRAMES + number) * AAC_FRAME] for number in range(PHRASE_FRAMES)]


def _phrase() -> Samples:
    """Return one phrase, (2, samples), that join their own beginning without a click."""
    length = _PHRASE_BEATS * _BEAT
    left, right = np.zeros(length, np.float32), np.zeros(length, np.float32)
    noise = np.random.default_rng(_NOISE_SEED).standard_normal(_BEAT).astype(np.float32)
    time = np.arange(_BEAT, dtype=np.float32) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (46 * time + 3.4 * (1 - np.exp(-time * 32)))) * np.exp(-time * 9)
    hat = np.diff(noise, prepend=0) * np.exp(-time * 60) * 0.14
    clap = np.diff(noise, prepend=0) * np.exp(-time * 24) * 0.22
    for place in range(_PHRASE_BEATS):
        here = slice(place * _BEAT, (place + 1) * _BEAT)
        bass = np.sin(2 * np.pi * _BASS[place] * time) * np.minimum(1, time * 40) * np.exp(-time * 3) * 0.5
        for side, channel in ((0, left), (1, right)):
            channel[here] += kick + bass
            late = np.roll(hat, _BEAT // 2)
            late[: _BEAT // 2] = 0
            channel[here] += late * (1.2 if side == place % 2 else 0.7)
            if place % 2:
                channel[here] += clap
    half = length // 2
    clock = np.arange(half, dtype=np.float32) / SAMPLE_RATE
    swell = np.sin(np.pi * np.arange(half, dtype=np.float32) / half) ** 2 * 0.12
    for place, chord in enumerate(_CHORDS):
        here = slice(place * half, (place + 1) * half)
        for note in chord:
            left[here] += np.sin(2 * np.pi * note * clock) * swell
            right[here] += np.sin(2 * np.pi * note * 1.003 * clock) * swell
    both: Samples = np.stack((left, right))
    both *= np.float32(LOUDNESS / float(np.abs(both).max()))
    return both
