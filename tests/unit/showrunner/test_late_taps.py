"""Taps that do not go straight to the desk are answered whatever happens on the way."""

import asyncio
from typing import Any

import pytest

from broadcast.assurance import Assurance
from broadcast.channels.adapters.tokens import Viewer
from broadcast.checkout.payment import Agreement
from broadcast.checkout.spending import STEP_UP
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, Sku
from broadcast.messages import OrderRequest
from broadcast.money import Money
from showrunner import consented_taps, suspects
from showrunner.consented_taps import ConsentedTaps
from showrunner.suspects import Suspects

MEI = Viewer(ChannelId("web"), BuyerId("mei"), 0)
TAP: dict[str, Any] = {
    "channel": "web",
    "buyer": "mei",
    "key": "k",
    "request": OrderRequest(show="gala", sku="coat", quantity=1),
}
TOO_DEAR = Refusal(STEP_UP, of="order", amount={"value": 500, "currency": "CNY"})


class Desk:
    """A way to a desk that answers what it is told to, and keeps what it was asked with."""

    def __init__(self, *answers: Refusal | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Assurance | None] = []

    def __call__(self, *, answer: Any, assurance: Assurance | None = None, **_tap: Any) -> None:
        self.asked.append(assurance)
        said = self.answers.pop(0)
        if not isinstance(said, Refusal):
            raise said
        answer(said)


async def told(way: Any) -> Refusal:
    answered: asyncio.Future[Refusal] = asyncio.get_running_loop().create_future()
    way(answer=answered.set_result, **TAP)
    return await answered


def agreement(**different: Any) -> Agreement:
    known = {"provider": "stripe", "reference": "pm_1", "currency": "CNY", "limit": 500, "confirmed": True}
    return Agreement(**(known | different))


def consented(desk: Desk, *kept: Agreement | Exception) -> ConsentedTaps:
    async def agreements(_channel: str, _buyer: str) -> list[Agreement]:
        for one in kept:
            if isinstance(one, Exception):
                raise one
        return [one for one in kept if isinstance(one, Agreement)]

    return ConsentedTaps(desk, agreements, lambda _channel: "stripe")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Suspects:
    """Whoever taps is surely a machine."""
    suspect = Suspects(0.01, lambda: 1.0)
    monkeypatch.setattr(suspect.behaviour, "grade", lambda *_: 2)
    return suspect


async def test_a_tap_that_waited_is_answered_by_the_desk(machine: Suspects):
    desk = Desk(Refusal("sold-out"))
    assert (await told(machine.way(MEI, Sku("coat"), desk))).name == "sold-out"
    assert machine.slowed[2] == 1


@pytest.mark.parametrize(("said", "name"), [(Refusal("busy"), "busy"), (RuntimeError("broken"), "internal")])
async def test_a_tap_that_waited_is_answered_although_the_desk_fails(
    machine: Suspects, monkeypatch: pytest.MonkeyPatch, said: Exception, name: str
):
    def failing(**_tap: Any) -> None:
        raise said

    monkeypatch.setattr(suspects.log, "exception", lambda *_: None)
    assert (await told(machine.way(MEI, Sku("coat"), failing))).name == name


async def test_where_too_many_taps_wait_the_next_goes_straight_on(machine: Suspects, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(suspects, "MAX_WAITING", 0)
    desk = Desk()
    assert machine.way(MEI, Sku("coat"), desk) is desk


async def test_a_consent_that_covers_the_order_is_shown_to_the_desk():
    desk = Desk(TOO_DEAR, Refusal("sold-out"))
    assert (await told(consented(desk, agreement()))).name == "sold-out"
    assert desk.asked == [None, Assurance(agreed=Money(500, "CNY"))]


@pytest.mark.parametrize(
    "kept",
    [
        agreement(confirmed=False),
        agreement(limit=499),
        agreement(limit=None),
        agreement(currency="HKD"),
        agreement(provider="alipay"),
        OSError("no database"),
    ],
)
async def test_without_such_a_consent_the_refusal_stands(kept: Agreement | Exception, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consented_taps.log, "exception", lambda *_: None)
    desk = Desk(TOO_DEAR)
    assert await told(consented(desk, kept)) is TOO_DEAR
    assert len(desk.asked) == 1


async def test_a_consent_that_is_not_found_in_time_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consented_taps, "TIMEOUT_S", 0.01)
    monkeypatch.setattr(consented_taps.log, "exception", lambda *_: None)

    async def never(*_who: str) -> list[Agreement]:
        await asyncio.Event().wait()
        return []

    assert await told(ConsentedTaps(Desk(TOO_DEAR), never, lambda _channel: "stripe")) is TOO_DEAR


async def test_no_consent_is_looked_up_for_a_sum_or_beyond_the_bound(monkeypatch: pytest.MonkeyPatch):
    sum_passed = Refusal(STEP_UP, of="buyer", amount={"value": 500, "currency": "CNY"})
    assert await told(consented(Desk(sum_passed), AssertionError("looked up"))) is sum_passed
    monkeypatch.setattr(consented_taps, "MAX_LOOKUPS", 0)
    assert await told(consented(Desk(TOO_DEAR), AssertionError("looked up"))) is TOO_DEAR


async def test_a_tap_with_a_consent_is_answered_although_the_desk_fails_the_second_time(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(suspects.log, "exception", lambda *_: None)
    assert (await told(consented(Desk(TOO_DEAR, RuntimeError("broken")), agreement()))).name == "internal"
