"""What viewers go through, filmed: no image shows a look's card before its frame, nor one that is over."""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from demo import Demo
from tabs import Chromium, Tab
from wrong_clock import A_DAY_MS, wrong_clock

from benchmarks.skew.judging import Film, Take, dated
from broadcast.programme.storyboard import FRAME_RATE
from showrunner.show_folder import load_show

pytestmark = pytest.mark.timeout(300)

LEAD_MS = 200
"""A take is told this much before its frame is captured, as producers do who stand by."""

BEFORE_MS = 15_000
APART_S = (0.8, 1.2)

LATE_MS = 200
"""How much of the picture a card may be late by on a machine that is busy; the benchmark measures to the frame."""

JUMP_MS = 1_000
"""A picture that moves further from one image to the next did not play."""

A_SECOND_MS = 1_000
CHANNEL = "taobao"
FASTER, MUCH_FASTER = 1.25, 4

CARD = "document.querySelector('viewer-page').shadowRoot.querySelector('[data-look]')"
BACK, LIVE = "[data-command=back]", ".live"
PRESS = (
    "void document.querySelector('viewer-page').shadowRoot.querySelector('picture-controls')"
    ".shadowRoot.querySelector('%s').click()"
)


class Director:
    """Puts one look after another on air until told to stop."""

    def __init__(self, demo: Demo) -> None:
        self.looks = tuple(str(look.id) for look in load_show(demo.show).looks)
        self.takes: list[Take] = []
        self._demo = demo
        self._random = random.Random(4)  # noqa: S311 - takes fall anywhere in a frame, the same in every run
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._direct, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(10)

    def taken(self, more: int) -> None:
        """Wait until so many more looks were taken."""
        until = len(self.takes) + more
        while len(self.takes) < until:
            assert self._thread.is_alive()
            self._over.wait(0.02)

    def _direct(self) -> None:
        # Pictures are seconds behind: the first who come see what was taken before.
        for ago_ms in range(BEFORE_MS, LEAD_MS, -round(APART_S[0] * 1000)):
            self._take(-ago_ms)
        while not self._over.wait(self._random.uniform(*APART_S)):
            self._take(LEAD_MS)

    def _take(self, ahead_ms: int) -> None:
        number = (len(self.takes) + 1) % len(self.looks)
        at_ms = time.time_ns() // 1_000_000 + ahead_ms
        cue = self._demo.press("take", look=self.looks[number], at_ms=at_ms)
        self.takes.append(Take(at_ms=cue["at_ms"], card=number))


@pytest.fixture(scope="module")
def director(running_demo: Demo) -> Iterator[Director]:
    director = Director(running_demo)
    director.start()
    yield director
    director.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def watch(chromium: Chromium, running_demo: Demo) -> Iterator[Callable[..., Tab]]:
    """Open a viewer's page."""
    tabs = []

    def open_one(script: str = "") -> Tab:
        tabs.append(chromium.open(running_demo.ready["pages"][f"watch_{CHANNEL}"], script))
        tabs[-1].until_playing()
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()


@pytest.fixture(scope="module")
def viewer(watch: Callable[..., Tab], director: Director) -> Tab:
    """A viewer who has seen some looks, and goes through one thing after another."""
    viewer = watch()
    director.taken(2)
    return viewer


@pytest.fixture
def judge(running_demo: Demo, director: Director) -> "Judge":
    origin_ms = int((running_demo.data / "programme-origin.json").read_text())
    film = Film(origin_ms=origin_ms, frames=len(director.looks) * FRAME_RATE)
    return Judge(film, director)


class Judge:
    """Films viewers, and tells what was wrong with what they saw."""

    def __init__(self, film: Film, director: Director) -> None:
        self._film = film
        self._director = director
        self._opening = False

    def film(self, viewer: Tab, *, opening: bool = False) -> None:
        """Begin to film a page that is just opened, or one that has been watched for a while: from the newest on."""
        self._opening = opening
        if not opening:
            viewer.run(PRESS % LIVE)
            self._director.taken(1)
            viewer.until(f"!v.seeking && {CARD} !== null")
        viewer.film(self._director.looks)

    def finds_nothing_wrong(self, viewer: Tab, looks: int) -> None:
        """Film until so many more looks were taken: in no image there is another card than its frame's.

        Never early, and at most ``LATE_MS`` late. Where the picture has jumped there may be no card for as long; and
        on a page that opens, until it has heard of it.
        """
        self._director.taken(looks)
        shots = dated(viewer.filmed(), self._film)
        assert len({shot.card for shot in shots}) > 1
        wrong, missing_until_ms = [], math.inf if self._opening else 0.0
        for before, shot in pairwise(shots):
            if shot.card is not None and missing_until_ms == math.inf:
                missing_until_ms = 0.0
            if not 0 <= shot.frame_ms - before.frame_ms <= JUMP_MS:
                missing_until_ms = shot.frame_ms + LATE_MS
            due = self._due(shot.frame_ms)
            if shot.card not in due and not (shot.card is None and shot.frame_ms <= missing_until_ms):
                wrong.append(f"{shot.shot_s:.3f} frame {shot.frame_ms} card {shot.card} due {due} after {before}")
        assert not wrong, "\n".join(wrong)

    def _due(self, frame_ms: int) -> list[int | None]:
        passed: list[Take] = [take for take in self._director.takes if take.at_ms <= frame_ms]
        cards = [None, *(take.card for take in passed)]
        return cards[-2:] if passed and frame_ms - passed[-1].at_ms < LATE_MS else cards[-1:]


def test_who_joins_late_sees_the_looks_of_their_own_picture(watch: Callable[..., Tab], judge: Judge) -> None:
    viewer = watch()
    judge.film(viewer, opening=True)
    judge.finds_nothing_wrong(viewer, 3)


@pytest.mark.parametrize("off_ms", [A_DAY_MS, -A_DAY_MS], ids=["a day fast", "a day slow"])
def test_who_has_a_wrong_clock_sees_every_look_on_its_frame(
    off_ms: int, watch: Callable[..., Tab], judge: Judge
) -> None:
    viewer = watch(wrong_clock(off_ms))
    judge.film(viewer, opening=True)
    judge.finds_nothing_wrong(viewer, 3)
    assert abs(viewer.run("Date.now()") - time.time() * 1000 - off_ms) < A_DAY_MS / 24
    told = viewer.run("document.querySelector('viewer-page').serverTime")
    assert abs(told["now_ms"] - time.time() * 1000) < A_SECOND_MS


def test_a_tab_that_was_behind_another_shows_what_its_picture_shows(
    viewer: Tab, director: Director, judge: Judge
) -> None:
    judge.film(viewer)
    viewer.go_behind()
    director.taken(3)
    viewer.come_back()
    judge.finds_nothing_wrong(viewer, 2)


def test_a_tab_that_was_frozen_shows_what_its_picture_shows(viewer: Tab, director: Director, judge: Judge) -> None:
    judge.film(viewer)
    viewer.go_behind()
    viewer.freeze()
    director.taken(3)
    viewer.thaw()
    viewer.come_back()
    viewer.until_playing()
    judge.finds_nothing_wrong(viewer, 2)


def test_who_pauses_keeps_the_look_of_the_frame_that_stands(viewer: Tab, director: Director, judge: Judge) -> None:
    judge.film(viewer)
    viewer.run("v.pause()")
    director.taken(2)
    viewer.run("v.play()")
    judge.finds_nothing_wrong(viewer, 2)


def test_who_goes_back_sees_the_looks_of_then(viewer: Tab, judge: Judge) -> None:
    judge.film(viewer)
    viewer.run(PRESS % BACK)
    viewer.until_playing()
    judge.finds_nothing_wrong(viewer, 2)


def test_who_watches_faster_sees_every_look_on_its_frame(viewer: Tab, judge: Judge) -> None:
    judge.film(viewer)
    viewer.run(f"v.playbackRate = {FASTER}")
    judge.finds_nothing_wrong(viewer, 3)
    viewer.run("v.playbackRate = 1")


def test_whose_picture_runs_dry_keeps_its_look_until_it_goes_on(viewer: Tab, director: Director, judge: Judge) -> None:
    judge.film(viewer)
    viewer.lose_the_network()
    viewer.run(f"v.playbackRate = {MUCH_FASTER}")
    viewer.until_it_stands()
    viewer.run("v.playbackRate = 1")
    director.taken(2)
    viewer.lose_the_network(lost=False)
    viewer.until_playing()
    judge.finds_nothing_wrong(viewer, 3)
