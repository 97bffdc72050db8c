"""Taps that no person makes: they wait, they are answered, and nobody beside them is kept waiting."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import SHOW, House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The show with its first look on air."""
    async with open_house(tmp_path / "data", suspect_delay_ms=400) as house:
        await house.command("take", look="look-1")
        yield house


def tap(house: House, buyer: str, **fields: Any) -> dict[str, Any]:
    token, key = house.viewer_token(buyer=buyer), str(uuid.uuid4())
    return {
        "type": "tap",
        "id": "t1",
        "show": SHOW,
        "sku": "SCARF",
        "quantity": 1,
        "token": token,
        "key": key,
        **fields,
    }


async def counted(house: House, metric: str) -> float:
    found = re.search(rf"^{re.escape(metric)} (\S+)$", (await house.request("GET", "/metrics")).text, re.MULTILINE)
    return float(found[1]) if found is not None else 0.0


async def hammer(house: House, buyer: str, taps: int) -> list[int]:
    """Tap as a script does: as fast as it is answered."""
    token = house.viewer_token(buyer=buyer)
    return [(await house.order("SCARF", token=token)).status for _ in range(taps)]


async def waits(house: House, buyer: str) -> bool:
    """Tap once as a buyer; return whether the tap had to wait."""

    async def waited() -> float:
        return sum([await counted(house, f'snbn_taps_suspect_total{{grade="{grade}"}}') for grade in (1, 2)])

    before = await waited()
    assert (await house.order("SCARF", token=house.viewer_token(buyer=buyer))).status == 201
    return await waited() > before


async def test_a_script_is_answered_and_waits_while_a_person_beside_it_does_not(house: House) -> None:
    assert set(await hammer(house, "bot", 30)) == {201}
    assert await counted(house, 'snbn_taps_odd_total{signal="fast"}') >= 2
    waited = await counted(house, 'snbn_taps_suspect_total{grade="1"}')
    assert waited > 0
    async with house.watch("web") as viewer:
        assert (await viewer.ask(tap(house, "bot")))["type"] == "order"
        assert await counted(house, 'snbn_taps_suspect_total{grade="1"}') == waited + 1
        assert (await viewer.ask(tap(house, "mei")))["type"] == "order"
        assert await counted(house, 'snbn_taps_suspect_total{grade="1"}') == waited + 1


async def test_a_tap_that_waits_is_behind_those_that_come_meanwhile(house: House) -> None:
    await house.command("take", look="look-2")
    await hammer(house, "bot", 30)
    late = asyncio.create_task(house.order("LAST-ONE", token=house.viewer_token(buyer="bot")))
    await asyncio.sleep(0)
    person = await house.order("LAST-ONE", token=house.viewer_token(buyer="mei"))
    answer = await late
    assert person.status == 201
    assert (answer.status, answer.problem) == (409, "sold-out")


async def test_whoever_guesses_at_what_nobody_has_seen_waits(house: House) -> None:
    token = house.viewer_token(buyer="prober")
    for sku in ("DOWN-M", "LAST-ONE", "HOOD-L", "BAG/10%", "GUESS-1", "GUESS-2", "GUESS-3"):
        assert (await house.order(sku, token=token)).problem == "not-on-sale"
    assert await counted(house, 'snbn_taps_odd_total{signal="unseen"}') == 7
    assert await waits(house, "prober")
    assert not await waits(house, "mei")


async def test_a_connection_with_many_buyers_tokens_waits_and_others_do_not(house: House) -> None:
    async with house.watch("web") as farm, house.watch("web") as person:
        for number in range(12):
            assert (await farm.ask(tap(house, f"account-{number}")))["type"] == "order"
        assert await counted(house, "snbn_taps_crowded_total") == 8
        assert (await person.ask(tap(house, "account-1")))["type"] == "order", "the account is nobody's fault"
        assert await counted(house, "snbn_taps_crowded_total") == 8


async def test_a_tap_that_waits_is_decided_although_its_connection_is_gone(house: House) -> None:
    async with house.watch("web") as farm:
        for number in range(5):
            await farm.ask(tap(house, f"account-{number}"))
        last = tap(house, "account-9")
        await farm.say(last)
        await farm.connection.close()
    async with asyncio.timeout(15):
        while house.stock("SCARF").reserved < 6:  # noqa: ASYNC110 - what is waited for is a tap's delay
            await asyncio.sleep(0.01)
    again = await house.order("SCARF", token=last["token"], key=last["key"])
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_taps_that_wait_go_on_when_the_server_stops(tmp_path: Path) -> None:
    async with open_house(tmp_path / "data", suspect_delay_ms=3_000) as house:
        await house.command("take", look="look-1")
        last: list[str] = []
        house.running._suspects.behaviour.grade = lambda *_: 2  # type: ignore[union-attr,method-assign]
        await hammer(house, "bot", 4)
        async with house.watch("web") as viewer:
            message = tap(house, "bot")
            await viewer.say(message)
            async with asyncio.timeout(15):
                while not house.running._suspects._waiting:  # type: ignore[union-attr]  # noqa: ASYNC110 - until it waits
                    await asyncio.sleep(0.01)
            last.append(message["key"])
    async with open_house(tmp_path / "data", suspect_delay_ms=0) as house:
        again = await house.order("SCARF", token=house.viewer_token(buyer="bot"), key=last[0])
        assert again.headers["Idempotency-Replayed"] == "true"


async def test_where_it_is_switched_off_nobody_waits(tmp_path: Path) -> None:
    async with open_house(tmp_path / "data", suspect_delay_ms=0) as house:
        await house.command("take", look="look-1")
        await hammer(house, "bot", 40)
        async with house.watch("web") as farm:
            for number in range(12):
                await farm.ask(tap(house, f"account-{number}"))
        assert await counted(house, "snbn_taps_crowded_total") == 0
        assert "snbn_taps_suspect" not in (await house.request("GET", "/metrics")).text
