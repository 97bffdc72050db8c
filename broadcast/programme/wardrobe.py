"""What a model wears in the film: what the look's articles say, and for the rest what its id decides.

The same look is always dressed the same.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, TypeVar

import msgspec

from broadcast.ids import LookId

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

Garment = Literal["gown", "dress", "coat", "suit", "puffer", "skirt", "jumpsuit", "cape", "jacket"]
Pattern = Literal["plain", "stripes", "check", "dots", "sequins"]
Hair = Literal["bob", "long", "bun", "short", "ponytail"]
Carried = Literal["nothing", "clutch", "tote", "shoulder-bag", "suitcase"]


class Outfit(msgspec.Struct, frozen=True, kw_only=True):
    """An outfit as drawn.

    Attributes:
        garment: the silhouette.
        cloth: colour of the main garment.
        second: colour of what is worn with it.
        accent: colour of details, and of the light the look is shown in.
        leather: colour of what is carried.
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
    leather: Colour
    skin: Colour
    hair: Hair
    hair_colour: Colour
    carried: Carried
    hat: bool
    scarf: bool
    glasses: bool
    seed: int


_GARMENTS: tuple[Garment, ...] = ("gown", "dress", "coat", "suit", "puffer", "skirt", "jumpsuit", "cape", "jacket")
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


_GARMENT_WORDS: dict[str, Garment] = {
    "gown": "gown",
    "dress": "dress",
    "robe": "coat",
    "coat": "coat",
    "trench": "coat",
    "overcoat": "coat",
    "down": "puffer",
    "puffer": "puffer",
    "suit": "suit",
    "blazer": "suit",
    "tuxedo": "suit",
    "skirt": "skirt",
    "jumpsuit": "jumpsuit",
    "cape": "cape",
    "poncho": "cape",
    "jacket": "jacket",
    "bomber": "jacket",
    "hoodie": "jacket",
    "knit": "jacket",
    "sweater": "jacket",
    "shirt": "jacket",
    "trousers": "jacket",
    "legging": "jacket",
}
_CARRIED_WORDS: dict[str, Carried] = {
    "tote": "tote",
    "bag": "shoulder-bag",
    "handbag": "shoulder-bag",
    "clutch": "clutch",
    "suitcase": "suitcase",
    "luggage": "suitcase",
    "weekender": "suitcase",
}
_COLOUR_WORDS: dict[str, Colour] = {
    "black": (34, 34, 42),
    "ink": (30, 34, 58),
    "onyx": (30, 30, 36),
    "slate": (88, 98, 112),
    "grey": (150, 152, 160),
    "silver": (190, 194, 204),
    "white": (238, 236, 230),
    "porcelain": (226, 234, 244),
    "cream": (236, 224, 200),
    "camel": (196, 148, 92),
    "clay": (184, 112, 80),
    "rust": (176, 84, 44),
    "cognac": (150, 82, 40),
    "amber": (226, 150, 50),
    "gold": (222, 180, 84),
    "red": (200, 30, 48),
    "coral": (240, 104, 84),
    "rose": (232, 150, 166),
    "blush": (236, 178, 176),
    "peony": (224, 86, 142),
    "plum": (112, 44, 92),
    "phoenix": (214, 60, 44),
    "leather": (74, 46, 34),
    "mint": (150, 216, 190),
    "teal": (30, 130, 136),
    "jade": (56, 150, 112),
    "emerald": (16, 116, 82),
    "green": (60, 130, 70),
    "sky": (146, 192, 232),
    "blue": (46, 96, 178),
    "cobalt": (28, 70, 190),
    "navy": (28, 42, 84),
}


def outfit(look: LookId, wears: Sequence[str] = ()) -> Outfit:
    """Return what the look wears.

    Args:
        look: decides everything the articles leave open.
        wears: a few words on each article, the most important first: English title, kind, colour, picture's name.
    """
    digest = hashlib.blake2b(look.encode(), digest_size=16).digest()
    garment: Garment = _GARMENTS[digest[0] % len(_GARMENTS)]
    palette = _PALETTES[digest[2] % len(_PALETTES)]
    carried: Carried = _CARRIED[digest[6] % len(_CARRIED)]
    leather, cloth, second, accent = palette[2], *palette
    pattern: Pattern = _PATTERNS[digest[1] % len(_PATTERNS)]
    articles = [re.findall(r"[a-z]+", article.lower()) for article in wears]
    dressed = packed = False
    for words in articles:
        colour = next((_COLOUR_WORDS[word] for word in reversed(words) if word in _COLOUR_WORDS), None)
        if not packed and (thing := _first(words, _CARRIED_WORDS)) is not None:
            packed, carried, leather = True, thing, colour or leather
        elif not dressed and (silhouette := _first(words, _GARMENT_WORDS)) is not None:
            dressed, garment = True, silhouette
            if colour is not None:
                _, second, accent = min(_PALETTES, key=lambda palette: _distance(palette[0], colour))
                cloth, pattern = colour, "plain" if digest[1] % 2 else pattern
    return Outfit(
        garment=garment,
        pattern=pattern,
        cloth=cloth,
        second=second,
        accent=accent,
        leather=leather,
        skin=_SKINS[digest[3] % len(_SKINS)],
        hair=_HAIR[digest[4] % len(_HAIR)],
        hair_colour=_HAIR_COLOURS[digest[5] % len(_HAIR_COLOURS)],
        carried=carried,
        hat=digest[7] % 6 == 0,
        scarf=digest[8] % 5 == 0,
        glasses=digest[9] % 4 == 0 or any("sunglasses" in words for words in articles),
        seed=digest[10],
    )


_Word = TypeVar("_Word", Garment, Carried)


def _first(words: Sequence[str], known: dict[str, _Word]) -> _Word | None:
    return next((known[word] for word in words if word in known), None)


def _distance(colour: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(colour, other, strict=True))
