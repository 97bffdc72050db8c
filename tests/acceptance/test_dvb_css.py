"""A foreign companion device follows the show by DVB-CSS (ETSI TS 103 286-2)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from companions import WALL_CLOCK, closed, follow, told, wall_clock_offset, wall_clock_probe
from house import SHOW, House, open_house
from prometheus_client.parser import text_string_to_metric_families
from waiting import until

PROGRAMME = "tag:seenowbuynow.example,2026:timelines/programme"
COMPOSITION = "urn:dvb:css:timeline:ct"
CONTENT = f"tag:seenowbuynow.example,2026:shows/{SHOW}"
SETUP = json.dumps({"contentIdStem": "", "timelineSelector": PROGRAMME})
REPORT = {
    "earliest": {"contentTime": "0", "wallClockTime": "minusinfinity"},
    "latest": {"contentTime": "0", "wallClockTime": "plusinfinity"},
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, dvb_css_port=0) as house:
        yield house


def connect(
    house: House, service: str, channel: str | None = "web", **more: Any
) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
    query = "" if channel is None else f"?channel={channel}"
    return house.http.ws_connect(f"{house.base_url}/v1/shows/{SHOW}/dvb-css/{service}{query}", **more)


async def refused(house: House, protocol: str, reason: str) -> float:
    """Return how often the metrics say that this was refused."""
    answer = await house.request("GET", "/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == "snbn_dvb_css_refused_total" and sample.labels == {"protocol": protocol, "reason": reason}
    )


async def test_a_companion_finds_everything_from_the_first_address(house: House) -> None:
    async with connect(house, "cii") as information:
        message = await told(information)
        assert message["protocolVersion"] == "1.1"
        assert message["contentId"] == CONTENT
        assert message["contentIdStatus"] == "final"
        assert message["presentationStatus"] == "okay"
        offered = {option["timelineSelector"]: option["timelineProperties"] for option in message["timelines"]}
        assert offered == {
            PROGRAMME: {"unitsPerTick": 1, "unitsPerSecond": 1_000},
            COMPOSITION: {"unitsPerTick": 1, "unitsPerSecond": 90_000},
        }
        probe = await wall_clock_probe(message["wcUrl"])
        await wall_clock_offset(probe)
        probe.close()
        async with house.http.ws_connect(message["tsUrl"]) as timeline:
            assert (await follow(timeline, PROGRAMME, stem=CONTENT))["timelineSpeedMultiplier"] == 1.0


@pytest.mark.parametrize(("channel", "latency_ms"), [("web", 4_000), ("beijing-tv", 60_000)])
async def test_a_companion_knows_the_programme_time_of_its_channels_picture(
    house: House, channel: str, latency_ms: int
) -> None:
    async with connect(house, "cii", channel) as information:
        message = await told(information)
    probe = await wall_clock_probe(message["wcUrl"])
    offset_ns, round_trip_ns = await wall_clock_offset(probe)
    probe.close()
    async with house.http.ws_connect(message["tsUrl"]) as timeline:
        control = await follow(timeline, PROGRAMME)
    here_ns, utc_ns, after_ns = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
    wall_clock_ns = here_ns + offset_ns
    believed_ns = int(control["contentTime"]) * 10**6 + wall_clock_ns - int(control["wallClockTime"])
    truth_ns = utc_ns - latency_ms * 10**6
    # half the round trip is what a clock read over a network may be off by; then the two readings of this machine's
    bound_ns = round_trip_ns // 2 + (after_ns - here_ns) + 1_000_000
    assert abs(believed_ns - truth_ns) <= bound_ns


async def test_the_media_timeline_is_told_anew_when_the_film_begins_again(house: House) -> None:
    async with connect(house, "ts") as timeline:
        first = await follow(timeline, COMPOSITION)
        second = await told(timeline)
    elapsed_ticks = (int(second["wallClockTime"]) - int(first["wallClockTime"])) * 90_000 / 10**9
    expected = int(first["contentTime"]) + elapsed_ticks
    loops = (expected - int(second["contentTime"])) / 180_000
    assert round(loops) >= 1
    assert abs(loops - round(loops)) < 0.001


async def test_a_companion_that_does_not_say_its_channel_is_beside_the_station(house: House) -> None:
    async with connect(house, "cii", None) as information:
        assert (await told(information))["tsUrl"].endswith("/dvb-css/ts?channel=beijing-tv")


@pytest.mark.parametrize(
    ("stem", "selector"), [("dvb://233a.1004", PROGRAMME), ("", "urn:dvb:css:timeline:temi:1:1"), ("", "")]
)
async def test_a_timeline_that_is_not_there_is_told_as_absent(house: House, stem: str, selector: str) -> None:
    async with connect(house, "ts") as timeline:
        control = await follow(timeline, selector, stem)
    assert control["contentTime"] is None
    assert control["timelineSpeedMultiplier"] is None
    assert int(control["wallClockTime"]) > 0


async def test_who_cannot_present_in_time_is_counted_not_obeyed(house: House) -> None:
    def out_of_reach() -> int:
        assert house.running.dvb_css is not None
        return house.running.dvb_css.out_of_reach()

    async with connect(house, "ts") as timeline:
        control = await follow(timeline, PROGRAMME)
        late = {"contentTime": control["contentTime"], "wallClockTime": str(int(control["wallClockTime"]) + 10**10)}
        await timeline.send_str(json.dumps({**REPORT, "earliest": late}))
        await until(lambda: out_of_reach() == 1, "the companion is known to be late")
        await timeline.send_str(json.dumps(REPORT))
        await until(lambda: out_of_reach() == 0, "the companion is known to have caught up")
    assert await refused(house, "ts", "malformed") == 0


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{}", '{"contentIdStem":"","timelineSelector":7}', json.dumps(REPORT), "[" * 4_000],
)
async def test_a_first_message_that_is_no_setup_is_refused_and_counted(house: House, text: str) -> None:
    async with connect(house, "ts") as timeline:
        await timeline.send_str(text)
        assert await closed(timeline) == 1007
    assert await refused(house, "ts", "malformed") == 1


@pytest.mark.parametrize("text", [SETUP, "{}", json.dumps({**REPORT, "actual": {"contentTime": "1"}})])
async def test_a_later_message_that_is_no_report_is_refused_and_counted(house: House, text: str) -> None:
    async with connect(house, "ts") as timeline:
        await follow(timeline, PROGRAMME)
        await timeline.send_str(text)
        assert await closed(timeline) == 1007
    assert await refused(house, "ts", "malformed") == 1


async def test_a_companion_that_speaks_out_of_turn_is_let_go(house: House) -> None:
    async with connect(house, "cii") as information:
        await told(information)
        await information.send_str(SETUP)
        assert await closed(information) == 1008
    assert await refused(house, "cii", "unexpected") == 1


async def test_bytes_are_no_message(house: House) -> None:
    async with connect(house, "ts") as timeline:
        await timeline.send_bytes(SETUP.encode())
        assert await closed(timeline) == 1003
    assert await refused(house, "ts", "malformed") == 1


async def test_a_message_larger_than_any_is_refused(house: House) -> None:
    async with connect(house, "ts") as timeline:
        await timeline.send_str(json.dumps({"contentIdStem": "a" * 5_000, "timelineSelector": PROGRAMME}))
        assert await closed(timeline) == 1009
    # the library says goodbye before it tells us why
    while await refused(house, "ts", "too-large") == 0:
        pass


async def test_a_companion_that_floods_is_let_go(house: House) -> None:
    async with connect(house, "ts") as timeline:
        await follow(timeline, PROGRAMME)
        for _ in range(130):
            await timeline.send_str(json.dumps(REPORT))
        assert await closed(timeline) == 1008
    assert await refused(house, "ts", "too-many") == 1


async def test_pings_count_like_messages(house: House) -> None:
    async with connect(house, "ts") as timeline:
        for _ in range(130):
            await timeline.ping()
        assert await closed(timeline) == 1008
    assert await refused(house, "ts", "too-many") == 1


async def test_a_companion_that_never_says_what_it_wants_is_let_go(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadcast.programme.adapters.css_sessions.SETUP_TIMEOUT_S", 0.05)
    async with connect(house, "ts") as timeline:
        assert await closed(timeline) == 1008
    assert await refused(house, "ts", "too-slow") == 1


async def test_there_is_room_for_so_many_companions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadcast.programme.adapters.css_sessions.MAX_SESSIONS", 1)
    async with connect(house, "cii") as information:
        await told(information)
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await connect(house, "cii").__aenter__()
        assert full.value.status == 503
        assert full.value.headers is not None
        assert full.value.headers["Retry-After"] == "5"
    assert await refused(house, "cii", "full") == 1


async def test_pages_of_strangers_are_refused(house: House) -> None:
    for channel, origin, status in (("web", "https://evil.example", 403), ("youku", "https://evil.example", 403)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as stranger:
            await connect(house, "cii", channel, headers={"Origin": origin}).__aenter__()
        assert stranger.value.status == status
    for channel, origin in (("youku", "https://v.youku.com"), ("web", house.base_url)):
        async with connect(house, "cii", channel, headers={"Origin": origin}) as information:
            assert (await told(information))["contentId"] == CONTENT


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        (f"/v1/shows/{SHOW}/dvb-css/cii", 426, "upgrade-required"),
        (f"/v1/shows/{SHOW}/dvb-css/ts?channel=web", 426, "upgrade-required"),
        (f"/v1/shows/{SHOW}/dvb-css/cii?channel=mars", 404, "no-such-channel"),
        ("/v1/shows/another/dvb-css/ts", 404, "no-such-show"),
    ],
)
async def test_what_is_no_companion_is_told_so(house: House, path: str, status: int, problem: str) -> None:
    answer = await house.request("GET", path)
    assert (answer.status, answer.problem) == (status, problem)


async def test_datagrams_that_are_no_requests_are_counted_and_not_answered(house: House) -> None:
    async with connect(house, "cii") as information:
        probe = await wall_clock_probe((await told(information))["wcUrl"])
    request = WALL_CLOCK.pack(0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0)
    for malformed in (b"hello", request + b"x", b"\x01" + request[1:], b"\x00\x01" + request[2:], b"x" * 60_000):
        probe.send(malformed)
    await wall_clock_offset(probe)
    assert probe.answers.empty()
    probe.close()
    assert await refused(house, "wc", "length") == 3
    assert await refused(house, "wc", "version") == 1
    assert await refused(house, "wc", "type") == 1


async def test_an_address_that_asks_the_time_without_end_is_not_answered_without_end(house: House) -> None:
    async with connect(house, "cii") as information:
        probe = await wall_clock_probe((await told(information))["wcUrl"])
    request = WALL_CLOCK.pack(0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0)
    for _ in range(1_000):
        probe.send(request)
    while await refused(house, "wc", "rate") == 0:
        pass
    probe.close()


async def test_a_house_that_closes_says_goodbye_to_companions(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with open_house(tmp_path, dvb_css_port=0) as house:
            base = f"{house.base_url}/v1/shows/{SHOW}/dvb-css"
            information = await http.ws_connect(f"{base}/cii", autoclose=True)
            timeline = await http.ws_connect(f"{base}/ts")
            await told(information)
            await follow(timeline, PROGRAMME)
            listening = [asyncio.create_task(closed(socket)) for socket in (information, timeline)]
        assert [await task for task in listening] == [1001, 1001]


async def test_without_a_port_there_is_no_dvb_css(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        assert house.running.dvb_css is None
        assert (await house.request("GET", f"/v1/shows/{SHOW}/dvb-css/cii")).status == 404


async def test_a_trim_of_the_channel_reaches_a_companion_at_once(house: House) -> None:
    async with connect(house, "cii", "beijing-tv") as information, connect(house, "ts", "beijing-tv") as timeline:
        usual = await told(information)
        assert "accuracy" not in usual["timelines"][0]["timelineProperties"]
        before = await follow(timeline, PROGRAMME)
        trim = await house.command("trim", channel="beijing-tv", offset_ms=45_000)
        assert trim.status == 200
        after, known = await told(timeline), await told(information)
    # fifteen seconds nearer to the stage, at whatever instant each was told
    elapsed_ms = (int(after["wallClockTime"]) - int(before["wallClockTime"])) // 10**6
    assert abs(int(after["contentTime"]) - int(before["contentTime"]) - elapsed_ms - 15_000) <= 1
    assert known["timelines"][0]["timelineProperties"]["accuracy"] > 0
