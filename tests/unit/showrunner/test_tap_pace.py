from itertools import pairwise

import pytest

from broadcast.channels.adapters.tokens import Viewer
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId
from showrunner import tap_pace
from showrunner.tap_pace import TapPace

PER_SECOND, BURST = 20, 240


class Clock:
    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> TapPace:
    return TapPace(PER_SECOND, BURST, clock, lambda: 0.0)


def buyer(name: str) -> Viewer:
    return Viewer(ChannelId("web"), BuyerId(name), 0)


def honoured(pace: TapPace, who: Viewer, taps: int) -> int:
    return sum(wait_ms(pace, who) == 0 for _ in range(taps))


def wait_ms(pace: TapPace, who: Viewer) -> int:
    """Tap; return how long the buyer is to wait, 0 where the tap is honoured."""
    try:
        pace.take(who)
    except Refusal as refusal:
        return int(refusal.more["retry_after_ms"])
    return 0


def test_five_thousand_buyers_behind_one_carrier_all_get_through(pace: TapPace):
    assert all(honoured(pace, buyer(f"subscriber-{number}"), 3) == 3 for number in range(5_000))


def test_a_bot_with_one_token_on_a_hundred_connections_gets_no_more_than_one_buyer(pace: TapPace, clock: Clock):
    got = 0
    for _tenth in range(100):
        got += sum(honoured(pace, buyer("bot"), 1) for _connection in range(100))
        clock.s += 0.1
    assert got <= BURST + 10 * PER_SECOND
    assert pace.slowed["rate"] > 9_000


def test_a_bot_costs_the_others_nothing(pace: TapPace):
    honoured(pace, buyer("bot"), 10_000)
    assert honoured(pace, buyer("mei"), 5) == 5


def test_a_buyer_who_paused_is_as_welcome_as_before(pace: TapPace, clock: Clock):
    honoured(pace, buyer("mei"), BURST + 1)
    clock.s += BURST / PER_SECOND
    assert honoured(pace, buyer("mei"), BURST) == BURST


def test_who_taps_on_with_an_empty_bucket_waits_twice_as_long_each_time(pace: TapPace, clock: Clock):
    honoured(pace, buyer("bot"), BURST)
    waits = []
    for _ in range(4):
        waits.append(wait_ms(pace, buyer("bot")))
        clock.s += waits[-1] / 1000
        assert honoured(pace, buyer("bot"), 1) == 1
    assert all(later > 1.9 * earlier for earlier, later in pairwise(waits))
    assert waits[-1] <= tap_pace.MAX_WAIT_S * 1_500


def test_a_refused_buyer_is_told_when_to_come_again(pace: TapPace):
    honoured(pace, buyer("bot"), BURST)
    with pytest.raises(Refusal, match="too-many-requests") as refused:
        pace.take(buyer("bot"))
    assert refused.value.status == 429
    assert refused.value.more["retry_after_ms"] > 0


def test_tapping_before_the_sale_is_open_empties_the_bucket_sooner(pace: TapPace):
    got = 0
    while honoured(pace, buyer("bot"), 1):
        pace.early(buyer("bot"))
        got += 1
    assert got == BURST / tap_pace.EARLY_TAP_COST


def test_no_more_buyers_are_remembered_than_there_is_room_for(pace: TapPace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tap_pace, "MAX_BUYERS", 10)
    for number in range(50):
        pace.take(buyer(str(number)))
    assert len(pace) == 10


@pytest.mark.parametrize(("pause_s", "often"), [(tap_pace.PAUSE_S - 1, True), (tap_pace.PAUSE_S, False)])
def test_who_taps_often_is_still_known_after_a_short_pause_and_not_after_a_long_one(
    pace: TapPace, clock: Clock, *, pause_s: float, often: bool
) -> None:
    taps = [pace.take(buyer("busy")) for _ in range(tap_pace.OFTEN + 1)]
    assert taps == [False] * tap_pace.OFTEN + [True]
    clock.s += pause_s
    assert pace.take(buyer("busy")) is often


def test_a_pause_no_longer_than_between_two_looks_hides_nobody() -> None:
    assert tap_pace.PAUSE_S >= 30
