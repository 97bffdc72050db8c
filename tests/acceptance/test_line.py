"""The last one, held by somebody who may not pay: everybody else in line, over both doors."""

import uuid
from typing import Any

import pytest
from house import NEVER_MS, SHOW, Answer, House


def tap(house: House, buyer: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "tap",
        "id": f"tap-of-{buyer}",
        "show": SHOW,
        "sku": "LAST-ONE",
        "quantity": 1,
        "token": house.viewer_token("web", buyer),
        "key": str(uuid.uuid4()),
        **fields,
    }


async def order_as(house: House, buyer: str, ticket: str | None = None) -> Answer:
    """Tap on the last one over HTTP."""
    headers = {"Idempotency-Key": str(uuid.uuid4())} | ({} if ticket is None else {"Arrival-Ticket": ticket})
    body = {"show": SHOW, "sku": "LAST-ONE", "quantity": 1}
    return await house.request("POST", "/v1/orders", token=house.viewer_token("web", buyer), json=body, headers=headers)


@pytest.fixture
async def held(running_show: House) -> tuple[House, str]:
    """The last one, reserved and not paid."""
    await running_show.payments(delay_ms=NEVER_MS)
    await running_show.command("take", look="look-2")
    order = await order_as(running_show, "holder")
    assert order.status == 201
    return running_show, str(order.body["order"])


async def get(house: House, method: str, path: str, buyer: str) -> Answer:
    return await house.request(method, path, token=house.viewer_token("web", buyer))


async def test_who_is_next_hears_it_on_the_open_socket_and_takes_it(held: tuple[House, str]) -> None:
    house, order = held
    async with house.watch("web") as viewer:
        refused = await viewer.ask(tap(house, "han"))
        line = refused["problem"]["line"]
        assert (refused["problem"]["status"], line["place"], line["could_win"]) == (409, 1, True)
        assert (await get(house, "POST", f"/v1/orders/{order}/cancel", "holder")).status == 200
        news = await viewer.until_type("line")
        assert (news["id"], news["state"], news["offer"]["quantity"]) == ("tap-of-han", "offered", 1)
        assert (await order_as(house, "latecomer")).problem == "sold-out"
        bought = await viewer.ask(tap(house, "han", ticket=line["ticket"]))
        assert (bought["type"], bought["status"]) == ("order", "reserved")


async def test_over_http_a_ticket_says_where_its_buyer_stands(held: tuple[House, str]) -> None:
    house, order = held
    refused = await order_as(house, "han")
    ticket = refused.body["line"]["ticket"]
    behind = (await order_as(house, "mei")).body["line"]
    assert (refused.status, behind["could_win"], behind["place"]) == (409, False, 2)
    waiting = await get(house, "GET", f"/v1/line/{ticket}", "han")
    assert (waiting.status, waiting.headers["Cache-Control"]) == (200, "no-store")
    assert waiting.body == {
        "ticket": ticket,
        "sku": "LAST-ONE",
        "quantity": 1,
        "state": "waiting",
        "place": 1,
        "could_win": True,
        "offer": None,
    }
    await get(house, "POST", f"/v1/orders/{order}/cancel", "holder")
    assert (await get(house, "GET", f"/v1/line/{ticket}", "han")).body["state"] == "offered"
    assert (await get(house, "POST", f"/v1/line/{ticket}/leave", "han")).status == 204
    assert (await order_as(house, "mei")).status == 201


@pytest.mark.parametrize("ticket", ["v1.e30.e30", "nothing", "v1." + "A" * 5_000])
async def test_a_ticket_that_is_none_is_refused(held: tuple[House, str], ticket: str) -> None:
    house, _ = held
    assert (await get(house, "GET", f"/v1/line/{ticket}", "han")).problem == "not-found"
    refused = await order_as(house, "han", ticket)
    assert (refused.problem, refused.body["errors"][0]["pointer"]) == ("invalid", "/ticket")


async def test_anothers_ticket_is_worth_nothing(held: tuple[House, str]) -> None:
    house, _ = held
    ticket = (await order_as(house, "han")).body["line"]["ticket"]
    for path, method in ((f"/v1/line/{ticket}", "GET"), (f"/v1/line/{ticket}/leave", "POST")):
        assert (await get(house, method, path, "mei")).problem == "not-found"
        assert (await house.request(method, path)).problem == "unauthorized"
    async with house.watch("web") as viewer:
        refused = await viewer.ask(tap(house, "mei", ticket=ticket))
    assert refused["problem"]["status"] == 422
