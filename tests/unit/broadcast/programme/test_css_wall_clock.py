"""The wall clock's 32 bytes (ETSI TS 103 286-2, 8.2), written down byte by byte."""

import pytest

from broadcast.programme.css_wall_clock import (
    MAX_FREQUENCY_ERROR_PPM,
    CssNs,
    MalformedWallClockError,
    RequestBudget,
    TimeValue,
    read_message,
    read_request,
    response,
    time_value,
)

REQUEST = bytes.fromhex(
    "00 00 00 00"  # version 0, a request, no precision, reserved
    "00 00 00 00"  # no frequency error
    "00 00 00 05 3b 9a c9 ff"  # sent at 5.999999999 s
    "00 00 00 00 00 00 00 00"
    "00 00 00 00 00 00 00 00"
)


def test_an_answer_echoes_the_request_and_says_when_it_came_and_left() -> None:
    answer = response(read_request(REQUEST), CssNs(7_000_000_001), CssNs(7_000_000_258))
    assert answer == bytes.fromhex(
        "00 01 ed 00"  # version 0, an answer without follow-up, precision 2^-19 s, reserved
        "00 01 f4 00"  # 500 ppm in 1/256 ppm
        "00 00 00 05 3b 9a c9 ff"
        "00 00 00 07 00 00 00 01"
        "00 00 00 07 00 00 01 02"
    )


def test_what_is_answered_can_be_read() -> None:
    read = read_message(response(TimeValue(1, 2), CssNs(3_000_000_004), CssNs(5_000_000_006)))
    assert read.kind == 1
    assert read.precision_log2_s == -19
    assert read.max_frequency_error == MAX_FREQUENCY_ERROR_PPM * 256
    assert (read.originate, read.receive, read.transmit) == ((1, 2), (3, 4), (5, 6))


def test_a_sending_time_that_is_none_is_echoed_all_the_same() -> None:
    strange = REQUEST[:8] + b"\xff" * 8 + REQUEST[16:]
    assert response(read_request(strange), CssNs(0), CssNs(0))[8:16] == b"\xff" * 8


def test_what_a_client_leaves_in_the_fields_of_the_answer_does_not_matter() -> None:
    assert read_request(REQUEST[:2] + b"\x81\x00\xff\xff\xff\xff" + REQUEST[8:16] + b"\xaa" * 16) == (5, 999_999_999)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "length"),
        (REQUEST[:-1], "length"),
        (REQUEST + b"\0", "length"),
        (b"\x01" + REQUEST[1:], "version"),
        (b"\x00\x04" + REQUEST[2:], "type"),
        (b"\x00\x01" + REQUEST[2:], "type"),
        (b"\x00\x02" + REQUEST[2:], "type"),
        (b"\x00\x03" + REQUEST[2:], "type"),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedWallClockError) as refused:
        read_request(data)
    assert refused.value.reason == reason


def test_seconds_wrap_after_136_years() -> None:
    assert time_value(CssNs((1 << 32) * 1_000_000_000 + 7)) == (0, 7)


def second(at: float) -> CssNs:
    return CssNs(int(at * 1_000_000_000))


def test_one_address_is_not_answered_more_often_than_it_may_ask() -> None:
    budget = RequestBudget(100, 2, 10)
    assert [budget.allows("a", second(1.1)) for _ in range(3)] == [True, True, False]
    assert budget.allows("b", second(1.2))
    assert budget.allows("a", second(2.0))


def test_all_together_are_not_answered_more_often_than_the_server_can_bear() -> None:
    budget = RequestBudget(3, 2, 10)
    assert [budget.allows(address, second(1)) for address in "abcd"] == [True, True, True, False]


def test_a_flood_of_invented_addresses_is_not_remembered() -> None:
    budget = RequestBudget(1_000_000, 5, 3)
    assert sum(budget.allows(f"invented {number}", second(1)) for number in range(100)) == 3
    assert budget.allows("invented 0", second(1))
