import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from gateway.alipay import LocalAlipay
from gateway.stripe import LocalStripe
from gateway.trades import LocalGateway
from gateway.wechat_pay import LocalWeChatPay

from broadcast.checkout.adapters.alipay import AlipayGateway
from broadcast.checkout.adapters.stripe_gateway import StripeGateway
from broadcast.checkout.adapters.wechat_pay import WeChatPayGateway
from broadcast.checkout.payment import Agreement, PaymentRequest, RefundRequest
from broadcast.clock import WallMs
from broadcast.money import Money

ORDER = "01936a3e-5b7c-7d11-8f00-0123456789ab"
AMOUNT = Money(129_900, "CNY")


def now() -> WallMs:
    return WallMs(int(time.time() * 1000))


class Vendor:
    """A vendor's local gateway, and our adapter that speaks to it."""

    def __init__(self, name: str, there: Any, here: Any) -> None:
        self.name = name
        self.there = there
        self.here = here

    def agreement(self, reference: str | None = None) -> Agreement:
        return Agreement(
            provider=self.name,
            reference=reference or {"stripe": "pm_1"}.get(self.name, "agreement-1"),
            customer={"stripe": "cus_1", "wechat_pay": "openid-1"}.get(self.name, ""),
            currency="CNY",
        )

    def payment(self, *, order: str = ORDER, consent: bool = True, reference: str = "") -> PaymentRequest:
        return PaymentRequest(
            order=order,
            show="gala",
            channel="youku",
            buyer="li",
            amount=AMOUNT,
            pay_by_ms=now() + 900_000,
            agreement=self.agreement() if consent else None,
            reference=reference,
        )

    def refund(self, *, order: str = ORDER, reference: str = "") -> RefundRequest:
        return RefundRequest(order=order, amount=AMOUNT, reference=reference)

    @property
    def trade(self) -> Any:
        """The one trade the gateway has."""
        (trade,) = self.there.trades.values()
        return trade


MAKES: dict[str, tuple[Callable[[], LocalGateway], Callable[[Any], Any]]] = {
    "alipay": (LocalAlipay, lambda there: AlipayGateway(there.account(), now)),
    "wechat_pay": (LocalWeChatPay, lambda there: WeChatPayGateway(there.account(), now)),
    "stripe": (LocalStripe, lambda there: StripeGateway(there.account())),
}


@pytest.fixture(params=sorted(MAKES))
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[Vendor]:
    make_there, make_here = MAKES[request.param]
    there = make_there()
    async with there.open():
        here = make_here(there)
        yield Vendor(request.param, there, here)
        here.close_threads()
        await asyncio.sleep(0)
