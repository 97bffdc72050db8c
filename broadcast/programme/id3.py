"""Just enough of ID3v2.4 (id3.org, 2000-11-01) to carry a cue in a stream: one PRIV and one TXXX frame."""

OWNER = "snbn.cue"
"""Owner of the PRIV frame and description of the TXXX frame."""

_UTF8 = b"\x03"
MAX_TAG_BYTES = 1 << 16
"""A tag longer than this is refused: players drop long metadata."""


def cue_tag(cue_id: str, data: bytes) -> bytes:
    """Return a tag with the cue's id as user text (TXXX ``snbn.cue``) and its JSON as private data (PRIV).

    Raises:
        ValueError: the tag would be longer than ``MAX_TAG_BYTES``.
    """
    frames = _frame(b"TXXX", _UTF8 + OWNER.encode() + b"\0" + cue_id.encode())
    frames += _frame(b"PRIV", OWNER.encode("ascii") + b"\0" + data)
    if len(frames) > MAX_TAG_BYTES:
        raise ValueError(f"a tag of {len(frames)} bytes is too long")
    return b"ID3\x04\x00\x00" + syncsafe(len(frames)) + frames


def syncsafe(number: int) -> bytes:
    """Return a size in four bytes of seven bits, so that no byte looks like the start of an audio frame (6.2)."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _frame(name: bytes, payload: bytes) -> bytes:
    return name + syncsafe(len(payload)) + b"\0\0" + payload
