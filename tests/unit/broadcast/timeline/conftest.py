"""A producers' gallery with a clock in hand, and a viewer who only sees what is announced."""

from collections.abc import Callable
from itertools import count

import pytest

from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import CueId, LookId, Sku
from broadcast.messages import CommandName
from broadcast.show import Look
from broadcast.timeline.cues import Command, DecidedCue, Decision, Entry, decide, opening
from broadcast.timeline.rundown import Rundown

EIGHT_O_CLOCK = 1_509_451_200_000
LOOKS = ("one", "two", "three", "four")


def look(name: str, place: int = 1, start: int | None = None, duration: int | None = None) -> Look:
    return Look(
        id=LookId(name),
        cue=str(place),
        number=str(place),
        title=name,
        titles={"en": name},
        brand="House",
        skus=(Sku(f"{name}-m"),),
        planned_start_ms=start,
        planned_duration_ms=duration,
    )


def rundown_of(*names: str) -> Rundown:
    return Rundown([look(name, place) for place, name in enumerate(names, start=1)])


class Gallery:
    """Presses buttons on a show; keeps the stored entries and every cue announced, in order."""

    def __init__(self) -> None:
        self.rundown = rundown_of(*LOOKS)
        self.state = opening(self.rundown)
        self.now = EIGHT_O_CLOCK
        self.entries: list[Entry] = []
        self.announced: list[DecidedCue] = []
        self._ids = count(1)

    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    def press(
        self,
        name: CommandName,
        look: str | None = None,
        *,
        in_ms: int | None = None,
        key: str | None = None,
        by: str = "Mei",
    ) -> Decision:
        serial = next(self._ids)
        command = Command(
            name=name,
            key=key or f"key-{serial}",
            look=None if look is None else LookId(look),
            at_ms=None if in_ms is None else ProgrammeMs(self.now + in_ms),
            by=by,
        )
        decision = decide(command, self.state, self.rundown, WallMs(self.now), CueId(f"cue-{serial}"))
        self.state = decision.state
        if decision.entry is not None:
            self.entries.append(decision.entry)
            self.announced.extend(decision.entry.cues)
        return decision

    @property
    def on_air(self) -> LookId | None:
        return self.look_at(0)

    def look_at(self, in_ms: int) -> LookId | None:
        cue = self.state.on_air(ProgrammeMs(self.now + in_ms))
        return None if cue is None else cue.look

    @property
    def armed(self) -> list[tuple[LookId | None, int]]:
        return [(cue.look, cue.at_ms - self.now) for cue in self.state.armed(ProgrammeMs(self.now))]

    def seen_at(self, at: int) -> LookId | None:
        """What a viewer shows who follows the contract: greatest at_ms not after the playhead, then the newest."""
        replaced = {id_ for cue in self.announced for id_ in cue.replaces}
        due = [
            (cue.at_ms, seq, cue.look)
            for seq, cue in enumerate(self.announced)
            if cue.id not in replaced and cue.at_ms <= at
        ]
        return max(due)[2] if due else None


@pytest.fixture(scope="session")
def open_gallery() -> type[Gallery]:
    return Gallery


@pytest.fixture
def gallery() -> Gallery:
    return Gallery()


@pytest.fixture(scope="session")
def make_rundown() -> Callable[..., Rundown]:
    return rundown_of


@pytest.fixture(scope="session")
def make_look() -> Callable[..., Look]:
    return look
