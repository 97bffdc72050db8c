"""Edges in processes of their own: what a viewer there sees, and what it can do."""

import asyncio
import json
import os
import signal
import uuid
from typing import Any

import pytest
from edge_group import EdgeGroup, edge_group
from house import SHOW, House
from log_server import LogServer
from viewers import SocketViewer, bare_socket, masked_frame, upgrade_request, watching


def watch(control: House, edge: EdgeGroup, channel: str = "web", **query: Any) -> Any:
    return watching(control.contract, edge.base_url + control.feed_path(channel, **query))


def tap(control: House, channel: str = "web", buyer: str = "mei", **fields: Any) -> dict[str, Any]:
    return {
        "type": "tap",
        "id": "t1",
        "show": SHOW,
        "sku": "COAT-M",
        "quantity": 1,
        "token": control.viewer_token(channel, buyer),
        "key": str(uuid.uuid4()),
        **fields,
    }


def problem_of(message: dict[str, Any]) -> str:
    assert message["type"] == "problem", message
    return str(message["problem"]["type"]).rpartition("/")[2]


async def seen_by(viewer: SocketViewer, looks: int) -> list[str]:
    """Return the next looks a viewer is shown."""
    return [(await viewer.until_type("cue"))["look"]["id"] for _ in range(looks)]


async def test_what_goes_on_air_reaches_the_viewers_of_every_edge_in_order(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    async with watch(control, edge) as one, watch(control, other_edge, "youku") as other:
        for viewer in (one, other):
            assert (await viewer.next())["type"] == "snapshot"
        for look in ("look-1", "look-2", "look-3"):
            await control.command("take", look=look)
        assert await seen_by(one, 3) == await seen_by(other, 3) == ["look-1", "look-2", "look-3"]


async def test_every_edge_gives_one_channel_the_same_bytes(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    path = control.feed_path("web")
    async with bare_socket(edge.host, edge.port) as one, bare_socket(other_edge.host, other_edge.port) as other:
        for socket in (one, other):
            await socket.send(upgrade_request(path))
            assert b"101" in await socket.read_head()
            await socket.read_frame()
        await control.command("take", look="look-1")
        assert await one.read_frame() == await other.read_frame()


async def test_an_event_stream_has_the_same_feed(control: House, edge: EdgeGroup) -> None:
    url = edge.base_url + control.feed_path("web")
    async with control.http.get(url, headers={"Accept": "text/event-stream"}) as response:
        assert response.status == 200
        await control.command("take", look="look-1")
        async for line in response.content:
            if b'"type":"cue"' in line:
                break
        assert b"look-1" in line


async def test_a_viewer_of_an_edge_that_died_goes_on_elsewhere_exactly_where_it_was(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    async with watch(control, edge) as viewer:
        snapshot = await viewer.next()
        await control.command("take", look="look-1")
        cue = await viewer.until_type("cue")
        edge.kill()
        await viewer.closed()
    await control.command("take", look="look-2")
    await control.command("take", look="look-3")
    async with watch(control, other_edge, epoch=snapshot["epoch"], after=cue["seq"]) as viewer:
        assert await viewer.next() == {"type": "resumed", "epoch": snapshot["epoch"], "seq": cue["seq"]}
        missed = await viewer.take(2)
    assert [message["look"]["id"] for message in missed] == ["look-2", "look-3"]
    assert [message["seq"] for message in missed] == [cue["seq"] + 1, cue["seq"] + 2]


async def test_a_dead_process_is_started_again_on_the_same_port(control: House, log_server: LogServer) -> None:
    await control.command("take", look="look-1")
    async with edge_group(log_server.url, control.base_url, processes=2) as group:
        os.kill(group.serving[0], signal.SIGKILL)
        await group.until_serving(3)
        for _ in range(8):
            async with watch(control, group) as viewer:
                assert (await viewer.next())["state"]["on_air"]["look"]["id"] == "look-1"


async def test_an_edge_that_stops_sends_its_viewers_elsewhere(control: House, edge: EdgeGroup) -> None:
    async with watch(control, edge) as viewer:
        await viewer.next()
        stopping = asyncio.create_task(edge.stop())
        assert await viewer.closed() == 4000
        assert await stopping == 0


async def test_edges_go_with_their_parent(control: House, edge: EdgeGroup) -> None:
    async with watch(control, edge) as viewer:
        await viewer.next()
        edge.process.kill()
        assert await viewer.closed() == 4000


async def test_a_port_somebody_listens_on_is_not_joined(control: House, edge: EdgeGroup, log_server: LogServer) -> None:
    with pytest.raises(AssertionError, match="in use"):
        async with edge_group(log_server.url, control.base_url, port=edge.port):
            pass


async def test_an_edge_says_how_it_is(control: House, edge: EdgeGroup) -> None:
    async with watch(control, edge) as viewer:
        await viewer.next()
        for path, said in (
            ("/healthz", "alive"),
            ("/readyz", "ready"),
            ("/metrics", 'snbn_viewers{channel="web"} 1.0'),
            (f"/v1/shows/{SHOW}", "The Little Show"),
        ):
            async with control.http.get(edge.base_url + path) as answer:
                assert answer.status == 200
                assert said in await answer.text()


async def test_a_tap_on_an_edge_is_an_order(control: House, edge: EdgeGroup) -> None:
    await control.command("take", look="look-1")
    async with watch(control, edge) as viewer:
        order = await viewer.ask(tap(control, id="mine", quantity=2))
    assert order["type"] == "order"
    assert (order["id"], order["sku"], order["quantity"], order["status"]) == ("mine", "COAT-M", 2, "reserved")
    assert control.stock("COAT-M").reserved == 2


async def test_a_repeated_tap_is_the_same_order_on_whichever_edge(
    control: House, edge: EdgeGroup, other_edge: EdgeGroup
) -> None:
    await control.command("take", look="look-1")
    message = tap(control)
    async with watch(control, edge) as viewer:
        first = await viewer.ask(message)
    async with watch(control, other_edge) as viewer:
        again = await viewer.ask(message)
    assert again["order"] == first["order"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert control.stock("COAT-M").reserved == 1


async def test_what_the_checkout_refuses_is_refused_on_the_edge(control: House, edge: EdgeGroup) -> None:
    await control.command("take", look="look-3a")
    forged = tap(control)["token"][:-3] + "AAA"
    async with watch(control, edge) as viewer:
        assert problem_of(await viewer.ask(tap(control, sku="SOLD-OUT"))) == "sold-out"
        assert problem_of(await viewer.ask(tap(control, sku="COAT-M"))) == "not-on-sale"
        assert problem_of(await viewer.ask(tap(control, sku="BAG/10%", token=forged))) == "unauthorized"
        assert problem_of(await viewer.ask(tap(control, "youku", sku="BAG/10%"))) == "wrong-channel"
        assert problem_of(await viewer.ask(tap(control, sku="BAG/10%", show="another"))) == "no-such-show"
    assert control.figures().placed == 0


async def test_while_the_checkout_is_away_a_tap_is_told_to_try_again(control: House, log_server: LogServer) -> None:
    await control.command("take", look="look-1")
    message = tap(control)
    async with edge_group(log_server.url, "http://127.0.0.1:9") as lonely, watch(control, lonely) as viewer:
        answer = await viewer.ask(message)
    assert problem_of(answer) == "busy"
    assert 500 <= answer["problem"]["retry_after_ms"] < 1_500
    async with edge_group(log_server.url, control.base_url) as edge, watch(control, edge) as viewer:
        assert (await viewer.ask(message))["type"] == "order"
    assert control.figures().placed == 1


async def test_a_viewer_that_leaves_before_its_answer_has_its_order_all_the_same(
    control: House, edge: EdgeGroup
) -> None:
    await control.command("take", look="look-1")
    message = tap(control)
    async with bare_socket(edge.host, edge.port) as socket:
        await socket.send(upgrade_request(control.feed_path("web")))
        await socket.read_head()
        await socket.send(masked_frame(json.dumps(message).encode()))
    async with watch(control, edge) as viewer:
        again = await viewer.ask({**message, "id": "again"})
    assert again["type"] == "order"
    assert control.figures().placed == 1
