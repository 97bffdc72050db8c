import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.channels.cue_log import HISTORY_MESSAGES, History, LogRecord, from_json, stamped, to_json
from broadcast.ids import CueId, Epoch, Sku
from broadcast.messages import Cue, Stock


def record(seq: int) -> LogRecord:
    return LogRecord(seq, Stock(seq=seq, sku=Sku("COAT"), left=seq, state="on_sale"))


def history(*seqs: int) -> History:
    kept = History()
    for seq in seqs:
        kept.add(record(seq))
    return kept


def since(kept: History, after: int, latest: int) -> list[int] | None:
    records = kept.since(after, latest)
    return None if records is None else [one.seq for one in records]


def test_a_viewer_gets_every_record_missed_in_order() -> None:
    assert since(history(4, 5, 6), 3, 6) == [4, 5, 6]
    assert since(history(4, 5, 6), 5, 6) == [6]


def test_who_missed_nothing_gets_nothing() -> None:
    assert since(history(4, 5, 6), 6, 6) == []
    assert since(history(), 0, 0) == []


def test_who_claims_to_know_the_future_is_not_believed() -> None:
    assert since(history(4, 5, 6), 7, 6) is None


def test_one_record_too_old_is_too_old_for_all() -> None:
    assert since(history(4, 5, 6), 2, 6) is None
    assert since(history(), 2, 6) is None


def test_a_gap_makes_everything_before_it_useless() -> None:
    kept = history(4, 5, 9)
    assert since(kept, 8, 9) == [9]
    assert since(kept, 4, 9) is None
    assert kept.oldest_seq == 9


def test_a_new_epoch_begins_with_nothing() -> None:
    kept = history(4, 5)
    kept.clear()
    assert kept.oldest_seq is None
    kept.add(record(1))
    assert since(kept, 0, 1) == [1]


def test_only_the_newest_records_are_kept() -> None:
    kept = history(*range(1, HISTORY_MESSAGES + 3))
    assert kept.oldest_seq == 3
    assert since(kept, 1, HISTORY_MESSAGES + 2) is None
    assert len(since(kept, 2, HISTORY_MESSAGES + 2) or ()) == HISTORY_MESSAGES


@given(
    st.lists(st.integers(min_value=1, max_value=30), unique=True).map(sorted),
    st.integers(min_value=0, max_value=31),
)
def test_what_is_told_is_all_that_was_missed_or_nothing(seqs: list[int], after: int) -> None:
    latest = seqs[-1] if seqs else 0
    told = since(history(*seqs), after, latest)
    if told is not None:
        assert told == list(range(after + 1, latest + 1))


def test_a_stored_message_comes_back_as_it_was() -> None:
    cue = Cue(
        seq=3, epoch=Epoch("e"), id=CueId("c"), at_ms=1, sent_ms=2, action="take", look=None, replaces=(CueId("b"),)
    )
    stock = Stock(seq=4, sku=Sku("衣"), left=0, state="sold_out")
    assert from_json(to_json(cue)) == cue
    assert from_json(to_json(stock)) == stock
    with pytest.raises(msgspec.ValidationError):
        from_json(b'{"type":"rumour"}')


def test_a_message_is_stamped_with_its_place() -> None:
    cue = Cue(seq=0, epoch=Epoch(""), id=CueId("c"), at_ms=1, sent_ms=0, action="clear", look=None)
    placed = stamped(cue, 7, Epoch("e1"), 99)
    assert (placed.seq, placed.epoch, placed.sent_ms) == (7, "e1", 99)  # type: ignore[union-attr]
    told = stamped(Stock(seq=0, sku=Sku("S"), left=1, state="on_sale"), 8, Epoch("e1"), 99)
    assert told.seq == 8
