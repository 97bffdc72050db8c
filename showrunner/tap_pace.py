"""How fast one buyer may tap, whatever number of connections and addresses they tap from.

A person taps a few times a second at most, a script as fast as it is answered. Each buyer has a bucket of taps that
refills steadily (a token bucket); taps before the sale is open cost several, and whoever goes on tapping with an empty
bucket is kept waiting twice as long each time. A mobile carrier's shared address is nobody's limit here: addresses
count only where there is no buyer yet, when guest tokens are handed out.
"""

from collections import OrderedDict
from collections.abc import Callable

from broadcast.channels.adapters.tokens import Viewer
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId

MAX_BUYERS = 200_000
"""Buyers remembered; whoever has not tapped for longest is forgotten, and has a full bucket again."""

EARLY_TAP_COST = 2.0
"""What a tap costs in all that was refused because the sale is not open."""

MAX_WAIT_S = 60.0
"""The longest a buyer is kept waiting at a time."""

MAX_STRIKES = 16

OFTEN = 4
"""So many taps, each within ``PAUSE_S`` of the one before, and a buyer taps often."""

PAUSE_S = 30.0

EARLY_COUNTS_AS = 2
"""How many taps one counts as, for that, that came before its sale."""


class _Bucket:
    __slots__ = ("at_s", "closed_until_s", "left", "strikes", "taps")

    def __init__(self, left: float, at_s: float) -> None:
        self.left = left
        self.at_s = at_s
        self.closed_until_s = 0.0
        self.strikes = 0
        self.taps = 0


class TapPace:
    """The buckets of every buyer of a show.

    Args:
        per_second: taps a bucket gains.
        burst: taps a full bucket has.
        clock_s: monotonic seconds.
        chance: draws from [0, 1), to spread those who come again.

    Attributes:
        slowed: taps told to come back, by reason: ``rate``, or ``early`` where early taps emptied the bucket.
    """

    def __init__(
        self, per_second: float, burst: int, clock_s: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock_s = clock_s
        self._chance = chance
        self._buckets: OrderedDict[tuple[ChannelId, BuyerId], _Bucket] = OrderedDict()
        self.slowed: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, viewer: Viewer) -> bool:
        """Take one tap out of a buyer's bucket; tell whether they tap often (a drop's crowd does not).

        Raises:
            Refusal: ``too-many-requests`` with ``retry_after_ms``: the bucket is empty.
        """
        now_s = self._clock_s()
        who = (viewer.channel, viewer.buyer)
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._enter(who, now_s)
        else:
            self._buckets.move_to_end(who)
        if now_s < bucket.closed_until_s:
            raise self._slower(bucket.closed_until_s - now_s, "rate")
        quiet_s = now_s - bucket.at_s
        left = min(self._burst, bucket.left + quiet_s * self._per_second)
        bucket.at_s = now_s
        bucket.taps = bucket.taps + 1 if quiet_s < PAUSE_S else 1
        if left >= self._burst - 1:
            bucket.strikes = 0
        if left >= 1:
            bucket.left = left - 1
            return bucket.taps > OFTEN
        wait_s = min(MAX_WAIT_S, (1 - left) / self._per_second * 2**bucket.strikes)
        bucket.strikes = min(bucket.strikes + 1, MAX_STRIKES)
        # it does not refill while it is closed: there is one tap in it when it opens again
        bucket.left, bucket.at_s = 1.0, now_s + wait_s
        bucket.closed_until_s = bucket.at_s
        raise self._slower(wait_s, "early" if left < 0 else "rate")

    def early(self, viewer: Viewer) -> None:
        """Note that a buyer tapped before the sale was open."""
        bucket = self._buckets.get((viewer.channel, viewer.buyer))
        if bucket is not None:
            bucket.left -= EARLY_TAP_COST - 1
            bucket.taps += EARLY_COUNTS_AS - 1

    def _enter(self, who: tuple[ChannelId, BuyerId], now_s: float) -> _Bucket:
        bucket = self._buckets[who] = _Bucket(self._burst, now_s)
        if len(self._buckets) > MAX_BUYERS:
            self._buckets.popitem(last=False)
        return bucket

    def _slower(self, wait_s: float, reason: str) -> Refusal:
        self.slowed[reason] = self.slowed.get(reason, 0) + 1
        retry_after_ms = int(wait_s * 1000 * (1 + self._chance() / 2)) + 1
        return Refusal("too-many-requests", "this buyer taps faster than a person", retry_after_ms=retry_after_ms)
