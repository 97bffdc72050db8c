"""What is counted while a rehearsal runs. Pure."""

from collections import Counter

from broadcast.messages import OrderAnswer
from showrunner.rehearsal.figures import TapFigures, spread_of


class Tally:
    """Taps and cues of one rehearsal, as they happen."""

    def __init__(self) -> None:
        self.connect_ms: list[float] = []
        self.cue_ms: list[float] = []
        self.closed: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.repeats = 0
        self.other_answers = 0
        self._latency_ms: dict[str, list[float]] = {"http": [], "websocket": []}

    @property
    def answered(self) -> int:
        """Taps that have their last answer."""
        return self.outcomes.total()

    def latency(self, door: str, milliseconds: float) -> None:
        """Note how long one answer took over ``http`` or ``websocket``."""
        self._latency_ms[door].append(milliseconds)

    def repeated(self, first: OrderAnswer, second: OrderAnswer | None, *, replayed: bool) -> None:
        """Note the answer to a tap sent once more; it must be the first one again, and say so."""
        self.repeats += 1
        if first != second or not replayed:
            self.other_answers += 1

    def taps(self) -> TapFigures:
        """Return the taps' figures."""
        return TapFigures(
            taps=self.answered,
            outcomes=dict(self.outcomes.most_common()),
            again=dict(self.again.most_common()),
            repeats=self.repeats,
            other_answers=self.other_answers,
            http_ms=spread_of(self._latency_ms["http"]),
            websocket_ms=spread_of(self._latency_ms["websocket"]),
        )
