import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from broadcast.checkout.adapters import relay as relay_module
from broadcast.checkout.adapters.relay import PaymentRelay
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import (
    Errand,
    GatewayUnavailableError,
    Outcome,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
)
from broadcast.errors import Refusal
from broadcast.money import Money

AMOUNT = Money(200, "CNY")

Run = Callable[[Any], Any]


class Errands:
    """A checkout's open errands."""

    def __init__(self, *errands: Errand) -> None:
        self.open = list(errands)
        self.heard: list[PaymentNotification] = []
        self.refuses: Refusal | None = None
        self.tell: Callable[[Sequence[Errand]], None] = lambda _errands: None

    def on_errands(self, listener: Callable[[Sequence[Errand]], None]) -> None:
        self.tell = listener
        listener(self.open)

    async def payment_notified(self, notification: PaymentNotification) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.heard.append(notification)
        self.open = [errand for errand in self.open if errand.order != notification.order]

    def order_of(self, errand: Errand) -> Order | None:
        if errand not in self.open:
            return None
        return order(errand.order)


def order(name: str) -> Order:
    return Order(
        order=name,
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
        self.at_once = Outcome(state="pending")
        self.when_asked = Outcome(state="unknown")
        self.on_capture = Outcome(state="captured")
        self.on_close = Outcome(state="closed")
        self.queries: list[float] = []
        self.captures: list[str] = []
        self.closed: list[str] = []

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        return await self._take(request)

    async def refund(self, request: RefundRequest) -> Outcome:
        return await self._take(request)

    async def query_payment(self, _request: PaymentRequest) -> Outcome:
        return self._query()

    async def query_refund(self, _request: RefundRequest) -> Outcome:
        return self._query()

    def _query(self) -> Outcome:
        self.queries.append(asyncio.get_running_loop().time())
        return self.when_asked

    async def capture(self, request: PaymentRequest) -> Outcome:
        self.captures.append(request.order)
        return self.on_capture

    async def close(self, request: PaymentRequest) -> Outcome:
        self.closed.append(request.order)
        return self.on_close

    async def _take(self, request: PaymentRequest | RefundRequest) -> Outcome:
        self.asked.append((asyncio.get_running_loop().time(), request))
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        return self.at_once


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


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [("payment", "captured", "captured"), ("payment", "failed", "failed"), ("refund", "refunded", "refunded")],
)
def test_an_answer_that_is_final_at_once_is_news(in_virtual_time: Run, kind: Any, state: Any, told: str):
    errands, gateway = Errands(Errand("o", kind, AMOUNT)), Gateway()
    gateway.at_once = Outcome(state=state)
    in_virtual_time(relay_for(1, errands, gateway))
    assert [(news.kind, news.order, news.amount) for news in errands.heard] == [(told, "o", AMOUNT)]


@pytest.mark.parametrize(("kind", "state"), [("payment", "captured"), ("refund", "refunded")])
def test_where_no_notification_comes_the_gateway_is_asked_what_became_of_it(
    in_virtual_time: Run, kind: Any, state: Any
):
    errands, gateway = Errands(Errand("o", kind, AMOUNT)), Gateway()
    gateway.when_asked = Outcome(state=state, amount=AMOUNT)
    relay = in_virtual_time(relay_for(200, errands, gateway))
    assert [round(at) for at in gateway.queries] == [30]
    assert len(gateway.asked) == 1
    assert [news.kind for news in errands.heard] == [state]
    assert relay.waiting == 0


def test_a_payment_still_pending_is_asked_after_ever_less_often(in_virtual_time: Run):
    gateway = Gateway()
    gateway.when_asked = Outcome(state="pending")
    in_virtual_time(relay_for(1_000, Errands(payment()), gateway))
    assert [round(at) for at in gateway.queries] == [30, 90, 210, 450, 930]
    assert len(gateway.asked) == 1


def test_money_set_aside_is_taken_while_the_order_holds_its_stock(in_virtual_time: Run):
    errands, gateway = Errands(payment()), Gateway()
    gateway.at_once = Outcome(state="authorized")
    in_virtual_time(relay_for(1, errands, gateway))
    assert gateway.captures == ["o"]
    assert [news.kind for news in errands.heard] == ["captured"]


def when_it_is(status: Any, in_virtual_time: Run, gateway: Gateway) -> Errands:
    errands = Errands(payment())

    async def day() -> None:
        relay = PaymentRelay(errands, gateway, jitter=lambda: 0.5)
        await relay.start()
        await asyncio.sleep(1)
        errands.open.clear()
        relay.order_changed("o", status)
        relay.order_changed("o", status)
        await asyncio.sleep(60)
        await relay.stop()

    in_virtual_time(day())
    return errands


def test_a_payment_no_longer_wanted_is_closed_once(in_virtual_time: Run):
    gateway = Gateway()
    errands = when_it_is("released", in_virtual_time, gateway)
    assert gateway.closed == ["o"]
    assert errands.heard == []


def test_a_payment_that_came_before_its_closing_is_news(in_virtual_time: Run):
    gateway = Gateway()
    gateway.on_close = Outcome(state="captured", amount=AMOUNT)
    errands = when_it_is("released", in_virtual_time, gateway)
    assert [news.kind for news in errands.heard] == ["captured"]


def test_a_payment_that_was_made_is_not_closed(in_virtual_time: Run):
    gateway = Gateway()
    when_it_is("paid", in_virtual_time, gateway)
    assert gateway.closed == []


def test_an_answer_of_another_amount_moves_nothing_and_is_told(in_virtual_time: Run):
    errands, gateway = Errands(payment()), Gateway()
    gateway.at_once = Outcome(state="captured", amount=Money(1, "CNY"))
    errands.refuses = Refusal("invalid")
    told: list[tuple[str, Money]] = []

    async def day() -> None:
        relay = PaymentRelay(errands, gateway, mismatch=lambda news, _refusal: told.append((news.order, news.amount)))
        await relay.start()
        await asyncio.sleep(1)
        await relay.stop()

    in_virtual_time(day())
    assert told == [("o", Money(1, "CNY"))]
    assert errands.heard == []


def test_news_the_busy_checkout_cannot_take_is_brought_again(in_virtual_time: Run):
    errands, gateway = Errands(payment()), Gateway()
    gateway.at_once = Outcome(state="captured")
    errands.refuses = Refusal("busy")

    async def day() -> None:
        relay = PaymentRelay(errands, gateway, jitter=lambda: 0.5)
        await relay.start()
        await asyncio.sleep(1)
        errands.refuses = None
        await asyncio.sleep(5)
        await relay.stop()

    in_virtual_time(day())
    assert [news.kind for news in errands.heard] == ["captured"]
