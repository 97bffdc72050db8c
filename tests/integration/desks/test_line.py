"""The line at every door: it does not matter which checkout process, or which edge, a buyer in line speaks to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from desk_buyers import Buyers, opened_sale, problem_of
from desk_group import DeskProcess, desk_group


class Held:
    """Two processes, and the last piece held by somebody who may not pay."""

    def __init__(self, owner: DeskProcess, door: DeskProcess, order: str) -> None:
        self.owner = owner
        self.door = door
        self.order = order


@asynccontextmanager
async def last_one_held(postgres_url: str, buyers: Buyers) -> AsyncIterator[Held]:
    async with (
        desk_group(postgres_url, 2, sandbox_payments="false") as (owner, door),
        opened_sale(postgres_url, "LAST-ONE"),
    ):
        _, order, _ = await buyers.order(door.base_url, "LAST-ONE", buyer="holder")
        assert order["status"] == "reserved"
        yield Held(owner, door, order["order"])


@pytest.fixture
async def held(postgres_url: str, buyers: Buyers) -> AsyncIterator[Held]:
    async with last_one_held(postgres_url, buyers) as show:
        yield show


async def refused(buyers: Buyers, door: str, buyer: str, **more: Any) -> dict[str, Any]:
    status, answer, _ = await buyers.order(door, "LAST-ONE", buyer=buyer, **more)
    assert (status, problem_of(answer)) == (409, "sold-out")
    line: dict[str, Any] = answer["line"]
    return line


async def test_at_any_door_a_ticket_says_where_its_buyer_stands(held: Held, buyers: Buyers) -> None:
    here, there = held.door.base_url, held.owner.base_url
    first = await refused(buyers, here, "han")
    assert (first["place"], first["could_win"]) == (1, True)
    behind = await refused(buyers, there, "mei")
    assert (behind["place"], behind["could_win"]) == (2, False)
    for door in (here, there):
        assert await buyers.line(door, first["ticket"], "han") == {
            "ticket": first["ticket"], "sku": "LAST-ONE", "quantity": 1, "state": "waiting", "place": 1,
            "could_win": True, "offer": None,
        }  # fmt: skip
        assert problem_of(await buyers.line(door, first["ticket"], "mei")) == "not-found"
        status, answer, _ = await buyers.order(door, "LAST-ONE", buyer="mei", ticket=first["ticket"])
        assert (status, problem_of(answer), answer["errors"][0]["pointer"]) == (422, "invalid", "/ticket")


async def test_what_comes_back_waits_for_who_is_next_at_any_door(held: Held, buyers: Buyers) -> None:
    here, there = held.door.base_url, held.owner.base_url
    ticket = (await refused(buyers, here, "han"))["ticket"]
    await buyers.cancel(there, held.order, "holder")
    for door in (here, there):
        offered = await buyers.line(door, ticket, "han")
        assert (offered["state"], offered["offer"]["quantity"]) == ("offered", 1)
        await refused(buyers, door, f"latecomer at {door}")
    status, order, _ = await buyers.order(here, "LAST-ONE", buyer="han", ticket=ticket)
    assert (status, order["status"]) == (201, "reserved")


async def test_who_declines_at_one_door_makes_room_at_another(held: Held, buyers: Buyers) -> None:
    here, there = held.door.base_url, held.owner.base_url
    ticket = (await refused(buyers, there, "han"))["ticket"]
    await buyers.cancel(here, held.order, "holder")
    assert await buyers.leave_line(here, ticket, "mei") == 404
    assert await buyers.leave_line(here, ticket, "han") == 204
    assert (await buyers.order(there, "LAST-ONE", buyer="mei"))[0] == 201


async def test_a_ticket_keeps_its_place_over_a_change_of_owner(held: Held, buyers: Buyers) -> None:
    ticket = (await refused(buyers, held.door.base_url, "han"))["ticket"]
    held.owner.kill()
    await held.door.until("desk.ours")
    # never "over", only "come back", until control has told the new owner what is on sale
    standing = await buyers.settled_line(held.door.base_url, ticket, "han")
    assert (standing["state"], standing["place"]) == ("waiting", 1)
