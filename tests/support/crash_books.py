"""What the crowd was told: every acknowledgement, kept outside the server, to hold it to."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

LASTING = ("order", "sku", "quantity", "amount", "hold_until_ms")
"""The fields of an order that never change, whatever becomes of it."""

ANSWER = (*LASTING, "status")
"""The fields of the answer to a tap, whichever door it came by."""

Kind = Literal["order", "take", "message"]
"""What people are told: an order acknowledged, a GO answered, a message of the feed."""

Name = tuple[str, str, str]
"""What names a tap: channel, buyer, key."""


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """One tap; sent as often as it takes, always the same."""

    channel: str
    buyer: str
    key: str
    token: str
    order: dict[str, Any]

    @property
    def name(self) -> Name:
        """What the record must know it by, once at most."""
        return (self.channel, self.buyer, self.key)


class Take(msgspec.Struct, frozen=True):
    """One GO."""

    look: str
    key: str


class Books:
    """Everything the server ever said, over all its lives."""

    def __init__(self) -> None:
        self.acknowledged: dict[Name, tuple[Tap, dict[str, Any]]] = {}
        self.sent: set[Name] = set()
        self.refused: Counter[str] = Counter()
        self.other_answers: list[tuple[Name, dict[str, Any], dict[str, Any]]] = []
        self.surprises: list[str] = []
        self.repeats = 0
        self.again = 0
        self.takes: list[tuple[Take, str]] = []
        self.taking: Take | None = None
        self._all: list[Name] = []
        self._fresh: Counter[Name] = Counter()
        self._told: Counter[Kind] = Counter()
        self._moment: tuple[Kind, int, Callable[[], None], asyncio.Event] | None = None

    @property
    def acks(self) -> int:
        """Orders acknowledged so far."""
        return len(self.acknowledged)

    async def moment(self, kind: Kind, number: int, then: Callable[[], None]) -> None:
        """Do something in the very moment people are told so many more things of a kind."""
        reached = asyncio.Event()
        self._moment = (kind, self._told[kind] + number, then, reached)
        await reached.wait()

    def told(self, kind: Kind) -> None:
        """Note that somebody was told something."""
        self._told[kind] += 1
        if self._moment is not None and kind == self._moment[0] and self._told[kind] >= self._moment[1]:
            *_, then, reached = self._moment
            self._moment = None
            then()
            reached.set()

    def acknowledge(self, tap: Tap, answer: Mapping[str, Any], *, replayed: bool) -> None:
        """Note an acknowledgement: the same tap must always get the same one, and only once as a fresh order."""
        body = {field: answer[field] for field in ANSWER}
        self._fresh[tap.name] += not replayed
        known = self.acknowledged.get(tap.name)
        if known is None:
            self.acknowledged[tap.name] = (tap, body)
            self._all.append(tap.name)
            self.told("order")
            return
        self.repeats += 1
        if known[1] != body or self._fresh[tap.name] > 1:
            self.other_answers.append((tap.name, known[1], body))

    def took(self, take: Take, cue: str) -> None:
        """Note that a GO was answered with its cue."""
        self.takes.append((take, cue))
        self.taking = None
        self.told("take")

    def refuse(self, tap: Tap, problem: str) -> None:
        """Note a refusal; a tap once acknowledged is never refused afterwards."""
        self.refused[problem] += 1
        if tap.name in self.acknowledged:
            self.surprises.append(f"{tap.name} was acknowledged, then refused as {problem}")

    def any_acknowledged(self, draw: random.Random) -> Tap | None:
        """Return some tap that was acknowledged before."""
        return self.acknowledged[draw.choice(self._all)][0] if self._all else None

    def looks_that_may_be_on_air(self) -> set[str | None]:
        """Return the last acknowledged look, and the one whose GO was never answered."""
        last = self.takes[-1][0].look if self.takes else None
        return {last} if self.taking is None else {last, self.taking.look}
