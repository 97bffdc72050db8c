import asyncio

import pytest

from broadcast.errors import problem
from broadcast.ids import OrderId, Sku
from broadcast.messages import OrderAnswer, OrderRequest
from broadcast.money import Money
from showrunner.rehearsal import buying
from showrunner.rehearsal.buying import buy, buy_again, worth_waiting_s
from showrunner.rehearsal.doors import Acknowledged, Buyer, Outcome, declined
from showrunner.rehearsal.tally import Tally

BUYER = Buyer(token="mei's", key="one", request=OrderRequest(show="night", sku="BAG", quantity=1))


def order(number: str = "1") -> OrderAnswer:
    return OrderAnswer(
        order=OrderId(number), status="reserved", sku=Sku("BAG"), quantity=1, amount=Money(100, "CNY"), hold_until_ms=9
    )


class ScriptedDoor:
    """Answers in the order written down."""

    def __init__(self, *answers: Outcome | Exception, name: str = "http") -> None:
        self.name = name
        self.turn = asyncio.Semaphore(1)
        self.keys: list[str] = []
        self._answers = list(answers)

    async def place(self, buyer: Buyer) -> Outcome:
        self.keys.append(buyer.key)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buying, "RETRY_FIRST_S", 0.0)


async def test_a_tap_whose_connection_broke_goes_to_the_other_door_with_the_same_key() -> None:
    tally = Tally()
    broken, other = ScriptedDoor(ConnectionResetError()), ScriptedDoor(Acknowledged(order(), replayed=True))
    outcome = await buy(BUYER, broken, other, tally)
    assert outcome == Acknowledged(order(), replayed=True)
    assert broken.keys == other.keys == ["one"]
    assert (tally.outcomes, tally.again) == ({"reserved": 1}, {"ConnectionResetError": 1})


async def test_a_busy_server_is_asked_again() -> None:
    tally = Tally()
    busy = ScriptedDoor(declined(problem("busy", retry_after_ms=0)))
    outcome = await buy(BUYER, busy, ScriptedDoor(Acknowledged(order(), replayed=False)), tally)
    assert outcome is not None
    assert tally.again == {"busy": 1}


async def test_sold_out_stands() -> None:
    tally = Tally()
    door = ScriptedDoor(declined(problem("sold-out")))
    assert await buy(BUYER, door, ScriptedDoor(), tally) is None
    assert tally.outcomes == {"sold-out": 1}


async def test_a_tap_that_never_gets_an_answer_ends_as_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buying, "MAX_TRIES", 2)
    tally = Tally()
    assert await buy(BUYER, ScriptedDoor(TimeoutError()), ScriptedDoor(ConnectionResetError()), tally) is None
    assert tally.outcomes == {"unanswered": 1}


async def test_the_same_order_again_is_what_a_repeat_must_be_answered() -> None:
    first = Acknowledged(order("1"), replayed=False)
    answers: list[tuple[Outcome, int]] = [
        (Acknowledged(order("1"), replayed=True), 0),
        (Acknowledged(order("2"), replayed=True), 1),
        (Acknowledged(order("1"), replayed=False), 1),
        (declined(problem("sold-out")), 1),
    ]
    for answer, other_answers in answers:
        tally = Tally()
        await buy_again(BUYER, first, ScriptedDoor(answer), ScriptedDoor(), tally)
        assert (tally.repeats, tally.other_answers) == (1, other_answers)


def test_a_buyer_waits_until_its_channel_has_shown_the_look() -> None:
    early = declined(problem("not-on-sale", opens_at_ms=12_000))
    assert worth_waiting_s(early, 10_000) == 2.0
    assert worth_waiting_s(early, 13_000) == 0.0


def test_nobody_waits_for_what_does_not_open_or_not_today() -> None:
    assert worth_waiting_s(declined(problem("not-on-sale")), 0) is None
    assert worth_waiting_s(declined(problem("not-on-sale", opens_at_ms=86_400_000)), 0) is None
    assert worth_waiting_s(Acknowledged(order(), replayed=False), 0) is None
