"""What one screenshot says: which frame of the film is on screen, and which look's card.

The picture carries its frame number (``broadcast.programme.frame_code``). The card is told by its own code: a rule of
the benchmark's style sheet draws, on the element that carries ``data-look`` and on nothing else, the same kind of
cells with the look's number. No script runs for it: the browser paints it in exactly those images in which it paints
the card.
"""

import io
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from PIL import Image

from broadcast.programme.frame_code import CELLS, encode, middles, read

CARD_CELL_PX = 14
CARD_CODE_HEIGHT_PX = 14

Lightness = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


class Box(msgspec.Struct, frozen=True):
    """A rectangle of the page in CSS pixels, which are the screenshots' pixels."""

    x: float
    y: float
    width: float
    height: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One screenshot, read.

    Attributes:
        shot_s: when the browser took it (Unix time).
        frame: the film's frame number in it, or None where no code is legible.
        card: the number of the look whose card is in it, or None where there is no card.
    """

    shot_s: float
    frame: int | None
    card: int | None


def card_rules(looks: Sequence[str]) -> str:
    """Return the style rules that draw each look's number on its card, at the bottom of the page."""
    return "\n".join(_rule(look, number) for number, look in enumerate(looks))


def _rule(look: str, number: int) -> str:
    stops = ", ".join(
        f"{'#fff' if cell else '#000'} {place * CARD_CELL_PX}px {(place + 1) * CARD_CELL_PX}px"
        for place, cell in enumerate(encode(number))
    )
    return (
        f'[data-look="{look}"]::after {{ content: ""; position: fixed; left: 0; bottom: 0; z-index: 2147483647;'
        f" width: {CELLS * CARD_CELL_PX}px; height: {CARD_CODE_HEIGHT_PX}px;"
        f" background: linear-gradient(to right, {stops}); }}"
    )


def look_at(shot_s: float, jpeg: bytes, picture: Box) -> Seen:
    """Read one screenshot whose picture lies in the given box."""
    with Image.open(io.BytesIO(jpeg)) as image:
        pixels: Lightness = np.asarray(image.convert("L"))
    in_picture = ((picture.x + x, picture.y + y) for x, y in middles(round(picture.width), round(picture.height)))
    y = pixels.shape[0] - CARD_CODE_HEIGHT_PX / 2
    on_card = ((CARD_CELL_PX * (cell + 0.5), y) for cell in range(CELLS))
    return Seen(shot_s=shot_s, frame=_code(pixels, in_picture), card=_code(pixels, on_card))


def _code(pixels: Lightness, places: Iterable[tuple[float, float]]) -> int | None:
    height, width = pixels.shape
    spots = [(int(x), int(y)) for x, y in places]
    if any(not (0 <= x < width and 0 <= y < height) for x, y in spots):
        return None
    return read([float(pixels[y, x]) for x, y in spots])
