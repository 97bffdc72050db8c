from typing import Any

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.clock import ProgrammeMs
from broadcast.ids import CueId
from broadcast.programme.live_playlist import live_master, media_playlist
from broadcast.programme.live_segments import LiveSegment, Recording
from broadcast.programme.marks import Mark, MarkBook

START = ProgrammeMs(1_700_000_000_000)


def a_segment(sequence: int, capture_ms: int | None = None, *, new: bool = False, **more: Any) -> LiveSegment:
    values: dict[str, Any] = {
        "sequence": sequence,
        "uri": f"{sequence:08d}.m4s",
        "ts_uri": f"{sequence:08d}.ts",
        "init_uri": "init-a.mp4",
        "discontinuity": new,
        "timescale": 90_000,
        "start_ticks": sequence * 180_000,
        "duration_ticks": 180_000,
        "capture_ms": ProgrammeMs(START + sequence * 2000 if capture_ms is None else capture_ms),
        "error_ms": 2,
        "rate_ppm": 0,
        "source": "ingest",
        "size_bytes": 1000,
        "ts_size_bytes": 1100,
        "codecs": "avc1.64001f,mp4a.40.2",
        "width": 1280,
        "height": 720,
        "frame_ticks": 3600,
        "has_audio": True,
    }
    return LiveSegment(**(values | more))


def a_mark(name: str, at_ms: int, seq: int = 1, replaces: tuple[str, ...] = ()) -> Mark:
    return Mark(
        id=CueId(name),
        at_ms=ProgrammeMs(at_ms),
        seq=seq,
        action="take",
        look="look-1",
        replaces=tuple(CueId(gone) for gone in replaces),
        data=b'{"id":"x"}',
    )


def recorded(*segments: LiveSegment, max_segments: int = 1000, max_bytes: int = 10**9) -> Recording:
    recording = Recording(max_segments=max_segments, max_bytes=max_bytes)
    for segment in segments:
        recording.append(segment)
    return recording


def test_a_recording_goes_on_without_a_gap():
    recording = recorded(a_segment(0), a_segment(1))
    with pytest.raises(ValueError, match="cannot follow"):
        recording.append(a_segment(3))
    assert recording.next_sequence == 2


def test_nothing_is_dated_before_what_it_follows_has_ended():
    recording = recorded(a_segment(0))
    with pytest.raises(ValueError, match="dated before"):
        recording.append(a_segment(1, START + 1500))


def test_the_oldest_segments_go_when_there_are_too_many_bytes():
    recording = Recording(max_bytes=5000)
    gone = [old.sequence for number in range(5) for old in recording.append(a_segment(number))]
    assert gone == [0, 1, 2]
    assert recording.trimmed


@given(breaks=st.lists(st.booleans(), min_size=1, max_size=60), window=st.integers(1, 20), kept=st.integers(2, 30))
def test_a_segment_keeps_its_discontinuity_sequence_for_as_long_as_it_is_listed(
    breaks: list[bool], window: int, kept: int
):
    recording = Recording(max_segments=kept, max_bytes=10**9)
    known: dict[int, int] = {}
    for number, new in enumerate(breaks):
        recording.append(a_segment(number, new=new and number > 0))
        listed, before = recording.window(window)
        text = media_playlist(listed, before)
        counting = int(text.split("#EXT-X-DISCONTINUITY-SEQUENCE:")[1].split("\n")[0])
        for segment in listed:
            counting += segment.discontinuity
            assert known.setdefault(segment.sequence, counting) == counting


def test_the_picture_of_an_instant_is_found_in_its_segment():
    recording = recorded(a_segment(0), a_segment(1), a_segment(2, START + 9000, new=True))
    assert recording.holding(ProgrammeMs(START + 2000)) == a_segment(1)
    assert recording.holding(ProgrammeMs(START + 5000)) is None
    assert recording.holding(ProgrammeMs(START - 1)) is None


def test_a_segment_is_followed_by_the_next_of_its_stretch():
    recording = Recording(max_segments=3, max_bytes=10**9)
    for number in range(3):
        recording.append(a_segment(number))
    assert recording.append(a_segment(3, START + 9000, new=True)) == [a_segment(0)]
    assert recording.following(a_segment(1)) == a_segment(2)
    assert recording.following(a_segment(2)) is None
    assert recording.following(a_segment(3, START + 9000, new=True)) is None


def test_a_player_reads_dates_lengths_and_breaks():
    listed, before = recorded(
        a_segment(0), a_segment(1, START + 7500, new=True, init_uri="init-b.mp4", duration_ticks=180_180)
    ).window(None)
    playlist = m3u8.loads(media_playlist(listed, before))
    first, second = playlist.segments
    assert playlist.target_duration == 2
    assert (first.duration, second.duration) == (2.0, 2.002)
    assert (second.discontinuity, first.discontinuity) == (True, False)
    assert second.program_date_time.timestamp() * 1000 == START + 7500
    assert (first.init_section.uri, second.init_section.uri) == ("init-a.mp4", "init-b.mp4")


def test_a_replay_grows_and_then_is_over():
    listed, before = recorded(a_segment(0)).window(None)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in media_playlist(listed, before, ending="growing")
    over = m3u8.loads(media_playlist(listed, before, ending="over"))
    assert over.is_endlist
    assert over.playlist_type == "vod"


def test_transport_stream_players_get_their_own_files_and_no_map():
    listed, before = recorded(a_segment(0)).window(None)
    text = media_playlist(listed, before, flavour="ts")
    assert "00000000.ts" in text
    assert "EXT-X-MAP" not in text


def test_a_cue_is_announced_by_its_id_at_its_frame():
    text = media_playlist([a_segment(0)], 0, [a_mark("cue-7", START + 640, seq=12, replaces=("cue-6",))])
    tag = next(line for line in text.splitlines() if line.startswith("#EXT-X-DATERANGE"))
    assert 'ID="cue-7"' in tag
    assert f'START-DATE="{"2023-11-14T22:13:20.640Z"}"' in tag
    assert "X-SNBN-SEQ=12" in tag
    assert 'X-SNBN-REPLACES="cue-6"' in tag
    assert m3u8.loads(text).segments[0].dateranges[0].id == "cue-7"


def test_the_master_names_what_a_player_must_be_able_to_decode():
    text = live_master(a_segment(3), 4_000_000, "media.m3u8")
    assert 'CODECS="avc1.64001f,mp4a.40.2"' in text
    assert "FRAME-RATE=25.000" in text


def test_a_late_player_is_told_the_cue_in_force_and_those_to_come():
    book = MarkBook()
    for number, at in enumerate((0, 5000, 9000)):
        assert book.add(a_mark(f"cue-{number}", START + at, seq=number))
    names = [mark.id for mark in book.within(ProgrammeMs(START + 6000), None)]
    assert names == ["cue-1", "cue-2"]
    assert [mark.id for mark in book.within(ProgrammeMs(START + 6000), ProgrammeMs(START + 9000))] == ["cue-1"]


def test_a_cue_that_no_longer_counts_is_announced_no_more_even_if_heard_late():
    book = MarkBook()
    book.add(a_mark("undo", START, seq=2, replaces=("mistake",)))
    assert not book.add(a_mark("mistake", START, seq=1))
    assert [mark.id for mark in book.within(START, None)] == ["undo"]


def test_a_repeated_cue_changes_nothing():
    book = MarkBook()
    assert book.add(a_mark("cue", START))
    assert not book.add(a_mark("cue", START))
    assert len(book) == 1
