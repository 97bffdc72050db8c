"""The whole of it: control, checkout processes, an edge, PostgreSQL and Valkey, each a process of its own."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from contract import Contract
from control_process import control_process
from desk_buyers import Buyers, problem_of, producer_token, token
from desk_group import EDGE_LINK_KEY, DeskProcess, desk_group
from edge_group import EdgeGroup, edge_group
from house import SHOW
from log_server import LogServer
from viewers import watching


class Layout:
    """A show as it runs in production."""

    def __init__(self, control: DeskProcess, desks: list[DeskProcess], edge: EdgeGroup, buyers: Buyers) -> None:
        self.control = control
        self.desks = desks
        self.edge = edge
        self.buyers = buyers

    async def take(self, look: str) -> None:
        async with self.buyers.http.post(
            f"{self.control.base_url}/v1/shows/{SHOW}/commands",
            json={"command": "take", "look": look, "key": str(uuid.uuid4())},
            headers={"Authorization": f"Bearer {producer_token()}"},
        ) as answer:
            assert answer.status == 200, await answer.text()

    def watch(self, contract: Contract) -> Any:
        return watching(contract, f"{self.edge.base_url}/v1/shows/{SHOW}/feed?channel=web")

    async def payments(self, **behaviour: Any) -> None:
        for desk in self.desks:
            async with self.buyers.http.post(
                f"{desk.base_url}/v1/shows/{SHOW}/sandbox",
                json=behaviour,
                headers={"Authorization": f"Bearer {producer_token()}"},
            ) as answer:
                assert answer.status == 200, await answer.text()

    async def metrics(self, base_url: str) -> str:
        async with self.buyers.http.get(f"{base_url}/metrics") as answer:
            return await answer.text()


@pytest.fixture
async def layout(tmp_path: Path, postgres_url: str, buyers: Buyers) -> AsyncIterator[Layout]:
    log_server = LogServer(tmp_path / "valkey")
    try:
        async with (
            desk_group(postgres_url, 2) as desks,
            control_process(tmp_path, postgres_url, log_server.url) as control,
        ):
            links = f'["{desks[0].link}", "{desks[1].link}"]'
            async with edge_group(log_server.url, None, checkout_links=links, edge_link_key=EDGE_LINK_KEY) as edge:
                yield Layout(control, desks, edge, buyers)
    finally:
        log_server.kill()


def tap(sku: str = "COAT-M", buyer: str = "mei", key: str = "k1", **fields: Any) -> dict[str, Any]:
    body = {"show": SHOW, "sku": sku, "quantity": 1, "token": token(buyer), "key": key, **fields}
    return {"type": "tap", "id": "t1", **body}


async def test_a_take_opens_the_look_at_every_door_at_once(layout: Layout) -> None:
    for desk in layout.desks:
        assert problem_of((await layout.buyers.order(desk.base_url))[1]) == "not-on-sale"
    await layout.take("look-1")
    doors = [*(desk.base_url for desk in layout.desks), layout.control.base_url]
    assert [(await layout.buyers.order(door, buyer=f"buyer-{door}"))[0] for door in doors] == [201, 201, 201]


async def test_a_tap_on_an_edge_is_an_order_and_its_news_comes_back_by_itself(
    layout: Layout, contract: Contract
) -> None:
    await layout.payments(delay_ms=200)
    await layout.take("look-1")
    async with layout.watch(contract) as viewer:
        order = await viewer.ask(tap())
        assert (order["type"], order["status"], order["replayed"]) == ("order", "reserved", False)
        paid = await viewer.until_type("order")
    assert (paid["id"], paid["order"], paid["status"]) == ("t1", order["order"], "paid")


async def test_the_stock_a_viewer_of_an_edge_sees_is_the_desks(layout: Layout, contract: Contract) -> None:
    await layout.take("look-2")
    async with layout.watch(contract) as viewer:
        await viewer.next()
        assert (await viewer.ask(tap("LAST-ONE")))["type"] == "order"
        stock = await viewer.until(lambda message: message["type"] == "stock" and message["sku"] == "LAST-ONE")
    assert (stock["left"], stock["state"]) == (0, "sold_out")


async def test_news_of_an_order_survives_the_door_and_the_owner_it_was_placed_through(
    layout: Layout, contract: Contract
) -> None:
    await layout.payments(delay_ms=600_000)
    await layout.take("look-1")
    async with layout.watch(contract) as viewer:
        order = await viewer.ask(tap())
        layout.desks[0].kill()
        await layout.desks[1].until("desk.ours")
        given_up = await layout.buyers.cancel(layout.desks[1].base_url, order["order"])
        assert given_up["status"] == "released"
        news = await viewer.until_type("order")
    assert (news["order"], news["status"], news["release_reason"]) == (order["order"], "released", "cancelled")


async def test_who_is_next_in_line_hears_it_on_an_edge_over_a_change_of_owner(
    layout: Layout, contract: Contract
) -> None:
    await layout.payments(delay_ms=600_000)
    await layout.take("look-2")
    door = layout.desks[1].base_url
    _, order, _ = await layout.buyers.order(door, "LAST-ONE", buyer="holder")
    async with layout.watch(contract) as viewer:
        refused = (await viewer.ask(tap("LAST-ONE", "han")))["problem"]
        assert (refused["status"], refused["line"]["place"], refused["line"]["could_win"]) == (409, 1, True)
        layout.desks[0].kill()
        await layout.desks[1].until("desk.ours")
        # the edge has told the new owner who waits, before anybody who comes now
        released = await layout.buyers.cancel(door, order["order"], "holder")
        assert released["status"] == "released"
        news = await viewer.until_type("line")
        assert (news["id"], news["state"], news["offer"]["quantity"]) == ("t1", "offered", 1)
        bought = await viewer.ask(tap("LAST-ONE", "han", "k2", ticket=refused["line"]["ticket"]))
    assert (bought["type"], bought["status"]) == ("order", "reserved")


async def test_news_is_told_once_by_the_owner_itself_too(layout: Layout, contract: Contract) -> None:
    await layout.payments(delay_ms=200)
    await layout.take("look-1")
    layout.desks[1].kill()
    async with layout.watch(contract) as viewer:
        order = await viewer.ask(tap())
        paid = await viewer.until_type("order")
        assert (paid["order"], paid["status"]) == (order["order"], "paid")
        following = await viewer.ask(tap(key="k2"))
        assert following["order"] != order["order"]


async def test_after_a_change_of_owner_what_was_on_sale_is_on_sale(layout: Layout) -> None:
    await layout.take("look-1")
    layout.desks[0].kill()
    # never "not on sale", only "come back", until control has told the new owner
    status, order, _ = await layout.buyers.settle(layout.desks[1].base_url, "COAT-M", buyer="mei", key="k1")
    assert status == 201, order


async def test_each_process_says_how_it_is(layout: Layout) -> None:
    for base_url in (layout.control.base_url, layout.desks[0].base_url, layout.desks[1].base_url, layout.edge.base_url):
        for path in ("/healthz", "/readyz"):
            async with layout.buyers.http.get(base_url + path) as answer:
                assert answer.status == 200
    assert "snbn_desk_owner 1.0" in await layout.metrics(layout.desks[0].base_url)
    assert "snbn_desk_owner 0.0" in await layout.metrics(layout.desks[1].base_url)
    assert "snbn_link_connected 1.0" in await layout.metrics(layout.desks[1].base_url)
    assert 'snbn_stock{place="left",sku="COAT-M"} 100.0' in await layout.metrics(layout.control.base_url)
