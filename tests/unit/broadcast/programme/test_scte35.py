import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.programme.scte35 import SpliceError, crc32, parse_splice

ADVERT_OUT = bytes.fromhex(
    "fc3034000000000000fffff00506fe72bd0050001e021c435545494800008e7fcf0001a599b00808000000002ca0a18a3402009ac9d17e"
)
"""SCTE 35, 14.1: a time_signal, placement opportunity start."""

INSERT_OUT = bytes.fromhex(
    "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a"
)
"""SCTE 35, 14.2: a splice_insert that leaves the network."""


def section(command: int, body: bytes, descriptors: bytes = b"", adjustment: int = 0, encrypted: int = 0) -> bytes:
    """Build a section by hand, as SCTE 35, 9.6 lays it out."""
    inner = bytes([0]) + ((encrypted << 39) | adjustment).to_bytes(5) + b"\0" + (0xFFF << 12 | len(body)).to_bytes(3)
    inner += bytes([command]) + body + len(descriptors).to_bytes(2) + descriptors
    head = b"\xfc" + (0x3000 | len(inner) + 4).to_bytes(2)
    return head + inner + crc32(head + inner).to_bytes(4)


def time_signal(pts: int, **more: int) -> bytes:
    return section(6, (0xFE << 32 | pts).to_bytes(5), **more)


def test_the_standards_time_signal_is_understood():
    info = parse_splice(ADVERT_OUT)
    assert info is not None
    assert (info.command, info.pts_ticks, info.event_id) == ("time_signal", 0x072BD0050, 0x4800008E)
    assert (info.segmentation_type, info.upid) == (0x34, "000000002ca0a18a")


def test_the_standards_splice_insert_is_understood():
    info = parse_splice(INSERT_OUT)
    assert info is not None
    assert (info.command, info.out, info.event_id, info.pts_ticks) == ("splice_insert", True, 0x4800008F, 0x07369C02E)


def test_the_adjustment_is_added_and_wraps():
    info = parse_splice(time_signal((1 << 33) - 10, adjustment=25))
    assert info is not None
    assert info.pts_ticks == 15


def test_a_signal_without_a_time_is_for_now():
    info = parse_splice(section(6, b"\x7f"))
    assert info is not None
    assert info.pts_ticks is None


def test_a_cancelled_insert_says_so():
    info = parse_splice(section(5, (7).to_bytes(4) + b"\xff"))
    assert info is not None
    assert (info.cancelled, info.event_id) == (True, 7)


def test_a_name_in_the_upid_is_read_as_text():
    name = b"look-12"
    segmentation = b"CUEI" + (9).to_bytes(4) + b"\x7f" + b"\xbf" + b"\x0f" + bytes([len(name)]) + name + b"\x30\0\0"
    info = parse_splice(section(6, b"\x7f", b"\x02" + bytes([len(segmentation)]) + segmentation))
    assert info is not None
    assert (info.upid, info.segmentation_type, info.event_id) == ("look-12", 0x30, 9)


@pytest.mark.parametrize("kind", [0x00, 0x04, 0x07, 0xFF])
def test_what_is_not_about_a_moment_is_nothing(kind: int):
    assert parse_splice(section(kind, b"")) is None


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (b"", "cut short"),
        (ADVERT_OUT[:-1], "length"),
        (ADVERT_OUT + b"\0", "length"),
        (b"\x00" + ADVERT_OUT[1:], "no splice_info_section"),
        (ADVERT_OUT[:-1] + b"\0", "checksum"),
        (section(6, b"\x7f", encrypted=1), "encrypted"),
        (section(9, b""), "reserved"),
        (section(6, b"\xfe\0"), "cut short"),
        (section(6, b"\x7f\0\0"), "shorter than it says"),
        (section(6, b"\x7f", b"\x02\xff"), "cut short"),
        (b"\xfc" + bytes(5000), "longer"),
    ],
)
def test_a_malformed_message_is_refused(damaged: bytes, why: str):
    with pytest.raises(SpliceError, match=why):
        parse_splice(damaged)


@given(place=st.integers(0, len(ADVERT_OUT) * 8 - 1))
def test_no_flipped_bit_goes_unnoticed(place: int):
    damaged = bytearray(ADVERT_OUT)
    damaged[place // 8] ^= 1 << place % 8
    with pytest.raises(SpliceError):
        parse_splice(bytes(damaged))


@given(junk=st.binary(max_size=64))
def test_junk_with_a_right_checksum_is_understood_or_refused_and_nothing_else(junk: bytes):
    head = b"\xfc" + (0x3000 | len(junk) + 4).to_bytes(2)
    try:
        parse_splice(head + junk + crc32(head + junk).to_bytes(4))
    except SpliceError:
        return
