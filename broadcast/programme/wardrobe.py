"""What a model wears in the film: chosen by the look's id alone, so the same look is always dressed the same."""

import hashlib
from typing import Literal

import msgspec

from broadcast.ids import LookId

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

Garment = Literal["gown", "dress", "coat", "suit", "puffer", "skirt", "jumpsuit", "cape"]
Pattern = Literal["plain", "stripes", "check", "dots", "sequins"]
Hair = Literal["bob", "long", "bun", "short", "ponytail"]
Carried = Literal["nothing", "clutch", "tote", "shoulder-bag"]


class Outfit(msgspec.Struct, frozen=True, kw_only=True):
    """An outfit as drawn.

    Attributes:
        garment: the silhouette.
        cloth: colour of the main garment.
        second: colour of what is worn with it.
        accent: colour of details, and of the light the look is shown in.
        skin: colour.
        hair_colour: colour.
        hat: wears a hat.
        scarf: wears a scarf.
        glasses: wears sunglasses.
        seed: for the small irregularities of the pattern.
    """

    garment: Garment
    pattern: Pattern
    cloth: Colour
    second: Colour
    accent: Colour
    skin: Colour
    hair: Hair
    hair_colour: Colour
    carried: Carried
    hat: bool
    scarf: bool
    glasses: bool
    seed: int


_GARMENTS: tuple[Garment, ...] = ("gown", "dress", "coat", "suit", "puffer", "skirt", "jumpsuit", "cape")
_PATTERNS: tuple[Pattern, ...] = ("plain", "plain", "plain", "stripes", "check", "dots", "sequins")
_HAIR: tuple[Hair, ...] = ("bob", "long", "bun", "short", "ponytail")
_CARRIED: tuple[Carried, ...] = ("nothing", "nothing", "clutch", "tote", "shoulder-bag")
_PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((196, 30, 58), (32, 24, 30), (255, 92, 120)),
    ((18, 60, 120), (226, 224, 216), (96, 160, 255)),
    ((228, 178, 60), (52, 40, 34), (255, 206, 92)),
    ((22, 104, 86), (214, 200, 170), (72, 216, 176)),
    ((120, 62, 150), (36, 30, 48), (198, 124, 255)),
    ((224, 216, 204), (60, 58, 66), (255, 236, 204)),
    ((206, 96, 44), (64, 40, 30), (255, 150, 84)),
    ((44, 46, 56), (190, 188, 192), (160, 176, 216)),
    ((226, 130, 158), (90, 34, 56), (255, 150, 190)),
    ((92, 122, 62), (40, 44, 32), (176, 220, 112)),
    ((150, 196, 214), (38, 62, 84), (140, 224, 255)),
    ((158, 112, 74), (244, 236, 222), (240, 184, 128)),
    ((238, 84, 64), (248, 236, 226), (255, 120, 96)),
    ((88, 40, 44), (208, 168, 92), (232, 120, 96)),
)
_SKINS: tuple[Colour, ...] = ((248, 216, 194), (236, 194, 164), (214, 164, 128), (158, 106, 76), (108, 70, 52))
_HAIR_COLOURS: tuple[Colour, ...] = ((24, 20, 24), (42, 28, 24), (84, 50, 32), (168, 120, 66), (210, 196, 186))


def outfit(look: LookId) -> Outfit:
    """Return what the look wears."""
    digest = hashlib.blake2b(look.encode(), digest_size=16).digest()
    cloth, second, accent = _PALETTES[digest[2] % len(_PALETTES)]
    return Outfit(
        garment=_GARMENTS[digest[0] % len(_GARMENTS)],
        pattern=_PATTERNS[digest[1] % len(_PATTERNS)],
        cloth=cloth,
        second=second,
        accent=accent,
        skin=_SKINS[digest[3] % len(_SKINS)],
        hair=_HAIR[digest[4] % len(_HAIR)],
        hair_colour=_HAIR_COLOURS[digest[5] % len(_HAIR_COLOURS)],
        carried=_CARRIED[digest[6] % len(_CARRIED)],
        hat=digest[7] % 6 == 0,
        scarf=digest[8] % 5 == 0,
        glasses=digest[9] % 4 == 0,
        seed=digest[10],
    )
