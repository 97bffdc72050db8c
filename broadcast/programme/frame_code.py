"""A frame number burned into the picture, for machines that can only look.

Along the top edge lies a black strip; in it stand ``CELLS`` square-cornered cells, black or white, from left to
right: a white and a black cell (they tell the reader what white and black look like here), the frame number (20
bits, most significant first), its check (CRC-8, polynomial 0x07, initial value 0xFF, over the number's 20 bits), and
a black and a white cell. The cells keep clear of the picture's corners, which pages like to round, and are whole
macroblocks wide at 640 pixels, so that compression leaves them flat.

All of the geometry is in fractions of the picture, so that it can be read at any size: cell ``i`` covers from
``LEFT + i * CELL_WIDTH`` to ``LEFT + (i + 1) * CELL_WIDTH`` of the width and from 0 to ``STRIP_HEIGHT`` of the
height. Read the middle of a cell: its edges are blurred.
"""

from collections.abc import Sequence
from fractions import Fraction

NUMBER_BITS = 20
"""Frame numbers run to 2**20 - 1, which is eleven hours at 25 frames a second."""

CHECK_BITS = 8
CELLS = 2 + NUMBER_BITS + CHECK_BITS + 2
LEFT = Fraction(1, 10)
CELL_WIDTH = Fraction(1, 40)
STRIP_HEIGHT = Fraction(1, 45)

MIN_CONTRAST = 64
"""White must be this much lighter than black, of 255, or nothing is read."""

_POLYNOMIAL = 0x07
_INITIAL = 0xFF
_OPENING = (1, 0)
_CLOSING = (0, 1)


def encode(frame: int) -> tuple[int, ...]:
    """Return the cells of a frame number, 1 for white.

    Raises:
        ValueError: the number is negative or does not fit ``NUMBER_BITS``.
    """
    if not 0 <= frame < 1 << NUMBER_BITS:
        raise ValueError(f"frame {frame} does not fit {NUMBER_BITS} bits")
    return (*_OPENING, *_bits(frame, NUMBER_BITS), *_bits(_check(frame), CHECK_BITS), *_CLOSING)


def decode(cells: Sequence[int]) -> int | None:
    """Return the frame number the cells stand for, or None where they are no frame code."""
    if len(cells) != CELLS or tuple(cells[:2]) != _OPENING or tuple(cells[-2:]) != _CLOSING:
        return None
    frame = _number(cells[2 : 2 + NUMBER_BITS])
    check = _number(cells[2 + NUMBER_BITS : -2])
    return frame if check == _check(frame) else None


def read(lightness: Sequence[float]) -> int | None:
    """Return the frame number seen in the picture, or None where there is no legible code.

    Args:
        lightness: of the middle of each cell, 0 to 255, ``CELLS`` of them.
    """
    if len(lightness) != CELLS:
        return None
    white = min(lightness[0], lightness[-1])
    black = max(lightness[1], lightness[-2])
    if white - black < MIN_CONTRAST:
        return None
    middle = (white + black) / 2
    return decode([int(value > middle) for value in lightness])


def middles(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Return the pixel (x, y) in the middle of each cell of a picture of this size."""
    y = int(height * STRIP_HEIGHT / 2)
    return tuple((int(width * (LEFT + CELL_WIDTH * (2 * cell + 1) / 2)), y) for cell in range(CELLS))


def _check(frame: int) -> int:
    register = _INITIAL
    for bit in _bits(frame, NUMBER_BITS):
        carry = (register >> 7) ^ bit
        register = (register << 1) & 0xFF
        if carry:
            register ^= _POLYNOMIAL
    return register


def _bits(number: int, width: int) -> tuple[int, ...]:
    return tuple(number >> place & 1 for place in range(width - 1, -1, -1))


def _number(bits: Sequence[int]) -> int:
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
