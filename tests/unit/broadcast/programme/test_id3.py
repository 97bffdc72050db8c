import pytest

from broadcast.programme.id3 import MAX_TAG_BYTES, cue_tag, syncsafe


def read_frames(tag: bytes) -> dict[str, bytes]:
    """Read an ID3v2.4 tag as the informal standard, 3.1 and 4, lays it out."""
    assert tag[:6] == b"ID3\x04\x00\x00"
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert len(tag) == size + 10
    frames, at = {}, 10
    while at < len(tag):
        length = sum(byte << shift for byte, shift in zip(tag[at + 4 : at + 8], (21, 14, 7, 0), strict=True))
        frames[tag[at : at + 4].decode()] = tag[at + 10 : at + 10 + length]
        at += 10 + length
    return frames


def test_a_tag_names_the_cue_and_carries_what_it_says():
    frames = read_frames(cue_tag("cue-1", b'{"look":null}' * 40))
    assert frames["TXXX"] == b"\x03snbn.cue\0cue-1"
    assert frames["PRIV"] == b"snbn.cue\0" + b'{"look":null}' * 40


def test_sizes_never_look_like_the_start_of_a_frame():
    assert syncsafe(0xFFFFFFF) == b"\x7f\x7f\x7f\x7f"
    assert syncsafe(128) == b"\0\0\x01\0"


def test_a_tag_too_long_is_refused():
    with pytest.raises(ValueError, match="too long"):
        cue_tag("cue-1", bytes(MAX_TAG_BYTES))
