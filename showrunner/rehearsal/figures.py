"""What a rehearsal found, and which promises of the contract it found broken. Pure."""

import math
from collections.abc import Sequence

import msgspec

CONTRADICTIONS = ("internal", "unanswered")
"""Outcomes of a tap that the contract rules out: every tap is answered, and never by a fault of ours."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How a measured figure is spread, in milliseconds; zeros where nothing was measured."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float


def spread_of(samples_ms: Sequence[float]) -> Spread:
    """Return the spread of samples, by nearest rank: every figure is one that was really measured."""
    if not samples_ms:
        return Spread(count=0, p50=0.0, p95=0.0, p99=0.0, max=0.0)
    ordered = sorted(samples_ms)

    def rank(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)

    return Spread(count=len(ordered), p50=rank(0.5), p95=rank(0.95), p99=rank(0.99), max=round(ordered[-1], 2))


class FeedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How the feed reached its viewers.

    Attributes:
        viewers: how many were asked for.
        watching: how many had the feed at the end.
        snapshots, resumed: how their feeds began, first ones and those after a reconnection.
        messages: messages of the feed received, by all together.
        cues: viewers who received the awaited cue.
        gaps: messages that came out of turn: one or more before them were missing.
        behind: viewers who did not have the newest message in the end.
        closed: connections that ended during the rehearsal, by close code.
    """

    viewers: int
    watching: int
    snapshots: int
    resumed: int
    messages: int
    cues: int
    gaps: int
    behind: int
    closed: dict[int, int]
    connect_ms: Spread
    cue_ms: Spread


class TapFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How the taps were answered.

    Attributes:
        outcomes: the last answer of each tap: ``reserved`` or a problem's name → how many.
        again: why taps were tried again with the same key → how many times.
        repeats: acknowledged taps sent once more with the same key.
        other_answers: of those, how many did not get the first answer again.
    """

    taps: int
    outcomes: dict[str, int]
    again: dict[str, int]
    repeats: int
    other_answers: int
    http_ms: Spread
    websocket_ms: Spread


class AuditFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the show says of it afterwards.

    Attributes:
        acknowledged: orders acknowledged to this rehearsal.
        missing: of those, how many the show does not know, or knows as another order.
        double: orders acknowledged under more than one key.
        placed: orders the show counted during the rehearsal, others' included.
        unbalanced: SKUs of which pieces appeared or vanished.
    """

    acknowledged: int
    missing: int
    double: int
    placed: int
    unbalanced: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One rehearsal's findings."""

    url: str
    show: str
    channels: tuple[str, ...]
    look: str
    seconds: float
    feed: FeedFigures
    taps: TapFigures
    audit: AuditFigures
    broken: tuple[str, ...] = ()


def broken_promises(feed: FeedFigures, taps: TapFigures, audit: AuditFigures) -> tuple[str, ...]:
    """Say which promises were broken, in words; nothing where all were kept."""
    cases = [
        (feed.viewers - feed.watching, "viewers did not have the feed in the end"),
        (feed.gaps, "gaps in viewers' feeds"),
        (feed.behind, "viewers did not get the newest message"),
        (feed.viewers - feed.cues, "viewers did not get the cue"),
        (taps.other_answers, "repeated taps were not answered as the first time"),
        *((taps.outcomes.get(name, 0), f"taps ended as {name}") for name in CONTRADICTIONS),
        (audit.missing, "acknowledged orders are missing or changed"),
        (audit.double, "orders were acknowledged under more than one key"),
        (max(0, audit.acknowledged - audit.placed), "more orders were acknowledged than the show counted"),
        (len(audit.unbalanced), "SKUs whose pieces do not add up"),
    ]
    return tuple(f"{count} {what}" for count, what in cases if count)
