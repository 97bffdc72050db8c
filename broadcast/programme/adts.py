"""The header AAC carries in front of every frame in a transport stream (ISO/IEC 13818-7, 6.2: ADTS)."""

_SYNC = 0xFFF0
_SYNC_MASK = 0xFFF6
_BARE_BYTES = 7
_CHECKED_BYTES = 9


def is_adts(frame: bytes) -> bool:
    """Tell whether a frame begins with an ADTS header."""
    return len(frame) > _BARE_BYTES and int.from_bytes(frame[:2]) & _SYNC_MASK == _SYNC


def adts_header_bytes(frame: bytes) -> int:
    """Return the header's length: it may hold a checksum."""
    return _BARE_BYTES if frame[1] & 1 else _CHECKED_BYTES


def adts_configuration(frame: bytes) -> bytes:
    """Return the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) that says the same as the header."""
    object_type = (frame[2] >> 6) + 1
    frequency = frame[2] >> 2 & 0x0F
    channels = (frame[2] & 1) << 2 | frame[3] >> 6
    return (object_type << 11 | frequency << 7 | channels << 3).to_bytes(2)
