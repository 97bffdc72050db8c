import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.money import MAX_MINOR_UNITS, Money, exponent, is_currency, parse_major


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("1299.00", "CNY", 129_900),
        (" 1299 ", "CNY", 129_900),
        ("0", "CNY", 0),
        ("0.01", "EUR", 1),
        ("1e2", "CNY", 10_000),
        ("1500", "JPY", 1_500),
        ("1.234", "KWD", 1_234),
        ("10000000000", "CNY", MAX_MINOR_UNITS),
    ],
)
def test_an_amount_in_major_units_becomes_minor_units_exactly(text: str, currency: str, value: int) -> None:
    assert parse_major(text, currency) == Money(value, currency)


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("", "CNY", "is not an amount"),
        ("free", "CNY", "is not an amount"),
        ("1,299.00", "CNY", "is not an amount"),
        ("¥1299", "CNY", "is not an amount"),
        ("NaN", "CNY", "is not an amount"),
        ("Infinity", "CNY", "is not an amount"),
        ("-1", "CNY", "is negative"),
        ("0.001", "CNY", "is finer"),
        ("1.5", "JPY", "is finer"),
        ("10000000000.01", "CNY", "is larger"),
        ("1e400", "CNY", "is larger"),
    ],
)
def test_what_is_no_amount_says_why(text: str, currency: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_major(text, currency)


@given(st.integers(min_value=0, max_value=MAX_MINOR_UNITS), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_every_amount_survives_being_written_in_major_units(value: int, currency: str) -> None:
    decimals = exponent(currency)
    whole, part = divmod(value, 10**decimals)
    text = f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
    assert parse_major(text, currency) == Money(value, currency)


def test_many_pieces_cost_as_many_times_as_much() -> None:
    assert Money(129_900, "CNY").times(3) == Money(389_700, "CNY")


@pytest.mark.parametrize(
    ("code", "right"), [("CNY", True), ("cny", False), ("CN", False), ("CNY\n", False), ("", False)]
)
def test_a_currency_has_three_capital_letters(code: str, *, right: bool) -> None:
    assert is_currency(code) is right
