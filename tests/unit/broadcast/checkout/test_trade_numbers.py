import re

from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.trade_numbers import order_of, trade_number


@given(st.uuids())
def test_every_order_has_a_number_all_gateways_take_and_is_found_by_it(order: object):
    number = trade_number(str(order))
    assert re.fullmatch(r"[0-9a-f]{32}", number)
    assert order_of(number) == str(order)


@given(st.text(max_size=40))
def test_a_number_that_is_no_uuid_names_itself(text: str):
    if len(text.replace("-", "")) != 32:
        assert order_of(text) == trade_number(text) == text
