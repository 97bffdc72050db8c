"""Where a companion's timelines are, and when it has to be told."""

import pytest

from broadcast.clock import ProgrammeMs
from broadcast.ids import ShowId
from broadcast.programme.clock import Correlation
from broadcast.programme.css_messages import (
    ControlTimestamp,
    EarliestPresentation,
    LatestPresentation,
    PresentationReport,
)
from broadcast.programme.css_timelines import (
    COMPOSITION_TIMELINE,
    PROGRAMME_TIMELINE,
    PTS_TIMELINE,
    PTS_WRAP,
    Instant,
    Stretch,
    Timelines,
    content_id,
    looped_picture,
)
from broadcast.programme.css_wall_clock import CssNs
from broadcast.programme.segments import Segment, SegmentIndex

ORIGIN = ProgrammeMs(1_700_000_000_000)
MS = 1_000_000
SECOND = 1_000 * MS
BOOTED_NS = 5_000 * SECOND
"""What the wall clock said when UTC was ORIGIN."""

INDEX = SegmentIndex(
    timescale=12_800,
    segments=(Segment(uri="0.m4s", start_ticks=0, duration_ticks=128_000, size_bytes=1),),
    init_uri="init.mp4",
    init_size_bytes=1,
    codecs="avc1.42c01e",
    width=320,
    height=180,
    frame_ticks=512,
    has_audio=False,
)
"""Ten seconds, looped."""


def at(since_origin_ns: int) -> Instant:
    return Instant(ORIGIN * MS + since_origin_ns, CssNs(BOOTED_NS + since_origin_ns))


@pytest.fixture
def timelines() -> Timelines:
    return Timelines(content_id(ShowId("gala")), looped_picture(INDEX, ORIGIN), COMPOSITION_TIMELINE, 12_800)


def pts_timelines(pts_ticks: int, until_ms: int | None = None) -> Timelines:
    correlation = Correlation(capture_ms=ORIGIN, pts_ticks=pts_ticks, timescale=90_000, error_ms=40, source="ingest")
    until = None if until_ms is None else ProgrammeMs(ORIGIN + until_ms)
    stretch = Stretch(correlation=correlation, until_ms=until)
    return Timelines("x", lambda when: stretch if when >= ORIGIN else None, PTS_TIMELINE, 90_000)


def test_the_programme_timeline_is_what_cues_are_in(timelines: Timelines) -> None:
    control = timelines.control(PROGRAMME_TIMELINE, at(1_234_567_890), latency_ms=0)
    assert control == ControlTimestamp(content_ticks=ORIGIN + 1_234, wall_clock=CssNs(BOOTED_NS + 1_234 * MS))


def test_a_late_channel_is_late_on_its_timelines(timelines: Timelines) -> None:
    now = at(64_000 * MS)
    live = timelines.control(PROGRAMME_TIMELINE, now, latency_ms=0)
    station = timelines.control(PROGRAMME_TIMELINE, now, latency_ms=60_000)
    assert live.content_ticks is not None
    assert station.content_ticks == live.content_ticks - 60_000
    assert station.wall_clock == live.wall_clock


def test_the_media_timeline_counts_in_the_ticks_of_the_bytes(timelines: Timelines) -> None:
    assert timelines.control(COMPOSITION_TIMELINE, at(2_500 * MS), 0).content_ticks == 32_000


def test_the_media_timeline_starts_over_with_each_loop_and_says_when(timelines: Timelines) -> None:
    assert timelines.control(COMPOSITION_TIMELINE, at(12_500 * MS), 0).content_ticks == 32_000
    assert timelines.changes_in_ns(COMPOSITION_TIMELINE, at(12_500 * MS), 0) == 7_500 * MS
    assert timelines.changes_in_ns(COMPOSITION_TIMELINE, at(12_500 * MS), 4_000) == 1_500 * MS
    assert timelines.changes_in_ns(PROGRAMME_TIMELINE, at(12_500 * MS), 0) is None


def test_a_companion_is_told_again_when_a_loop_begins_but_not_before(timelines: Timelines) -> None:
    told = timelines.control(COMPOSITION_TIMELINE, at(1 * MS), 0)
    later = timelines.control(COMPOSITION_TIMELINE, at(9_999 * MS), 0)
    looped = timelines.control(COMPOSITION_TIMELINE, at(10_000 * MS), 0)
    assert not timelines.moved(COMPOSITION_TIMELINE, told, later)
    assert timelines.moved(COMPOSITION_TIMELINE, told, looped)
    programme = [timelines.control(PROGRAMME_TIMELINE, at(when), 0) for when in (0, 99_999 * MS)]
    assert not timelines.moved(PROGRAMME_TIMELINE, *programme)


def test_a_trim_of_the_channel_is_told_at_once(timelines: Timelines) -> None:
    told = timelines.control(PROGRAMME_TIMELINE, at(70_000 * MS), 60_000)
    trimmed = timelines.control(PROGRAMME_TIMELINE, at(70_250 * MS), 60_040)
    assert timelines.moved(PROGRAMME_TIMELINE, told, trimmed)


def test_a_step_of_utc_moves_the_timeline_not_the_wall_clock(timelines: Timelines) -> None:
    told = timelines.control(PROGRAMME_TIMELINE, at(1_000 * MS), 0)
    stepped = Instant(at(2_000 * MS).utc_ns + 500 * MS, at(2_000 * MS).css)
    after = timelines.control(PROGRAMME_TIMELINE, stepped, 0)
    assert after == ControlTimestamp(content_ticks=ORIGIN + 2_500, wall_clock=CssNs(BOOTED_NS + 2_000 * MS))
    assert timelines.moved(PROGRAMME_TIMELINE, told, after)


def test_before_the_first_frame_there_is_no_timeline(timelines: Timelines) -> None:
    early = timelines.control(PROGRAMME_TIMELINE, at(1_000 * MS), latency_ms=60_000)
    assert early == ControlTimestamp(content_ticks=None, wall_clock=CssNs(BOOTED_NS + 1_000 * MS))
    assert not timelines.on_screen(at(1_000 * MS), 60_000)
    begun = timelines.control(PROGRAMME_TIMELINE, at(60_000 * MS), latency_ms=60_000)
    assert timelines.on_screen(at(60_000 * MS), 60_000)
    assert timelines.moved(PROGRAMME_TIMELINE, early, begun)
    assert not timelines.moved(PROGRAMME_TIMELINE, early, early)


def test_a_timeline_we_do_not_have_is_not_there(timelines: Timelines) -> None:
    assert timelines.control("urn:dvb:css:timeline:temi:1:1", at(0), 0).content_ticks is None
    assert timelines.changes_in_ns(PROGRAMME_TIMELINE, at(-5), 0) is None


def test_a_transport_stream_wraps_its_timeline_where_its_timestamps_do() -> None:
    timelines = pts_timelines(PTS_WRAP - 90_000)
    told = timelines.control(PTS_TIMELINE, at(0), 0)
    assert told.content_ticks == PTS_WRAP - 90_000
    assert timelines.changes_in_ns(PTS_TIMELINE, at(0), 0) == SECOND
    wrapped = timelines.control(PTS_TIMELINE, at(1_500 * MS), 0)
    assert wrapped.content_ticks == 45_000
    assert timelines.moved(PTS_TIMELINE, told, wrapped)


def test_the_nearer_of_a_wrap_and_a_discontinuity_is_the_next_change() -> None:
    assert pts_timelines(PTS_WRAP - 90_000, until_ms=400).changes_in_ns(PTS_TIMELINE, at(0), 0) == 400 * MS
    assert pts_timelines(0, until_ms=400).changes_in_ns(PTS_TIMELINE, at(0), 0) == 400 * MS


def test_a_companion_asks_for_content_by_how_its_name_begins(timelines: Timelines) -> None:
    assert timelines.matches("")
    assert timelines.matches("tag:seenowbuynow.example,2026:shows/")
    assert timelines.matches("tag:seenowbuynow.example,2026:shows/gala")
    assert not timelines.matches("dvb://")
    assert not timelines.matches("tag:seenowbuynow.example,2026:shows/gala/2")


def test_every_timeline_is_offered_with_its_rate_and_what_is_known_of_its_accuracy(timelines: Timelines) -> None:
    offered = {
        option.timeline_selector: (option.timeline_properties.units_per_second, option.timeline_properties.accuracy)
        for option in timelines.options(error_ms=250)
    }
    assert offered == {PROGRAMME_TIMELINE: (1_000, 0.25), COMPOSITION_TIMELINE: (12_800, 0.25)}
    assert timelines.options(None)[0].timeline_properties.accuracy is None


def report(earliest: str, latest: str) -> PresentationReport:
    """Say when a companion can present what the channel shows half a second from now."""
    content = str(ORIGIN + 1_500)
    return PresentationReport(
        earliest=EarliestPresentation(content_time=content, wall_clock_time=earliest),
        latest=LatestPresentation(content_time=content, wall_clock_time=latest),
    )


def test_a_companion_that_cannot_present_with_the_channel_is_known_by_how_much(timelines: Timelines) -> None:
    now = timelines.control(PROGRAMME_TIMELINE, at(1_000 * MS), 0)
    due = BOOTED_NS + 1_500 * MS

    def out_of_reach_ns(earliest: str, latest: str) -> int:
        return timelines.out_of_reach_ns(PROGRAMME_TIMELINE, report(earliest, latest), now)

    assert out_of_reach_ns("minusinfinity", "plusinfinity") == 0
    assert out_of_reach_ns(str(due), str(due)) == 0
    assert out_of_reach_ns(str(due + 7), "plusinfinity") == 7
    assert out_of_reach_ns("minusinfinity", str(due - 9)) == -9
    absent = ControlTimestamp(content_ticks=None, wall_clock=CssNs(0))
    assert timelines.out_of_reach_ns(PROGRAMME_TIMELINE, report("1", "2"), absent) == 0
