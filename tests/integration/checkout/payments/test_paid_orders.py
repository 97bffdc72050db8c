"""A whole show whose orders are paid by a vendor's local gateway, over real sockets, until they are settled."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from gateway.alipay import LocalAlipay
from gateway.stripe import LocalStripe
from gateway.trades import SHOP
from gateway.wechat_pay import LocalWeChatPay
from house import PAYMENT_KEY, SHOW_FOLDER, House, channel_key, open_house
from pydantic import SecretStr
from rich.console import Console
from tokens import jwt, seconds_from_now
from waiting import LOOK_EVERY_S, MAX_LOOKS

from broadcast.checkout.adapters import relay
from showrunner import settle
from showrunner.payment_settings import SettleSettings


def settings_of(name: str, there: Any) -> dict[str, Any]:
    account = there.account()
    match name:
        case "alipay":
            return {
                "alipay_app_id": account.app_id,
                "alipay_private_key": SecretStr(account.private_key),
                "alipay_public_key": account.public_key,
                "alipay_seller_id": account.seller_id,
                "alipay_url": account.gateway_url,
            }
        case "wechat_pay":
            return {
                "wechat_pay_merchant_id": account.merchant_id,
                "wechat_pay_app_id": account.app_id,
                "wechat_pay_private_key": SecretStr(account.private_key),
                "wechat_pay_certificate_serial": account.certificate_serial,
                "wechat_pay_api_v3_key": SecretStr(account.api_v3_key),
                "wechat_pay_public_key": account.public_key,
                "wechat_pay_public_key_id": account.public_key_id,
                "wechat_pay_url": account.base_url,
            }
    there.notify_url = f"{SHOP}/v1/payments/stripe/notifications"
    return {
        "stripe_secret_key": SecretStr(account.secret_key),
        "stripe_webhook_secret": SecretStr(account.webhook_secret),
        "stripe_url": account.base_url,
    }


async def eventually(asked: Callable[[], Awaitable[bool]]) -> None:
    """Return as soon as the answer is yes."""
    for _ in range(MAX_LOOKS):
        if await asked():
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError("waited in vain")


class Shop:
    """The show, and the gateway its orders are paid by."""

    def __init__(self, name: str, house: House, there: Any, folder: Path, settings: dict[str, Any]) -> None:
        self.name = name
        self.house = house
        self.there = there
        self.folder = folder
        self.settings = settings

    async def consent(self, buyer: str = "mei", **different: Any) -> Any:
        agreement = {
            "provider": self.name,
            "reference": "pm_1" if self.name == "stripe" else "agreement-1",
            "customer": "cus_1" if self.name == "stripe" else "",
        }
        claims = {"iss": "web", "sub": buyer, "aud": "payment-agreement", "exp": int(seconds_from_now(60)), **agreement}
        body = {**agreement, "currency": "CNY", "proof": jwt(claims, channel_key("web")), **different}
        return await self.house.request("PUT", "/v1/me/consent", token=self.house.viewer_token(), json=body)

    async def order(self) -> str:
        answer = await self.house.order()
        assert answer.status == 201, answer
        return str(answer.body["order"])

    async def status(self, order: str) -> str:
        answer = await self.house.request("GET", f"/v1/orders/{order}", token=self.house.viewer_token())
        return str(answer.body["status"])

    async def becomes(self, order: str, status: str) -> None:
        async def there() -> bool:
            return await self.status(order) == status

        await eventually(there)

    async def differences(self) -> list[tuple[str, str]]:
        found = await self.house.running._home.payments.book.differences("little-show")
        return [(one.order, one.kind) for one in found]

    async def settled(self, **different: Any) -> tuple[int, Path]:
        out = self.folder / "settled"
        settings = SettleSettings(
            show=SHOW_FOLDER,
            data=self.folder / "data",
            settle_out=out,
            payment_key=SecretStr(PAYMENT_KEY),
            **self.settings,
            **different,
        )
        return await settle._settle_once(settings, 1 if different else 0, Console(quiet=True)), out


@pytest.fixture(params=["alipay", "stripe", "wechat_pay"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    there: Any = {"alipay": LocalAlipay, "stripe": LocalStripe, "wechat_pay": LocalWeChatPay}[request.param]()
    async with there.open():
        settings = {**settings_of(request.param, there), "payments": request.param, "payments_url": SHOP}
        async with open_house(tmp_path / "data", **settings) as house:
            there.shop = house.base_url
            await house.command("take")
            yield Shop(request.param, house, there, tmp_path, settings)


async def test_a_tap_with_consent_is_paid_and_settled_and_both_books_agree(shop: Shop):
    assert (await shop.consent()).status == 200
    order = await shop.order()
    await shop.becomes(order, "paid")
    code, out = await shop.settled()
    assert code == 0
    (line,) = list(csv.DictReader((out / "settlement.csv").read_text().splitlines()))
    assert (line["orders"], line["gross"], line["net"]) == ("1", line["net"], line["gross"])
    entries = list(csv.DictReader((out / "entries.csv").read_text().splitlines()))
    assert sum(int(entry["value"]) for entry in entries) == 0
    first = (out / "settlement.csv").read_bytes()
    await shop.settled()
    assert (out / "settlement.csv").read_bytes() == first


async def test_without_consent_the_buyer_is_told_how_to_pay(shop: Shop):
    order = await shop.order()

    async def told() -> bool:
        answer = await shop.house.request("GET", f"/v1/orders/{order}/payment", token=shop.house.viewer_token())
        return answer.body.get("action") is not None

    await eventually(told)
    (trade,) = shop.there.trades.values()
    shop.there.pay(trade)
    await shop.becomes(order, "paid")


async def test_a_buyer_without_money_gives_the_piece_back(shop: Shop):
    await shop.consent()
    shop.there.manners.decline = True
    left = shop.house.stock("COAT-M").left
    order = await shop.order()
    await shop.becomes(order, "released")
    assert shop.house.stock("COAT-M").left == left


async def test_news_sent_many_times_and_in_any_order_moves_money_once(shop: Shop):
    await shop.consent()
    shop.there.manners.times, shop.there.manners.shuffle = 3, True
    order = await shop.order()

    async def asked() -> bool:
        return bool(shop.there._held) or await shop.status(order) == "paid"

    await eventually(asked)
    shop.there.release()
    await shop.there.told()
    assert await shop.status(order) == "paid"
    assert {status for status, _ in shop.there.answers} <= {200, 204}
    assert shop.house.stock("COAT-M").sold == 1


async def test_a_gateway_that_tells_nothing_is_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relay, "ASK_AGAIN_FIRST_MS", 50)
    await shop.consent()
    shop.there.manners.silent = True
    await shop.becomes(await shop.order(), "paid")


async def test_a_gateway_down_for_a_while_loses_nothing(shop: Shop):
    await shop.consent()
    shop.there.manners.fail = 3
    await shop.becomes(await shop.order(), "paid")
    assert len(shop.there.trades) == 1


async def test_a_lie_about_the_amount_moves_nothing_and_is_written_down(shop: Shop):
    order = await shop.order()

    async def asked() -> bool:
        return bool(shop.there.trades)

    await eventually(asked)
    (trade,) = shop.there.trades.values()
    shop.there.manners.lie = 100
    shop.there.pay(trade)
    await shop.there.told()
    assert await shop.status(order) == "reserved"
    ((status, body),) = shop.there.answers
    assert status == 422
    assert b"success" not in body

    async def written() -> bool:
        return await shop.differences() == [(order, "wrong-amount")]

    await eventually(written)


async def test_forged_news_moves_nothing(shop: Shop):
    order = await shop.order()

    async def asked() -> bool:
        return bool(shop.there.trades)

    await eventually(asked)
    (trade,) = shop.there.trades.values()
    trade.state = "paid"
    trade.notify_url = f"{SHOP}/v1/payments/{shop.name}/notifications"
    shop.there.manners.forged = True
    shop.there.tell(trade, "captured")
    await shop.there.told()
    assert [status for status, _ in shop.there.answers] == [401]
    assert await shop.status(order) == "reserved"


async def test_money_nobody_told_us_of_is_found_in_the_statement_and_taken_in(shop: Shop):
    order = await shop.order()

    async def asked() -> bool:
        return bool(shop.there.trades)

    await eventually(asked)
    (trade,) = shop.there.trades.values()
    trade.state = "paid"
    code, out = await shop.settled(checkout_url=shop.house.base_url)
    assert code == 0
    (found,) = list(csv.DictReader((out / "differences.csv").read_text().splitlines()))
    assert (found["order"], found["kind"], found["repaired"]) == (order, "missing-here", "True")
    assert await shop.status(order) == "paid"


@pytest.mark.parametrize(
    ("different", "status"),
    [
        ({"proof": ""}, 403),
        ({"reference": "somebody-elses"}, 403),
        ({"reference": "4242424242424242"}, 422),
        ({"currency": "yuan"}, 422),
        ({"limit": 0}, 422),
        ({"card_number": "4242424242424242"}, 422),
    ],
)
async def test_a_consent_that_is_not_proved_or_not_a_reference_is_not_kept(shop: Shop, different: Any, status: int):
    answer = await shop.consent(**different)
    assert answer.status == status
    assert "4242424242424242" not in json.dumps(answer.body)
    kept = await shop.house.request("GET", "/v1/me/consent", token=shop.house.viewer_token())
    assert kept.body == {"provider": shop.name, "consents": []}


async def test_a_consent_is_seen_by_its_end_alone_and_can_be_taken_back(shop: Shop):
    answer = await shop.consent(limit=100_000, address="addr-7")
    (seen,) = answer.body["consents"]
    ends_with = "pm_1" if shop.name == "stripe" else "nt-1"
    assert (seen["ends_with"], seen["limit"], seen["address"]) == (ends_with, 100_000, "addr-7")
    gone = await shop.house.request("DELETE", "/v1/me/consent", token=shop.house.viewer_token())
    assert gone.status == 204
    kept = await shop.house.request("GET", "/v1/me/consent", token=shop.house.viewer_token())
    assert kept.body == {"provider": shop.name, "consents": []}
    assert (await shop.house.request("GET", "/v1/me/consent")).status == 401
