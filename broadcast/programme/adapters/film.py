"""The bundled programme: a runway film, drawn and encoded here, so that a show needs no footage."""

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from PIL import Image, ImageChops

from broadcast.programme.adapters import stage
from broadcast.programme.adapters.beat import beat
from broadcast.programme.adapters.captions import Captions, legible
from broadcast.programme.adapters.fabric import CROWN_PIXELS, SOLE, UNIT, Fabric
from broadcast.programme.adapters.fabric import WIDTH as FIGURE_WIDTH
from broadcast.programme.adapters.figure import draw_figure
from broadcast.programme.adapters.normalise import KEY_DISTANCE, SAMPLE_RATE
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.storyboard import FRAME_RATE, FilmLook, shot_at, total_frames
from broadcast.programme.wardrobe import outfit

FULL_SIZE = 0.59
"""How much a drawn figure is shrunk to stand at the front of the runway."""

STEPS_PER_SECOND = 1.9

_ARRIVES, _TURNS, _LEAVES = 0.66, 0.76, 0.86  # shares of a look's time: at the front, begins to turn, walks back
_BACK_AT = 1.45  # gone through the door, well into the look after it
_FRONT_POSES, _BACK_POSES = 8, 6
_FLASHES_PER_SECOND = 3.0
_FLASH_SEED = 11
_HURRY = 0.75  # below 1: quick at the back, where there is little to see
_LANE = 0.42  # of the runway's half width: where one passes the model coming

_VIDEO_OPTIONS = {
    "preset": "ultrafast",
    "crf": "24",
    "bf": "0",  # nothing reordered: decode time is presentation time
    "sc_threshold": "0",
    "g": str(int(KEY_DISTANCE * FRAME_RATE)),
    "keyint_min": str(int(KEY_DISTANCE * FRAME_RATE)),
    "x264-params": "open-gop=0:colorprim=bt709:transfer=bt709:colormatrix=bt709",
}
_AUDIO_BITS_PER_SECOND = 96_000


def make_film(
    looks: Sequence[FilmLook], path: Path, *, seconds_per_look: int, progress: Callable[[int, int], None]
) -> None:
    """Draw and encode the film of a rundown: 640 x 360, 25 frames a second, H.264 and AAC in MP4.

    Each look's model walks in, turns at the front and walks back while the one after it comes. Every frame carries
    its number as timecode, and as a frame code machines can read (``frame_code``). A group of pictures is closed and
    48 frames long, which is 90 AAC frames, so segments hold whole numbers of both.

    Args:
        looks: in order of appearance.
        path: the film; appears only when complete.
        seconds_per_look: length of each.
        progress: told (done, total) frames, about twice a second of film.

    Raises:
        ProgrammeError: ``bad-storyboard``, or ``no-space`` where the film can't be written.
    """
    total = total_frames(looks, seconds_per_look)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _encode(looks, unfinished, seconds_per_look, total, progress)
        unfinished.replace(path)
    except OSError as error:
        raise ProgrammeError("no-space", f"{path} can't be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(
    looks: Sequence[FilmLook], path: Path, seconds_per_look: int, total: int, progress: Callable[[int, int], None]
) -> None:
    with av.open(str(path), "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=FRAME_RATE, options=_VIDEO_OPTIONS)
        video.width, video.height, video.pix_fmt = stage.WIDTH, stage.HEIGHT, "yuv420p"
        audio = output.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", options={"b": str(_AUDIO_BITS_PER_SECOND)})
        sounds = beat(audio, Fraction(total, FRAME_RATE))
        to_video_colours = VideoReformatter()
        for number, picture in enumerate(frames(looks, seconds_per_look)):
            drawn = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame = to_video_colours.reformat(drawn, format="yuv420p", dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            output.mux(video.encode(frame))
            for sound in sounds:
                output.mux(sound)
                if (sound.pts or 0) * FRAME_RATE > number * SAMPLE_RATE:
                    break
            if number % (FRAME_RATE // 2) == 0 or number + 1 == total:
                progress(number + 1, total)
        output.mux(video.encode(None))
        output.mux(list(sounds))


def frames(looks: Sequence[FilmLook], seconds_per_look: int) -> Iterator[Image.Image]:
    """Yield the film's frames, in order."""
    empty, captions, flash = stage.hall(), Captions(), stage.flash()
    chance = random.Random(_FLASH_SEED)  # noqa: S311 - a picture, not a secret
    before: _Model | None = None
    model: _Model | None = None
    on = -1
    canvas = empty.copy()
    backdrop = front = third = canvas
    since_cut = 0
    for number in range(total_frames(looks, seconds_per_look)):
        shot = shot_at(number, seconds_per_look)
        if shot.look != on:
            on, since_cut = shot.look, 0
            look = looks[on]
            before, model = model, _Model(look, seconds_per_look)
            accent = model.outfit.accent
            backdrop = stage.screen(accent)
            front = stage.screen_front(accent, legible(look.brand, look.id).upper())
            third = captions.third(look, accent)
        canvas.paste(empty)
        _show_screen(canvas, backdrop, front, number)
        if chance.random() < _FLASHES_PER_SECOND / FRAME_RATE:
            _flash(canvas, flash, chance)
        if before is not None:
            before.draw(canvas, shot.progress + 1)
        if model is not None:
            model.draw(canvas, shot.progress)
        captions.write(canvas, number, third, since_cut)
        since_cut += 1
        yield canvas


def _show_screen(canvas: Image.Image, backdrop: Image.Image, front: Image.Image, number: int) -> None:
    left, top, _, _ = stage.SCREEN_BOX
    scroll = number % front.height
    canvas.paste(backdrop.crop((0, scroll, front.width, scroll + front.height)), (left, top))
    canvas.paste(front, (left, top), front)


def _flash(canvas: Image.Image, flash: Image.Image, chance: random.Random) -> None:
    side = chance.choice((-1, 1))
    x = round(stage.WIDTH / 2 + side * chance.uniform(150, 300)) - flash.width // 2
    y = round(chance.uniform(128, 230)) - flash.height // 2
    box = (x, y, x + flash.width, y + flash.height)
    canvas.paste(ImageChops.add(canvas.crop(box), flash), box)


class _Model:
    """One look's model: poses drawn when first needed, placed by how far through the look the film is."""

    def __init__(self, look: FilmLook, seconds: int) -> None:
        self.outfit = outfit(look.id, look.wears)
        self._fabric = Fabric(self.outfit)
        self._seconds = seconds
        self._poses: dict[tuple[bool, int], Image.Image] = {}

    def draw(self, canvas: Image.Image, progress: float) -> None:
        """Draw the model onto a frame; ``progress`` runs past 1 while the look after it is on."""
        if progress >= _BACK_AT:
            return
        walked = progress * self._seconds * STEPS_PER_SECOND / 2
        turned = _eased((progress - _TURNS) / (_LEAVES - _TURNS))
        facing = math.cos(math.pi * turned)
        if _ARRIVES < progress < _LEAVES:
            walked = _ARRIVES * self._seconds * STEPS_PER_SECOND / 2  # stands
        lane = 0.0
        if progress < _ARRIVES:
            size = _approach((progress / _ARRIVES) ** _HURRY)
        elif progress < _LEAVES:
            size = 1.0
        else:
            away = (progress - _LEAVES) / (_BACK_AT - _LEAVES)
            size = _approach(1 - away)
            lane = -_LANE * math.sin(math.pi * min(1.0, away * 1.1))
        self._paste(canvas, self._pose(walked, front=facing >= 0), size, lane, max(0.3, abs(facing)))

    def _pose(self, walked: float, *, front: bool) -> Image.Image:
        poses = _FRONT_POSES if front else _BACK_POSES
        phase = int(walked * poses) % poses
        if (front, phase) not in self._poses:
            drawn = draw_figure(self.outfit, self._fabric, phase / poses, front=front)
            self._poses[front, phase] = drawn.convert("RGBa")  # shrinks without dark fringes, and without converting
        return self._poses[front, phase]

    def _paste(self, canvas: Image.Image, pose: Image.Image, size: float, lane: float, across: float) -> None:
        scale = size * FULL_SIZE
        width = max(2, round(FIGURE_WIDTH * scale * across))
        height = max(4, round(pose.height * scale))
        small = pose.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0).convert("RGBA")
        if size < _LIT:
            small = small.point(_DIMMED[int((size - stage.FAR) / (_LIT - stage.FAR) * len(_DIMMED))])
        x = round(stage.WIDTH / 2 + lane * 205 * size - width / 2)
        sole = round((CROWN_PIXELS + SOLE * UNIT) * scale)
        y = round(stage.floor_row(size)) - sole
        mirrored = small.crop((0, sole // 2, width, sole)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        fade = _FADE.resize(mirrored.size)
        canvas.paste(mirrored, (x, y + sole), ImageChops.multiply(mirrored.getchannel("A"), fade))
        canvas.paste(small, (x, y), small)


def _fade() -> Image.Image:
    column = Image.new("L", (1, 32))
    column.putdata([round(92 * (1 - row / 31) ** 1.6) for row in range(32)])
    return column


_FADE = _fade()


def _dimmed() -> list[list[int]]:
    """Return tables that darken RGBA pixels, from half their light to all of it."""
    steps = 24
    shares = (0.5 + 0.5 * step / steps for step in range(steps))
    return [[round(level * share) for level in range(256)] * 3 + list(range(256)) for share in shares]


_LIT = stage.FAR + 0.35  # size of a model that has come into the full light
_DIMMED = _dimmed()


def _approach(share: float) -> float:
    """Return the size of a model that has walked this share of the runway at constant speed: 1 / distance."""
    share = max(0.0, min(1.0, share))
    return 1 / (1 / stage.FAR + (1 - 1 / stage.FAR) * share)


def _eased(share: float) -> float:
    share = max(0.0, min(1.0, share))
    return share * share * (3 - 2 * share)
