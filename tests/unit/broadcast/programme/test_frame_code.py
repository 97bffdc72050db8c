import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.programme import frame_code

FRAMES = st.integers(0, (1 << frame_code.NUMBER_BITS) - 1)


@given(FRAMES)
def test_every_frame_number_reads_back(frame: int):
    assert frame_code.decode(frame_code.encode(frame)) == frame


@given(FRAMES, st.integers(0, frame_code.CELLS - 1))
def test_one_cell_misread_is_no_frame_rather_than_a_wrong_one(frame: int, cell: int):
    cells = list(frame_code.encode(frame))
    cells[cell] ^= 1
    assert frame_code.decode(cells) is None


@given(FRAMES, st.integers(2, frame_code.CELLS - 4), st.integers(1, 255))
def test_a_smear_over_neighbouring_cells_is_no_frame(frame: int, start: int, smear: int):
    cells = list(frame_code.encode(frame))
    for place in range(min(8, frame_code.CELLS - 2 - start)):
        cells[start + place] ^= smear >> place & 1
    changed = tuple(cells) != frame_code.encode(frame)
    assert frame_code.decode(cells) == (None if changed else frame)


@given(FRAMES, st.integers(0, 60), st.integers(160, 255))
def test_dull_white_and_milky_black_are_read_like_clean_ones(frame: int, black: int, white: int):
    seen = [white if bit else black for bit in frame_code.encode(frame)]
    assert frame_code.read(seen) == frame


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_colour_holds_no_frame(level: int):
    assert frame_code.read([level] * frame_code.CELLS) is None


def test_too_few_cells_hold_no_frame():
    assert frame_code.read([255, 0]) is None
    assert frame_code.decode([1, 0]) is None


@pytest.mark.parametrize("frame", [-1, 1 << frame_code.NUMBER_BITS])
def test_a_number_that_does_not_fit_is_refused(frame: int):
    with pytest.raises(ValueError, match="does not fit"):
        frame_code.encode(frame)


def test_the_published_geometry_holds_at_the_films_size():
    points = frame_code.middles(640, 360)
    assert len(points) == frame_code.CELLS == 32
    assert (points[0], points[1], points[-1]) == ((72, 4), (88, 4), (568, 4))
