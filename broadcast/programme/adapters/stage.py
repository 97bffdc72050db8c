"""The hall the film is set in: runway, lights, audience, the screen at the back; all still, drawn once."""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from broadcast.programme.wardrobe import Colour

WIDTH, HEIGHT = 640, 360
HORIZON = 112
"""Pixel row the runway's edges run towards."""

NEAR_ROW = 322
"""Pixel row of the soles of a model at full size."""

FAR = 0.2
"""Size of a model at the back of the runway, where 1 is full size."""

SCREEN_BOX = (200, 26, 440, 158)
"""The screen at the back, in pixels: left, top, right, bottom."""

_DOOR_BOX = (292, 84, 348, 158)
_HALF_RUNWAY = 205
_FINE = 2  # drawn at twice the size, then shrunk, for smooth edges
_OUT_OF_SIGHT = 60  # fine pixels beyond the picture's edge
_AUDIENCE_SEED = 2017
_TEXT = (255, 255, 255, 255)


def floor_row(size: float) -> float:
    """Return the pixel row of the soles of a model of this size."""
    return HORIZON + (NEAR_ROW - HORIZON) * size


def font(size: float) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """Return the typeface of all captions: the one Pillow carries, so nothing has to be installed."""
    return ImageFont.load_default(size)


def hall() -> Image.Image:
    """Return the empty hall as RGB, without the screen's picture."""
    base = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), (9, 8, 15))
    _walls(base)
    _runway(base)
    lights = Image.new("RGB", base.size)
    _edge_lights(lights)
    _spots(lights)
    bloom = lights.filter(ImageFilter.GaussianBlur(7 * _FINE))
    wide_bloom = lights.filter(ImageFilter.GaussianBlur(28 * _FINE))
    lit = ImageChops.add(ImageChops.add(ImageChops.add(base, lights), bloom), wide_bloom)
    _audience(lit)
    return lit.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def screen(accent: Colour) -> Image.Image:
    """Return the picture on the screen behind the models while a look is on, twice as high as the screen.

    The upper and the lower half are alike, so that a window moving over it never meets an edge.
    """
    left, top, right, bottom = SCREEN_BOX
    width, height = right - left, bottom - top
    tile = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(tile)
    for row in range(height):
        wave = 0.2 + 0.16 * math.sin(2 * math.pi * row / height) + 0.06 * math.sin(6 * math.pi * row / height)
        pen.line([(0, row), (width, row)], fill=_scaled(accent, wave))
    for start in range(-height, width, 24):
        pen.line([(start, height), (start + height, 0)], fill=_scaled(accent, 0.5), width=1)
    double = Image.new("RGB", (width, height * 2))
    double.paste(tile, (0, 0))
    double.paste(tile, (0, height))
    return double


def screen_front(accent: Colour, brand: str) -> Image.Image:
    """Return what stands before the screen's picture as RGBA, the screen's size: the brand, and the lit doorway."""
    left, top, right, bottom = SCREEN_BOX
    front = Image.new("RGBA", ((right - left), (bottom - top)))
    pen = ImageDraw.Draw(front)
    door = (_DOOR_BOX[0] - left, _DOOR_BOX[1] - top, _DOOR_BOX[2] - left, _DOOR_BOX[3] - top)
    for grown in range(14, 0, -2):
        pen.rectangle(
            (door[0] - grown, door[1] - grown, door[2] + grown, door[3]), fill=(*accent, 12 + (14 - grown) * 4)
        )
    for row in range(door[1], door[3]):
        light = 0.66 + 0.34 * (row - door[1]) / (door[3] - door[1])
        pen.line([(door[0], row), (door[2], row)], fill=(*_scaled((255, 244, 228), light), 255))
    size = 25.0
    while size > 10 and spaced_width(brand, size, size / 8) > right - left - 24:  # noqa: PLR2004 - still legible
        size -= 1
    wide = spaced_width(brand, size, size / 8)
    spaced_text(pen, ((right - left - wide) / 2, 20), brand, size, size / 8)
    pen.rectangle((0, 0, right - left - 1, bottom - top - 1), outline=(*_scaled(accent, 0.8), 255))
    return front


def spaced_width(text: str, size: float, spacing: float) -> float:
    """Return how wide ``spaced_text`` is."""
    face = font(size)
    return sum(face.getlength(letter) + spacing for letter in text) - spacing


def spaced_text(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: float, spacing: float, *, bold: float = 0.4
) -> None:
    """Write letters apart from one another, in white."""
    face = font(size)
    x, y = at
    for letter in text:
        pen.text((x, y), letter, fill=_TEXT, font=face, stroke_width=bold, stroke_fill=_TEXT)
        x += face.getlength(letter) + spacing


def flash() -> Image.Image:
    """Return a camera's flash in the audience, RGB to be added."""
    spot = Image.new("RGB", (56, 56))
    pen = ImageDraw.Draw(spot)
    pen.ellipse((24, 24, 32, 32), fill=(255, 255, 255))
    pen.line([(6, 28), (50, 28)], fill=(150, 160, 200), width=2)
    return ImageChops.add(spot.filter(ImageFilter.GaussianBlur(1.4)), spot.filter(ImageFilter.GaussianBlur(9)))


def _fine(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * _FINE, y * _FINE) for x, y in points]


def _runway_edge(size: float, side: int, out: float = 0) -> tuple[float, float]:
    return WIDTH / 2 + side * (_HALF_RUNWAY + out) * size, floor_row(size)


def _walls(base: Image.Image) -> None:
    pen = ImageDraw.Draw(base)
    back = floor_row(FAR)
    for row in range(int(back * _FINE)):
        share = row / (back * _FINE)
        pen.line([(0, row), (WIDTH * _FINE, row)], fill=_scaled((30, 26, 48), 0.35 + 0.5 * share))
    for row in range(int(back * _FINE), HEIGHT * _FINE):
        share = (row - back * _FINE) / ((HEIGHT - back) * _FINE)
        pen.line([(0, row), (WIDTH * _FINE, row)], fill=_scaled((22, 18, 34), 1 - 0.75 * share))
    for side in (-1, 1):  # panels beside the screen
        for panel in range(4):
            x = WIDTH / 2 + side * (140 + panel * 46)
            pen.rectangle((x * _FINE - 30, 44 * _FINE, x * _FINE + 30, back * _FINE), fill=(20, 17, 33))
            pen.line(_fine([(x, 44), (x, back)]), fill=(52, 44, 84), width=_FINE)


def _runway(base: Image.Image) -> None:
    pen = ImageDraw.Draw(base)
    steps = 240
    for step in range(steps):
        near, far = FAR + (1.3 - FAR) * step / steps, FAR + (1.3 - FAR) * (step + 1) / steps
        shine = 0.42 + 0.5 * math.exp(-((near - 0.2) * 5)) + 0.1 * math.sin(near * 9)
        pen.polygon(
            _fine([_runway_edge(near, -1), _runway_edge(near, 1), _runway_edge(far, 1), _runway_edge(far, -1)]),
            fill=_scaled((206, 200, 222), min(1.0, shine) * 0.62),
        )
    for size in (0.26, 0.34, 0.46, 0.64, 0.9):
        pen.line(_fine([_runway_edge(size, -1), _runway_edge(size, 1)]), fill=(72, 68, 88), width=_FINE)
    centre = Image.new("L", base.size)
    ImageDraw.Draw(centre).polygon(
        _fine([(312, floor_row(FAR)), (328, floor_row(FAR)), (400, 380), (240, 380)]), fill=96
    )
    base.paste((255, 250, 240), None, centre.filter(ImageFilter.GaussianBlur(18 * _FINE)))


def _edge_lights(lights: Image.Image) -> None:
    pen = ImageDraw.Draw(lights)
    for side in (-1, 1):
        pen.polygon(
            _fine(
                [
                    _runway_edge(FAR, side),
                    _runway_edge(FAR, side, 6 * side * side),
                    _runway_edge(1.3, side, 7),
                    _runway_edge(1.3, side),
                ]
            ),
            fill=(250, 240, 255),
        )


def _spots(lights: Image.Image) -> None:
    beams = Image.new("RGB", lights.size)
    for side in (-1, 1):
        for lamp in range(5):
            x = WIDTH / 2 + side * (52 + lamp * 64)
            beam = Image.new("L", lights.size)
            aim = WIDTH / 2 + side * (8 + lamp * 34)
            ImageDraw.Draw(beam).polygon(
                _fine([(x - 2, 14), (x + 2, 14), (aim + 40, 316 - lamp * 30), (aim - 40, 316 - lamp * 30)]), fill=13
            )
            tint = Image.new("RGB", lights.size, (200, 190, 255) if lamp % 2 else (255, 226, 200))
            soft = beam.filter(ImageFilter.GaussianBlur(6 * _FINE))
            beams = ImageChops.add(beams, ImageChops.multiply(tint, Image.merge("RGB", (soft, soft, soft))))
    lights.paste(ImageChops.add(lights, beams))
    pen = ImageDraw.Draw(lights)
    for side in (-1, 1):
        for lamp in range(5):
            x = (WIDTH / 2 + side * (52 + lamp * 64)) * _FINE
            pen.ellipse((x - 5, 12 * _FINE - 5, x + 5, 12 * _FINE + 5), fill=(255, 246, 230))


def _audience(hall_picture: Image.Image) -> None:
    chance = random.Random(_AUDIENCE_SEED)  # noqa: S311 - a picture, not a secret
    pen = ImageDraw.Draw(hall_picture)
    for depth in range(17):
        size = 0.235 * 1.115**depth
        for row in range(7, -1, -1):
            for side in (-1, 1):
                if chance.random() < 0.06:  # noqa: PLR2004 - an empty chair
                    continue
                _spectator(pen, chance, size, row, side)


def _spectator(pen: ImageDraw.ImageDraw, chance: random.Random, size: float, row: int, side: int) -> None:
    away = _HALF_RUNWAY + 84 + row * 62 + chance.uniform(-9, 9)
    x = (WIDTH / 2 + side * away * size) * _FINE
    y = (floor_row(size) - (46 + row * 13 + chance.uniform(-5, 5)) * size) * _FINE
    if not -_OUT_OF_SIGHT < x < WIDTH * _FINE + _OUT_OF_SIGHT:
        return
    radius = 15.5 * size * _FINE
    light = max(0.25, 1 - row * 0.17)
    body = _scaled((30 + chance.randrange(12), 24 + chance.randrange(8), 40 + chance.randrange(16)), light)
    rim = _scaled((176, 164, 200), light * 0.62)
    towards = -side * radius * 0.2
    pen.ellipse((x - radius * 2 + towards, y + radius * 0.9, x + radius * 2 + towards, y + radius * 6), fill=rim)
    pen.ellipse((x - radius * 2, y + radius, x + radius * 2, y + radius * 6.2), fill=body)
    pen.ellipse((x - radius + towards, y - radius * 1.25, x + radius + towards, y + radius * 1.2), fill=rim)
    pen.ellipse((x - radius, y - radius * 1.25, x + radius, y + radius * 1.25), fill=body)
    if chance.random() < 0.11:  # noqa: PLR2004 - holding up a telephone
        phone = radius * 0.62
        top = y - radius * 2.1
        pen.rectangle((x + towards - phone, top, x + towards + phone, top + phone * 1.5), fill=(150, 190, 230))


def _scaled(colour: Colour, share: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * share))) for part in colour)
    return red, green, blue
