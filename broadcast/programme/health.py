"""Whether the picture is fit to be seen, judged from samples: each finding must last before it is told, both ways."""

from broadcast.programme.events import EventName
from broadcast.programme.ingest_news import PictureSample

BLACK_LUMA = 24.0
"""Mean brightness below which a picture without contrast is black (16 is black in video)."""

BLACK_CONTRAST = 10.0
FROZEN_CHANGE = 0.25
"""Mean difference of two key frames below which nothing moved, noise and compression included."""

SILENT_DB = -60.0
LOW_BITS_PER_SECOND = 60_000
"""Below this there is no moving picture in it, whatever was meant to be."""

BLACK_SAMPLES = 2
FROZEN_SAMPLES = 3
SILENT_SAMPLES = 3
LOW_SAMPLES = 2


class _Finding:
    def __init__(self, bad: EventName, good: EventName, samples: int) -> None:
        self.bad = bad
        self._good = good
        self._samples = samples
        self._seen = 0
        self.told = False

    def judge(self, found: bool) -> list[EventName]:  # noqa: FBT001 - one finding, yes or no
        self._seen = self._seen + 1 if found else 0
        if not self.told and self._seen >= self._samples:
            self.told = True
            return [self.bad]
        if self.told and not found:
            self.told = False
            return [self._good]
        return []


class HealthJudge:
    """Judges one programme's samples, in order."""

    def __init__(self) -> None:
        self._black = _Finding("black", "bright", BLACK_SAMPLES)
        self._frozen = _Finding("frozen", "moving", FROZEN_SAMPLES)
        self._silent = _Finding("silent", "audible", SILENT_SAMPLES)
        self._low = _Finding("low-bitrate", "bitrate-back", LOW_SAMPLES)
        self._no_input = False

    @property
    def findings(self) -> tuple[EventName, ...]:
        """What is wrong now."""
        found: list[EventName] = ["no-input"] if self._no_input else []
        found += [finding.bad for finding in (self._black, self._frozen, self._silent, self._low) if finding.told]
        return tuple(found)

    def heard(self, name: EventName) -> None:
        """Take note of what the ingest said of its input."""
        if name in {"no-input", "input-back"}:
            self._no_input = name == "no-input"

    def judge(self, sample: PictureSample) -> list[EventName]:
        """Return what is to be told of after this sample."""
        black = sample.luma < BLACK_LUMA and sample.contrast < BLACK_CONTRAST
        return [
            *self._black.judge(black),
            *self._frozen.judge(sample.change is not None and sample.change < FROZEN_CHANGE and not black),
            *self._silent.judge(sample.loudness_db is not None and sample.loudness_db < SILENT_DB),
            *self._low.judge(sample.bits_per_second < LOW_BITS_PER_SECOND),
        ]
