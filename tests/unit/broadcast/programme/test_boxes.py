import pytest

from broadcast.programme import boxes
from broadcast.programme.errors import ProgrammeError


def box(kind: str, *content: bytes) -> bytes:
    payload = b"".join(content)
    return (8 + len(payload)).to_bytes(4) + kind.encode() + payload


def u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, signed=number < 0) for number in numbers)


def a_moof(*, decode: int, samples: list[tuple[int, int]], track: int = 1) -> bytes:
    """Return a movie fragment whose run spells out (duration, composition offset) of each sample."""
    tfhd = box("tfhd", u32(0x020000, track))
    tfdt = box("tfdt", u32(0x01000000), decode.to_bytes(8))
    trun = box("trun", u32(0x01000900, len(samples)), *(u32(duration, offset) for duration, offset in samples))
    return box("moof", box("mfhd", u32(0, 1)), box("traf", tfhd, tfdt, trun))


def test_a_run_lasts_as_long_as_its_samples_together():
    run = boxes.runs(a_moof(decode=5_000_000_000, samples=[(512, 0)] * 48))[1]
    assert (run.decode_ticks, run.first_ticks, run.duration_ticks) == (5_000_000_000, 5_000_000_000, 24_576)
    assert (run.frame_ticks, run.samples) == (512, 48)


def test_the_first_frame_shown_is_found_among_reordered_ones():
    run = boxes.runs(a_moof(decode=1000, samples=[(100, 0), (100, 200), (100, -100), (100, -100)]))[1]
    assert run.first_ticks == 1000
    assert boxes.runs(a_moof(decode=1000, samples=[(100, 300), (100, -50)]))[1].first_ticks == 1050


def test_frames_of_different_length_have_no_common_length():
    assert boxes.runs(a_moof(decode=0, samples=[(512, 0), (513, 0)]))[1].frame_ticks is None


def test_an_initialization_section_is_told_apart_from_its_media():
    init, media = boxes.split(box("ftyp") + box("moov", b"x") + box("moof", b"y") + box("mdat", b"z") + box("mfra"))
    assert init == box("ftyp") + box("moov", b"x")
    assert media == box("moof", b"y") + box("mdat", b"z")


@pytest.mark.parametrize("data", [u32(100) + b"moof", u32(4) + b"moof", b"\0\0\0\1moof" + b"\xff" * 8])
def test_a_box_that_runs_past_the_end_is_refused(data: bytes):
    with pytest.raises(ProgrammeError) as refused:
        boxes.runs(data)
    assert refused.value.reason == "unreadable"


def test_a_fragment_without_its_time_is_refused():
    with pytest.raises(ProgrammeError, match="tfdt"):
        boxes.runs(box("moof", box("traf", box("tfhd", u32(0, 1)))))
