"""Short codes beside the QR code."""

import pytest

from broadcast.channels.join_codes import GRACE_WINDOWS, ROTATE_MS, JoinCodes
from broadcast.clock import WallMs
from broadcast.ids import ChannelId, ShowId

NOW = WallMs(170_000 * ROTATE_MS + 1_234)
CHANNELS = [ChannelId(name) for name in ("beijing-tv", "web", "youku")]
BEIJING = CHANNELS[0]


def codes(show: str = "gala", key: bytes = b"key") -> JoinCodes:
    return JoinCodes(ShowId(show), CHANNELS, key)


def test_a_code_is_six_digits_and_leads_to_the_channel_it_is_shown_on() -> None:
    for channel in CHANNELS:
        code = codes().shown(channel, NOW).code
        assert len(code) == 6
        assert code.isdigit()
        assert codes().channel(code, NOW) == channel


def wide(code: str) -> str:
    """Return digits as a Chinese keyboard may write them."""
    return "".join(chr(ord(digit) + 0xFEE0) for digit in code)


def test_a_code_may_be_typed_as_it_is_read() -> None:
    code = codes().shown(BEIJING, NOW).code
    for typed in (f"{code[:3]} {code[3:]}", f" {code[:3]}-{code[3:]} ", f"{code[:3]}\u00a0{code[3:]}", wide(code)):
        assert codes().channel(typed, NOW) == BEIJING


def test_codes_change_and_old_ones_expire() -> None:
    shown = codes().shown(BEIJING, NOW)
    assert shown.next_ms == 170_001 * ROTATE_MS
    assert codes().shown(BEIJING, shown.next_ms).code != shown.code
    assert codes().channel(shown.code, WallMs(shown.expires_ms - 1)) == BEIJING
    assert codes().channel(shown.code, shown.expires_ms) is None
    assert shown.expires_ms == shown.next_ms + GRACE_WINDOWS * ROTATE_MS


def test_a_code_of_tomorrow_is_not_known_today() -> None:
    tomorrow = codes().shown(BEIJING, WallMs(NOW + 144 * ROTATE_MS))
    assert codes().channel(tomorrow.code, NOW) is None


def test_another_process_with_the_same_key_knows_the_same_codes_and_one_with_another_key_none() -> None:
    shown = codes().shown(BEIJING, NOW)
    assert JoinCodes(ShowId("gala"), CHANNELS[::-1], b"key").shown(BEIJING, NOW) == shown
    assert codes(key=b"other").shown(BEIJING, NOW).code != shown.code
    assert codes(show="other").shown(BEIJING, NOW).code != shown.code


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345a", "½23456", "1" * 40, " " * 20 + "123456" + " " * 20]
)
def test_what_is_no_code_leads_nowhere(typed: str) -> None:
    assert codes().channel(typed, NOW) is None


def test_no_two_channels_share_a_code_however_many_there_are() -> None:
    many = [ChannelId(f"channel-{number}") for number in range(500)]
    crowded = JoinCodes(ShowId("gala"), many, b"key")
    for window in range(20):
        at = WallMs(NOW + window * ROTATE_MS)
        shown = {channel: crowded.shown(channel, at).code for channel in many[:50]}
        assert all(crowded.channel(code, at) == channel for channel, code in shown.items())


def test_so_many_channels_that_codes_could_be_guessed_are_refused() -> None:
    with pytest.raises(ValueError, match="too many channels"):
        JoinCodes(ShowId("gala"), [ChannelId(str(number)) for number in range(501)], b"key")


def test_a_channel_that_is_not_there_has_no_code() -> None:
    with pytest.raises(KeyError):
        codes().shown(ChannelId("mars"), NOW)
