"""What a splice message of the source means to this show."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from broadcast.programme.ingest_news import Splice

MAX_RULES = 64

SpliceCommand = Literal["take", "clear", "jump"]


class SpliceRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: a message that has everything the rule names gives its command.

    Attributes:
        command: what to do. ``take`` puts a look on air at the message's own time, ``jump`` has it stand by.
        look: which; None for the one standing by, or, where ``look_from_upid``, the one the message names.
        look_from_upid: the segmentation's UPID is the look's id.
        on: ``splice_insert`` or ``time_signal``; None for both.
        out: for a splice_insert: leaving the programme (true) or coming back; None for both.
        segmentation_type: ``segmentation_type_id``; None for any.
        event_id: None for any.
    """

    command: SpliceCommand
    look: str | None = None
    look_from_upid: bool = False
    on: Literal["splice_insert", "time_signal"] | None = None
    out: bool | None = None
    segmentation_type: int | None = None
    event_id: int | None = None

    def fits(self, splice: Splice) -> bool:
        """Tell whether a message has everything the rule names."""
        return (
            (self.on is None or self.on == splice.command)
            and (self.out is None or self.out == splice.out)
            and (self.segmentation_type is None or self.segmentation_type == splice.segmentation_type)
            and (self.event_id is None or self.event_id == splice.event_id)
        )


def command_for(splice: Splice, rules: Iterable[SpliceRule]) -> dict[str, object] | None:
    """Return the command of the first rule that fits, as the body of a command request; None if none does.

    The key is made of the message: sources repeat a message several times, and it is one command.
    """
    rule = next((rule for rule in rules if rule.fits(splice)), None)
    if rule is None:
        return None
    look = splice.upid if rule.look_from_upid else rule.look
    event = "none" if splice.event_id is None else str(splice.event_id)
    moment = f"at-{splice.at_ms}" if splice.pts_ticks is None else f"pts-{splice.pts_ticks}"
    command: dict[str, object] = {
        "command": rule.command,
        "key": f"scte35:{splice.command}:{event}:{splice.segmentation_type}:{splice.out}:{moment}",
        "note": f"SCTE 35 {splice.command} {event}",
    }
    if look:
        command["look"] = look[:64]
    if rule.command != "jump":
        command["at_ms"] = splice.at_ms
    return command
