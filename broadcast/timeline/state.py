"""What the timeline knows after some entries, and how one more entry changes it.

Two kinds of cue count. *Standing* cues say what is on air; they are kept in the order of their ``at_ms``, the later
decided last among equals, and the one in force at an instant is the last that is not after it. *Echoes* were sent
only so that viewers drop a cue that no longer counts (an undone take, one disarmed by a hold): an echo shows what
the standing cues show at its instant anyway. They are remembered because whoever changes the standing cues at or
before an echo must name it in ``replaces``.

Entries are facts: folding them never decides again. Only the look standing by is worked out anew, against the
rundown of the day, so entries survive a rundown that was edited between two runs: a look that is gone stays on air
where it was put on air, is never standing by, and a command that moved to or from it leaves the standby where it was.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

from broadcast.channel_messages import Correlation
from broadcast.clock import ProgrammeMs
from broadcast.ids import ChannelId, CueId, LookId
from broadcast.timeline.entries import DecidedCue, Entry, PlacedCue
from broadcast.timeline.rundown import Rundown

MAX_REMEMBERED_KEYS = 10_000
"""Commands whose keys are remembered: more than any show has; beyond it the oldest are forgotten."""

MAX_COUNTING_CUES = 10_000
"""Standing cues kept, and echoes kept; beyond it the oldest are forgotten."""

MAX_UNDO = 100
"""How many commands back undo reaches."""


class TimelineGapError(Exception):
    """An entry does not follow the one before it: some are missing, doubled or out of order."""


class Undoable(msgspec.Struct, frozen=True):
    """A command that still counts, with what held before it."""

    entry: Entry
    standby: LookId | None
    held: bool
    standing: tuple[PlacedCue, ...]


class TimelineState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything decided so far. Start with ``opening``; change with ``apply``.

    Attributes:
        number: of the newest entry; 0 before the first.
        standby: the look a plain take puts on air; None when there is none.
        held: takes are refused.
        standing: the cues that say what is on air, in order of ``at_ms``.
        echoes: cues that count with viewers and add nothing to ``standing``, in order of ``at_ms``.
        history: what undo can take back, oldest first, at most ``MAX_UNDO``.
        remembered: the entries whose keys are known, oldest first, at most ``MAX_REMEMBERED_KEYS``.
    """

    number: int = 0
    standby: LookId | None = None
    held: bool = False
    standing: tuple[PlacedCue, ...] = ()
    echoes: tuple[PlacedCue, ...] = ()
    history: tuple[Undoable, ...] = ()
    remembered: tuple[Entry, ...] = ()
    correlations: Mapping[ChannelId, Correlation] = {}

    @property
    def can_undo(self) -> bool:
        """Whether a command still counts that undo can take back."""
        return bool(self.history)

    def in_force(self, at: ProgrammeMs) -> DecidedCue | None:
        """Return the standing cue in force at a programme instant, a clear included; None before the first."""
        placed = in_force(self.standing, at)
        return None if placed is None else placed.cue

    def on_air(self, at: ProgrammeMs) -> DecidedCue | None:
        """Return the cue whose look is on air at a programme instant, or None when nothing is."""
        cue = self.in_force(at)
        return None if cue is None or cue.look is None else cue

    def armed(self, at: ProgrammeMs) -> tuple[DecidedCue, ...]:
        """Return the takes and clears that will come into force after ``at``, soonest first.

        One that a later decided cue overtakes at its own frame never does, and is left out.
        """
        later = self.after(at)
        return tuple(
            cue for place, cue in enumerate(later) if place + 1 == len(later) or later[place + 1].at_ms > cue.at_ms
        )

    def after(self, at: ProgrammeMs) -> tuple[DecidedCue, ...]:
        """Return every standing cue with a programme time after ``at``, soonest first."""
        return tuple(placed.cue for placed in self.standing[_until(self.standing, at) :])

    def counting(self) -> tuple[DecidedCue, ...]:
        """Return every cue that no later one has replaced, as a viewer orders them: by ``at_ms``, then by decision."""
        everything = sorted((*self.standing, *self.echoes), key=lambda placed: placed.entry.number)
        return tuple(placed.cue for placed in sorted(everything, key=_at_ms))

    def remembered_as(self, key: str) -> Entry | None:
        """Return the entry a key stands for, or None."""
        return next((entry for entry in reversed(self.remembered) if entry.key == key), None)


class Reversal(msgspec.Struct, frozen=True):
    """How the cues go back to what they were before an undone command.

    Attributes:
        at_ms, look: of the correction to announce.
        ends: the cues the correction replaces.
        becomes: the ended cue the correction itself stands for, when it starts at the same frame; else None.
        revives: ended cues to announce again after the correction.
    """

    at_ms: ProgrammeMs
    look: LookId | None
    ends: tuple[CueId, ...]
    becomes: PlacedCue | None
    revives: tuple[PlacedCue, ...]


def opening(rundown: Rundown) -> TimelineState:
    """Return the state before the first command: nothing on air, the first look stands by."""
    return TimelineState(standby=rundown.first)


def in_force(standing: tuple[PlacedCue, ...], at: ProgrammeMs) -> PlacedCue | None:
    """Return the last of the cues, ordered by ``at_ms``, that is not after ``at``."""
    place = _until(standing, at)
    return standing[place - 1] if place else None


def rebuild(entries: Iterable[Entry], rundown: Rundown) -> TimelineState:
    """Fold stored entries, in order, into exactly the state they were decided in.

    Raises:
        TimelineGapError: the numbers do not run 1, 2, 3 …
    """
    state = opening(rundown)
    for entry in entries:
        state = apply(state, entry, rundown)
    return state


def apply(state: TimelineState, entry: Entry, rundown: Rundown) -> TimelineState:
    """Return the state after one more entry.

    Raises:
        TimelineGapError: the entry is not the next one.
    """
    if entry.number != state.number + 1:
        raise TimelineGapError(f"entry {entry.number} does not follow entry {state.number}")
    after = _done(state, entry, rundown) if entry.undoes is None else _undone(state, entry, entry.undoes)
    remembered = (*state.remembered, entry)[-MAX_REMEMBERED_KEYS:]
    correlations = state.correlations
    if entry.channel is not None and entry.correlation is not None:
        correlations = {**correlations, entry.channel: entry.correlation}
    return _bounded(
        msgspec.structs.replace(after, number=entry.number, remembered=remembered, correlations=correlations)
    )


def reversal(state: TimelineState, undoable: Undoable) -> Reversal | None:
    """Work out how to take back the newest undoable command; None when it made no cue.

    Cues ended by the undone command come back, but not one that shares its frame with a later decided cue: it was
    never to be seen.
    """
    undone = undoable.entry.cue
    if undone is None:
        return None
    counting = {placed.cue.id for placed in state.standing}
    wanted = {placed.cue.id for placed in undoable.standing}
    ended = [
        placed
        for placed in undoable.standing
        if placed.cue.id not in counting and in_force(undoable.standing, placed.cue.at_ms) is placed
    ]
    before = in_force(undoable.standing, undone.at_ms)
    becomes = next((placed for placed in ended if placed.cue.at_ms == undone.at_ms), None)
    return Reversal(
        at_ms=undone.at_ms,
        look=None if before is None else before.cue.look,
        ends=(
            *(placed.cue.id for placed in state.standing if placed.cue.id not in wanted),
            *echoes_from(state, undone.at_ms),
        ),
        becomes=becomes,
        revives=tuple(placed for placed in ended if placed is not becomes),
    )


def echoes_from(state: TimelineState, at: ProgrammeMs) -> tuple[CueId, ...]:
    """Return the echoes a new cue at ``at`` must end: those that start with it or later."""
    return tuple(placed.cue.id for placed in state.echoes if placed.cue.at_ms >= at)


def _done(state: TimelineState, entry: Entry, rundown: Rundown) -> TimelineState:
    ended: tuple[PlacedCue, ...] = ()
    standing, echoes = state.standing, state.echoes
    if entry.cue is not None:
        ids = frozenset(entry.cue.replaces)
        ended = tuple(placed for placed in standing if placed.cue.id in ids) if ids else ()
        standing, echoes = _without(standing, ids), _without(echoes, ids)
        if entry.command == "hold":
            echoes = _with(echoes, PlacedCue(entry.cue, entry))
        else:
            standing = _with(standing, PlacedCue(entry.cue, entry))
    standby = _standby(state, entry, rundown, ended)
    held = {"hold": True, "resume": False}.get(entry.command, state.held)
    history = state.history
    if entry.cue is not None or (standby, held) != (state.standby, state.held):
        history = (*history, Undoable(entry, state.standby, state.held, state.standing))[-MAX_UNDO:]
    return msgspec.structs.replace(state, standby=standby, held=held, standing=standing, echoes=echoes, history=history)


def _standby(state: TimelineState, entry: Entry, rundown: Rundown, ended: tuple[PlacedCue, ...]) -> LookId | None:
    """Return the look that stands by after a command other than undo."""
    standby = state.standby
    named = entry.look if entry.cue is None else entry.cue.look
    match entry.command:
        case "take" if named is not None and named in rundown:
            standby = rundown.after(named)
        case "correct" if named is not None and named in rundown:
            wrong = ended[0].cue.look if ended else None
            followed_on = wrong is not None and standby == rundown.after(wrong)
            standby = rundown.after(named) if followed_on or standby == named else standby
        case "next" if standby is not None:
            standby = rundown.after(standby) or standby
        case "back":
            standby = rundown.last if standby is None else rundown.before(standby) or standby
        case "jump" if named in rundown:
            standby = named
        case "hold":
            standby = next((placed.cue.look for placed in ended if placed.cue.look in rundown), standby)
        case _:
            pass
    return standby


def _undone(state: TimelineState, entry: Entry, undoes: int) -> TimelineState:
    history = tuple(undoable for undoable in state.history if undoable.entry.number < undoes)
    undoable = next((undoable for undoable in state.history if undoable.entry.number == undoes), None)
    if undoable is None:  # the command moved nothing in the rundown of today
        return msgspec.structs.replace(state, history=history)
    after = msgspec.structs.replace(state, standby=undoable.standby, held=undoable.held, history=history)
    back = reversal(state, undoable)
    if back is None or entry.cue is None:
        return after
    correction = PlacedCue(entry.cue, entry)
    reborn = {old.cue.id: PlacedCue(new, entry) for old, new in zip(back.revives, entry.restored, strict=True)}
    echoes = _without(state.echoes, frozenset(entry.cue.replaces))
    if back.becomes is None:
        echoes = _with(echoes, correction)
    else:
        reborn[back.becomes.cue.id] = correction
    counting = {placed.cue.id for placed in state.standing}
    return msgspec.structs.replace(
        after,
        standing=tuple(
            reborn.get(placed.cue.id, placed)
            for placed in undoable.standing
            if placed.cue.id in counting or placed.cue.id in reborn
        ),
        echoes=echoes,
        history=_renamed(history, reborn),
    )


def _renamed(history: tuple[Undoable, ...], reborn: Mapping[CueId, PlacedCue]) -> tuple[Undoable, ...]:
    """Let older commands know the cues that came back by their new ids, so that undoing them leaves those alone."""
    if not reborn:
        return history
    return tuple(
        msgspec.structs.replace(
            undoable, standing=tuple(reborn.get(placed.cue.id, placed) for placed in undoable.standing)
        )
        for undoable in history
    )


def _bounded(state: TimelineState) -> TimelineState:
    """Forget the oldest cues beyond the bound, in the history too, so that no undo brings them back."""
    echoes = state.echoes[-MAX_COUNTING_CUES:]
    forgotten = frozenset(placed.cue.id for placed in state.standing[:-MAX_COUNTING_CUES])
    if not forgotten:
        return state if echoes is state.echoes else msgspec.structs.replace(state, echoes=echoes)
    history = tuple(
        msgspec.structs.replace(undoable, standing=_without(undoable.standing, forgotten)) for undoable in state.history
    )
    return msgspec.structs.replace(state, standing=_without(state.standing, forgotten), echoes=echoes, history=history)


def _at_ms(placed: PlacedCue) -> ProgrammeMs:
    return placed.cue.at_ms


def _until(cues: tuple[PlacedCue, ...], at: ProgrammeMs) -> int:
    return bisect_right(cues, at, key=_at_ms)


def _with(cues: tuple[PlacedCue, ...], placed: PlacedCue) -> tuple[PlacedCue, ...]:
    place = _until(cues, placed.cue.at_ms)
    return (*cues[:place], placed, *cues[place:])


def _without(cues: tuple[PlacedCue, ...], ids: frozenset[CueId]) -> tuple[PlacedCue, ...]:
    return tuple(placed for placed in cues if placed.cue.id not in ids) if ids else cues
