"""The cue feed of the contract: snapshot first, exact resume or a snapshot, one order, the same bytes for everybody."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from house import SHOW, House
from viewers import Viewer, upgrade_request
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

Open = Callable[..., AbstractAsyncContextManager[Viewer]]


@pytest.fixture(params=["websocket", "events"])
def open_feed(request: pytest.FixtureRequest, running_show: House) -> Open:
    """The feed over either transport: both say the same."""
    return running_show.watch if request.param == "websocket" else running_show.listen


async def three_takes(house: House) -> None:
    """Put three looks on air, one after the other."""
    for look in ("look-1", "look-2", "look-3"):
        assert (await house.command("take", look=look)).status == 200


async def test_the_first_message_is_a_snapshot_of_the_whole_state(running_show: House, open_feed: Open) -> None:
    await running_show.command("take", look="look-1")
    before_ms = time.time() * 1000
    async with open_feed("youku") as viewer:
        snapshot = await viewer.next()
    assert snapshot["type"] == "snapshot"
    assert snapshot["show"] == SHOW
    assert snapshot["seq"] == 1
    assert snapshot["epoch"]
    assert before_ms - 1 <= snapshot["now_ms"] <= time.time() * 1000
    state = snapshot["state"]
    assert state["title"] == "The Little Show"
    assert state["phase"] == "live"
    assert state["on_air"]["look"]["id"] == "look-1"
    assert [cue["look"]["id"] for cue in state["cues"]] == ["look-1"]
    assert state["stock"]["COAT-M"] == {"left": 100, "state": "on_sale"}
    assert state["stock"]["SOLD-OUT"] == {"left": 0, "state": "sold_out"}
    assert len(state["stock"]) == 8


async def test_before_the_first_take_nothing_is_on_air(open_feed: Open) -> None:
    async with open_feed("web") as viewer:
        snapshot = await viewer.next()
    assert snapshot["seq"] == 0
    assert snapshot["state"]["phase"] == "before"
    assert snapshot["state"]["on_air"] is None
    assert snapshot["state"]["cues"] == []


async def test_a_take_reaches_every_open_feed_with_its_look_its_offers_and_its_programme_time(
    running_show: House, open_feed: Open
) -> None:
    async with open_feed("youku") as viewer:
        await viewer.next()
        answer = await running_show.command("take", look="look-1")
        cue = await viewer.next()
    assert cue["type"] == "cue"
    assert cue["action"] == "take"
    assert cue["seq"] == answer.body["seq"] == 1
    assert cue["at_ms"] == answer.body["cue"]["at_ms"]
    assert abs(cue["sent_ms"] - cue["at_ms"]) < 60_000
    look = cue["look"]
    assert (look["number"], look["title"], look["brand"]) == ("1", "Paper Crane", "Peacebird")
    coat = look["offers"][0]
    assert coat["sku"] == "COAT-S"
    assert coat["title"] == "Paper Crane Coat"
    assert coat["price"] == {"value": 129_900, "currency": "CNY"}
    assert coat["image"] == f"/v1/shows/{SHOW}/media/coat.svg"
    assert coat["state"] == "on_sale"


async def test_a_clear_is_a_cue_without_a_look(running_show: House, open_feed: Open) -> None:
    async with open_feed("web") as viewer:
        await running_show.command("take", look="look-1")
        await running_show.command("clear")
        cue = await viewer.until(lambda message: message.get("action") == "clear")
    assert cue["look"] is None


async def test_a_look_says_which_of_its_skus_is_sold_out(running_show: House, open_feed: Open) -> None:
    async with open_feed("web") as viewer:
        await running_show.command("take", look="look-3a")
        cue = await viewer.until_type("cue")
    assert {offer["sku"]: offer["state"] for offer in cue["look"]["offers"]} == {
        "BAG/10%": "on_sale",
        "SOLD-OUT": "sold_out",
    }


async def test_seq_grows_by_one_per_message_within_an_epoch(running_show: House, open_feed: Open) -> None:
    async with open_feed("web") as viewer:
        snapshot = await viewer.next()
        await three_takes(running_show)
        await running_show.order("COAT-M")
        await running_show.order("DOWN-M")
        messages = await viewer.take(5)
    assert [message["seq"] for message in messages] == [1, 2, 3, 4, 5]
    assert sorted(message["type"] for message in messages) == ["cue", "cue", "cue", "stock", "stock"]
    assert {message["epoch"] for message in messages if message["type"] == "cue"} == {snapshot["epoch"]}


async def test_a_returning_viewer_gets_every_missed_message_in_order(running_show: House, open_feed: Open) -> None:
    async with open_feed("taobao") as witness:
        epoch = (await witness.next())["epoch"]
        await three_takes(running_show)
        await running_show.order("COAT-M")
        everything = await witness.take(4)
    for missed_from in range(4):
        async with open_feed("taobao", epoch=epoch, after=missed_from) as viewer:
            assert await viewer.next() == {"type": "resumed", "epoch": epoch, "seq": missed_from}
            assert await viewer.take(4 - missed_from) == everything[missed_from:]


async def test_a_returning_viewer_who_missed_nothing_goes_on_with_the_next_message(
    running_show: House, open_feed: Open
) -> None:
    await three_takes(running_show)
    async with open_feed("web") as viewer:
        snapshot = await viewer.next()
    async with open_feed("web", epoch=snapshot["epoch"], after=snapshot["seq"]) as viewer:
        assert (await viewer.next())["type"] == "resumed"
        await running_show.command("clear")
        assert (await viewer.next())["seq"] == snapshot["seq"] + 1


@pytest.mark.parametrize(
    "resume",
    [
        {"epoch": "another-life", "after": 1},
        {"epoch": "{epoch}", "after": 4},
        {"epoch": "{epoch}", "after": 999_999_999_999_999},
        {"epoch": "{epoch}", "after": "9" * 400},
        {"epoch": "{epoch}", "after": -1},
        {"epoch": "{epoch}", "after": "two"},
        {"epoch": "{epoch}", "after": "٣"},
        {"epoch": "{epoch}", "after": ""},
        {"epoch": "{epoch}"},
        {"after": 1},
        {"epoch": "", "after": 1},
    ],
    ids=str,
)
async def test_what_cannot_be_resumed_exactly_is_answered_with_a_snapshot(
    running_show: House, open_feed: Open, resume: dict[str, Any]
) -> None:
    await three_takes(running_show)
    async with open_feed("web") as viewer:
        epoch = (await viewer.next())["epoch"]
    asked = {name: epoch if value == "{epoch}" else value for name, value in resume.items()}
    async with open_feed("web", **asked) as viewer:
        first = await viewer.next()
    assert first["type"] == "snapshot"
    assert first["seq"] == 3


async def test_who_was_away_for_longer_than_is_remembered_gets_a_snapshot(
    short_memory: None,  # noqa: ARG001 - the fixture changes the show
    running_show: House,
    open_feed: Open,
) -> None:
    async with open_feed("web") as viewer:
        epoch = (await viewer.next())["epoch"]
        await three_takes(running_show)
        await running_show.command("clear")
        heard = await viewer.take(4)
    async with open_feed("web", epoch=epoch, after=0) as viewer:
        assert (await viewer.next())["type"] == "snapshot"
    async with open_feed("web", epoch=epoch, after=1) as viewer:
        assert (await viewer.next())["type"] == "resumed"
        assert await viewer.take(3) == heard[1:]


async def test_an_event_source_resumes_by_its_last_event_id(running_show: House) -> None:
    async with running_show.listen("web") as viewer:
        await viewer.next()
        await running_show.command("take", look="look-1")
        await viewer.next()
    await running_show.command("take", look="look-2")
    async with running_show.listen("web", last_event_id=viewer.last_event_id) as again:
        assert (await again.next())["type"] == "resumed"
        cue = await again.next()
    assert cue["seq"] == 2
    assert again.last_event_id.endswith(":2")


async def test_the_last_event_id_counts_more_than_the_address_an_event_source_was_opened_with(
    running_show: House,
) -> None:
    async with running_show.listen("web") as viewer:
        epoch = (await viewer.next())["epoch"]
    await three_takes(running_show)
    async with running_show.listen("web", epoch=epoch, after=0, last_event_id=f"{epoch}:2") as viewer:
        assert (await viewer.next())["seq"] == 2
        assert (await viewer.next())["seq"] == 3


async def test_an_event_source_is_told_how_long_to_wait_before_it_connects_again(running_show: House) -> None:
    async with running_show.listen("web") as viewer:
        await viewer.next()
        assert viewer.retry_ms >= 1_000
        assert viewer.response.headers["Cache-Control"] == "no-store"


async def read_frames(house: House, channel: str, count: int, started: asyncio.Event) -> list[bytes]:
    """Return the bytes of the frames after the snapshot."""
    async with house.connect() as connection:
        await connection.send(upgrade_request(house.feed_path(channel)))
        assert (await connection.read_head()).startswith(b"HTTP/1.1 101 ")
        await connection.read_frame()
        started.set()
        return [await connection.read_frame() for _ in range(count)]


async def test_every_viewer_of_a_channel_gets_the_same_bytes(running_show: House) -> None:
    started = [asyncio.Event() for _ in range(3)]
    async with asyncio.TaskGroup() as crowd:
        reading = [crowd.create_task(read_frames(running_show, "youku", 4, event)) for event in started]
        for event in started:
            await event.wait()
        await three_takes(running_show)
        await running_show.order("COAT-M")
    frames = [task.result() for task in reading]
    assert frames[0] == frames[1] == frames[2]
    assert [frame[0] for frame in frames[0]] == [0x81] * 4


async def test_both_transports_carry_the_same_json(running_show: House) -> None:
    async with running_show.watch("youku") as socket, running_show.listen("youku") as events:
        await socket.next()
        await events.next()
        await three_takes(running_show)
        assert await socket.take(3) == await events.take(3)


async def test_each_channel_has_its_own_links_and_nothing_else_of_its_own(running_show: House) -> None:
    cues = {}
    for channel in ("web", "youku", "taobao", "beijing-tv"):
        async with running_show.watch(channel) as viewer:
            snapshot = await viewer.next()
            if snapshot["seq"] == 0:
                await running_show.command("take", look="look-3a")
                cues[channel] = await viewer.next()
            else:
                cues[channel] = snapshot["state"]["on_air"] | {"type": "cue"}
    links = {channel: cue["look"].pop("links")["BAG/10%"] for channel, cue in cues.items()}
    assert links == {
        "web": {"app": None, "web": "https://shop.example/little-show/look-3a?sku=BAG%2F10%25"},
        "youku": {
            "app": "youku://shop/item?show=little-show&look=look-3a&sku=BAG%2F10%25",
            "web": "https://shop.example/bow-bag?sku=BAG%2F10%25&from=youku",
        },
        "taobao": {
            "app": "taobao://item.taobao.com/item.htm?id=BAG%2F10%25",
            "web": "https://item.taobao.com/item.htm?id=BAG%2F10%25",
        },
        "beijing-tv": {
            "app": None,
            "web": "https://shop.example/little-show/look-3a?sku=BAG%2F10%25&from=beijing-tv",
        },
    }
    assert cues["web"] == cues["youku"] == cues["taobao"] == cues["beijing-tv"]


async def test_stock_news_follows_an_order_and_says_sold_out_when_nothing_is_left(
    running_show: House, open_feed: Open
) -> None:
    await running_show.command("take", look="look-2")
    async with open_feed("web") as viewer:
        await viewer.next()
        await running_show.order("LAST-ONE")
        stock = await viewer.until_type("stock")
    assert (stock["sku"], stock["left"], stock["state"]) == ("LAST-ONE", 0, "sold_out")
    async with open_feed("taobao") as late:
        snapshot = await late.next()
    assert snapshot["state"]["stock"]["LAST-ONE"] == {"left": 0, "state": "sold_out"}


async def test_a_crowd_of_orders_is_told_as_few_stock_messages_and_the_last_is_true(running_show: House) -> None:
    await running_show.command("take", look="look-1")
    async with running_show.watch("web") as viewer:
        await viewer.next()
        for buyer in range(40):
            token = running_show.viewer_token(buyer=f"buyer-{buyer}")
            assert (await running_show.order("SCARF", token=token)).status == 201
        told = [await viewer.until_type("stock")]
        while told[-1]["left"] != 960:
            told.append(await viewer.until_type("stock"))
    lefts = [message["left"] for message in told]
    assert lefts == sorted(lefts, reverse=True)
    assert len(told) < 40


async def test_a_viewer_may_ask_the_time(running_show: House) -> None:
    async with running_show.watch("web") as viewer:
        before_ms = time.time() * 1000
        answer = await viewer.ask({"type": "clock", "t0_ms": 12.5})
        after_ms = time.time() * 1000
    assert answer["type"] == "clock"
    assert answer["t0_ms"] == 12.5
    assert before_ms - 1 <= answer["t1_ms"] <= answer["t2_ms"] <= after_ms + 1


async def test_the_feed_speaks_its_subprotocol_where_asked(running_show: House) -> None:
    async with running_show.watch("web") as viewer:
        assert viewer.connection.subprotocol == "cues.v1"


def feed_url(house: House) -> str:
    return "ws" + house.base_url.removeprefix("http") + house.feed_path("youku")


async def test_a_viewer_with_and_one_without_compression_read_the_same(running_show: House) -> None:
    url = feed_url(running_show)
    async with connect(url) as small, connect(url, compression=None) as plain:
        assert small.response is not None
        assert plain.response is not None
        assert "permessage-deflate" in small.response.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in plain.response.headers
        snapshots = [json.loads(await viewer.recv()) for viewer in (small, plain)]
        for snapshot in snapshots:
            del snapshot["now_ms"]
        assert snapshots[0] == snapshots[1]
        await three_takes(running_show)
        assert [await small.recv() for _ in range(3)] == [await plain.recv() for _ in range(3)]


async def test_a_message_that_swells_beyond_the_bound_when_it_is_unpacked_is_not_read(running_show: House) -> None:
    async with connect(feed_url(running_show)) as viewer:
        await viewer.recv()
        await viewer.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosedError):
            await viewer.recv()
    assert viewer.close_code == 1009


async def test_a_compressed_message_in_pieces_is_answered_like_a_whole_one(running_show: House) -> None:
    question = json.dumps({"type": "clock", "t0_ms": 12.5}) + " " * 300
    async with connect(feed_url(running_show)) as viewer:
        await viewer.recv()
        await viewer.send([question[:5], question[5:40], question[40:]])
        await viewer.send(question)
        answers = [json.loads(await viewer.recv()) for _ in range(2)]
    assert [answer["t0_ms"] for answer in answers] == [12.5, 12.5]


async def test_viewers_are_counted_per_channel(running_show: House) -> None:
    async with running_show.watch("web") as one, running_show.watch("web") as two, running_show.watch("youku") as three:
        for viewer in (one, two, three):
            await viewer.next()
        audience = running_show.running.hub.audience()
    assert audience == {"web": 2, "youku": 1, "taobao": 0, "beijing-tv": 0}
