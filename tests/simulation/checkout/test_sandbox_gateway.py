import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from broadcast.checkout.adapters import sandbox_gateway
from broadcast.checkout.adapters.notifications import verify
from broadcast.checkout.adapters.sandbox_gateway import SandboxBehaviour, SandboxGateway
from broadcast.checkout.payment import GatewayUnavailableError, PaymentRequest, RefundRequest
from broadcast.clock import WallMs
from broadcast.money import Money

SECRET = "whsec_" + base64.b64encode(b"a secret of at least 24 bytes").decode()
AMOUNT = Money(129_900, "CNY")

Run = Callable[[Any], Any]


class ShopDoor:
    """Takes deliveries, each with the virtual instant it came; refuses as told."""

    def __init__(self, answers: list[int | Exception] | None = None) -> None:
        self.answers = list(answers or [])
        self.heard: list[tuple[int, str, str, int]] = []

    async def deliver(self, headers: dict[str, str], body: bytes) -> int:
        news = verify(headers, body, SECRET)
        at_ms = round(asyncio.get_running_loop().time() * 1000)
        self.heard.append((at_ms, news.order, news.kind, news.amount.value))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer


async def gateway_day(door: ShopDoor, requests: list[Any], **behaviour: Any) -> SandboxGateway:
    """Ask for payments and refunds, then wait a day."""
    gateway = SandboxGateway(
        secret=SECRET,
        deliver=door.deliver,
        now=lambda: WallMs(int(time.time() * 1000)),  # signatures are checked against the real clock
        behaviour=SandboxBehaviour(**({"seed": "7"} | behaviour)),
    )
    await gateway.start()
    for request in requests:
        await (gateway.refund(request) if isinstance(request, RefundRequest) else gateway.request_payment(request))
    await asyncio.sleep(86_400)
    await gateway.stop()
    return gateway


def request(order: str) -> PaymentRequest:
    return PaymentRequest(order=order, show="gala", channel="youku", buyer="li", amount=AMOUNT, pay_by_ms=0)


def orders(count: int) -> list[PaymentRequest]:
    return [request(f"order-{n}") for n in range(count)]


def test_a_payment_is_captured_after_a_while_and_told_once(in_virtual_time: Run):
    door = ShopDoor()
    in_virtual_time(gateway_day(door, [request("o")], delay_ms=1_500))
    assert door.heard == [(1_500, "o", "captured", 129_900)]


def test_a_refund_is_told_too(in_virtual_time: Run):
    door = ShopDoor()
    in_virtual_time(gateway_day(door, [RefundRequest(order="o", amount=AMOUNT)], delay_ms=10))
    assert door.heard == [(10, "o", "refunded", 129_900)]


def test_asking_twice_is_asking_once(in_virtual_time: Run):
    door = ShopDoor()
    in_virtual_time(gateway_day(door, [request("o"), request("o")]))
    assert len(door.heard) == 1


@pytest.mark.parametrize("answer", [500, 302, 503, ConnectionRefusedError()])
def test_a_shop_that_did_not_accept_is_told_again(in_virtual_time: Run, answer: int | Exception):
    door = ShopDoor([answer, answer, 200])
    in_virtual_time(gateway_day(door, [request("o")], delay_ms=0))
    assert [kind for _, _, kind, _ in door.heard] == ["captured"] * 3


def test_a_shop_that_never_accepts_is_given_up(in_virtual_time: Run):
    door = ShopDoor([500] * 100)
    gateway = in_virtual_time(gateway_day(door, [request("o")]))
    assert len(door.heard) == sandbox_gateway.MAX_DELIVERY_ATTEMPTS
    assert gateway.given_up == 1


def test_a_shop_that_never_answers_holds_nothing_up(in_virtual_time: Run):
    door = ShopDoor()
    hang = asyncio.Event

    async def deliver_or_hang(headers: dict[str, str], body: bytes) -> int:
        status = await ShopDoor.deliver(door, headers, body)
        if door.heard[-1][1] == "stuck":
            await hang().wait()
        return status

    door.deliver = deliver_or_hang  # type: ignore[method-assign]
    in_virtual_time(gateway_day(door, [request("stuck"), request("o")]))
    assert [order for _, order, _, _ in door.heard].count("o") == 1
    assert [order for _, order, _, _ in door.heard].count("stuck") == sandbox_gateway.MAX_DELIVERY_ATTEMPTS


def test_payments_fail_duplicate_and_lie_in_the_shares_asked_for(in_virtual_time: Run):
    door = ShopDoor()
    behaviour = {"failure_share": 0.3, "duplicate_share": 0.2, "wrong_amount_share": 0.5}
    in_virtual_time(gateway_day(door, orders(1_000), **behaviour))
    told = {order: (kind, value) for _, order, kind, value in door.heard}
    failed = sum(kind == "failed" for kind, _ in told.values())
    lies = sum(value != 129_900 for _, value in told.values())
    assert 250 < failed < 350
    assert 300 < lies < 400  # half of those that do not fail
    assert 1_150 < len(door.heard) < 1_250


def test_the_same_seed_is_the_same_fate_even_after_a_restart(in_virtual_time: Run):
    one, other, another_seed = ShopDoor(), ShopDoor(), ShopDoor()
    behaviour = {"failure_share": 0.5, "reorder": True}
    in_virtual_time(gateway_day(one, orders(50), **behaviour))
    in_virtual_time(gateway_day(other, orders(50), **behaviour))
    in_virtual_time(gateway_day(another_seed, orders(50), **behaviour, seed="8"))
    assert one.heard == other.heard
    assert one.heard != another_seed.heard


def test_on_request_later_news_overtakes_earlier(in_virtual_time: Run):
    door = ShopDoor()
    in_virtual_time(gateway_day(door, orders(50), reorder=True, delay_ms=1_000))
    assert [order for _, order, _, _ in door.heard] != [f"order-{n}" for n in range(50)]
    assert all(0 <= at_ms <= 2_000 for at_ms, *_ in door.heard)


def test_a_gateway_with_too_much_on_its_way_takes_no_more(in_virtual_time: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox_gateway, "MAX_PENDING", 2)
    with pytest.raises(GatewayUnavailableError):
        in_virtual_time(gateway_day(ShopDoor(), orders(3)))
