import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from broadcast.checkout.adapters import relay as relay_module
from broadcast.checkout.adapters.relay import PaymentRelay
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, GatewayUnavailableError, PaymentRequest, RefundRequest
from broadcast.money import Money

AMOUNT = Money(200, "CNY")

Run = Callable[[Any], Any]


class Errands:
    """A checkout's open errands."""

    def __init__(self, *errands: Errand) -> None:
        self.open = list(errands)
        self.tell: Callable[[Sequence[Errand]], None] = lambda _errands: None

    def on_errands(self, listener: Callable[[Sequence[Errand]], None]) -> None:
        self.tell = listener
        listener(self.open)

    def order_of(self, errand: Errand) -> Order | None:
        if errand not in self.open:
            return None
        return Order(
            order=errand.order,
            show="gala",
            channel="youku",
            buyer="li",
            key="k",
            fingerprint="f",
            sku="coat-m",
            quantity=2,
            look=None,
            amount=AMOUNT,
            placed_at_ms=0,
            hold_until_ms=900_000,
        )


class Gateway:
    """Fails as often as told, then takes everything; remembers when it was asked for what."""

    def __init__(self, failures: Sequence[Exception] = ()) -> None:
        self.failures = list(failures)
        self.asked: list[tuple[float, PaymentRequest | RefundRequest]] = []
        self.hangs = False

    async def request_payment(self, request: PaymentRequest) -> None:
        await self._take(request)

    async def refund(self, request: RefundRequest) -> None:
        await self._take(request)

    async def _take(self, request: PaymentRequest | RefundRequest) -> None:
        self.asked.append((asyncio.get_running_loop().time(), request))
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)


async def relay_for(seconds: float, errands: Errands, gateway: Gateway) -> PaymentRelay:
    relay = PaymentRelay(errands, gateway, jitter=lambda: 0.5)
    await relay.start()
    await asyncio.sleep(seconds)
    await relay.stop()
    return relay


def payment(order: str = "o") -> Errand:
    return Errand(order, "payment", AMOUNT)


def test_what_the_record_holds_is_told_to_the_gateway(in_virtual_time: Run):
    gateway = Gateway()
    in_virtual_time(relay_for(1, Errands(payment(), Errand("p", "refund", AMOUNT)), gateway))
    assert [request for _, request in gateway.asked] == [
        PaymentRequest(order="o", show="gala", channel="youku", buyer="li", amount=AMOUNT, pay_by_ms=900_000),
        RefundRequest(order="p", amount=AMOUNT),
    ]


def test_what_comes_up_later_is_told_at_once_and_only_once(in_virtual_time: Run):
    errands, gateway = Errands(), Gateway()

    async def day() -> None:
        relay = PaymentRelay(errands, gateway)
        await relay.start()
        errands.open.append(payment())
        errands.tell([payment()])
        errands.tell([payment()])
        await asyncio.sleep(1)
        await relay.stop()

    in_virtual_time(day())
    assert [(at, request.order) for at, request in gateway.asked] == [(0, "o")]


@pytest.mark.parametrize("failure", [GatewayUnavailableError("full"), RuntimeError("a bug in its SDK")])
def test_a_gateway_that_does_not_take_a_request_is_asked_again_ever_later(in_virtual_time: Run, failure: Exception):
    gateway = Gateway([failure] * 5)
    in_virtual_time(relay_for(10, Errands(payment()), gateway))
    assert [round(at, 3) for at, _ in gateway.asked] == [0, 0.2, 0.6, 1.4, 3.0, 6.2]


def test_a_gateway_that_hangs_is_asked_again_and_others_need_not_wait(in_virtual_time: Run):
    gateway = Gateway()
    gateway.hangs = True
    relay = in_virtual_time(relay_for(40, Errands(*(payment(str(n)) for n in range(relay_module.WORKERS))), gateway))
    assert len(gateway.asked) == 3 * relay_module.WORKERS
    assert relay.waiting == relay_module.WORKERS


def test_a_request_never_answered_is_made_again(in_virtual_time: Run):
    gateway = Gateway()
    in_virtual_time(relay_for(100, Errands(payment()), gateway))
    assert [round(at) for at, _ in gateway.asked] == [0, 30, 90]


def test_what_was_answered_meanwhile_is_not_told_again(in_virtual_time: Run):
    errands, gateway = Errands(payment()), Gateway()

    async def day() -> PaymentRelay:
        relay = PaymentRelay(errands, gateway)
        await relay.start()
        await asyncio.sleep(1)
        errands.open.clear()
        await asyncio.sleep(1_000)
        await relay.stop()
        return relay

    relay = in_virtual_time(day())
    assert len(gateway.asked) == 1
    assert relay.waiting == 0


def test_a_hopeless_errand_is_left_to_the_next_start(in_virtual_time: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relay_module, "MAX_ATTEMPTS", 3)
    gateway = Gateway([GatewayUnavailableError()] * 100)
    errands = Errands(payment())
    in_virtual_time(relay_for(86_400, errands, gateway))
    assert len(gateway.asked) == 3
    in_virtual_time(relay_for(86_400, errands, gateway))
    assert len(gateway.asked) == 6
