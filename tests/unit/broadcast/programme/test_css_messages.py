"""DVB-CSS messages as they stand on the wire (ETSI TS 103 286-2, 5.6 and 5.7)."""

import json

import pytest

from broadcast.programme.css_messages import (
    ContentInformation,
    ControlTimestamp,
    MalformedCssError,
    TimelineOption,
    TimelineProperties,
    encode_information,
    read_report,
    read_setup,
)
from broadcast.programme.css_wall_clock import CssNs

EARLIEST = {"contentTime": "100", "wallClockTime": "minusinfinity"}
LATEST = {"contentTime": "100", "wallClockTime": "plusinfinity"}
ACTUAL = {"contentTime": "834188", "wallClockTime": "115992000000"}


def test_content_information_says_what_is_on_and_where_to_go_next() -> None:
    information = ContentInformation(
        content_id="tag:example,2026:shows/one",
        presentation_status="okay",
        ts_url="ws://host:1/ts",
        wc_url="udp://host:2",
        timelines=(
            TimelineOption(
                timeline_selector="urn:dvb:css:timeline:pts",
                timeline_properties=TimelineProperties(units_per_tick=1, units_per_second=90_000, accuracy=0.2),
            ),
        ),
    )
    assert json.loads(encode_information(information)) == {
        "protocolVersion": "1.1",
        "contentId": "tag:example,2026:shows/one",
        "contentIdStatus": "final",
        "presentationStatus": "okay",
        "tsUrl": "ws://host:1/ts",
        "wcUrl": "udp://host:2",
        "timelines": [
            {
                "timelineSelector": "urn:dvb:css:timeline:pts",
                "timelineProperties": {"unitsPerTick": 1, "unitsPerSecond": 90_000, "accuracy": 0.2},
            }
        ],
    }


def test_an_accuracy_nobody_knows_is_left_out() -> None:
    properties = TimelineProperties(units_per_tick=1, units_per_second=1_000)
    option = TimelineOption(timeline_selector="x", timeline_properties=properties)
    information = ContentInformation(
        content_id="", presentation_status="fault", ts_url="", wc_url="", timelines=(option,)
    )
    told = json.loads(encode_information(information))
    assert told["timelines"][0]["timelineProperties"] == {"unitsPerTick": 1, "unitsPerSecond": 1_000}


def test_times_are_strings_so_that_no_reader_rounds_them() -> None:
    control = ControlTimestamp(content_ticks=9_007_199_254_740_993, wall_clock=CssNs(116_012_000_000))
    assert control.encoded() == (
        b'{"contentTime":"9007199254740993","wallClockTime":"116012000000","timelineSpeedMultiplier":1.0}'
    )


def test_a_timeline_that_is_not_there_has_no_time_and_no_speed() -> None:
    control = ControlTimestamp(content_ticks=None, wall_clock=CssNs(5))
    assert control.encoded() == b'{"contentTime":null,"wallClockTime":"5","timelineSpeedMultiplier":null}'


def test_setup_data_names_content_and_timeline_and_may_say_more() -> None:
    setup = read_setup(
        '{"contentIdStem":"tag:","timelineSelector":"urn:dvb:css:timeline:pts","private":[{"type":"x","y":1}]}'
    )
    assert (setup.content_id_stem, setup.timeline_selector) == ("tag:", "urn:dvb:css:timeline:pts")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"contentIdStem":"tag:"}',
        '{"contentIdStem":1,"timelineSelector":"x"}',
        '{"contentIdStem":"","timelineSelector":null}',
        json.dumps({"contentIdStem": "a" * 1_025, "timelineSelector": "x"}),
        "[" * 4_000,
        '{"contentIdStem":"\ud800","timelineSelector":"x"}',
    ],
)
def test_setup_data_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MalformedCssError):
        read_setup(text)


def test_a_report_says_when_a_companion_presents_and_when_it_could() -> None:
    report = read_report(json.dumps({"actual": ACTUAL, "earliest": EARLIEST, "latest": LATEST}))
    assert report.actual is not None
    assert report.actual.content_time == "834188"
    assert report.earliest.wall_clock_time == "minusinfinity"
    assert report.latest.wall_clock_time == "plusinfinity"


def test_a_companion_that_presents_nothing_yet_says_only_what_it_could() -> None:
    assert read_report(json.dumps({"earliest": EARLIEST, "latest": LATEST})).actual is None


@pytest.mark.parametrize(
    "report",
    [
        {"earliest": EARLIEST},
        {"latest": LATEST},
        {"earliest": LATEST, "latest": LATEST},
        {"earliest": EARLIEST, "latest": EARLIEST},
        {"earliest": EARLIEST, "latest": LATEST, "actual": EARLIEST},
        {"earliest": {"contentTime": 100, "wallClockTime": "1"}, "latest": LATEST},
        {"earliest": {"contentTime": "1.5", "wallClockTime": "1"}, "latest": LATEST},
        {"earliest": {"contentTime": "007", "wallClockTime": "1"}, "latest": LATEST},
        {"earliest": {"contentTime": "-0", "wallClockTime": "1"}, "latest": LATEST},
        {"earliest": {"contentTime": "1", "wallClockTime": "1\n"}, "latest": LATEST},
        {"earliest": {"contentTime": "9" * 22, "wallClockTime": "1"}, "latest": LATEST},
        {"contentIdStem": "tag:", "timelineSelector": "x"},
    ],
)
def test_a_report_that_is_none_is_refused(report: object) -> None:
    with pytest.raises(MalformedCssError):
        read_report(json.dumps(report))
