"""Draws a walking model as a fashion sketch: vector shapes in body units (1000 from crown to sole), shaded."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from broadcast.programme.adapters.fabric import CROWN_PIXELS, HEIGHT, UNIT, WIDTH, Fabric, shaded
from broadcast.programme.wardrobe import Colour, Outfit

Point = tuple[float, float]


def draw_figure(outfit: Outfit, fabric: Fabric, phase: float, *, front: bool) -> Image.Image:
    """Return a figure in mid-walk as RGBA, ``WIDTH`` by ``HEIGHT``.

    Args:
        outfit: what it wears.
        fabric: its cloth.
        phase: of the walk, two steps from 0 to 1.
        front: facing the camera, or walking away.
    """
    figure = _Figure(outfit, phase, front=front).drawn()
    return shaded(figure.image, figure.cloth_mask, fabric)


class _Figure:
    def __init__(self, outfit: Outfit, phase: float, *, front: bool) -> None:
        self.wears = outfit
        self.front = front
        self.turn = 2 * math.pi * phase
        self.stride = math.cos(self.turn)  # the right leg's reach, 1 fully forward
        self.sway = 9 * math.sin(self.turn)  # hips over the standing leg
        self.swing = 16 * math.sin(self.turn - 0.7)  # cloth follows late
        self.bob = -7 * abs(math.sin(self.turn))
        self.image = Image.new("RGBA", (WIDTH, HEIGHT))
        self.pen = ImageDraw.Draw(self.image)
        self.cloth_mask = Image.new("L", (WIDTH, HEIGHT))
        self.mask_pen = ImageDraw.Draw(self.cloth_mask)

    # ------------------------------------------------------------ drawing in body units

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(WIDTH / 2 + x * UNIT, CROWN_PIXELS + (y + self.bob) * UNIT) for x, y in points]

    def shape(self, points: Sequence[Point], colour: Colour, *, cloth: bool = False, curved: bool = True) -> None:
        outline = self._at(_smooth(points) if curved else points)
        self.pen.polygon(outline, fill=(*colour, 255))
        self.mask_pen.polygon(outline, fill=255 if cloth else 0)

    def limb(self, joints: Sequence[Point], widths: Sequence[float], colour: Colour, *, cloth: bool = False) -> None:
        left, right = [], []
        for place, (x, y) in enumerate(joints):
            before, after = joints[max(0, place - 1)], joints[min(len(joints) - 1, place + 1)]
            along_x, along_y = after[0] - before[0], after[1] - before[1]
            length = math.hypot(along_x, along_y) or 1
            half = widths[place] / 2
            left.append((x - along_y / length * half, y + along_x / length * half))
            right.append((x + along_y / length * half, y - along_x / length * half))
        self.shape([*left, *reversed(right)], colour, cloth=cloth, curved=len(joints) > 2)  # noqa: PLR2004 - a bend
        for (x, y), width in ((joints[0], widths[0]), (joints[-1], widths[-1])):
            self.oval(x, y, width / 2, width / 2, colour, cloth=cloth)

    def oval(self, x: float, y: float, across: float, down: float, colour: Colour, *, cloth: bool = False) -> None:
        box = self._at([(x - across, y - down), (x + across, y + down)])
        self.pen.ellipse(box, fill=(*colour, 255))
        self.mask_pen.ellipse(box, fill=255 if cloth else 0)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        self.pen.line(self._at(points), fill=(*colour, 255), width=max(1, round(width * UNIT)), joint="curve")

    # ------------------------------------------------------------ the body

    def drawn(self) -> "_Figure":
        wears = self.wears
        if wears.hair in {"long", "ponytail"} and self.front:
            self._hair_behind()
        if wears.garment == "coat":
            self._coat_tails()
        self._legs()
        _GARMENTS[wears.garment](self)
        self._arms()
        self._neck_and_head()
        if wears.scarf:
            self._scarf()
        self._carried()
        return self

    def leg_joints(self, side: int) -> list[Point]:
        reach = self.stride * side
        lift = 26 * max(0.0, -math.sin(self.turn) * side)
        ground = 962 + 20 * reach - lift
        foot = side * (24 - 10 * reach)
        hip = side * 32 + self.sway
        return [(hip, 470), ((hip + foot) / 2 + side * 10, 722 + 6 * reach - lift * 0.9), (foot, ground)]

    def _legs(self) -> None:
        order = (-1, 1) if self.stride * (1 if self.front else -1) > 0 else (1, -1)  # the nearer leg last
        covered = self.wears.garment in {"coat", "suit", "puffer", "jumpsuit", "cape", "jacket"}
        for side in order:
            joints = self.leg_joints(side)
            foot, ground = joints[2]
            near = 1 + 0.05 * self.stride * side
            behind = 0.3 * max(0.0, -self.stride * side * (1 if self.front else -1))
            shoe = _mixed(self.wears.second, (16, 14, 18), 0.55)
            self.limb(joints, [62 * near, 40 * near, 20 * near], _mixed(self.wears.skin, (0, 0, 0), behind))
            self.shape(
                [(foot - 13, ground - 8), (foot + 13, ground - 8), (foot + 15, ground + 20), (foot, ground + 38),
                 (foot - 15, ground + 20)],
                shoe,
            )  # fmt: skip
            if covered:
                self._trouser(joints, near, behind)
            elif self.wears.seed % 3 == 0:  # boots
                self.limb([joints[1], joints[2]], [44 * near, 30 * near], shoe)

    def _trouser(self, joints: Sequence[Point], near: float, behind: float) -> None:
        whole = self.wears.garment == "jumpsuit"
        flare = 74 if whole or self.wears.seed % 2 else 44
        colour = self.wears.cloth if whole or self.wears.garment == "suit" else self.wears.second
        hip, knee, (foot, ground) = joints
        hem = (foot + self.swing * 0.25, ground + 6)
        self.limb(
            [hip, knee, hem],
            [78 * near, 58 * near, flare * near],
            _mixed(colour, (0, 0, 0), 0.06 + behind),
            cloth=whole,
        )
        self.line([(knee[0], knee[1] - 190), knee, hem], _mixed(colour, (0, 0, 0), 0.35), 3)

    def torso(self, colour: Colour, *, wide: float = 1.0, hem: float = 480, cloth: bool = True) -> None:
        def both(points: Sequence[Point]) -> list[Point]:
            return [*points, *((-x, y) for x, y in reversed(points))]

        outline = [(22, 146), (62, 160), (90, 184), (74, 246), (66 * wide, 290), (50 * wide, 372), (72 * wide, hem)]
        self.shape([(x + self.sway * (y - 150) / 330, y) for x, y in both(outline)], colour, cloth=cloth)

    def skirt(self, colour: Colour, top: float, hem: float, half: float, *, waist: float = 50) -> None:
        middle = (top + hem) / 2
        sway, swing = self.sway, self.swing
        hip = 74 if hem > 560 else 68  # noqa: PLR2004 - body units
        self.shape(
            [
                (-waist + sway, top), (waist + sway, top), (hip + sway, 470),
                ((hip + half) / 2 + swing * 0.5, max(middle, 520)), (half + swing, hem - 8),
                (half * 0.4 + swing * 1.2, hem + 8), (-half * 0.4 + swing * 1.2, hem + 4), (-half + swing, hem - 8),
                (-(hip + half) / 2 + swing * 0.5, max(middle, 520)), (-hip + sway, 470),
            ],
            colour,
            cloth=True,
        )  # fmt: skip
        fold = _mixed(colour, (0, 0, 0), 0.28)
        for share in (-0.6, -0.22, 0.2, 0.62):
            self.line([(share * waist + sway, top + 60), (share * half + swing, hem - 14)], fold, 3)

    def _arms(self) -> None:
        for side in (-1, 1):
            reach = -self.stride * side
            shoulder = (side * 84 + self.sway * 0.2, 186)
            elbow = (side * (108 - 4 * reach), 338 - 6 * reach)
            wrist = (side * (104 - 16 * reach), 470 - 16 * reach)
            if self.wears.seed % 5 == side + 2:  # a hand on the hip
                elbow, wrist = (side * 146, 320), (side * 80 + self.sway, 420)
            garment = self.wears.garment
            bare = garment in {"gown", "dress"} and self.wears.seed % 4 != 1
            sleeve = self.wears.second if garment == "skirt" else self.wears.cloth
            self.limb([shoulder, elbow, wrist], [36, 27, 18], self.wears.skin)
            self.oval(wrist[0], wrist[1] + 16, 11, 20, self.wears.skin)
            if garment == "puffer":
                self.limb([shoulder, elbow, wrist], [66, 62, 42], sleeve, cloth=True)
            elif garment != "cape" and not bare:
                shade = _mixed(sleeve, (0, 0, 0), 0.1)
                self.limb([shoulder, elbow, wrist], [48, 40, 34], shade, cloth=garment != "skirt")
        if self.wears.garment == "cape":
            self._cape()

    def _neck_and_head(self) -> None:
        wears, tilt = self.wears, self.sway * 0.15
        shadow = _mixed(wears.skin, (60, 20, 20), 0.25)
        self.limb([(tilt, 96), (0, 158)], [30, 36], shadow)
        self.shape([(-36 + tilt, 30), (0 + tilt, 2), (36 + tilt, 30), (33 + tilt, 72), (16 + tilt, 110), (tilt, 118),
                    (-16 + tilt, 110), (-33 + tilt, 72)], wears.skin)  # fmt: skip
        if self.front:
            self._face(tilt)
        self._hair(tilt)
        if wears.hat:
            self.oval(tilt, 26, 78, 15, _mixed(wears.second, (0, 0, 0), 0.2))
            self.shape([(-40 + tilt, 24), (-34 + tilt, -20), (34 + tilt, -20), (40 + tilt, 24)], wears.second)
            self.line([(-38 + tilt, 16), (38 + tilt, 16)], wears.accent, 7)

    def _face(self, tilt: float) -> None:
        dark = (34, 24, 28)
        if self.wears.glasses:
            for side in (-1, 1):
                self.oval(side * 16 + tilt, 58, 14, 10, dark)
            self.line([(-30 + tilt, 55), (30 + tilt, 55)], dark, 4)
        else:
            for side in (-1, 1):
                self.oval(side * 15 + tilt, 58, 7, 3.4, dark)
                self.line([(side * 7 + tilt, 49), (side * 25 + tilt, 46)], _mixed(self.wears.hair_colour, dark, 0.5), 3)
        self.line([(tilt + 1, 62), (tilt + 4, 78), (tilt - 2, 80)], _mixed(self.wears.skin, (90, 40, 30), 0.35), 2.4)
        self.oval(tilt, 94, 10, 4.2, (186, 44, 62))

    def _hair(self, tilt: float) -> None:
        hair, colour = self.wears.hair, self.wears.hair_colour
        if not self.front:
            self.oval(tilt, 52, 43, 56, colour)
            if hair in {"long", "ponytail"}:
                wide = 44 if hair == "long" else 17
                flow = self.swing * 0.7
                fall = [(-wide + tilt, 40), (wide + tilt, 40), (wide + flow, 230), (flow, 262), (-wide + flow, 230)]
                self.shape(fall, colour)
        else:
            self.shape([(-41 + tilt, 66), (-44 + tilt, 24), (-20 + tilt, -10), (20 + tilt, -10), (44 + tilt, 24),
                        (41 + tilt, 66), (31 + tilt, 34), (4 + tilt, 20), (-30 + tilt, 36)], colour)  # fmt: skip
        if hair == "bob":
            for side in (-1, 1):
                self.shape([(side * 30 + tilt, 22), (side * 48 + tilt, 50), (side * 46 + tilt, 112),
                            (side * 27 + tilt, 108), (side * 33 + tilt, 60)], colour)  # fmt: skip
        elif hair == "bun":
            self.oval(tilt, -14, 23, 19, colour)

    def _hair_behind(self) -> None:
        wide = 56 if self.wears.hair == "long" else 24
        flow = self.swing * 0.5
        self.shape([(-44, 30), (44, 30), (wide + flow, 200), (wide * 0.5 + flow, 250), (-wide * 0.5 + flow, 250),
                    (-wide + flow, 200)], _mixed(self.wears.hair_colour, (0, 0, 0), 0.2))  # fmt: skip

    # ------------------------------------------------------------ garments

    def gown(self) -> None:
        self.skirt(self.wears.cloth, 350, 985, 150 + self.wears.seed % 50)
        self.torso(self.wears.cloth)
        self._neckline(deep=232)
        self.line([(-50 + self.sway, 374), (50 + self.sway, 374)], self.wears.accent, 9)

    def dress(self) -> None:
        self.skirt(self.wears.cloth, 350, 640 + self.wears.seed % 110, 112 + self.wears.seed % 40)
        self.torso(self.wears.cloth)
        self._neckline(deep=214)
        if self.wears.seed % 2:
            self.line([(-50 + self.sway, 374), (50 + self.sway, 374)], self.wears.second, 14)

    def _coat_tails(self) -> None:
        shade = _mixed(self.wears.cloth, (0, 0, 0), 0.45)
        swing = self.swing
        self.shape([(-70, 400), (70, 400), (112 + swing, 780), (-112 + swing, 780)], shade, cloth=True)

    def coat(self) -> None:
        cloth, sway, swing = self.wears.cloth, self.sway, self.swing
        self.torso(self.wears.second, cloth=False)
        if self.front:
            self._neckline(deep=206)
        for side in (-1, 1):
            inner = 16 if self.front else -4
            self.shape([(side * 24, 146), (side * 96, 182), (side * 80, 270), (side * 66 + sway, 372),
                        (side * 94 + sway, 480), (side * 124 + swing, 790), (side * (inner + 22) + swing, 800),
                        (side * inner + sway, 420), (side * (inner + 4), 270)], cloth, cloth=True)  # fmt: skip
            if self.front:
                lapel = _mixed(cloth, (255, 255, 255), 0.16)
                self.shape(
                    [(side * 22, 146), (side * 58, 196), (side * 40, 236), (side * 20, 320)], lapel, curved=False
                )
        if self.wears.seed % 2 or not self.front:
            self.line([(-70 + sway, 382), (70 + sway, 382)], _mixed(cloth, (0, 0, 0), 0.35), 17)

    def suit(self) -> None:
        cloth = self.wears.cloth
        self.torso(cloth, wide=1.14, hem=530)
        if self.front:
            self.shape([(-20, 146), (20, 146), (0, 330)], (240, 238, 234), curved=False)
            for side in (-1, 1):
                self.shape([(side * 20, 146), (side * 54, 206), (side * 36, 230), (side * 2, 334)],
                           _mixed(cloth, (255, 255, 255), 0.14), curved=False)  # fmt: skip
            self.shape([(-6, 160), (6, 160), (8, 250), (0, 274), (-8, 250)], self.wears.accent)
            self.line([(self.sway * 0.6, 336), (self.sway, 520)], _mixed(cloth, (0, 0, 0), 0.5), 3)
            for y in (362, 408):
                self.oval(self.sway * 0.7 + 7, y, 4, 4, self.wears.accent)

    def jacket(self) -> None:
        cloth = self.wears.cloth
        rib = _mixed(cloth, (0, 0, 0), 0.3)
        self.torso(cloth, wide=1.2, hem=478)
        self.line([(-76 + self.sway, 470), (76 + self.sway, 470)], rib, 16)
        self.shape([(-42, 132), (42, 132), (56, 178), (0, 206), (-56, 178)], _mixed(cloth, (0, 0, 0), 0.16), cloth=True)
        if self.front:
            self.line([(0, 190), (self.sway, 470)], _mixed(cloth, (255, 255, 255), 0.45), 4)
            self.line([(-14, 200), (-12, 268)], (240, 238, 234), 3)
            self.line([(14, 200), (12, 268)], (240, 238, 234), 3)

    def puffer(self) -> None:
        cloth = self.wears.cloth
        self.torso(cloth, wide=1.5, hem=500)
        for y in range(215, 500, 48):
            sag = 8
            self.line([(-92, y), (-40, y + sag), (0, y + sag + 2), (40, y + sag), (92, y)],
                      _mixed(cloth, (0, 0, 0), 0.42), 5)  # fmt: skip
        if self.front:
            self.line([(0, 170), (self.sway, 500)], _mixed(cloth, (255, 255, 255), 0.4), 5)
        self.shape([(-50, 120), (50, 120), (62, 176), (-62, 176)], _mixed(cloth, (255, 255, 255), 0.12), cloth=True)

    def skirt_and_top(self) -> None:
        self.torso(self.wears.second, hem=420, cloth=False)
        self.skirt(self.wears.cloth, 366, 590 + self.wears.seed % 150, 84 + self.wears.seed % 60)
        self._neckline(deep=196)
        self.line([(-52 + self.sway, 372), (52 + self.sway, 372)], self.wears.accent, 10)

    def jumpsuit(self) -> None:
        self.torso(self.wears.cloth, hem=500)
        self._neckline(deep=250)
        self.line([(-52 + self.sway, 376), (52 + self.sway, 376)], self.wears.accent, 15)

    def cape(self) -> None:
        self.torso(self.wears.second, hem=500, cloth=False)

    def _cape(self) -> None:
        cloth, swing = self.wears.cloth, self.swing
        self.shape([(-30, 138), (30, 138), (104, 190), (150 + swing * 0.4, 400), (176 + swing, 590),
                    (70 + swing, 640), (0 + swing, 622), (-70 + swing, 640), (-176 + swing, 590),
                    (-150 + swing * 0.4, 400), (-104, 190)], cloth, cloth=True)  # fmt: skip
        for share in (-0.7, -0.35, 0.35, 0.7):
            self.line([(share * 70, 210), (share * 150 + swing, 606)], _mixed(cloth, (0, 0, 0), 0.3), 3)
        if self.front:
            self.line([(0, 150), (swing * 0.8, 620)], _mixed(cloth, (0, 0, 0), 0.55), 5)
            self.oval(0, 166, 9, 9, self.wears.accent)

    def _neckline(self, *, deep: float) -> None:
        if self.front:
            self.shape([(-26, 142), (26, 142), (self.sway * 0.2, deep)], self.wears.skin, curved=False)

    # ------------------------------------------------------------ what is carried

    def _scarf(self) -> None:
        colour, swing = self.wears.accent, self.swing
        self.shape([(-38, 126), (38, 126), (48, 160), (0, 176), (-48, 160)], colour)
        self.shape([(10, 160), (36, 160), (44 + swing, 330), (16 + swing, 336)], _mixed(colour, (0, 0, 0), 0.15))

    def _carried(self) -> None:
        wears, side = self.wears, 1 if self.front else -1
        x = side * (104 + 16 * self.stride * side)
        y = 486 + 16 * self.stride * side
        leather = _mixed(wears.leather, (40, 20, 10), 0.25)
        if wears.carried == "clutch":
            self.shape([(x - 44, y - 8), (x + 40, y - 8), (x + 40, y + 44), (x - 44, y + 44)], leather, curved=False)
            self.oval(x - 2, y + 16, 6, 6, wears.accent)
        elif wears.carried == "tote":
            sway = self.swing * 0.6
            self.line([(x - 22 + sway, y + 70), (x, y), (x + 22 + sway, y + 70)], leather, 7)
            self.shape([(x - 50 + sway, y + 68), (x + 50 + sway, y + 68), (x + 58 + sway, y + 170),
                        (x - 58 + sway, y + 170)], leather, curved=False)  # fmt: skip
            self.line([(x - 50 + sway, y + 84), (x + 50 + sway, y + 84)], wears.accent, 6)
        elif wears.carried == "suitcase":
            self.line([(x + side * 10, y), (x + side * 22, 640)], (190, 190, 198), 6)
            self.shape([(x - 34 + side * 30, 630), (x + 50 + side * 30, 630), (x + 50 + side * 30, 944),
                        (x - 34 + side * 30, 944)], leather)  # fmt: skip
            for share in (-14, 8, 30):
                rib = x + share + side * 30
                self.line([(rib, 648), (rib, 926)], _mixed(leather, (0, 0, 0), 0.3), 4)
        elif wears.carried == "shoulder-bag":
            self.line([(-side * 66, 172), (side * 88 + self.sway, 440)], leather, 6)
            self.shape([(side * 66 + self.sway, 430), (side * 138 + self.sway, 430), (side * 142 + self.sway, 500),
                        (side * 62 + self.sway, 500)], leather)  # fmt: skip


_GARMENTS = {
    "gown": _Figure.gown,
    "dress": _Figure.dress,
    "coat": _Figure.coat,
    "suit": _Figure.suit,
    "puffer": _Figure.puffer,
    "skirt": _Figure.skirt_and_top,
    "jumpsuit": _Figure.jumpsuit,
    "cape": _Figure.cape,
    "jacket": _Figure.jacket,
}


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _smooth(points: Sequence[Point], steps: int = 5) -> list[Point]:
    """Return a closed Catmull-Rom curve through the points, half as tight as the usual one."""
    curve = []
    count = len(points)
    for place in range(count):
        (x0, y0), (x1, y1) = points[place - 1], points[place]
        (x2, y2), (x3, y3) = points[(place + 1) % count], points[(place + 2) % count]
        for step in range(steps):
            t = step / steps
            h1, h2 = 2 * t**3 - 3 * t**2 + 1, -2 * t**3 + 3 * t**2
            m1, m2 = (t**3 - 2 * t**2 + t) * 0.35, (t**3 - t**2) * 0.35
            curve.append(
                (
                    h1 * x1 + h2 * x2 + m1 * (x2 - x0) + m2 * (x3 - x1),
                    h1 * y1 + h2 * y2 + m1 * (y2 - y0) + m2 * (y3 - y1),
                )
            )
    return curve
