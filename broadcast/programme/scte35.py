"""Splice messages (ANSI/SCTE 35): just what tells when something is to happen, read strictly.

A message that is cut short, runs over, fails its checksum or is encrypted is refused; a command or descriptor that is
not about a moment (schedule, bandwidth reservation, private) is understood as nothing.
"""

import msgspec

MAX_SECTION_BYTES = 4_096
"""A section is never longer (9.6.1: ``section_length`` is at most 4093)."""

PTS_SPAN = 1 << 33
_TABLE_ID = 0xFC
_NULL, _INSERT, _TIME_SIGNAL = 0x00, 0x05, 0x06
_OTHERS = frozenset({_NULL, 0x04, 0x07, 0xFF})  # splice_schedule, bandwidth_reservation, private_command
_UNKNOWN_LENGTH = 0xFFF
_SEGMENTATION = 0x02
_CUEI = 0x43554549
_POLYNOMIAL = 0x04C11DB7


class SpliceError(Exception):
    """A message that is refused; the text says why."""


class SpliceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says.

    Attributes:
        command: ``splice_insert`` or ``time_signal``.
        pts_ticks: when, in 33 bits of 90 kHz, ``pts_adjustment`` added; None for "at once".
        event_id: of the splice_insert, else of the first segmentation descriptor, or None.
        out: whether a splice_insert leaves the programme; None for a time_signal.
        cancelled: the event does not take place after all.
        segmentation_type: ``segmentation_type_id`` of the first segmentation descriptor, or None.
        upid: its UPID as printable text, else in hexadecimal.
    """

    command: str
    pts_ticks: int | None
    event_id: int | None
    out: bool | None
    cancelled: bool
    segmentation_type: int | None
    upid: str


class _Segmentation(msgspec.Struct, frozen=True):
    event_id: int
    cancelled: bool
    type_id: int | None
    upid: str


class _Bits:
    """Reads big-endian bit fields, never beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = len(data) * 8

    @property
    def left(self) -> int:
        return self._left

    def take(self, bits: int) -> int:
        if bits > self._left:
            raise SpliceError("it is cut short")
        self._left -= bits
        return self._value >> self._left & (1 << bits) - 1

    def flag(self) -> bool:
        return bool(self.take(1))

    def take_bytes(self, count: int) -> bytes:
        return self.take(count * 8).to_bytes(count) if count else b""


def parse_splice(section: bytes) -> SpliceInfo | None:
    """Return what a ``splice_info_section`` says, or None if it is not about a moment.

    Raises:
        SpliceError: it is malformed, encrypted, or of a protocol version this is not.
    """
    bits = _opened(section)
    adjustment = bits.take(33)
    bits.take(8 + 12)  # cw_index, tier
    command_length = bits.take(12)
    kind = bits.take(8)
    command = bits if command_length == _UNKNOWN_LENGTH else _Bits(bits.take_bytes(command_length))
    if kind in _OTHERS:
        return None
    if kind not in {_INSERT, _TIME_SIGNAL}:
        raise SpliceError(f"its command type is 0x{kind:02x}, which is reserved")
    event_id, out, cancelled, pts = _insert(command) if kind == _INSERT else (None, None, False, _time(command))
    if command is not bits and command.left:
        raise SpliceError("its command is shorter than it says")
    found = _descriptors(bits)
    return SpliceInfo(
        command="splice_insert" if kind == _INSERT else "time_signal",
        pts_ticks=None if pts is None else (pts + adjustment) % PTS_SPAN,
        event_id=event_id if event_id is not None else None if found is None else found.event_id,
        out=out,
        cancelled=cancelled or (found is not None and found.cancelled),
        segmentation_type=None if found is None else found.type_id,
        upid="" if found is None else found.upid,
    )


def crc32(data: bytes) -> int:
    """Return the CRC of ISO/IEC 13818-1, Annex A: 0 over a whole section whose checksum is right."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte << 24
        for _ in range(8):
            remainder = (remainder << 1 ^ _POLYNOMIAL) & 0xFFFFFFFF if remainder & 0x80000000 else remainder << 1
    return remainder


def _opened(section: bytes) -> _Bits:
    """Return what stands between a section's header and its checksum, once both are right."""
    if len(section) > MAX_SECTION_BYTES:
        raise SpliceError(f"it is longer than {MAX_SECTION_BYTES} bytes")
    head = _Bits(section)
    if head.take(8) != _TABLE_ID:
        raise SpliceError("it is no splice_info_section")
    head.take(4)  # section_syntax_indicator, private_indicator, sap_type
    length = head.take(12)
    if len(section) != length + 3:
        raise SpliceError(f"its length is {len(section)} bytes, and it says {length + 3}")
    if crc32(section):
        raise SpliceError("its checksum is wrong")
    bits = _Bits(section[3:-4])
    if bits.take(8):
        raise SpliceError("its protocol version is not 0")
    if bits.flag():
        raise SpliceError("it is encrypted")
    bits.take(6)  # encryption_algorithm
    return bits


def _insert(bits: _Bits) -> tuple[int, bool | None, bool, int | None]:
    event_id = bits.take(32)
    cancelled = bits.flag()
    bits.take(7)
    if cancelled:
        return event_id, None, True, None
    out, whole_programme, has_duration, at_once = bits.flag(), bits.flag(), bits.flag(), bits.flag()
    bits.take(4)  # event_id_compliance_flag, reserved
    pts = None
    if whole_programme and not at_once:
        pts = _time(bits)
    elif not whole_programme:
        times = []
        for _ in range(bits.take(8)):
            bits.take(8)  # component_tag
            if not at_once:
                times.append(_time(bits))
        pts = next((time for time in times if time is not None), None)
    if has_duration:
        bits.take(1 + 6 + 33)  # auto_return, reserved, duration
    bits.take(16 + 8 + 8)  # unique_program_id, avail_num, avails_expected
    return event_id, out, False, pts


def _time(bits: _Bits) -> int | None:
    if bits.flag():
        bits.take(6)
        return bits.take(33)
    bits.take(7)
    return None


def _descriptors(bits: _Bits) -> _Segmentation | None:
    loop = _Bits(bits.take_bytes(bits.take(16)))
    found = None
    while loop.left:
        tag = loop.take(8)
        payload = _Bits(loop.take_bytes(loop.take(8)))
        if tag == _SEGMENTATION and payload.left >= 32 and payload.take(32) == _CUEI:  # noqa: PLR2004 - the identifier
            found = found or _segmentation(payload)
    return found


def _segmentation(bits: _Bits) -> _Segmentation:
    event_id = bits.take(32)
    cancelled = bits.flag()
    bits.take(7)
    if cancelled:
        return _Segmentation(event_id, cancelled=True, type_id=None, upid="")
    whole_programme, has_duration = bits.flag(), bits.flag()
    bits.take(6)  # delivery restrictions
    if not whole_programme:
        bits.take_bytes(bits.take(8) * 6)  # component_tag, reserved, pts_offset
    if has_duration:
        bits.take(40)
    bits.take(8)  # segmentation_upid_type
    upid = bits.take_bytes(bits.take(8))
    type_id = bits.take(8)
    bits.take(16)  # segment_num, segments_expected
    return _Segmentation(event_id, cancelled=False, type_id=type_id, upid=_text(upid))


def _text(upid: bytes) -> str:
    if upid.isascii() and (text := upid.decode("ascii")).isprintable():
        return text
    return upid.hex()
