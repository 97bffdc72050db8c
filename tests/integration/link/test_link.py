"""The link between our own processes, over real sockets, with a desk whose answers the test decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from viewers import BareSocket, bare_socket
from waiting import until

from broadcast.checkout.decisions import Placed
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from showrunner.link import caller, connection
from showrunner.link.handshake import Challenge, hello

KEY = b"the key of the link in these tests"


def place(door: Any, key: str = "k1", sku: str = "coat") -> Awaitable[Placed]:
    request = OrderRequest(show="gala", sku=sku, quantity=1)
    return asyncio.ensure_future(door.place(channel="web", buyer="mei", key=key, request=request))


@asynccontextmanager
async def stranger(port: int) -> AsyncIterator[tuple[BareSocket, Challenge]]:
    """Connect as anybody can; yields what the listener asks, too."""
    async with bare_socket("127.0.0.1", port) as socket:
        size = int.from_bytes(await socket.reader.readexactly(4), "big")
        yield socket, msgspec.msgpack.decode(await socket.reader.readexactly(size), type=Challenge)


async def cut(socket: BareSocket) -> None:
    """Wait until the other end has hung up, and make sure that it said nothing."""
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await socket.reader.readexactly(1)


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


async def test_a_tap_and_its_refusal_cross_the_link_as_they_are(owners: Any, signpost: Any, doors: Any) -> None:
    signpost.point_to((await owners()).address)
    door = await doors()
    assert (await place(door)).answer.order == "order-k1"
    assert (await place(door)).replayed
    with pytest.raises(Refusal) as refused:
        await place(door, "k2", "gone")
    assert refused.value.problem()["detail"] == "the last one went"
    assert refused.value.more == {"sku": "gone"}
    assert door.refusals == {"sold-out": 1}


async def test_what_the_dead_owner_never_answered_is_asked_again_at_the_next(
    owners: Any, desk: Any, signpost: Any, doors: Any
) -> None:
    first, second = await owners(), await owners()
    signpost.point_to(first.address)
    door = await doors()
    desk.answers.clear()
    taps = [place(door, f"k{n}") for n in range(50)]
    await until(lambda: len(desk.asked) == 50, "the first owner has been asked")
    await first.die()
    desk.answers.set()
    signpost.point_to(second.address)
    assert [placed.answer.order for placed in await asyncio.gather(*taps)] == [f"order-k{n}" for n in range(50)]
    assert len(desk.placed) == 50


async def test_taps_that_wait_together_go_together(owners: Any, signpost: Any, doors: Any, monkeypatch: Any) -> None:
    signpost.point_to((await owners()).address)
    door = await doors()
    await until(lambda: door.link.connected, "the door is connected")
    frames = []
    write = connection.LinkConnection._write
    monkeypatch.setattr(
        connection.LinkConnection, "_write", lambda one, content: (frames.append(1), write(one, content))
    )
    await asyncio.gather(*(place(door, f"k{n}") for n in range(256)))
    assert len(frames) <= 8  # there and back, with room for how the sockets cut it


async def test_a_door_that_does_not_know_the_key_is_not_let_in(owners: Any, signpost: Any, doors: Any) -> None:
    owner = await owners()
    signpost.point_to(owner.address)
    door = await doors(key=b"another key that is long enough too")
    await until(lambda: owner.server.refused["handshake"] > 0, "the door was refused")
    assert not door.ready
    assert not owner.server.peers


async def test_a_door_does_not_speak_to_a_listener_that_does_not_know_the_key(signpost: Any, doors: Any) -> None:
    said: list[bytes] = []

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(msgspec.msgpack.encode(Challenge(1, bytes(32)))))
        size = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(size)
        writer.write(framed(msgspec.msgpack.encode([bytes(32)])))
        said.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(impostor, "127.0.0.1", 0)
    signpost.point_to(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    door = await doors()
    tap = place(door)
    await until(lambda: len(said) > 0, "the door hung up")
    assert said[0] == b""
    assert not door.link.connected
    tap.cancel()
    server.close()


async def test_one_ends_proof_is_of_no_use_at_another_challenge(owners: Any) -> None:
    owner = await owners()
    async with stranger(owner.port) as (_, asked):
        proof = hello(KEY, asked, "door", "gala", bytes(32))
    async with stranger(owner.port) as (socket, _):
        await socket.send(framed(msgspec.msgpack.encode(proof)))
        await cut(socket)
    assert owner.server.refused["handshake"] == 1


@pytest.mark.parametrize(
    "sent",
    [b"\xff\xff\xff\xff", framed(b""), framed(b"\xc1"), framed(b"x" * 513), framed(msgspec.msgpack.encode(["door"]))],
)
async def test_a_stranger_that_sends_nonsense_is_cut_and_counted(owners: Any, sent: bytes) -> None:
    owner = await owners()
    async with stranger(owner.port) as (socket, _):
        await socket.send(sent)
        await cut(socket)
    await until(lambda: not owner.server.strangers, "it is gone")
    assert sum(owner.server.refused.values()) == 1


@pytest.mark.parametrize("sent", [framed(b"\xc1"), framed(msgspec.msgpack.encode([[99, 1]])), b"\x7f\xff\xff\xff"])
async def test_a_door_that_sends_nonsense_is_cut_and_counted_and_others_go_on(
    owners: Any, signpost: Any, doors: Any, sent: bytes
) -> None:
    owner = await owners()
    signpost.point_to(owner.address)
    good, bad = await doors(), await doors()
    await until(lambda: good.link.connected and bad.link.connected, "both are connected")
    bad.link._connection._transport.write(sent)
    await until(lambda: owner.server.refused["malformed"] == 1, "it was counted")
    assert (await place(good)).answer.order == "order-k1"
    assert good.link.connections == 1
    await until(lambda: bad.link.connections == 2, "the other door is back")


async def test_text_that_cannot_be_sent_on_costs_nobody_else_their_tap(owners: Any, signpost: Any, doors: Any) -> None:
    signpost.point_to((await owners()).address)
    door = await doors()
    await until(lambda: door.link.connected, "the door is connected")
    good, bad = place(door, "fine"), place(door, "lone \ud800 surrogate")
    assert (await good).answer.order == "order-fine"
    with pytest.raises(Refusal, match="malformed"):
        await bad


async def test_more_questions_than_there_is_room_for_are_told_to_come_back(
    owners: Any, desk: Any, signpost: Any, doors: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(caller, "MAX_OUTSTANDING", 3)
    signpost.point_to((await owners()).address)
    door = await doors()
    desk.answers.clear()
    taps = [place(door, f"k{n}") for n in range(5)]
    done, waiting = await asyncio.wait(taps, return_when=asyncio.FIRST_EXCEPTION)
    assert {tap.exception().name for tap in done} == {"busy"}
    desk.answers.set()
    assert len(await asyncio.gather(*waiting)) >= 3


async def test_a_desk_that_never_answers_is_over_capacity(
    owners: Any, desk: Any, signpost: Any, doors: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(caller, "ANSWER_TIMEOUT_S", 0.3)
    signpost.point_to((await owners()).address)
    door = await doors()
    desk.answers.clear()
    with pytest.raises(Refusal) as refused:
        await place(door)
    assert refused.value.name == "busy"
    assert refused.value.more == {"retry_after_ms": 1_000}
    desk.answers.set()


async def test_whoever_is_not_sure_to_own_the_desk_answers_nothing(
    owners: Any, desk: Any, signpost: Any, doors: Any
) -> None:
    stale, owner = await owners(), await owners()
    signpost.point_to(stale.address)
    door = await doors()
    await until(lambda: door.link.connected, "the door is connected")
    stale.desk = None
    tap = place(door)
    signpost.point_to(owner.address)
    assert (await tap).answer.order == "order-k1"
    assert desk.asked == ["k1"]


async def test_every_owner_is_told_the_openings_whole(owners: Any, desk: Any, signpost: Any, doors: Any) -> None:
    first, second = await owners(), await owners()
    control = await doors("control")
    control.open_for_sale(["coat", "scarf"], 100)
    control.withdraw(["scarf"])
    control.set_fence("youku", 60_000)
    signpost.point_to(first.address)
    await until(lambda: desk.opened == {"coat": 100, "fence of youku": 60_000}, "the first owner knows")
    desk.opened.clear()
    signpost.point_to(second.address)
    await until(lambda: desk.opened == {"coat": 100, "fence of youku": 60_000}, "the second owner knows")
    assert desk.withdrawn == {"scarf"}
    control.open_for_sale(["scarf"], 200)
    await control.openings_known()
    assert desk.opened["scarf"] == 200


async def test_only_control_opens_anything(owners: Any, desk: Any, signpost: Any, doors: Any) -> None:
    signpost.point_to((await owners()).address)
    door = await doors("door")
    door.open_for_sale(["coat"], 100)
    await place(door)
    assert desk.opened == {}


async def test_control_hears_of_stock_and_a_door_of_the_orders_it_watches(
    owners: Any, desk: Any, signpost: Any, doors: Any
) -> None:
    owner = await owners()
    signpost.point_to(owner.address)
    moved: list[str] = []
    news: list[Any] = []
    control = await doors("control", on_stock_changed=moved.append)
    door = await doors("door", on_order_changed=news.append)
    other = await doors("door", on_order_changed=news.append)
    await until(lambda: control.counter("coat") is not None and other.link.connected, "control knows the stock")
    desk.left = 4
    owner.news.stock_changed("coat")
    await until(lambda: control.stock()["coat"].left == 4, "control has heard")
    assert moved == ["coat", "coat"]

    placed = await place(door)
    door.watch("web", "mei", placed.answer)
    paid = msgspec.structs.replace(placed.answer, status="paid")
    await until(lambda: bool(owner.news.watchers), "the owner knows who watches")
    owner.news.order_changed(paid)
    await until(lambda: news == [paid], "the door has heard, and no other")


async def test_news_missed_while_the_owner_changed_is_told_by_the_next(
    owners: Any, desk: Any, signpost: Any, doors: Any
) -> None:
    first, second = await owners(), await owners()
    signpost.point_to(first.address)
    news: list[Any] = []
    door = await doors("door", on_order_changed=news.append)
    placed = await place(door)
    door.watch("web", "mei", placed.answer)
    await until(lambda: bool(first.news.watchers), "the owner knows who watches")
    await first.die()
    desk.placed["k1"] = released = msgspec.structs.replace(placed.answer, status="released")
    signpost.point_to(second.address)
    await until(lambda: news == [released], "the door has heard")
