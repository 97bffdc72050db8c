import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.money import Money
from showrunner.show_folder import cells


@pytest.mark.parametrize(
    ("text", "value"), [("1299.00", 129_900), ("1299", 129_900), ("0.5", 50), ("0", 0), ("007.10", 710)]
)
def test_a_price_is_read_into_minor_units(text: str, value: int):
    assert cells.amount(text, "CNY") == Money(value, "CNY")


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("-1", "CNY", "negative"),
        ("1.005", "CNY", "finer than CNY"),
        ("1200.50", "JPY", "finer than JPY"),
        ("¥1299", "CNY", "number alone"),
        ("1,299.00", "CNY", "number alone"),
        ("1e3", "CNY", "number alone"),
        ("=1+1", "CNY", "number alone"),
        ("\uff11\uff12", "CNY", "number alone"),
        ("nan", "CNY", "number alone"),
        ("9" * 30, "CNY", "larger than any amount"),
    ],
)
def test_a_price_that_is_no_plain_amount_of_its_currency_is_refused(text: str, currency: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        cells.amount(text, currency)


@pytest.mark.parametrize(
    ("text", "ms"), [("0:00:00", 0), ("0:01:20", 80_000), ("12:34:56", 45_296_000), ("0:00:01.5", 1_500)]
)
def test_a_planned_time_is_hours_minutes_seconds(text: str, ms: int):
    assert cells.span_ms(text) == ms


@pytest.mark.parametrize("text", ["1:30", "90", "0:60:00", "0:00:60", "-0:00:01", "1:2:3", "48:00:00", "1:00 PM"])
def test_a_planned_time_in_another_form_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not a time|beyond"):
        cells.span_ms(text)


@pytest.mark.parametrize("barcode", ["4006381333931", "036000291452", "96385074", "10012345678902", "'4006381333931"])
def test_a_gtin_with_its_right_check_digit_is_kept(barcode: str):
    assert cells.gtin(barcode) == barcode.removeprefix("'")


@given(st.integers(0, 10**12 - 1), st.integers(0, 11), st.integers(1, 9))
def test_one_mistyped_digit_of_a_barcode_is_always_found(number: int, place: int, change: int):
    digits = f"{number:012d}"
    check = next(d for d in "0123456789" if _is_gtin(digits + d))
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :] + check
    assert not _is_gtin(wrong)


def _is_gtin(text: str) -> bool:
    try:
        cells.gtin(text)
    except ValueError:
        return False
    return True


def test_a_wrong_check_digit_is_named_with_the_right_one():
    with pytest.raises(ValueError, match="it should be 1"):
        cells.gtin("4006381333932")


@pytest.mark.parametrize(
    "address", ["media/red.svg", "https://a.example/x.jpg?size=2", "http://a.example/x.jpg", "a.jpg"]
)
def test_a_picture_is_on_the_web_or_in_the_folder(address: str):
    assert cells.picture(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "../secret.png",
        "media/../../secret.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "//evil.example/x.png",
        "..\\secret.png",
        "C:/x.png",
        "https:///x.png",
        "http://[broken/x.png",
    ],
)
def test_a_picture_from_anywhere_else_is_refused(address: str):
    with pytest.raises(ValueError):
        cells.picture(address)


@pytest.mark.parametrize("sku", ["RED-S", "雪-1", "a.b_c/d#1", "AB,C", "x" * 64])
def test_a_sku_is_any_visible_characters(sku: str):
    assert cells.sku(sku) == sku


@pytest.mark.parametrize("sku", ["", "A B", "A;B", "A|B", "x" * 65, "A\u200bB", "A\nB"])
def test_a_sku_that_a_rundown_could_not_list_is_refused(sku: str):
    with pytest.raises(ValueError):
        cells.sku(sku)


def test_a_missing_sku_is_derived_from_handle_and_options():
    assert cells.derived_sku("classic-varsity-top", ("Small", "Café au lait", "")) == (
        "classic-varsity-top-small-cafe-au-lait"
    )


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_derived_sku_is_always_short_enough_and_always_the_same(handle: str, option: str):
    derived = cells.derived_sku(handle, (option,))
    assert len(derived) <= 64
    assert derived == cells.derived_sku(handle, (option,))


def test_long_derived_skus_that_differ_only_at_the_end_stay_apart():
    assert cells.derived_sku("h" * 70, ("S",)) != cells.derived_sku("h" * 70, ("M",))
