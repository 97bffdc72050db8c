"""Event message boxes (ISO/IEC 23009-1, 5.10.3.3) that carry timed ID3 in fMP4 (AOM, "ID3 Timed Metadata in CMAF")."""

SCHEME = "https://aomedia.org/emsg/ID3"
_UNKNOWN_DURATION = 0xFFFFFFFF


def event_message(*, timescale: int, presentation_ticks: int, event_id: int, message: bytes) -> bytes:
    """Return an ``emsg`` box, version 1: it counts from ``presentation_ticks`` on, on the segment's own time line.

    Args:
        timescale: ticks per second.
        presentation_ticks: where it begins.
        event_id: two boxes with the same number are the same event, sent twice.
        message: the ID3 tag.
    """
    payload = (
        b"\x01\0\0\0"
        + timescale.to_bytes(4)
        + presentation_ticks.to_bytes(8)
        + _UNKNOWN_DURATION.to_bytes(4)
        + event_id.to_bytes(4)
        + SCHEME.encode()
        + b"\0"  # end of the scheme
        + b"\0"  # no value
        + message
    )
    return (len(payload) + 8).to_bytes(4) + b"emsg" + payload
