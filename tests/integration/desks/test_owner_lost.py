"""The owner of the desk dies, or freezes and comes back: what was acknowledged stays, and one alone answers for it."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from crash_audit import Verdict
from desk_buyers import BUSY, Buyers, opened_sale
from desk_crashes import crash, table
from desk_group import desk_group
from postgres import PostgresServer
from rich.console import Console

KILLS, SEED = 8, 11


@pytest.mark.timeout(240)
async def test_kills_of_every_kind_under_load_lose_nothing_and_sell_nothing_twice(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str
) -> None:
    crashes = await crash(tmp_path, postgres, postgres_url, KILLS, SEED)
    Console().print(table(crashes))
    assert len(crashes.blows) == KILLS
    assert {"owner", "postgres", "valkey"} <= {blow.victim for blow in crashes.blows}
    assert crashes.turns > 1
    assert crashes.acks > KILLS
    verdict = crashes.verdict
    assert verdict == Verdict(
        lost=0, double=0, unknown=0, oversold=0, leaked=0, unbalanced=0,
        orders=crashes.acks, released=verdict.released, sold=verdict.sold,
    )  # fmt: skip
    assert crashes.vanished == 0
    assert crashes.other_answers == 0
    assert crashes.surprises == []


@pytest.mark.timeout(180)
async def test_a_frozen_owner_that_goes_on_neither_sells_nor_answers_from_what_it_remembers(
    postgres_url: str, buyers: Buyers
) -> None:
    async with desk_group(postgres_url, 2) as (old, new), opened_sale(postgres_url, "COAT-M", "SCARF"):
        _, mine, _ = await buyers.order(old.base_url, key="mine")
        old.freeze()
        # on their way to the frozen process, which remembers that the coat is still reserved
        asked = asyncio.ensure_future(buyers.get(old.base_url, mine["order"]))
        tapped = asyncio.ensure_future(buyers.order(old.base_url, "SCARF", buyer="han", key="hers"))
        await new.until("desk.ours")
        given_up = await buyers.cancel(new.base_url, mine["order"])
        assert given_up["status"] == "released"
        old.thaw()
        assert await asked == given_up
        status, hers, _ = await tapped
        if status == BUSY:
            status, hers, _ = await buyers.settle(old.base_url, "SCARF", buyer="han", key="hers")
        assert status == 201, hers
        assert await buyers.order(new.base_url, "SCARF", buyer="han", key="hers") == (201, hers, True)
        await old.until("desk.lost")
        assert new.owns
        assert await buyers.order(old.base_url, "SCARF", buyer="han", key="hers") == (201, hers, True)


async def test_an_owner_that_is_stopped_gives_the_desk_up_and_answers_what_it_took(
    postgres_url: str, buyers: Buyers
) -> None:
    async with desk_group(postgres_url, 2) as (old, new), opened_sale(postgres_url, "SCARF"):
        taps = [
            asyncio.ensure_future(buyers.order(new.base_url, "SCARF", buyer=f"buyer-{n}", key="k")) for n in range(40)
        ]
        await asyncio.wait(taps, return_when=asyncio.FIRST_COMPLETED)
        assert await old.stop() == 0
        answers = await asyncio.gather(*taps)
        again = [await buyers.settle(new.base_url, "SCARF", buyer=f"buyer-{n}", key="k") for n in range(40)]
    placed = [(first, later) for first, later in zip(answers, again, strict=True) if first[0] == 201]
    assert placed
    assert all(later == (201, first[1], True) for first, later in placed)
    assert {status for status, _, _ in again} == {201}


async def test_a_door_that_dies_takes_no_order_with_it(postgres_url: str, buyers: Buyers) -> None:
    async with desk_group(postgres_url, 2) as (owner, door), opened_sale(postgres_url, "SCARF") as control:
        taps = [
            asyncio.ensure_future(buyers.order(door.base_url, "SCARF", buyer=f"buyer-{n}", key="k")) for n in range(40)
        ]
        await asyncio.wait(taps, return_when=asyncio.FIRST_COMPLETED)
        door.kill()
        cut = await asyncio.gather(*taps, return_exceptions=True)
        told = [answer[1]["order"] for answer in cut if not isinstance(answer, aiohttp.ClientError | OSError)]
        again = [await buyers.order(owner.base_url, "SCARF", buyer=f"buyer-{n}", key="k") for n in range(40)]
        assert {status for status, _, _ in again} == {201}
        assert set(told) <= {answer["order"] for _, answer, _ in again}
        assert control.link.connections == 1
