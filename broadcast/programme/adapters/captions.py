"""What is written over the picture: lower third, timecode, the bug in the corner, the frame code."""

import unicodedata

from PIL import Image, ImageDraw

from broadcast.programme import frame_code
from broadcast.programme.adapters.stage import HEIGHT, WIDTH, font, spaced_text, spaced_width
from broadcast.programme.storyboard import FilmLook, timecode
from broadcast.programme.wardrobe import Colour

THIRD_AT = (22, 290)
"""Left and top pixel of the lower third."""

MAX_THIRD_WIDTH = 258
"""Pixels; what is wider would hide the model."""

MAX_LETTERS = 40
"""Letters of a caption; longer ones are cut."""

_TIMECODE_AT = (22, 20)
_BUG_TOP = 20
_CORNER = 22  # distance of captions from the sides
_SLIDE_FRAMES = 10
_PLATE = (8, 7, 14, 176)
_WORDS = "SEE NOW \N{MIDDLE DOT} BUY NOW"


def legible(text: str, instead: str) -> str:
    """Return the part of a text the film's typeface can write (Latin letters), or ``instead`` if nothing is left.

    A letter it has only without its accent is written without.
    """
    face = font(20)
    missing = face.getmask("\uffff").getbbox(), face.getlength("\uffff")
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    kept = "".join(
        letter
        for letter in letters
        if letter.isprintable() and (face.getmask(letter).getbbox(), face.getlength(letter)) != missing
    )
    kept = " ".join(kept.split())[:MAX_LETTERS].strip()
    return kept if any(letter.isalnum() for letter in kept) else instead


class Captions:
    """Everything written, drawn ahead: a frame only pastes."""

    def __init__(self) -> None:
        self._digits = {letter: _glyph(letter) for letter in "0123456789:"}
        self._bug = _bug()
        self._cells = _cells()

    def third(self, look: FilmLook, accent: Colour) -> Image.Image:
        """Return a look's lower third as RGBA."""
        brand = legible(look.brand, look.id).upper()
        title = legible(look.title, look.id)
        number = f"LOOK {legible(look.number, look.id)}"
        chip = round(spaced_width(number, 12, 1.2)) + 16
        room = MAX_THIRD_WIDTH - chip - 36
        size = 17.0
        while size > 10 and spaced_width(brand, size, size / 9) > room:  # noqa: PLR2004 - still legible
            size -= 0.5
        face = font(13)
        wide = max(chip + spaced_width(brand, size, size / 9) + 36, face.getlength(title) + 30, 190)
        plate = Image.new("RGBA", (round(min(wide, MAX_THIRD_WIDTH)), 54))
        pen = ImageDraw.Draw(plate)
        pen.rounded_rectangle((0, 0, plate.width - 1, 53), 5, fill=_PLATE)
        pen.rectangle((0, 4, 3, 49), fill=(*accent, 255))
        pen.rounded_rectangle((13, 9, 13 + chip, 27), 3, fill=(*(round(part * 0.62) for part in accent), 255))
        spaced_text(pen, (21, 11), number, 12, 1.2)
        spaced_text(pen, (chip + 24, 17 - size * 0.56), brand, size, size / 9)
        pen.text((14, 32), title, fill=(226, 222, 236, 255), font=face)
        return plate

    def write(self, canvas: Image.Image, frame: int, third: Image.Image, frames_since_cut: int) -> None:
        """Write onto a frame: frame code, timecode, bug, and the lower third sliding in."""
        share = min(1.0, (frames_since_cut + 1) / _SLIDE_FRAMES)
        slide = round((1 - share) ** 3 * -third.width)
        canvas.paste(third, (THIRD_AT[0] + slide, THIRD_AT[1]), third)
        canvas.paste(self._bug, (WIDTH - _CORNER - self._bug.width, _BUG_TOP), self._bug)
        x, y = _TIMECODE_AT
        for letter in timecode(frame):
            glyph = self._digits[letter]
            canvas.paste(glyph, (x, y))
            x += glyph.width
        self._write_code(canvas, frame)

    def _write_code(self, canvas: Image.Image, frame: int) -> None:
        strip, boxes = self._cells
        canvas.paste(strip, (0, 0))
        for bit, box in zip(frame_code.encode(frame), boxes, strict=True):
            if bit:
                canvas.paste((255, 255, 255), box)


def _glyph(letter: str) -> Image.Image:
    cell = Image.new("RGB", (5 if letter == ":" else 9, 19), (14, 12, 22))
    face = font(14)
    ImageDraw.Draw(cell).text(((cell.width - face.getlength(letter)) / 2, 1), letter, fill=(240, 240, 244), font=face)
    return cell


def _bug() -> Image.Image:
    wide = round(spaced_width(_WORDS, 12, 1.8)) + 34
    plate = Image.new("RGBA", (wide, 22))
    pen = ImageDraw.Draw(plate)
    pen.rounded_rectangle((0, 0, wide - 1, 21), 11, fill=(206, 20, 62, 232))
    pen.ellipse((10, 7, 18, 15), fill=(255, 255, 255, 255))
    spaced_text(pen, (25, 3), _WORDS, 12, 1.8)
    return plate


def _cells() -> tuple[Image.Image, tuple[tuple[int, int, int, int], ...]]:
    height = int(HEIGHT * frame_code.STRIP_HEIGHT)
    left, width = frame_code.LEFT * WIDTH, frame_code.CELL_WIDTH * WIDTH
    boxes = tuple(
        (int(left + width * cell), 0, int(left + width * (cell + 1)), height) for cell in range(frame_code.CELLS)
    )
    return Image.new("RGB", (WIDTH, height)), boxes
