"""HLS playlists (RFC 8216) of a live programme: rolling window, and everything recorded for replay."""

from collections.abc import Iterable, Sequence
from typing import Literal

from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark, date_range
from broadcast.programme.playlist import HOLD_BACK_TARGETS, date_time, seconds

LIVE_TARGET_S = 2
"""EXT-X-TARGETDURATION: no segment is cut longer, and the tag may never change (RFC 8216, 6.2.1)."""

Flavour = Literal["fmp4", "ts"]
"""How segments are wrapped."""

Ending = Literal["rolling", "growing", "over"]
"""A window of the newest segments, everything so far with more to come, or everything there will be."""

_VERSIONS: dict[Flavour, int] = {"fmp4": 6, "ts": 3}
_TYPE_OF: dict[Ending, tuple[str, ...]] = {
    "rolling": (),
    "growing": ("#EXT-X-PLAYLIST-TYPE:EVENT",),
    "over": ("#EXT-X-PLAYLIST-TYPE:VOD",),
}


def media_playlist(
    segments: Sequence[LiveSegment],
    discontinuities_before: int,
    marks: Iterable[Mark] = (),
    *,
    flavour: Flavour = "fmp4",
    ending: Ending = "rolling",
    sequence: int = 0,
) -> str:
    """Return a media playlist.

    Args:
        segments: what to list, in order.
        discontinuities_before: EXT-X-DISCONTINUITY-SEQUENCE: the tags gone before the first listed segment.
        marks: cues to announce as EXT-X-DATERANGE.
        flavour: which of each segment's files.
        ending: what is to be expected after the last.
        sequence: number of the first segment to come, where none is listed.
    """
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSIONS[flavour]}",
        f"#EXT-X-TARGETDURATION:{LIVE_TARGET_S}",
        *_TYPE_OF[ending],
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{segments[0].sequence if segments else sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities_before}",
    ]
    if ending == "rolling":
        lines.insert(3, f"#EXT-X-SERVER-CONTROL:HOLD-BACK={HOLD_BACK_TARGETS * LIVE_TARGET_S}.0")
    if segments:  # a date range is placed by the programme date of some segment (RFC 8216, 4.3.2.7)
        lines += [date_range(mark) for mark in marks]
    init: str | None = None
    for segment in segments:
        if segment.discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        if flavour == "fmp4" and segment.init_uri != init:
            init = segment.init_uri
            lines.append(f'#EXT-X-MAP:URI="{init}"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(segment.capture_ms)}")
        lines.append(f"#EXTINF:{seconds(segment.duration_ticks, segment.timescale)},")
        lines.append(segment.uri if flavour == "fmp4" else segment.ts_uri or "")
    if ending == "over":
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def live_master(newest: LiveSegment, peak_bits_per_second: int, media_uri: str, flavour: Flavour = "fmp4") -> str:
    """Return the master playlist with the programme's one variant at ``media_uri``."""
    parts = [
        f"BANDWIDTH={peak_bits_per_second}",
        f'CODECS="{newest.codecs}"',
        f"RESOLUTION={newest.width}x{newest.height}",
    ]
    if newest.frame_ticks is not None:
        parts.append(f"FRAME-RATE={newest.timescale / newest.frame_ticks:.3f}")
    head = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSIONS[flavour]}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    return "\n".join([*head, "#EXT-X-STREAM-INF:" + ",".join(parts), media_uri, ""])
