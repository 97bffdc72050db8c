"""The timeline's values: what a producer asked, the cue it made, and the entry that records both."""

import msgspec

from broadcast.channel_messages import Correlation
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import ChannelId, CueId, LookId
from broadcast.messages import CommandName, CueAction


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A producer's command, as ``messages.CommandRequest`` describes it.

    Attributes:
        key: names this press of the button; a repeated key is the same command.
        look: what the producer named, or None.
        at_ms: programme time the producer named, or None for now. Only ``take`` and ``clear`` have one.
        by: who gave it, for the as-run record.
        channel, correlation: which channel is how far behind; of ``trim`` only.
    """

    name: CommandName
    key: str
    look: LookId | None = None
    at_ms: ProgrammeMs | None = None
    by: str = ""
    note: str = ""
    channel: ChannelId | None = None
    correlation: Correlation | None = None


class DecidedCue(msgspec.Struct, frozen=True, kw_only=True):
    """A cue before it has a place in the feed: what is on air from ``at_ms`` on.

    Attributes:
        look: None when nothing is on air.
        replaces: cues that no longer count at all.
    """

    id: CueId
    at_ms: ProgrammeMs
    action: CueAction
    look: LookId | None
    replaces: tuple[CueId, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One decided command, as it is stored. The entries of a show, in order, are the show.

    Attributes:
        number: 1, 2, 3 … without gaps within a show.
        command, key, look, at_ms, by, note, channel, correlation: the command as it was given.
        decided_at_ms: wall time of the decision.
        cue: the cue it made, or None.
        restored: cues to announce after ``cue``: an undo arms again, under new ids, what the undone command ended.
        undoes: the number of the entry this undo took back; None for every other command.
    """

    number: int
    command: CommandName
    key: str
    look: LookId | None
    at_ms: ProgrammeMs | None
    by: str
    note: str
    decided_at_ms: WallMs
    cue: DecidedCue | None
    restored: tuple[DecidedCue, ...] = ()
    undoes: int | None = None
    channel: ChannelId | None = None
    correlation: Correlation | None = None

    @property
    def cues(self) -> tuple[DecidedCue, ...]:
        """Every cue to announce for this entry, in this order."""
        return () if self.cue is None else (self.cue, *self.restored)


class PlacedCue(msgspec.Struct, frozen=True):
    """A cue that counts, with the entry that made it."""

    cue: DecidedCue
    entry: Entry
