"""Who may not have the feed hears why, in a way that tells a client whether to come back."""

from contextlib import suppress

import aiohttp
import pytest
from house import House
from viewers import PATIENCE_S, upgrade_request

EVENT_STREAM = {"Accept": "text/event-stream"}


@pytest.mark.parametrize(
    ("show", "channel", "code"),
    [
        ("another-show", "web", 4501),
        ("%00", "web", 4501),
        ("x" * 5_000, "web", 4501),
        ("little-show", "tiktok", 4502),
        ("little-show", "", 4502),
        ("little-show", "WEB", 4502),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_socket_for_a_show_or_channel_that_is_not_there_is_closed_for_good(
    running_show: House, show: str, channel: str, code: int
) -> None:
    async with running_show.watch(channel, show=show) as viewer:
        assert await viewer.closed() == code
    assert sum(running_show.running.hub.audience().values()) == 0


@pytest.mark.parametrize(
    ("path", "problem", "status"),
    [
        ("/v1/shows/another-show/feed?channel=web", "no-such-show", 404),
        ("/v1/shows/little-show/feed?channel=tiktok", "no-such-channel", 404),
        ("/v1/shows/little-show/feed", "no-such-channel", 404),
    ],
)
async def test_an_event_source_for_a_show_or_channel_that_is_not_there_gets_a_problem(
    running_show: House, path: str, problem: str, status: int
) -> None:
    answer = await running_show.request("GET", path, headers=EVENT_STREAM)
    assert (answer.status, answer.problem) == (status, problem)


async def test_a_page_of_another_origin_may_not_open_the_socket(running_show: House) -> None:
    async with running_show.watch("youku", origin="https://copycat.example") as viewer:
        assert await viewer.closed() == 4503


async def test_a_page_that_hides_its_origin_may_not_open_the_socket(running_show: House) -> None:
    async with running_show.watch("youku", origin="null") as viewer:
        assert await viewer.closed() == 4503


async def test_one_channels_page_may_not_open_another_channels_socket(running_show: House) -> None:
    async with running_show.watch("taobao", origin="https://v.youku.com") as viewer:
        assert await viewer.closed() == 4503


@pytest.mark.parametrize("channel", ["youku", "web"])
async def test_our_own_pages_may_open_any_channels_feed(running_show: House, channel: str) -> None:
    async with running_show.watch(channel, origin=running_show.base_url) as viewer:
        assert (await viewer.next())["type"] == "snapshot"


async def test_a_channels_own_pages_may_open_its_feed(running_show: House) -> None:
    origin = "https://v.youku.com"
    async with running_show.watch("youku", origin=origin) as viewer:
        assert (await viewer.next())["type"] == "snapshot"
    headers = {**EVENT_STREAM, "Origin": origin}
    async with running_show.http.get(
        running_show.base_url + running_show.feed_path("youku"), headers=headers
    ) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == origin


async def test_a_page_of_another_origin_may_not_open_the_events(running_show: House) -> None:
    headers = {**EVENT_STREAM, "Origin": "https://copycat.example"}
    answer = await running_show.request("GET", running_show.feed_path("youku"), headers=headers)
    assert (answer.status, answer.problem) == (403, "origin-refused")
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_who_asks_for_neither_transport_is_told_which_there_are(running_show: House) -> None:
    answer = await running_show.request("GET", running_show.feed_path("web"))
    assert (answer.status, answer.problem) == (426, "upgrade-required")
    assert answer.headers["Upgrade"] == "websocket"
    assert answer.headers["Sec-WebSocket-Version"] == "13"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": ""},
        {"Connection": "close"},
        {"Upgrade": "h2c"},
    ],
    ids=str,
)
async def test_an_upgrade_that_is_none_is_answered_as_http(running_show: House, headers: dict[str, str]) -> None:
    async with running_show.connect() as connection:
        await connection.send(upgrade_request(running_show.feed_path("web"), **headers))
        head = await connection.read_head()
    assert head.startswith((b"HTTP/1.1 426 ", b"HTTP/1.1 400 "))
    assert sum(running_show.running.hub.audience().values()) == 0


async def test_asking_only_for_the_head_of_the_events_does_not_open_a_feed(running_show: House) -> None:
    url = running_show.base_url + running_show.feed_path("web")
    async with running_show.http.head(url, headers=EVENT_STREAM, timeout=aiohttp.ClientTimeout(PATIENCE_S)) as response:
        assert response.status == 405
    assert sum(running_show.running.hub.audience().values()) == 0


async def test_events_need_http_1_1(running_show: House) -> None:
    async with running_show.connect() as connection:
        await connection.send(
            b"GET /v1/shows/little-show/feed?channel=web HTTP/1.0\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"
        )
        assert (await connection.read_head()).split(b" ")[1] == b"426"


async def test_a_house_that_is_full_says_come_back(full_house: House) -> None:
    async with full_house.watch("web") as first:
        await first.next()
        async with full_house.watch("web") as second:
            assert 4000 <= await second.closed() <= 4499
        answer = await full_house.request("GET", full_house.feed_path("web"), headers=EVENT_STREAM)
    assert (answer.status, answer.problem) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    async with full_house.watch("web") as third:
        assert (await third.next())["type"] == "snapshot"


async def test_a_house_that_closes_sends_its_viewers_elsewhere(running_show: House) -> None:
    async with running_show.watch("web") as viewer, running_show.listen("web") as listener:
        await viewer.next()
        await listener.next()
        await running_show.running.stop()
        assert 4000 <= await viewer.closed() <= 4499
        with pytest.raises(EOFError):
            await listener.next()


async def test_a_house_that_closes_cuts_those_who_never_said_what_they_want(running_show: House) -> None:
    async with running_show.connect() as silent, running_show.connect() as half, running_show.connect() as idle:
        await half.send(b"GET /healthz HTTP/1.1\r\nHost:")
        await idle.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        await idle.read_head()
        await running_show.running.stop()
        for connection in (silent, half, idle):
            with suppress(ConnectionError):
                await connection.read_to_end()
            assert connection.reader.at_eof() or connection.reader.exception() is not None
