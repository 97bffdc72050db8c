"""The as-run record: what was commanded, what was on air when, and how that compares with the plan."""

from collections.abc import Callable, Iterable

import msgspec

from broadcast.clock import ProgrammeMs, captured_at
from broadcast.ids import LookId
from broadcast.messages import AsRunEntry
from broadcast.timeline.entries import Entry
from broadcast.timeline.rundown import Rundown
from broadcast.timeline.state import TimelineState


class Airing(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a look on air, in programme time. ``until_ms`` is None while it lasts."""

    look: LookId
    from_ms: ProgrammeMs
    until_ms: ProgrammeMs | None


class LookTiming(msgspec.Struct, frozen=True, kw_only=True):
    """A look that was on air, against its plan.

    Attributes:
        start_ms: when it first went on air, relative to the planned start of the show, as plans are.
        duration_ms: time on air so far, over all its airings.
        planned_start_ms, planned_duration_ms: the plan, or None where unplanned or no longer in the rundown.
        late_ms: start against plan, negative when early; None where unplanned.
        over_ms: duration against plan, negative when under; None where unplanned.
    """

    look: LookId
    start_ms: int
    duration_ms: int
    planned_start_ms: int | None
    planned_duration_ms: int | None
    late_ms: int | None
    over_ms: int | None


def as_run(entries: Iterable[Entry], seq_of: Callable[[Entry], int]) -> tuple[AsRunEntry, ...]:
    """Return every command as it happened, oldest first.

    Args:
        entries: the stored entries of a show, in order.
        seq_of: the feed's sequence number that holds an entry's effect.
    """
    entries = tuple(entries)
    undone = {entry.undoes for entry in entries}
    return tuple(
        AsRunEntry(
            seq=seq_of(entry),
            command=entry.command,
            look=entry.look if entry.cue is None else entry.cue.look,
            at_ms=captured_at(entry.decided_at_ms) if entry.cue is None else entry.cue.at_ms,
            by=entry.by,
            undone=entry.number in undone,
            channel=entry.channel,
            offset_ms=None if entry.correlation is None else entry.correlation.offset_ms,
            cue=None if entry.cue is None else entry.cue.id,
        )
        for entry in entries
    )


def airings(state: TimelineState, now: ProgrammeMs) -> tuple[Airing, ...]:
    """Return what was on air up to ``now``, corrected and without the undone, oldest first."""
    begun = [placed.cue for placed in state.standing if placed.cue.at_ms <= now]
    stretches: list[Airing] = []
    for place, cue in enumerate(begun):
        until = begun[place + 1].at_ms if place + 1 < len(begun) else None
        if cue.look is None or until == cue.at_ms:
            continue
        previous = stretches[-1] if stretches else None
        if previous is not None and previous.look == cue.look and previous.until_ms == cue.at_ms:
            stretches[-1] = msgspec.structs.replace(previous, until_ms=until)
        else:
            stretches.append(Airing(look=cue.look, from_ms=cue.at_ms, until_ms=until))
    return tuple(stretches)


def aired(state: TimelineState, now: ProgrammeMs) -> tuple[LookId, ...]:
    """Return the looks that have been on air up to ``now``, each once, in the order they first were."""
    return tuple(dict.fromkeys(airing.look for airing in airings(state, now)))


def timings(state: TimelineState, rundown: Rundown, starts_at: ProgrammeMs, now: ProgrammeMs) -> tuple[LookTiming, ...]:
    """Hold every look that has been on air against its plan, in the order they first were on air.

    Args:
        state: the show so far.
        rundown: the plan.
        starts_at: the planned start of the show.
        now: where a look still on air is cut off.
    """
    stretches: dict[LookId, list[Airing]] = {}
    for airing in airings(state, now):
        stretches.setdefault(airing.look, []).append(airing)
    return tuple(_timing(look, of_look, rundown, starts_at, now) for look, of_look in stretches.items())


def _timing(
    name: LookId, stretches: list[Airing], rundown: Rundown, starts_at: ProgrammeMs, now: ProgrammeMs
) -> LookTiming:
    look = rundown.look(name)
    planned_start = None if look is None else look.planned_start_ms
    planned_duration = None if look is None else look.planned_duration_ms
    start = stretches[0].from_ms - starts_at
    duration = sum((now if airing.until_ms is None else airing.until_ms) - airing.from_ms for airing in stretches)
    return LookTiming(
        look=name,
        start_ms=start,
        duration_ms=duration,
        planned_start_ms=planned_start,
        planned_duration_ms=planned_duration,
        late_ms=None if planned_start is None else start - planned_start,
        over_ms=None if planned_duration is None else duration - planned_duration,
    )
