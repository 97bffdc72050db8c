"""HLS playlists (RFC 8216, and its second edition for SERVER-CONTROL) as text, from an index and the time.

A looped programme is live: what its playlist says is a function of the index, of the origin (the capture instant of
the first frame of the first loop) and of now, and of nothing else. Whoever knows these three continues the same
stream: a restarted process, or a second one beside it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from broadcast.clock import ProgrammeMs, WallMs, captured_at
from broadcast.programme.clock import ticks_to_ms
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.segments import SegmentIndex

DEFAULT_WINDOW = 30
"""Segments a live playlist lists: about a minute to seek back in."""

LEAD_MS = 60_000
"""How much of a programme has been captured when it first goes live: the default window."""

MAX_WINDOW = 5_000
"""Segments a live playlist may list: about three hours."""

HOLD_BACK_TARGETS = 3
"""Distance players keep from the live edge, in target durations: the least the format allows."""

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
"""Media type of a playlist (RFC 8216, 10)."""

_MAP_VERSION = 6  # EXT-X-MAP in a playlist of ordinary segments needs it (RFC 8216, 7)
_TS_VERSION = 3  # decimal EXTINF


class ProgrammePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where a looped programme is at an instant.

    Attributes:
        loop: complete loops before this one.
        ticks: position in the programme.
        segment: which segment of the index holds it.
        frame: which frame, counted from 0, or None where frames differ in length.
    """

    loop: int
    ticks: int
    segment: int
    frame: int | None


def programme_at(index: SegmentIndex, origin: ProgrammeMs, at: ProgrammeMs) -> ProgrammePosition | None:
    """Return what was being captured at a programme time, or None before the origin."""
    elapsed_ms = at - origin
    if elapsed_ms < 0:
        return None
    loop, ticks = divmod(elapsed_ms * index.timescale // 1000, index.total_ticks)
    frame = None if index.frame_ticks is None else ticks // index.frame_ticks
    return ProgrammePosition(loop=loop, ticks=ticks, segment=index.ended_by(ticks), frame=frame)


def first_origin(index: SegmentIndex, now: WallMs) -> ProgrammeMs:
    """Return the origin to give a programme that goes live now for the first time.

    It begins from its first frame, after as many whole loops as fill ``LEAD_MS``: the first player to ask finds a
    full window to start in.
    """
    loop_ms = ticks_to_ms(index.total_ticks, index.timescale)
    return ProgrammeMs(captured_at(now) - -(-LEAD_MS // loop_ms) * loop_ms)


def newest_sequence(index: SegmentIndex, origin: ProgrammeMs, now: WallMs) -> int | None:
    """Return the media sequence number of the newest segment whose capture has ended, or None if none has."""
    elapsed_ms = captured_at(now) - origin
    if elapsed_ms < 0:
        return None
    loop, ticks = divmod(elapsed_ms * index.timescale // 1000, index.total_ticks)
    newest = loop * len(index.segments) + index.ended_by(ticks) - 1
    return newest if newest >= 0 else None


def segment_date(index: SegmentIndex, origin: ProgrammeMs, sequence: int) -> ProgrammeMs:
    """Return the programme time of a segment's first frame, to the nearest millisecond however long it has looped."""
    loop, place = divmod(sequence, len(index.segments))
    ticks = loop * index.total_ticks + index.segments[place].start_ticks
    return ProgrammeMs(origin + ticks_to_ms(ticks, index.timescale))


def target_duration_s(index: SegmentIndex) -> int:
    """Return EXT-X-TARGETDURATION: the longest EXTINF, rounded to a second (RFC 8216, 4.3.3.1), at least 1."""
    return max(1, (_micros(index.longest_ticks, index.timescale) + 500_000) // 1_000_000)


def live_playlist(
    index: SegmentIndex,
    origin: ProgrammeMs,
    now: WallMs,
    window: int = DEFAULT_WINDOW,
    prefix: str = "",
    tags: Iterable[str] = (),
) -> str:
    """Return the media playlist of a looped programme as it stands now.

    A segment is listed once its capture has ended, never before. Sequence numbers count from the origin, so a
    segment keeps its number, date and discontinuity sequence for as long as it is listed. Before the first segment
    has ended the playlist is empty: ``newest_sequence`` tells.

    Args:
        index: the programme.
        origin: capture instant of the first frame of the first loop; keep it to continue after a restart.
        now: wall time.
        window: segments to list.
        prefix: put before every address, e.g. ``media/``.
        tags: lines that are about the playlist as a whole, e.g. EXT-X-DATERANGE.

    Raises:
        ProgrammeError: ``bad-index``, when the window is not from 1 to ``MAX_WINDOW``.
    """
    if not 1 <= window <= MAX_WINDOW:
        raise ProgrammeError("bad-index", f"a window holds 1 to {MAX_WINDOW} segments, not {window}")
    newest = newest_sequence(index, origin, now)
    count = len(index.segments)
    last = -1 if newest is None else newest
    first = max(0, last - window + 1)
    target = target_duration_s(index)
    # the tag belongs to the segment it precedes: a window that starts with a loop's first segment still carries it,
    # and the header then counts only the joins before it (RFC 8216, 6.2.2)
    loop, place = divmod(first, count)
    joins_before = loop - 1 if place == 0 and loop > 0 else loop
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_TS_VERSION if index.init_uri is None else _MAP_VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        f"#EXT-X-SERVER-CONTROL:HOLD-BACK={HOLD_BACK_TARGETS * target}.0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{joins_before}",
    ]
    if index.init_uri is not None:
        lines.append(f'#EXT-X-MAP:URI="{prefix}{index.init_uri}"')
    lines += tags
    for sequence in range(first, last + 1):
        segment = index.segments[sequence % count]
        if sequence % count == 0 and sequence > 0:
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(segment_date(index, origin, sequence))}")
        lines.append(f"#EXTINF:{seconds(segment.duration_ticks, index.timescale)},")
        lines.append(prefix + segment.uri)
    return "\n".join(lines) + "\n"


def master_playlist(index: SegmentIndex, media_uri: str) -> str:
    """Return the master playlist with the programme's one variant at ``media_uri``."""
    parts = [
        f"BANDWIDTH={index.peak_bits_per_second}",
        f"AVERAGE-BANDWIDTH={index.average_bits_per_second}",
        f'CODECS="{index.codecs}"',
        f"RESOLUTION={index.width}x{index.height}",
    ]
    if index.frame_ticks is not None:
        parts.append(f"FRAME-RATE={index.timescale / index.frame_ticks:.3f}")
    version = _TS_VERSION if index.init_uri is None else _MAP_VERSION
    return "\n".join(
        (
            "#EXTM3U",
            f"#EXT-X-VERSION:{version}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            "#EXT-X-STREAM-INF:" + ",".join(parts),
            media_uri,
            "",
        )
    )


def seconds(ticks: int, timescale: int) -> str:
    """Return a duration in decimal seconds: exact to the microsecond, and exactly where six decimals suffice."""
    micros = _micros(ticks, timescale)
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def date_time(instant: ProgrammeMs) -> str:
    """Return an instant as EXT-X-PROGRAM-DATE-TIME wants it (ISO 8601 with milliseconds, UTC)."""
    whole, ms = divmod(instant, 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def _micros(ticks: int, timescale: int) -> int:
    return (2 * ticks * 1_000_000 + timescale) // (2 * timescale)
