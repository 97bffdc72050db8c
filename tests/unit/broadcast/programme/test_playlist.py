from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.clock import ProgrammeMs, WallMs
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.playlist import (
    LEAD_MS,
    MAX_WINDOW,
    first_origin,
    live_playlist,
    master_playlist,
    newest_sequence,
    programme_at,
    segment_date,
)
from broadcast.programme.segments import Segment, SegmentIndex

ORIGIN = ProgrammeMs(1_510_000_000_123)
HOUR_MS = 3_600_000


def an_index(durations: list[int], timescale: int, frame_ticks: int | None = None, init: str | None = "init.mp4"):
    segments, start = [], 0
    for place, duration in enumerate(durations):
        segments.append(Segment(uri=f"{place:06d}.m4s", start_ticks=start, duration_ticks=duration, size_bytes=9))
        start += duration
    return SegmentIndex(
        timescale=timescale,
        segments=tuple(segments),
        init_uri=init,
        init_size_bytes=0 if init is None else 7,
        codecs="avc1.42c01e,mp4a.40.2",
        width=640,
        height=360,
        frame_ticks=frame_ticks,
        has_audio=True,
    )


FILM = an_index([24_576] * 106 + [18_944], 12_800, 512)  # 205 seconds, as the bundled film
NTSC = an_index([58 * 1001] * 7 + [31 * 1001], 30_000, 1001)

INDEXES = st.one_of(
    st.sampled_from([FILM, NTSC]),
    st.builds(
        an_index,
        st.lists(st.integers(1_000, 200_000), min_size=1, max_size=9),
        st.sampled_from([1_000, 12_800, 30_000, 90_000]),
    ),
)
ELAPSED = st.one_of(st.integers(-5_000, 500_000), st.integers(0, 400 * 24 * HOUR_MS))
WINDOWS = st.integers(1, 40)


def wall(elapsed_ms: int) -> WallMs:
    return WallMs(ORIGIN + elapsed_ms)


def listed(index: SegmentIndex, elapsed_ms: int, window: int = 30) -> list[dict[str, Any]]:
    """Read a playlist as a player does: each segment with its sequence numbers and its date."""
    text = live_playlist(index, ORIGIN, wall(elapsed_ms), window)
    playlist = m3u8.loads(text)
    discontinuities = playlist.discontinuity_sequence or 0
    segments = []
    for place, segment in enumerate(playlist.segments):
        discontinuities += bool(segment.discontinuity)
        assert segment.program_date_time is not None
        since = segment.program_date_time.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        segments.append(
            {
                "sequence": (playlist.media_sequence or 0) + place,
                "discontinuity": discontinuities,
                "date_ms": round(since.total_seconds() * 1000),
                "duration": Fraction(str(segment.duration)),
                "uri": segment.uri,
            }
        )
    return segments


def ends_at(index: SegmentIndex, sequence: int) -> Fraction:
    """Return when a segment's capture ends, in exact milliseconds since the origin."""
    loop, place = divmod(sequence, len(index.segments))
    return Fraction((loop * index.total_ticks + index.segments[place].end_ticks) * 1000, index.timescale)


@given(INDEXES, ELAPSED, WINDOWS)
def test_a_segment_is_listed_once_its_capture_has_ended_and_never_before(
    index: SegmentIndex, elapsed: int, window: int
):
    segments = listed(index, elapsed, window)
    newest = segments[-1]["sequence"] if segments else -1
    assert all(ends_at(index, segment["sequence"]) <= elapsed for segment in segments)
    assert ends_at(index, newest + 1) > elapsed
    assert len(segments) == min(window, newest + 1)


@given(INDEXES, ELAPSED, st.integers(0, 100_000), WINDOWS, WINDOWS)
def test_a_segment_keeps_its_numbers_date_and_file_however_the_window_moves(
    index: SegmentIndex, elapsed: int, later: int, window: int, other_window: int
):
    before = {segment["sequence"]: segment for segment in listed(index, elapsed, window)}
    after = {segment["sequence"]: segment for segment in listed(index, elapsed + later, other_window)}
    assert all(before[sequence] == after[sequence] for sequence in before.keys() & after.keys())


@given(INDEXES, ELAPSED, st.integers(0, 10_000_000))
def test_sequence_numbers_only_grow(index: SegmentIndex, elapsed: int, later: int):
    before = m3u8.loads(live_playlist(index, ORIGIN, wall(elapsed)))
    after = m3u8.loads(live_playlist(index, ORIGIN, wall(elapsed + later)))
    assert (after.media_sequence or 0) >= (before.media_sequence or 0)
    assert (after.discontinuity_sequence or 0) >= (before.discontinuity_sequence or 0)


@given(INDEXES, ELAPSED, WINDOWS)
def test_dates_never_drift_from_the_sum_of_durations(index: SegmentIndex, elapsed: int, window: int):
    for segment in listed(index, elapsed, window):
        loop, place = divmod(segment["sequence"], len(index.segments))
        exact = Fraction((loop * index.total_ticks + index.segments[place].start_ticks) * 1000, index.timescale)
        assert abs(segment["date_ms"] - ORIGIN - exact) <= Fraction(1, 2)
        exact_s = Fraction(index.segments[place].duration_ticks, index.timescale)
        assert abs(segment["duration"] - exact_s) <= Fraction(1, 2_000_000)


@given(INDEXES, ELAPSED, WINDOWS)
def test_every_loop_join_is_a_discontinuity_and_nothing_else_is(index: SegmentIndex, elapsed: int, window: int):
    for segment in listed(index, elapsed, window):
        assert segment["discontinuity"] == segment["sequence"] // len(index.segments)


@given(INDEXES, ELAPSED)
def test_no_segment_is_longer_than_the_target_duration(index: SegmentIndex, elapsed: int):
    playlist = m3u8.loads(live_playlist(index, ORIGIN, wall(elapsed)))
    assert playlist.target_duration >= 1
    # rounded to the nearest whole second (RFC 8216, 4.3.3.1)
    assert all(int(segment.duration + 0.5) <= playlist.target_duration for segment in playlist.segments)


@given(INDEXES, ELAPSED)
def test_what_is_captured_lies_in_the_segment_after_the_newest_listed_one(index: SegmentIndex, elapsed: int):
    position = programme_at(index, ORIGIN, ProgrammeMs(ORIGIN + elapsed))
    newest = newest_sequence(index, ORIGIN, wall(elapsed))
    if position is None:
        assert elapsed < 0
        assert newest is None
        return
    assert position.loop * len(index.segments) + position.segment == (-1 if newest is None else newest) + 1
    inside = index.segments[position.segment]
    assert inside.start_ticks <= position.ticks < inside.end_ticks


def test_a_restarted_server_with_the_same_origin_continues_the_same_stream():
    first = live_playlist(FILM, ORIGIN, wall(7 * HOUR_MS))
    restored = SegmentIndex(**{field: getattr(FILM, field) for field in FILM.__struct_fields__})
    assert live_playlist(restored, ProgrammeMs(int(ORIGIN)), wall(7 * HOUR_MS)) == first


def test_the_film_at_an_hour_and_a_half_reads_as_expected():
    playlist = live_playlist(FILM, ORIGIN, wall(90 * 60_000), window=3)
    assert playlist.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-SERVER-CONTROL:HOLD-BACK=6.0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-MEDIA-SEQUENCE:2815",
        "#EXT-X-DISCONTINUITY-SEQUENCE:26",
        '#EXT-X-MAP:URI="init.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2017-11-06T21:56:33.483Z",
        "#EXTINF:1.920000,",
        "000033.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2017-11-06T21:56:35.403Z",
        "#EXTINF:1.920000,",
        "000034.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2017-11-06T21:56:37.323Z",
        "#EXTINF:1.920000,",
        "000035.m4s",
    ]


def test_a_window_that_starts_on_a_join_keeps_the_joins_tag_and_number():
    playlist = live_playlist(FILM, ORIGIN, wall(205_000 + 1_920), window=1)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:0\n" in playlist
    assert "#EXT-X-DISCONTINUITY\n" in playlist
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1\n" in live_playlist(FILM, ORIGIN, wall(205_000 + 3_840), window=1)


def test_before_the_first_segment_has_ended_nothing_is_listed():
    assert newest_sequence(FILM, ORIGIN, wall(1_919)) is None
    assert "EXTINF" not in live_playlist(FILM, ORIGIN, wall(1_919))
    assert newest_sequence(FILM, ORIGIN, wall(1_920)) == 0


def test_the_frame_being_captured_is_known_to_the_frame():
    frames = [programme_at(FILM, ORIGIN, ProgrammeMs(ORIGIN + ms)) for ms in (0, 39, 40, 204_999, 205_000)]
    assert [(at.loop, at.frame) for at in frames if at is not None] == [(0, 0), (0, 0), (0, 1), (0, 5124), (1, 0)]


def test_a_programme_of_uneven_frames_has_no_frame_number():
    position = programme_at(an_index([2_000], 1_000), ORIGIN, ORIGIN)
    assert position is not None
    assert position.frame is None


def test_a_million_loops_of_29_97_later_the_date_is_still_right_to_the_millisecond():
    sequence = 1_000_000 * len(NTSC.segments)
    exact = Fraction(1_000_000 * NTSC.total_ticks * 1000, 30_000)
    assert segment_date(NTSC, ORIGIN, sequence) - ORIGIN == round(exact)


def test_addresses_get_the_prefix_they_are_served_under():
    playlist = live_playlist(FILM, ORIGIN, wall(2_000), prefix="media/7/")
    assert 'URI="media/7/init.mp4"' in playlist
    assert "\nmedia/7/000000.m4s\n" in playlist


def test_transport_stream_segments_need_no_map():
    playlist = live_playlist(an_index([2_000], 1_000, init=None), ORIGIN, wall(2_000))
    assert "EXT-X-MAP" not in playlist
    assert "#EXT-X-VERSION:3\n" in playlist


@pytest.mark.parametrize("window", [0, -1, MAX_WINDOW + 1])
def test_a_window_out_of_bounds_is_refused(window: int):
    with pytest.raises(ProgrammeError, match="window"):
        live_playlist(FILM, ORIGIN, wall(0), window)


def test_the_master_playlist_tells_what_a_player_must_decode():
    master = m3u8.loads(master_playlist(FILM, "live.m3u8"))
    (variant,) = master.playlists
    assert variant.uri == "live.m3u8"
    assert variant.stream_info.codecs == "avc1.42c01e,mp4a.40.2"
    assert variant.stream_info.resolution == (640, 360)
    assert variant.stream_info.frame_rate == 25.0
    assert variant.stream_info.bandwidth >= variant.stream_info.average_bandwidth > 0


@pytest.mark.parametrize("seconds", [2, 59, 60, 61, 225])
def test_a_programme_that_first_goes_live_shows_its_first_frame_and_has_a_full_window_behind_it(seconds: int):
    index = an_index([2 * 90_000] * (seconds // 2) + [90_000] * (seconds % 2), 90_000, frame_ticks=3_600)
    now = WallMs(1_510_000_000_000)
    origin = first_origin(index, now)
    position = programme_at(index, origin, ProgrammeMs(now))
    assert position is not None
    assert position.frame == 0
    assert LEAD_MS <= now - origin < LEAD_MS + seconds * 1000
