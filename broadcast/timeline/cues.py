"""The cue state machine: what a producer's command means, decided in one place and purely.

    decision = decide(command, state, rundown, now, cue_id)
    if decision.entry is not None:
        await store.append(decision.entry)   # stored before announced
    state = decision.state

Rules beyond the one-liners of ``messages.CommandRequest``:

- A take at a future programme time is *armed*. It is on air when programme time reaches it, unless a later command
  ends it: every take or clear ends whatever waits for a later time than its own.
- A take or clear dated earlier than the cue now in force begins with that cue: the past before it is settled.
- Hold also ends what is armed, so that the card stays; the first look it disarmed stands by again.
- A correction leaves what is armed alone. The look after the corrected one stands by, unless the producer had chosen
  another look by hand.
- A trim is about a channel, not about what is on air: undo passes over it, too.
- A command that changes nothing (hold on hold, clear on nothing) is recorded; undo passes over it.
"""

import msgspec

from broadcast.clock import ProgrammeMs, WallMs, captured_at
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import CueId
from broadcast.messages import CommandName
from broadcast.timeline.entries import Command, DecidedCue, Entry, PlacedCue
from broadcast.timeline.rundown import Rundown
from broadcast.timeline.state import (
    TimelineGapError,
    TimelineState,
    apply,
    echoes_from,
    in_force,
    opening,
    rebuild,
    reversal,
)

__all__ = [
    "MAX_AHEAD_MS",
    "MAX_BACKDATE_MS",
    "Command",
    "DecidedCue",
    "Decision",
    "Entry",
    "TimelineGapError",
    "TimelineState",
    "apply",
    "decide",
    "opening",
    "rebuild",
]

MAX_BACKDATE_MS = 60_000
"""How far in the past a take or clear may lie: the longest channel delay, so no viewer's picture is past it."""

MAX_AHEAD_MS = 600_000
"""How far ahead a take or clear may be armed."""

_NEEDS_LOOK: frozenset[CommandName] = frozenset({"jump", "correct"})
_MAY_NAME_LOOK: frozenset[CommandName] = _NEEDS_LOOK | {"take"}
_MAY_NAME_TIME: frozenset[CommandName] = frozenset({"take", "clear"})


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a command comes to.

    Attributes:
        entry: to be stored, then announced; None when the command repeats one that already counts.
        state: after the command.
        answer: the entry that answers the producer; an earlier one for a repeat.
        cue: the cue that answers the producer, or None where none was made.
        repeated: this was a double press.
    """

    entry: Entry | None
    state: TimelineState
    answer: Entry
    cue: DecidedCue | None
    repeated: bool


def decide(
    command: Command,
    state: TimelineState,
    rundown: Rundown,
    now: WallMs,
    cue_id: CueId,
    live: ProgrammeMs | None = None,
) -> Decision:
    """Decide one command.

    Args:
        command: what the producer asked.
        state: everything decided so far; it is not changed.
        rundown: the show's looks.
        now: the wall instant of the decision.
        cue_id: the id of the cue the command makes, should it make one; never used before.
        live: programme time of the frame being captured, as the picture's own clock has it; ``now`` where there is no
            picture to ask.

    Raises:
        Refusal: ``key-reused``, ``invalid`` (``/key``, ``/look``, ``/at_ms``), ``on-hold``, ``nothing-next``,
            ``nothing-on-air`` or ``nothing-to-undo``; nothing has changed.
    """
    known = state.remembered_as(command.key)
    if known is not None:
        asked = (command.name, command.look, command.channel, command.correlation)
        if (known.command, known.look, known.channel, known.correlation) != asked:
            raise Refusal("key-reused", f"the key belongs to entry {known.number}, a {known.command}")
        return _again(state, known.cue, known)
    live = captured_at(now) if live is None else live
    _validate(command, rundown, live)
    if command.name == "undo":
        return _recorded(state, rundown, _undo(command, state, now, cue_id))
    cue = _cue(command, state, live, cue_id)
    if isinstance(cue, PlacedCue):
        return _again(state, cue.cue, cue.entry)
    if command.name in ("next", "back"):
        _refuse_to_leave(command.name, state, rundown)
    return _recorded(state, rundown, _entry(command, state, now, cue))


def _again(state: TimelineState, cue: DecidedCue | None, answer: Entry) -> Decision:
    return Decision(entry=None, state=state, answer=answer, cue=cue, repeated=True)


def _recorded(state: TimelineState, rundown: Rundown, entry: Entry) -> Decision:
    after = apply(state, entry, rundown)
    return Decision(entry=entry, state=after, answer=entry, cue=entry.cue, repeated=False)


def _entry(command: Command, state: TimelineState, now: WallMs, cue: DecidedCue | None) -> Entry:
    return Entry(
        number=state.number + 1,
        command=command.name,
        key=command.key,
        look=command.look,
        at_ms=command.at_ms,
        by=command.by,
        note=command.note,
        decided_at_ms=now,
        cue=cue,
        channel=command.channel,
        correlation=command.correlation,
    )


def _validate(command: Command, rundown: Rundown, live: ProgrammeMs) -> None:
    wrong: list[FieldError] = []
    if not command.key or "\x00" in command.key:
        wrong.append(FieldError("/key", "must be text that is not empty and holds no NUL"))
    if command.look is None and command.name in _NEEDS_LOOK:
        wrong.append(FieldError("/look", f"{command.name} needs a look"))
    elif command.look is not None and command.name not in _MAY_NAME_LOOK:
        wrong.append(FieldError("/look", f"{command.name} takes no look"))
    elif command.look is not None and command.look not in rundown:
        wrong.append(FieldError("/look", f"there is no look {command.look!r} in the rundown"))
    if command.at_ms is not None:
        if command.name not in _MAY_NAME_TIME:
            wrong.append(FieldError("/at_ms", f"{command.name} takes no time"))
        elif command.at_ms < live - MAX_BACKDATE_MS:
            wrong.append(FieldError("/at_ms", f"is more than {MAX_BACKDATE_MS} ms in the past"))
        elif command.at_ms > live + MAX_AHEAD_MS:
            wrong.append(FieldError("/at_ms", f"is more than {MAX_AHEAD_MS} ms ahead"))
    wrong += _trim_errors(command)
    if wrong:
        raise invalid(*wrong)


def _trim_errors(command: Command) -> list[FieldError]:
    given = {"/channel": command.channel, "/offset_ms": command.correlation}
    if command.name == "trim":
        return [FieldError(pointer, "trim needs it") for pointer, value in given.items() if value is None]
    return [FieldError(pointer, f"{command.name} takes none") for pointer, value in given.items() if value is not None]


def _cue(command: Command, state: TimelineState, live: ProgrammeMs, cue_id: CueId) -> DecidedCue | PlacedCue | None:
    """Return the cue to make, the one that already says what the command asks, or None when there is none to make."""
    match command.name:
        case "take":
            return _take(command, state, live, cue_id)
        case "clear":
            return _clear(command, state, live, cue_id)
        case "correct":
            return _correct(command, state, live, cue_id)
        case "hold":
            return _disarm(state, live, cue_id)
        case _:
            return None


def _take(command: Command, state: TimelineState, live: ProgrammeMs, cue_id: CueId) -> DecidedCue | PlacedCue:
    if state.held:
        raise Refusal("on-hold", "takes are refused until the show resumes")
    look = command.look or state.standby
    if look is None:
        raise Refusal("nothing-next", "no look stands by")
    at = _begins(command, state, live)
    newest = state.standing[-1] if state.standing else None
    for placed in (in_force(state.standing, at), newest):
        if placed is not None and placed.cue.look == look:
            return placed
    return DecidedCue(id=cue_id, at_ms=at, action="take", look=look, replaces=_later(state, at))


def _clear(command: Command, state: TimelineState, live: ProgrammeMs, cue_id: CueId) -> DecidedCue | None:
    at = _begins(command, state, live)
    if state.on_air(at) is None and not state.after(at):
        return None
    return DecidedCue(id=cue_id, at_ms=at, action="clear", look=None, replaces=_later(state, at))


def _correct(command: Command, state: TimelineState, live: ProgrammeMs, cue_id: CueId) -> DecidedCue | PlacedCue:
    wrong = in_force(state.standing, live)
    if wrong is None or wrong.cue.look is None:
        raise Refusal("nothing-on-air", "there is no look on air to correct")
    if wrong.cue.look == command.look:
        return wrong
    at = wrong.cue.at_ms
    return DecidedCue(
        id=cue_id, at_ms=at, action="correct", look=command.look, replaces=(wrong.cue.id, *echoes_from(state, at))
    )


def _disarm(state: TimelineState, live: ProgrammeMs, cue_id: CueId) -> DecidedCue | None:
    """End everything armed: the cue repeats, at the first armed instant, what is on air before it."""
    armed = state.after(live)
    if not armed:
        return None
    at = armed[0].at_ms
    stays = state.on_air(live)
    return DecidedCue(
        id=cue_id,
        at_ms=at,
        action="correct",
        look=None if stays is None else stays.look,
        replaces=(*(cue.id for cue in armed), *echoes_from(state, at)),
    )


def _begins(command: Command, state: TimelineState, live: ProgrammeMs) -> ProgrammeMs:
    """Return the instant of a new cue: as asked, but not before the cue now in force."""
    asked = live if command.at_ms is None else command.at_ms
    current = state.in_force(live)
    return asked if current is None else max(asked, current.at_ms)


def _later(state: TimelineState, at: ProgrammeMs) -> tuple[CueId, ...]:
    """Return every cue that a new one at ``at`` ends."""
    return (*(cue.id for cue in state.after(at)), *echoes_from(state, at))


def _refuse_to_leave(name: CommandName, state: TimelineState, rundown: Rundown) -> None:
    """Refuse to move the standby past either end of the rundown."""
    standby = state.standby
    if name == "next" and (standby is None or standby == rundown.last):
        raise Refusal("nothing-next", "no look follows the one standing by")
    if name == "back" and standby == rundown.first:  # in an empty rundown both are None
        raise Refusal("nothing-next", "no look precedes the one standing by")


def _undo(command: Command, state: TimelineState, now: WallMs, cue_id: CueId) -> Entry:
    if not state.history:
        raise Refusal("nothing-to-undo", "no command is left that could be taken back")
    undoable = state.history[-1]
    entry = msgspec.structs.replace(_entry(command, state, now, None), undoes=undoable.entry.number)
    back = reversal(state, undoable)
    if back is None:
        return entry
    return msgspec.structs.replace(
        entry,
        cue=DecidedCue(id=cue_id, at_ms=back.at_ms, action="correct", look=back.look, replaces=back.ends),
        restored=tuple(
            msgspec.structs.replace(placed.cue, id=CueId(f"{cue_id}.{place}"), replaces=())
            for place, placed in enumerate(back.revives, start=1)
        ),
    )
