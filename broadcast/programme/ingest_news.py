"""What the process that reads a source and the one that serves it tell each other."""

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.programme.addresses import SourceAddress
from broadcast.programme.events import ProgrammeEvent
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark


class IngestOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to ingest.

    Attributes:
        address: the source.
        folder: where segments are written; it exists.
        next_sequence: number of the first segment.
        not_before_ms: where what was recorded before ends; nothing is dated earlier. None for an empty recording.
        with_ts: write MPEG-TS segments too.
    """

    address: SourceAddress
    folder: str
    next_sequence: int
    not_before_ms: ProgrammeMs | None
    with_ts: bool


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life.

    Attributes:
        turns: times the reading loop came round; while reading it goes up, or the loop hangs.
        waiting: the loop waits for the source, as it may for long.
        packets: read so far.
        bytes_read: of them.
        offset_us: the clock that dates frames, less the machine's monotonic clock, which all its processes share; None
            before the first sign.
    """

    turns: int
    waiting: bool
    packets: int
    bytes_read: int
    offset_us: int | None


class PictureSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a key frame, and a listen to the sound beside it, found.

    Attributes:
        at_ms: when the frame was captured.
        luma: mean brightness, 0 to 255.
        contrast: its standard deviation.
        change: mean difference from the sample before, 0 to 255; None for the first.
        loudness_db: root mean square of the sound against full scale; None without sound.
        bits_per_second: of the segment.
    """

    at_ms: ProgrammeMs
    luma: float
    contrast: float
    change: float | None
    loudness_db: float | None
    bits_per_second: int


class Splice(msgspec.Struct, frozen=True, kw_only=True):
    """A splice message of the source (SCTE 35), understood and dated.

    Attributes:
        at_ms: programme time it is about; a few milliseconds before the frame it names, see ``splice_lead_us``.
        command: ``splice_insert`` or ``time_signal``.
        pts_ticks: the time the message itself names, the same each time it is repeated; None for "at once".
        event_id: splice event or segmentation event id; None where it has none.
        segmentation_type: ``segmentation_type_id``; None without a segmentation descriptor.
        out: a splice_insert that leaves the programme, or comes back; None for a time_signal.
        upid: the segmentation's UPID as text where it is text, else in hexadecimal; empty without.
    """

    at_ms: ProgrammeMs
    command: str
    pts_ticks: int | None
    event_id: int | None
    segmentation_type: int | None
    out: bool | None
    upid: str


News = ProgrammeEvent | LiveSegment | Beat | PictureSample | Splice
"""From the reading process."""

Word = Mark | None
"""To the reading process: a cue, or None: end."""
