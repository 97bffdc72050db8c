"""How exact cards are on viewers' screens: shown-at against due, as viewers report it, for each channel.

A report counts for a take this process knows, once for each connection and take, and with the due time of the record.
What a report says beyond that can be a lie: errors are kept as counts in a bounded sketch, so that a lie moves a
quantile by one rank and never by its size. Sketches add up exactly, whichever process filled them.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from broadcast.channel_messages import MAX_CARD_ERROR_MS, CardErrorView, Shown
from broadcast.ids import ChannelId, CueId

TAKES_COUNTED = 20
"""Takes that the figures are about: the newest."""

MAX_REPORTS_PER_S = 2_000
"""Reports one process takes in a second; the others are counted, and no more."""

MIN_REPORTS = 20
"""Fewer reports than that raise no alarm: one slow phone is not the channel."""

MAX_SKETCH_BYTES = 65_536
"""What one process says of all its channels; a longer report is somebody else's."""

MAX_COUNT = 1_000_000_000
"""More reports than that nobody has."""

_FINEST_MS = 5.0
_GROWTH = 1.1
_LOG_GROWTH = math.log(_GROWTH)
_LAST_BIN = math.ceil(math.log(MAX_CARD_ERROR_MS / _FINEST_MS) / _LOG_GROWTH)

REFUSED = ("unknown", "not-due-then", "again", "too-many")
"""Why a report does not count."""


class ErrorSketch:
    """A distribution of errors: counts in bins that grow by a tenth (DDSketch: Masson, Rim, Lee, PVLDB 12(12), 2019).

    A quantile is off by at most 5 %, or by 5 ms near zero. At most 209 bins, whatever comes.
    """

    __slots__ = ("_bins",)

    def __init__(self, bins: Mapping[int, int] | None = None) -> None:
        self._bins = dict(bins or {})

    def __len__(self) -> int:
        return sum(self._bins.values())

    @property
    def bins(self) -> Mapping[int, int]:
        """Bin → errors in it; negative bins are early."""
        return self._bins

    def add(self, error_ms: int) -> None:
        """Count one error."""
        bin_ = bin_of(error_ms)
        self._bins[bin_] = self._bins.get(bin_, 0) + 1

    def merge(self, other: "ErrorSketch") -> None:
        """Count all of another's errors."""
        for bin_, count in other.bins.items():
            self._bins[bin_] = self._bins.get(bin_, 0) + count

    def quantile(self, share: float) -> int | None:
        """Return the size of error, early or late, that this share of all stays within; None without any."""
        sizes: dict[int, int] = {}
        for bin_, count in self._bins.items():
            sizes[abs(bin_)] = sizes.get(abs(bin_), 0) + count
        rank = math.ceil(share * sum(sizes.values()))
        for size in sorted(sizes):
            rank -= sizes[size]
            if rank <= 0:
                return round(_middle_ms(size))
        return None

    @property
    def early(self) -> int:
        """How many were early: the card before its frame."""
        return sum(count for bin_, count in self._bins.items() if bin_ < 0)


def bin_of(error_ms: int) -> int:
    """Return the bin of an error; 0 is within 5 ms, and what is beyond the range is in the last."""
    size = abs(error_ms)
    if size <= _FINEST_MS:
        return 0
    bin_ = min(_LAST_BIN, math.ceil(math.log(size / _FINEST_MS) / _LOG_GROWTH))
    return bin_ if error_ms > 0 else -bin_


def _middle_ms(bin_: int) -> float:
    return 0.0 if bin_ == 0 else _FINEST_MS * _GROWTH ** (bin_ - 0.5)


_Bin = Annotated[int, msgspec.Meta(ge=-_LAST_BIN, le=_LAST_BIN)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]


class ChannelErrors(msgspec.Struct, frozen=True):
    """One channel's sketches as they are passed on: of errors, and of the bounds pages state for them."""

    errors: dict[_Bin, _Count]
    stated: dict[_Bin, _Count]


_decoder = msgspec.json.Decoder(dict[str, ChannelErrors])
_encode = msgspec.json.Encoder().encode


class _Take(msgspec.Struct):
    seq: int
    at_ms: int
    errors: dict[ChannelId, ErrorSketch]
    stated: dict[ChannelId, ErrorSketch]


class CardErrors:
    """What viewers of one process report."""

    def __init__(self) -> None:
        self._takes: deque[CueId] = deque()
        self._known: dict[CueId, _Take] = {}
        self._second = 0
        self._spent = 0
        self.refused: dict[str, int] = dict.fromkeys(REFUSED, 0)
        """Reports that do not count, by reason."""

    def expect(self, cue: CueId, seq: int, at_ms: int) -> None:
        """Take reports of this take from now on, and forget the oldest."""
        if cue in self._known:
            return
        self._known[cue] = _Take(seq, at_ms, {}, {})
        self._takes.append(cue)
        if len(self._takes) > TAKES_COUNTED:
            del self._known[self._takes.popleft()]

    def forget(self) -> None:
        """Forget every take: the log began anew."""
        self._takes.clear()
        self._known.clear()

    def report(self, channel: ChannelId, shown: Shown, after_seq: int, now_s: float) -> int:
        """Count one viewer's report, if it counts.

        Args:
            channel: the viewer's.
            shown: the report.
            after_seq: what this returned for the connection's last report, or -1: takes up to it were reported.
            now_s: a clock that never goes back.

        Returns:
            ``after_seq`` for the connection's next report.
        """
        second = int(now_s)
        if second != self._second:
            self._second, self._spent = second, 0
        take = self._known.get(CueId(shown.cue))
        if self._spent >= MAX_REPORTS_PER_S:
            self.refused["too-many"] += 1
        elif take is None:
            self.refused["unknown"] += 1
        elif take.at_ms != shown.due_ms:
            self.refused["not-due-then"] += 1
        elif take.seq <= after_seq:
            self.refused["again"] += 1
        else:
            self._spent += 1
            take.errors.setdefault(channel, ErrorSketch()).add(shown.shown_ms - take.at_ms)
            if shown.error_ms is not None:
                take.stated.setdefault(channel, ErrorSketch()).add(shown.error_ms)
            return take.seq
        return after_seq

    def channels(self) -> dict[ChannelId, ChannelErrors]:
        """Return each channel's sketches over the takes that count; channels nobody reported of are left out."""
        whole: dict[ChannelId, tuple[ErrorSketch, ErrorSketch]] = {}
        for take in self._known.values():
            for channel, errors in take.errors.items():
                both = whole.setdefault(channel, (ErrorSketch(), ErrorSketch()))
                both[0].merge(errors)
                both[1].merge(take.stated.get(channel, ErrorSketch()))
        return {
            channel: ChannelErrors(dict(errors.bins), dict(stated.bins)) for channel, (errors, stated) in whole.items()
        }


def told(channels: Mapping[ChannelId, ChannelErrors]) -> bytes:
    """Return what a process says of its channels, as JSON."""
    return _encode({str(channel): errors for channel, errors in channels.items()})


def heard(reports: Iterable[bytes]) -> list[dict[ChannelId, ChannelErrors]]:
    """Return what processes said; what is no report counts nothing."""
    found: list[dict[ChannelId, ChannelErrors]] = []
    for report in reports:
        if len(report) > MAX_SKETCH_BYTES:
            continue
        try:
            said = _decoder.decode(report)
        except msgspec.DecodeError:
            continue
        found.append({ChannelId(channel): errors for channel, errors in said.items()})
    return found


def together(
    channels: Iterable[ChannelId], processes: Iterable[Mapping[ChannelId, ChannelErrors]]
) -> dict[ChannelId, ChannelErrors]:
    """Return each of these channels' sketches by all processes together; channels nobody reported of are left out."""
    said = list(processes)
    whole: dict[ChannelId, ChannelErrors] = {}
    for channel in channels:
        errors, stated = ErrorSketch(), ErrorSketch()
        for process in said:
            if channel in process:
                errors.merge(ErrorSketch(process[channel].errors))
                stated.merge(ErrorSketch(process[channel].stated))
        if len(errors):
            whole[channel] = ChannelErrors(dict(errors.bins), dict(stated.bins))
    return whole


def views(channels: Mapping[ChannelId, ChannelErrors], alarm_ms: int) -> dict[ChannelId, CardErrorView]:
    """Return each channel's figures; past ``alarm_ms`` at the 95th percentile of enough reports is an alarm."""
    shown: dict[ChannelId, CardErrorView] = {}
    for channel, known in channels.items():
        errors = ErrorSketch(known.errors)
        p50, p95, p99 = (errors.quantile(share) for share in (0.5, 0.95, 0.99))
        if p50 is None or p95 is None or p99 is None:
            continue
        reports = len(errors)
        shown[channel] = CardErrorView(
            reports=reports,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            early=errors.early,
            stated_ms=ErrorSketch(known.stated).quantile(0.95),
            alarm_ms=alarm_ms,
            alarm=reports >= MIN_REPORTS and p95 > alarm_ms,
        )
    return shown
