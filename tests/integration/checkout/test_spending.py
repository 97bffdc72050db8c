"""Spending limits on a real record, in both of its homes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from broadcast.checkout.decisions import Placed
from broadcast.checkout.spending import SpendingLimits, SpendingRule
from broadcast.errors import Refusal

Place = Callable[..., Awaitable[Placed]]
LIMITS = SpendingLimits(everywhere=SpendingRule(url="https://id.example/", per_buyer=140_000, max_age_ms=300_000))


async def why(answer: Awaitable[Any]) -> str:
    """Return the name of the refusal that the answer must be."""
    with pytest.raises(Refusal) as caught:
        await answer
    return caught.value.name


async def test_sums_are_rebuilt_from_the_record(house: Any, place: Place):
    checkout = await house.open(limits=LIMITS)
    coat = (await place(checkout, key="coat")).answer
    given_up = (await place(checkout, key="given up", sku="scarf")).answer
    assert await why(place(checkout, key="one more", sku="scarf")) == "step-up-required"
    await checkout.cancel("youku", "li", given_up.order)
    await checkout.stop()

    again = await house.open(limits=LIMITS)
    assert (await place(again, key="coat")).answer == coat
    await place(again, key="the last", sku="scarf")
    assert await why(place(again, key="one more", sku="scarf")) == "step-up-required"
    assert await house.orders_on_disk() == 3


async def test_nobody_is_refused_for_an_order_that_is_not_durable_yet(
    house: Any, place: Place, settled: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
):
    checkout = await house.open(limits=LIMITS)
    house.disk.hold()
    coat = asyncio.ensure_future(place(checkout, key="coat"))
    await settled()
    scarves = asyncio.ensure_future(place(checkout, key="scarves", sku="scarf", quantity=2))
    await settled()
    assert not scarves.done()

    async def lost(_changes: Any) -> None:
        monkeypatch.undo()
        raise OSError("the disk went away")

    monkeypatch.setattr(house.disk._record, "write", lost)
    house.disk.let_go()
    assert await why(coat) == "busy"
    assert await scarves


async def test_of_taps_that_wait_together_only_those_within_the_limit_are_orders(house: Any, place: Place):
    checkout = await house.open(limits=LIMITS)
    taps = [place(checkout, key=f"k{n}", sku="scarf") for n in range(16)]
    answers = await asyncio.gather(*taps, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Placed] * 14 + [Refusal] * 2
