"""Payments at every door: consents, a vendor's notifications, and settlement beside any number of processes."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from desk_buyers import Buyers, opened_sale, token
from desk_group import DeskProcess, clean_environment, desk_group
from gateway.stripe import LocalStripe
from gateway.trades import SHOP
from house import PAYMENT_KEY, SHOW_FOLDER, channel_key
from tokens import jwt, seconds_from_now
from waiting import LOOK_EVERY_S, MAX_LOOKS

AGREEMENT = {"provider": "stripe", "reference": "pm_1", "customer": "cus_1"}


class Shop:
    """Two checkout processes, the first of them the owner, and the gateway their orders are paid by."""

    def __init__(self, desks: list[DeskProcess], there: Any, buyers: Buyers, settings: dict[str, str]) -> None:
        self.owner, self.door = (desk.base_url for desk in desks)
        self.there = there
        self.buyers = buyers
        self.settings = settings

    async def ask(self, method: str, address: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token('mei')}"}
        async with self.buyers.http.request(method, address, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def paid(self, door: str, order: str) -> None:
        for _ in range(MAX_LOOKS):
            if (await self.buyers.get(door, order))["status"] == "paid":
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError(f"{order} is not paid")


@pytest.fixture
async def shop(postgres_url: str, buyers: Buyers) -> AsyncIterator[Shop]:
    there = LocalStripe()
    async with there.open():
        account = there.account()
        there.notify_url = f"{SHOP}/v1/payments/stripe/notifications"
        settings = {
            "payments": "stripe",
            "stripe_secret_key": account.secret_key,
            "stripe_webhook_secret": account.webhook_secret,
            "stripe_url": account.base_url,
        }
        async with desk_group(postgres_url, 2, **settings) as desks, opened_sale(postgres_url, "COAT-M"):
            there.shop = desks[1].base_url  # a gateway's news comes to any process
            yield Shop(desks, there, buyers, {**settings, "database_url": postgres_url})


async def settling(arguments: list[str], settings: dict[str, str], out: Path) -> asyncio.subprocess.Process:
    environment = {
        **clean_environment(),
        "SHOWRUNNER_SHOW": str(SHOW_FOLDER),
        "SHOWRUNNER_PAYMENT_KEY": PAYMENT_KEY,
        "SHOWRUNNER_SETTLE_OUT": str(out),
        **{f"SHOWRUNNER_{name.upper()}": value for name, value in settings.items()},
    }
    command = (sys.executable, "-c", "from showrunner.cli import main; main()", *arguments)
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)


def lines(report: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((report / "settlement.csv").read_text().splitlines()))


@pytest.mark.timeout(240)
async def test_a_consent_given_at_one_door_pays_at_another_and_is_settled_from_the_shared_record(
    shop: Shop, tmp_path: Path
) -> None:
    claims = {"iss": "web", "sub": "mei", "aud": "payment-agreement", "exp": int(seconds_from_now(600)), **AGREEMENT}
    consent = {**AGREEMENT, "currency": "CNY", "proof": jwt(claims, channel_key("web"))}
    status, kept = await shop.ask("PUT", f"{shop.door}/v1/me/consent", consent)
    assert (status, kept["consents"][0]["ends_with"]) == (200, "pm_1")
    assert (await shop.ask("GET", f"{shop.owner}/v1/me/consent"))[1] == kept

    _, order, _ = await shop.buyers.order(shop.door)
    for door in (shop.door, shop.owner):
        await shop.paid(door, order["order"])
        assert await shop.ask("GET", f"{door}/v1/orders/{order['order']}/payment") == (200, {"provider": "stripe"})

    assert (await shop.ask("DELETE", f"{shop.owner}/v1/me/consent"))[0] == 204
    assert (await shop.ask("GET", f"{shop.door}/v1/me/consent"))[1]["consents"] == []

    once = await settling(["settle", str(SHOW_FOLDER), "--out", str(tmp_path / "once")], shop.settings, tmp_path)
    assert await once.wait() == 0
    (line,) = lines(tmp_path / "once")
    assert (line["brand"], line["channel"], line["orders"], line["gross"]) == ("Peacebird", "web", "1", "129900")

    nightly = await settling(
        ["serve", "--role", "settle"], {**shop.settings, "settle_at": "00:00"}, tmp_path / "nights"
    )
    try:
        for _ in range(MAX_LOOKS):  # missed at the hour, so made at the start
            if reports := list((tmp_path / "nights").glob("*/differences.csv")):
                break
            assert nightly.returncode is None
            await asyncio.sleep(LOOK_EVERY_S)
        assert lines(reports[0].parent) == [line]
        assert nightly.returncode is None  # it stays for the next night
        nightly.terminate()
        assert await nightly.wait() == 0
    finally:
        if nightly.returncode is None:
            nightly.kill()
            await nightly.wait()
