"""Cloth and light: what turns a figure's flat drawing into one that stands in the hall."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from broadcast.programme.wardrobe import Colour, Outfit

UNIT = 0.48
"""Pixels per body unit of a drawn figure: half as large again as ever shown, so that shrinking smooths it."""

WIDTH, HEIGHT = 260, 512
"""Pixels of a drawn figure."""

SOLE = 1000
"""Body units from the crown to the soles."""

CROWN_PIXELS = 20
"""Pixels above the crown; the sole stands at ``CROWN_PIXELS + SOLE * UNIT``."""

_RIM_LIGHT: Colour = (226, 214, 240)
_RIM_SHARE = [round(level * 0.42) for level in range(256)]
_ROUND_OFF = [min(255, round(90 + 0.82 * level)) for level in range(256)]

_Shares = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Fabric:
    """The pattern of an outfit's cloth, laid over every pose of it: where the cloth is darker, and where lighter."""

    def __init__(self, outfit: Outfit) -> None:
        darker, lighter = _pattern(outfit)
        self.darker = Image.fromarray((darker * 255).astype(np.uint8))
        self.lighter = Image.fromarray((lighter * 255).astype(np.uint8))


def shaded(figure: Image.Image, cloth: Image.Image, fabric: Fabric) -> Image.Image:
    """Return a flat RGBA drawing with its pattern, round towards the edges, and the runway's light along them.

    Args:
        figure: the drawing.
        cloth: where it is the outfit's main cloth, as L.
        fabric: that cloth.
    """
    alpha = figure.getchannel("A")
    image = figure.convert("RGB")
    for colour, where in (((0, 0, 0), fabric.darker), ((255, 255, 255), fabric.lighter)):
        image.paste(colour, None, ImageChops.multiply(cloth, where))
    thick = alpha.reduce(4).filter(ImageFilter.GaussianBlur(UNIT * 6.5)).resize(alpha.size, Image.Resampling.BILINEAR)
    shade = thick.point(_ROUND_OFF)
    image = ImageChops.multiply(image, Image.merge("RGB", (shade, shade, shade)))
    width = round(8 * UNIT)
    for offset in (width, -width):
        edge = ImageChops.subtract(alpha, ImageChops.offset(alpha, offset, 0))
        image.paste(_RIM_LIGHT, None, edge.point(_RIM_SHARE))
    image.putalpha(alpha)
    return image


def _pattern(outfit: Outfit) -> tuple[_Shares, _Shares]:
    """Return how much darker and how much lighter the cloth is at each pixel, 0 to 1."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    none = np.zeros((HEIGHT, WIDTH), np.float32)
    step = round((27 + outfit.seed % 20) * UNIT)
    across, down = columns % step, rows % step
    if outfit.pattern == "stripes":
        return (across < step / 2.4) * np.float32(0.5), none
    if outfit.pattern == "check":
        return ((across < step / 3) * np.float32(0.26) + (down < step / 3) * np.float32(0.26)), none
    if outfit.pattern == "dots":
        shifted = (columns + (rows // step % 2) * step / 2) % step
        near = (shifted - step / 2) ** 2 + (down - step / 2) ** 2
        return none, (near < (step / 3.6) ** 2) * np.float32(0.75)
    if outfit.pattern == "sequins":
        glitter = np.random.default_rng(outfit.seed).random((HEIGHT // 3 + 1, WIDTH // 3 + 1), dtype=np.float32)
        amount = np.kron(glitter, np.ones((3, 3), np.float32))[:HEIGHT, :WIDTH] ** 3 * np.float32(1.5) - np.float32(0.4)
        return np.clip(-amount, 0, 1), np.clip(amount, 0, 1)
    return none, none
