"""The film's sound: a soft house beat, made of sines and noise."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from broadcast.programme.adapters.normalise import AAC_FRAME, SAMPLE_RATE

BEATS_PER_MINUTE = 120
LOUDNESS = 0.22
"""Peak, of full scale."""

_BAR_BEATS = 8
_BEAT = SAMPLE_RATE * 60 // BEATS_PER_MINUTE
_NOISE_SEED = 5
_BASS = (55.0, 55.0, 65.41, 65.41, 49.0, 49.0, 43.65, 58.27)
_CHORDS = ((220.0, 261.63, 329.63), (196.0, 246.94, 293.66))

Samples = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def beat(length: Fraction) -> Iterator[av.AudioFrame]:
    """Yield the sound of this many seconds, in frames of ``AAC_FRAME`` samples, 48 kHz stereo."""
    phrase = _phrase()
    total = int(length * SAMPLE_RATE)
    for start in range(0, total, AAC_FRAME):
        count = min(AAC_FRAME, total - start)
        samples = np.take(phrase, range(start, start + count), axis=1, mode="wrap")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = start, Fraction(1, SAMPLE_RATE)
        yield frame


def _phrase() -> Samples:
    """Return two bars, (2, samples), that join their own beginning without a click."""
    length = _BAR_BEATS * _BEAT
    left, right = np.zeros(length, np.float32), np.zeros(length, np.float32)
    noise = np.random.default_rng(_NOISE_SEED).standard_normal(_BEAT).astype(np.float32)
    time = np.arange(_BEAT, dtype=np.float32) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (46 * time + 3.4 * (1 - np.exp(-time * 32)))) * np.exp(-time * 9)
    hat = np.diff(noise, prepend=0) * np.exp(-time * 60) * 0.14
    clap = np.diff(noise, prepend=0) * np.exp(-time * 24) * 0.22
    for place in range(_BAR_BEATS):
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
    both = np.stack((left, right))
    return (both / np.abs(both).max() * LOUDNESS).astype(np.float32)
