import msgspec
import pytest

from broadcast.programme.errors import ProgrammeError
from broadcast.programme.segments import Segment, SegmentIndex


def an_index(*durations: int, timescale: int = 1000, starts: tuple[int, ...] | None = None) -> SegmentIndex:
    segments, start = [], 0
    for place, duration in enumerate(durations):
        at = start if starts is None else starts[place]
        segments.append(Segment(uri=f"{place}.m4s", start_ticks=at, duration_ticks=duration, size_bytes=1000))
        start += duration
    return SegmentIndex(
        timescale=timescale,
        segments=tuple(segments),
        init_uri="init.mp4",
        init_size_bytes=10,
        codecs="avc1.42c01e",
        width=640,
        height=360,
        frame_ticks=40,
        has_audio=False,
    )


def test_a_programme_is_as_long_as_its_segments_together():
    assert an_index(1920, 1920, 480).total_ticks == 4320


@pytest.mark.parametrize("starts", [(0, 1900), (0, 1940), (10, 1930)])
def test_an_index_with_a_gap_or_an_overlap_is_refused(starts: tuple[int, ...]):
    with pytest.raises(ProgrammeError, match="does not start where") as refused:
        an_index(1920, 1920, starts=starts)
    assert refused.value.reason == "bad-index"


@pytest.mark.parametrize(("durations", "timescale"), [((), 1000), ((0,), 1000), ((10,), 0)])
def test_an_index_without_length_is_refused(durations: tuple[int, ...], timescale: int):
    with pytest.raises(ProgrammeError):
        an_index(*durations, timescale=timescale)


def test_a_segment_has_ended_on_the_tick_the_next_one_starts():
    index = an_index(1920, 1920)
    assert [index.ended_by(tick) for tick in (0, 1919, 1920, 3839, 3840)] == [0, 0, 1, 1, 2]


def test_an_index_survives_the_disk_unchanged():
    index = an_index(1920, 1920, 480)
    assert msgspec.json.decode(msgspec.json.encode(index), type=SegmentIndex) == index


def test_the_peak_bit_rate_is_the_heaviest_segments():
    index = an_index(2000, 500)
    assert (index.peak_bits_per_second, index.average_bits_per_second) == (16_000, 6_400)
