"""Checkout processes in numbers: one owns the desk, every one is a door, and it does not matter which."""

import asyncio

from desk_buyers import Buyers, opened_sale, problem_of
from desk_group import desk_group


async def test_an_order_through_a_door_that_is_not_the_owner_is_like_any_other(
    postgres_url: str, buyers: Buyers
) -> None:
    async with desk_group(postgres_url, 2) as (owner, door), opened_sale(postgres_url, "COAT-M", "SOLD-OUT") as control:
        assert owner.owns
        assert not door.owns

        status, first, replayed = await buyers.order(door.base_url, key="k1", quantity=2, look="look-1")
        assert (status, first["status"], first["sku"], first["quantity"]) == (201, "reserved", "COAT-M", 2)
        assert first["amount"] == {"value": 259_800, "currency": "CNY"}
        assert not replayed

        for one in (owner, door):
            assert await buyers.order(one.base_url, key="k1", quantity=2, look="look-1") == (201, first, True)
            status, answer, _ = await buyers.order(one.base_url, key="k1", quantity=1)
            assert (status, problem_of(answer)) == (422, "key-reused")
            assert await buyers.get(one.base_url, first["order"]) == first
            assert problem_of(await buyers.get(one.base_url, first["order"], buyer="han")) == "no-such-order"
            status, answer, _ = await buyers.order(one.base_url, "SOLD-OUT")
            assert (status, problem_of(answer)) == (409, "sold-out")
            status, answer, _ = await buyers.order(one.base_url, "SCARF")
            assert (status, problem_of(answer)) == (409, "not-on-sale")

        given_up = await buyers.cancel(door.base_url, first["order"])
        assert (given_up["status"], given_up["release_reason"]) == ("released", "cancelled")
        assert await buyers.get(owner.base_url, first["order"]) == given_up
        counter = control.counter("COAT-M")
        assert counter is not None


async def test_a_crowd_at_every_door_gets_exactly_what_there_is(postgres_url: str, buyers: Buyers) -> None:
    async with desk_group(postgres_url, 2) as desks, opened_sale(postgres_url, "HOOD-L"):
        answers = await asyncio.gather(
            *(buyers.order(desks[n % 2].base_url, "HOOD-L", buyer=f"buyer-{n}") for n in range(100))
        )
    assert sorted(status for status, _, _ in answers) == [201] * 40 + [409] * 60
    assert len({answer["order"] for status, answer, _ in answers if status == 201}) == 40
