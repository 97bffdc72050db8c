"""Spending limits where many processes take the taps: the sum is one, wherever they come in."""

import asyncio
import shutil
import uuid
from pathlib import Path

import pytest
from desk_buyers import Buyers, opened_sale, problem_of, token
from desk_group import EDGE_LINK_KEY, desk_group
from house import SHOW, SHOW_FOLDER
from tokens import seconds_from_now

from broadcast.messages import Tap
from showrunner.linked_taps import LinkedTaps


@pytest.fixture
def limited_show(tmp_path: Path) -> Path:
    """The little show with a limit of two coats and a scarf."""
    folder = shutil.copytree(SHOW_FOLDER, tmp_path / "show")
    with (folder / "show.toml").open("a", encoding="utf-8") as file:
        file.write('\n[spending]\nper_buyer = "2700.00"\nstep_up_url = "https://id.example/step-up"\n')
    return folder


async def test_the_sum_is_one_over_all_doors_and_outlives_its_owner(
    postgres_url: str, limited_show: Path, buyers: Buyers
) -> None:
    async with (
        desk_group(postgres_url, 2, show=limited_show) as (owner, door),
        opened_sale(postgres_url, "COAT-S", "COAT-M", "SCARF"),
    ):
        taps = [
            buyers.order(desk.base_url, sku, key=f"{sku} {desk.link}")
            for desk in (owner, door)
            for sku in ("COAT-S", "COAT-M")
        ]
        answers = await asyncio.gather(*taps)
        assert sorted(status for status, _, _ in answers) == [201, 201, 403, 403]
        assert {problem_of(answer) for status, answer, _ in answers if status == 403} == {"step-up-required"}

        owner.kill()
        await door.until("desk.ours")
        status, answer, _ = await buyers.settle(door.base_url, "SCARF", buyer="mei", key="after")
        assert (status, problem_of(answer), answer["of"]) == (403, "step-up-required", "buyer")
        proved = token("mei", auth_time=seconds_from_now(-5))
        assert (await buyers.order(door.base_url, "SCARF", key="after", bearer=proved))[0] == 201


async def test_a_tap_from_an_edge_carries_what_its_token_says(
    postgres_url: str, limited_show: Path, buyers: Buyers
) -> None:
    async with (
        desk_group(postgres_url, 2, show=limited_show) as (owner, door),
        opened_sale(postgres_url, "SCARF"),
    ):
        assert owner.owns
        edge = LinkedTaps(SHOW, [door.link], EDGE_LINK_KEY.encode(), lambda: 0.5)
        await edge.start()
        told: list[bytes] = []
        key = str(uuid.uuid4())

        async def tap(bearer: str) -> bytes:
            message = Tap(id="t", show=SHOW, sku="SCARF", quantity=60, token=bearer, key=key)
            await edge.tap(message, "web", lambda payload: told.append(payload) or True)
            return told[-1]

        refused = await tap(token("mei"))
        assert b"/step-up-required" in refused, refused
        assert b'"type":"order"' in await tap(token("mei", auth_time=seconds_from_now(-5)))
        assert (await buyers.order(door.base_url, "SCARF", buyer="mei"))[0] == 403
        await edge.stop()
