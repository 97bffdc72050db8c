"""Taps that no person makes: what may be noticed of a buyer's own taps, and how sure that is. Pure: time is told.

Nothing is read of addresses, devices or browsers: people behind one carrier's address are told apart by their tokens,
and each is judged by their own taps alone. One odd thing never counts; a score has to be earned again and again, and
halves every minute.
"""

from collections import OrderedDict, deque
from itertools import pairwise
from typing import Literal

from broadcast.ids import BuyerId, ChannelId, Sku

Signal = Literal["regular", "fast", "sweep", "unseen"]
Grade = Literal[0, 1, 2]
"""Nothing odd; odd; surely a machine."""

MAX_BUYERS = 20_000
"""Buyers remembered: only those who tap often come here. Whoever has done nothing for longest is forgotten."""

TAPS_LOOKED_AT = 9
"""Taps in a row that are looked at together."""

PAUSE_S = 8.0
"""Who pauses so long begins a new row."""

REGULAR_SPREAD = 0.04
"""A row is regular if its intervals' standard deviation is below this share of their mean; people's is 0.2 or more."""

FAST_S = 0.5
"""A row is fast if it takes no longer: eighteen taps a second, for longer than fingers can."""

SWEEP_SKUS, SWEEP_S = 6, 2.5
"""So many different SKUs within this time are a sweep: a card has to be read, its size chosen."""

MAX_UNSEEN = 32
"""SKUs remembered that a buyer tapped on before anybody could see them; whoever goes on begins anew."""

WEIGHTS: dict[Signal, float] = {"regular": 1.0, "fast": 1.0, "sweep": 1.0, "unseen": 0.34}
"""What each adds to the score. A look taken back may be tapped on: one SKU that nobody sees says little."""

HALVES_IN_S = 60.0
ODD, MACHINE = 1.8, 4.5
"""From which score on a buyer is of which grade: two rows within a few seconds of each other are odd."""

Who = tuple[ChannelId, BuyerId]


class _Row:
    """What is remembered of one buyer."""

    __slots__ = ("score", "scored_at_s", "swept", "taps", "unseen")

    def __init__(self, now_s: float) -> None:
        self.taps: deque[float] = deque(maxlen=TAPS_LOOKED_AT)
        self.swept: deque[tuple[Sku, float]] = deque(maxlen=SWEEP_SKUS)
        self.unseen: set[Sku] = set()
        self.score = 0.0
        self.scored_at_s = now_s

    def add(self, weight: float, now_s: float) -> None:
        self.score = self.at(now_s) + weight
        self.scored_at_s = now_s

    def at(self, now_s: float) -> float:
        return float(self.score * 0.5 ** ((now_s - self.scored_at_s) / HALVES_IN_S)) if self.score else 0.0


class Behaviour:
    """The scores of a show's busy buyers.

    Attributes:
        noticed: how often each signal was seen.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[Who, _Row] = OrderedDict()
        self.noticed: dict[Signal, int] = dict.fromkeys(WEIGHTS, 0)

    def __len__(self) -> int:
        return len(self._rows)

    def tapped(self, who: Who, sku: Sku, now_s: float) -> list[Signal]:
        """Take in a tap; return what is odd about it and those before.

        Args:
            who: whose tap.
            sku: for what.
            now_s: when it came; any origin, never going back.
        """
        row = self._row(who, now_s)
        taps, swept = row.taps, row.swept
        if taps and now_s - taps[-1] > PAUSE_S:
            taps.clear()
        taps.append(now_s)
        odd: list[Signal] = []
        if len(taps) == TAPS_LOOKED_AT:
            if taps[-1] - taps[0] <= FAST_S:
                odd.append("fast")
            elif _regular(taps):
                odd.append("regular")
            if odd:
                taps.clear()  # the same taps count once
        if swept and swept[-1][0] == sku:
            swept.clear()  # of a run of different SKUs only this tap can be the first
        swept.append((sku, now_s))
        if len(swept) == SWEEP_SKUS and now_s - swept[0][1] <= SWEEP_S and len({one for one, _ in swept}) == SWEEP_SKUS:
            odd.append("sweep")
            swept.clear()
        if odd:
            self._score(row, odd, now_s)
        return odd

    def unseen(self, who: Who, sku: Sku, now_s: float) -> list[Signal]:
        """Take in a tap on what nobody can have seen: no channel has shown it yet. The same SKU counts once."""
        row = self._row(who, now_s)
        if sku in row.unseen:
            return []
        if len(row.unseen) >= MAX_UNSEEN:
            row.unseen.clear()
        row.unseen.add(sku)
        odd: list[Signal] = ["unseen"]
        self._score(row, odd, now_s)
        return odd

    def grade(self, who: Who, now_s: float) -> Grade:
        """Return how sure it is that a buyer is a machine."""
        row = self._rows.get(who)
        if row is None or not row.score:
            return 0
        score = row.at(now_s)
        if score < ODD:
            return 0
        return 1 if score < MACHINE else 2

    def _row(self, who: Who, now_s: float) -> _Row:
        row = self._rows.get(who)
        if row is None:
            row = self._rows[who] = _Row(now_s)
            if len(self._rows) > MAX_BUYERS:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(who)
        return row

    def _score(self, row: _Row, odd: list[Signal], now_s: float) -> None:
        for signal in odd:
            self.noticed[signal] += 1
            row.add(WEIGHTS[signal], now_s)


def _regular(taps: deque[float]) -> bool:
    count = len(taps) - 1
    mean = (taps[-1] - taps[0]) / count
    bound = (REGULAR_SPREAD * mean) ** 2
    if (taps[-1] - taps[-2] - mean) ** 2 > bound * count:  # one interval alone makes it more: of nearly every person
        return False
    return sum((later - earlier - mean) ** 2 for earlier, later in pairwise(taps)) / count < bound
