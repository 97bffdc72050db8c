from itertools import count

import pytest

from broadcast.checkout.tickets import ARRIVALS_PER_MS, LIFE_MS, Ticket, read, sign
from broadcast.messages import MAX_TICKET_CHARS

KEY, NOW = b"the show's own key", 1_509_451_200_000
ticket = Ticket("gala", "coat-m", "youku", "李雷", 2, NOW * ARRIVALS_PER_MS)


def test_a_ticket_says_again_what_it_was_signed_for():
    assert read(sign(ticket, KEY), KEY, NOW) == ticket


def test_the_longest_ticket_fits_on_the_wire():
    longest = Ticket("s" * 64, "款" * 64, "c" * 64, "李" * 128, 99, ticket.arrival)
    assert len(sign(longest, KEY)) <= MAX_TICKET_CHARS


@pytest.mark.parametrize("key", [b"", b"another key"])
def test_a_ticket_signed_with_another_key_is_worth_nothing(key: bytes):
    with pytest.raises(ValueError, match="not issued here"):
        read(sign(ticket, key), KEY, NOW)


def test_a_ticket_changed_in_any_place_is_worth_nothing():
    text = sign(ticket, KEY)
    for place in count():
        if place == len(text):
            break
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(ValueError, match="ticket"):
            read(text[:place] + other + text[place + 1 :], KEY, NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "v1.", "v1..", "v1.e30", "v2.e30.e30", "票", "v1.票.票", "v1." + "A" * 9_999]
)
def test_what_is_no_ticket_is_refused(text: str):
    with pytest.raises(ValueError, match="ticket"):
        read(text, KEY, NOW)


def test_a_ticket_proves_nothing_when_the_show_is_long_over():
    text = sign(ticket, KEY)
    assert read(text, KEY, NOW + LIFE_MS) == ticket
    with pytest.raises(ValueError, match="no longer valid"):
        read(text, KEY, NOW + LIFE_MS + 1)


def test_a_ticket_from_before_the_clock_was_set_back_is_still_good():
    assert read(sign(ticket, KEY), KEY, NOW - 3_600_000) == ticket
