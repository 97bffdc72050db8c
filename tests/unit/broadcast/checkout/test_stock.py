from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.stock import Shelf, ShelfCount

MOVES = ["reserve", "sell", "give_back_reserved", "give_back_sold"]


@given(st.integers(0, 20), st.lists(st.tuples(st.sampled_from(MOVES), st.integers(-2, 9))))
def test_whatever_is_asked_of_a_shelf_no_piece_is_lost_or_owed(initial: int, moves: list[tuple[Any, Any]]):
    shelf = Shelf("coat-m", initial)
    for move, pieces in moves:
        before = shelf.count()
        try:
            getattr(shelf, move)(pieces)
        except ValueError:
            assert shelf.count() == before
        assert shelf.count().adds_up


def test_pieces_go_from_the_shelf_to_the_buyer_and_back():
    shelf = Shelf("coat-m", 5)
    shelf.reserve(3)
    assert shelf.count() == ShelfCount(5, 2, 3, 0)
    shelf.sell(2)
    assert shelf.count() == ShelfCount(5, 2, 1, 2)
    shelf.give_back_reserved(1)
    shelf.give_back_sold(2)
    assert shelf.count() == ShelfCount(5, 5, 0, 0)


@pytest.mark.parametrize("pieces", [6, 0, -1])
def test_a_shelf_never_gives_what_it_does_not_have(pieces: int):
    with pytest.raises(ValueError, match="coat-m"):
        Shelf("coat-m", 5).reserve(pieces)


@pytest.mark.parametrize("count", [ShelfCount(5, 6, -1, 0), ShelfCount(5, 2, 1, 1), ShelfCount(5, 5, 1, -1)])
def test_figures_that_do_not_add_up_are_noticed(count: ShelfCount):
    assert not count.adds_up
