"""What can be wrong with a programme source, as one exception with a stable reason."""

from typing import Literal

Reason = Literal[
    "not-found",  # there is no such file
    "unreadable",  # no demuxer makes sense of it, or it is damaged beyond use
    "no-picture",  # it opens, but holds no video a frame can be decoded from
    "broken-timestamps",  # its time jumps in a way no playlist could describe honestly
    "too-long",  # longer than MAX_PROGRAMME_S
    "no-space",  # the cache could not be written
    "bad-index",  # an index that contradicts itself
    "bad-storyboard",  # a film without looks, or with looks of no length
    "bad-address",  # a source's address that cannot be used
    "no-srt",  # an SRT address, in a build that has no SRT
    "lost",  # the source ended or failed; asking again may help
    "parameters-changed",  # the source goes on as something else; asking again begins afresh
]


class ProgrammeError(Exception):
    """The programme can't be made from what was given.

    Attributes:
        reason: stable, for code.
        detail: what to do about it, for a person.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["ProgrammeError"], tuple[Reason, str]]:
        """Let the error cross from the process that prepares a programme to the one that asked."""
        return type(self), (self.reason, self.detail)
