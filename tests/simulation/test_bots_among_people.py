"""A drop behind one carrier's address: five thousand people, and machines of every kind among them. Seeded."""

import random
from collections.abc import Iterator

import pytest

from broadcast.channels.adapters.tokens import Viewer
from broadcast.channels.token_count import TokenCount
from broadcast.checkout import behaviour
from broadcast.checkout.behaviour import Behaviour
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, Sku
from showrunner.tap_pace import TapPace

PEOPLE = 5_000
MINUTES = 10
SIZES = [f"COAT-{size}" for size in ("XS", "S", "M", "L", "XL")]
OTHERS = [f"LOOK-{number}" for number in range(200)]

Tap = tuple[float, str, str]
"""When, whose, for what."""


class Door:
    """What a door knows of its taps: how often a buyer taps, and how."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pace = TapPace(50, 1_000, lambda: self.now_s, lambda: 0.5)
        self.behaviour = Behaviour()
        self.worst: dict[str, int] = {}
        self.waited: dict[str, int] = {}
        self.taps: dict[str, int] = {}

    def tap(self, tap: Tap) -> None:
        self.now_s, buyer, sku = tap
        who = (ChannelId("youku"), BuyerId(buyer))
        self.taps[buyer] = self.taps.get(buyer, 0) + 1
        try:
            often = self.pace.take(Viewer(*who, 0))
        except Refusal:
            return
        if sku.startswith("HIDDEN"):
            self.pace.early(Viewer(*who, 0))
            self.behaviour.unseen(who, Sku(sku), self.now_s)
        if often:
            self.behaviour.tapped(who, Sku(sku), self.now_s)
            grade = self.behaviour.grade(who, self.now_s)
            self.worst[buyer] = max(self.worst.get(buyer, 0), grade)
            self.waited[buyer] = self.waited.get(buyer, 0) + bool(grade)


def human_pause(chance: random.Random, median_s: float) -> float:
    """People are irregular: a lognormal with a fifth of its median as the least spread anybody has."""
    return median_s * chance.lognormvariate(0, chance.uniform(0.2, 0.8))


def person(chance: random.Random, name: str, end_s: float) -> Iterator[Tap]:
    """Somebody with a phone, at one look after the other."""
    at_s = chance.uniform(0, end_s)
    while at_s < end_s:
        for sku, pause_s in look(chance):
            yield at_s, name, sku
            at_s += pause_s
        at_s += human_pause(chance, 45.0)


def look(chance: random.Random) -> list[tuple[str, float]]:
    """What somebody taps on at a look, with the pause after each tap: one or two, mostly."""
    sku, kind = chance.choice(OTHERS), chance.random()
    if kind < 0.05:  # hammers on the card, as fast as a thumb goes
        return [(sku, human_pause(chance, 0.16)) for _ in range(chance.randint(5, 40))]
    if kind < 0.15:  # the page repeats a tap that was told busy: a doubling backoff with half of it jitter
        waits_s = [min(0.5 * 2**repeat, 8.0) for repeat in range(chance.randint(1, 8))]
        return [(sku, wait_s * (0.5 + chance.random())) for wait_s in waits_s]
    if kind < 0.25:  # tries every size
        return [(size, human_pause(chance, 1.2)) for size in chance.sample(SIZES, k=len(SIZES))]
    if kind < 0.27:  # taps on what was taken back a moment ago, in several sizes
        return [(f"HIDDEN-{size}", human_pause(chance, 1.0)) for size in SIZES[: chance.randint(1, 4)]]
    return [(sku, human_pause(chance, 2.0)) for _ in range(chance.randint(1, 3))]


def machine(chance: random.Random, name: str, end_s: float) -> Iterator[Tap]:
    """A script: a metronome, as fast as it is answered, one that sweeps the catalogue, one that guesses at it."""
    kind = name.split("-")[1]
    at_s, n = chance.uniform(0, 60), 0
    every_s = chance.choice([0.25, 0.5, 1.0, 2.0])
    while at_s < end_s:
        n += 1
        if kind == "metronome":
            yield at_s, name, "COAT-M"
            at_s += every_s * (1 + chance.gauss(0, 0.01))
        elif kind == "loop":
            yield at_s, name, "COAT-M"
            at_s += 0.03 * chance.uniform(0.6, 1.6)
        elif kind == "sweep":
            yield at_s, name, OTHERS[n % len(OTHERS)]
            at_s += 0.25 * chance.uniform(0.5, 1.5)
        else:
            yield at_s, name, f"HIDDEN-{n}"
            at_s += human_pause(chance, 3.0)


@pytest.mark.parametrize("seed", [2017, 11, 1111])
def test_machines_wait_and_not_one_of_the_people_behind_the_same_address(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    end_s = MINUTES * 60.0
    people = [f"person-{number}" for number in range(PEOPLE)]
    machines = [f"bot-{kind}-{n}" for kind in ("metronome", "loop", "sweep", "guess") for n in range(25)]
    taps = [tap for name in people for tap in person(chance, name, end_s)]
    taps += [tap for name in machines for tap in machine(chance, name, 240.0)]
    door = Door()
    for tap in sorted(taps):
        door.tap(tap)
    assert [name for name in people if door.worst.get(name)] == []
    assert [name for name in machines if not door.worst.get(name)] == []
    for name in machines:  # from early on: most of what they tap waits
        assert door.waited[name] > door.taps[name] / 2, name
    assert min(door.behaviour.noticed.values()) > 0


def test_a_machine_that_has_become_a_person_is_one_again() -> None:
    chance, door = random.Random(7), Door()  # noqa: S311 - a simulation
    for tap in machine(chance, "bot-loop-1", 120.0):
        door.tap(tap)
    assert door.worst["bot-loop-1"] == 2
    door.now_s += 5 * 60
    score = door.behaviour.grade((ChannelId("youku"), BuyerId("bot-loop-1")), door.now_s + 600)
    assert score == 0


def test_no_more_buyers_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behaviour, "MAX_BUYERS", 10)
    looked_at = Behaviour()
    for number in range(100):
        looked_at.tapped((ChannelId("web"), BuyerId(str(number))), Sku("COAT"), float(number))
        looked_at.unseen((ChannelId("web"), BuyerId("prober")), Sku(f"guess-{number}"), float(number))
    assert len(looked_at) == 10
    assert max(len(row.unseen) for row in looked_at._rows.values()) <= behaviour.MAX_UNSEEN


def test_a_connection_with_a_familys_tokens_is_nobodys_business_and_a_farms_is() -> None:
    family = TokenCount("guest")
    for token in ["guest", "mei", "mei, renewed", "guest", "han", "mei"] * 10:
        assert not family.are_many(token)
    farm = TokenCount("account-0")
    many = [farm.are_many(f"account-{number}") for number in range(1, 100)]
    assert many == [False] * 3 + [True] * 96
