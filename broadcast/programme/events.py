"""What happens to a live picture, as events with stable names: for the console, the log and the metrics."""

from typing import Literal

import msgspec

from broadcast.clock import WallMs

EventName = Literal[
    "connecting",  # the source is being asked for, or waited for
    "connected",  # the source is there, and what it holds is known
    "source-lost",  # the source ended, was cut off or failed; it is asked again
    "no-input",  # nothing came for a while
    "input-back",
    "unreadable",  # what comes is no picture anything can read
    "no-picture",  # it holds sound only; nothing is packaged
    "no-sound",  # it holds picture only; packaged without sound
    "corrupt",  # damaged packets were left out
    "discontinuity",  # the source's time jumped: a new stretch begins
    "late",  # the clock fell behind or ran ahead of the source further than it may be bent: a new stretch begins
    "encoding",  # the source cannot be cut as it is, and is encoded
    "copying",  # the source is cut as it is
    "parameters-changed",  # size, rate or codec changed on the way: a new stretch begins
    "frozen",
    "moving",
    "black",
    "bright",
    "silent",
    "audible",
    "low-bitrate",
    "bitrate-back",
    "no-srt",  # this build has no SRT
    "bad-address",
    "disk-full",  # segments cannot be written
    "ingest-died",  # the process that reads the source ended or hangs; another is started
    "process-lost",  # the process that has the picture cannot be reached, or says nothing
    "process-back",
    "clock-apart",  # that process's clock and ours are further apart than cues may be
    "clock-together",
    "strangers",  # datagrams of others than the named sender were left out
    "scte35-refused",  # a splice message that cannot be read, or fails its checksum
]

Severity = Literal["info", "warning", "error"]

SEVERITIES: dict[EventName, Severity] = {
    "connecting": "info",
    "connected": "info",
    "input-back": "info",
    "no-sound": "info",
    "encoding": "info",
    "copying": "info",
    "moving": "info",
    "bright": "info",
    "audible": "info",
    "bitrate-back": "info",
    "unreadable": "error",
    "no-picture": "error",
    "no-srt": "error",
    "bad-address": "error",
    "disk-full": "error",
    "no-input": "error",
    "ingest-died": "error",
    "process-lost": "error",
    "process-back": "info",
    "clock-together": "info",
}
"""Names that are not warnings."""


class ProgrammeEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened.

    Attributes:
        name: stable.
        at_ms: wall time.
        detail: for a person; never an address with its secrets.
    """

    name: EventName
    at_ms: WallMs
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITIES.get(self.name, "warning")
