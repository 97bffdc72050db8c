"""Pre-orders are paid for later; a producer may ask for the money sooner."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import NEVER_MS, SHOW, Answer, House, open_house
from waiting import until

from broadcast.ids import Sku
from showrunner.show_folder.terms import Terms

TOMORROW = {Sku("COAT-M"): Terms(row=None, column=None, payment_after_ms=86_400_000)}
COAT = {"skus": ["COAT-M"]}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "data", terms=TOMORROW) as house:
        await house.command("take", look="look-1")
        yield house


async def charge(house: House, body: Any, token: str | None = None) -> Answer:
    path = f"/v1/shows/{SHOW}/pre-orders/charge"
    return await house.request("POST", path, token=token or house.producer_token(), json=body)


async def test_a_pre_order_charged_early_is_paid(shop: House) -> None:
    await shop.payments(delay_ms=0)
    order = await shop.order("COAT-M")
    assert order.status == 201
    assert order.body["payment_due_ms"] > 0
    told = await charge(shop, {"skus": ["COAT-M", "SCARF"]})
    assert (told.status, told.body) == (200, {"asked_for": 1})
    await until(lambda: shop.figures().orders[1] == 1, "the pre-order is paid")
    assert (await charge(shop, COAT)).body == {"asked_for": 0}


async def test_only_a_producer_of_the_show_charges(shop: House) -> None:
    await shop.payments(delay_ms=NEVER_MS)
    await shop.order("COAT-M")
    assert (await charge(shop, COAT, shop.viewer_token("web", "mei"))).problem == "forbidden"
    assert (await charge(shop, COAT, shop.producer_token(show="another"))).problem == "forbidden"
    assert (await charge(shop, {"skus": []})).problem == "invalid"
    assert (await charge(shop, {"skus": ["NO-SUCH"]})).problem == "not-on-sale"
    assert (await charge(shop, COAT)).body == {"asked_for": 1}
