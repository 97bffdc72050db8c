from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.shares import Shares

CHANNELS = ["tmall", "tv", "youku"]

shares = st.dictionaries(st.sampled_from(CHANNELS[:2]), st.integers(1, 50), max_size=2).map(
    lambda percent: Shares(percent=percent, pooled_after_ms=0)
)
moves = st.lists(st.tuples(st.sampled_from(CHANNELS), st.integers(1, 9), st.booleans()), max_size=60)


def test_a_channel_sells_its_own_share_first_then_what_is_kept_for_nobody():
    kept = Shares(percent={"tmall": 40, "tv": 20}, pooled_after_ms=0)
    assert [kept.open_to(channel, 10, 10, {}) for channel in CHANNELS] == [8, 6, 4]
    assert [kept.open_to(channel, 4, 10, {"tmall": 6}) for channel in CHANNELS] == [2, 4, 2]
    assert [kept.open_to(channel, 2, 10, {"tmall": 8}) for channel in CHANNELS] == [0, 2, 0]


def test_a_share_is_rounded_down_to_whole_pieces():
    assert Shares(percent={"tv": 34}, pooled_after_ms=0).kept(2, {}) == {"tv": 0}


def test_shares_end_at_their_instant_or_some_time_after_the_look_whichever_is_first():
    both = Shares(percent={"tv": 1}, pooled_at_ms=5_000, pooled_after_ms=1_000)
    assert both.pooled_from_ms(None) == 5_000
    assert both.pooled_from_ms(3_000) == 4_000
    assert both.pooled_from_ms(4_500) == 5_000
    assert Shares(percent={"tv": 1}, pooled_after_ms=1_000).pooled_from_ms(None) is None


@given(shares, st.integers(0, 30), moves)
def test_whatever_channels_take_and_give_back_each_guarantee_is_honoured_and_all_piles_sum_to_what_is_left(
    kept: Shares, received: int, history: list[tuple[str, int, bool]]
):
    left, taken = received, Counter[str]()
    for channel, pieces, gives_back in history:
        if gives_back:
            back = min(pieces, taken[channel])
            left, taken[channel] = left + back, taken[channel] - back
        elif pieces <= kept.open_to(channel, left, received, taken):
            left, taken[channel] = left - pieces, taken[channel] + pieces
        piles = kept.kept(received, taken)
        assert left >= 0
        assert sum(piles.values()) <= left  # what is kept is there
        pool = left - sum(piles.values())
        for one in CHANNELS:
            assert kept.open_to(one, left, received, taken) == pool + piles.get(one, 0)


@given(shares, st.integers(0, 30), st.integers(0, 30), st.lists(st.sampled_from(CHANNELS), max_size=60))
def test_a_delivery_never_makes_a_guarantee_larger_than_what_is_left(
    kept: Shares, received: int, delivered: int, buyers: list[str]
):
    left, taken = received, Counter[str]()
    for channel in buyers:
        if kept.open_to(channel, left, received, taken):
            left, taken[channel] = left - 1, taken[channel] + 1
    left, received = left + delivered, received + delivered
    assert sum(kept.kept(received, taken).values()) <= left


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 30))
def test_shares_changed_for_the_worse_between_two_starts_oversell_nothing(left: int, taken: int, more: int):
    changed = Shares(percent={"tmall": 50, "tv": 50}, pooled_after_ms=0)
    received = left + taken + more
    assert 0 <= changed.open_to("youku", left, received, {"youku": taken}) <= left
    assert changed.open_to("tmall", left, received, {"youku": taken}) <= left
