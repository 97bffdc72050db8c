"""What an audience saw of a storm, and the figures of it."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

SHARES = (0.5, 0.95, 1.0)


class Return(NamedTuple):
    """One viewer that lost its edge: when, when it was greeted again, how often it tried and was told to wait."""

    lost_ns: int
    back_ns: int
    tries: int
    turned_away: int


class Told(NamedTuple):
    """One cue: how many of those on the edge that stays had it, when the last of them had it, and of the others."""

    stayed: int
    last_stayed_ns: int
    returned: int


class Phase(NamedTuple):
    """A stretch of the run: from when to when, and the surviving edge's CPU time in it."""

    from_ns: int
    to_ns: int
    cpu_ns: int

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return self.cpu_ns / (self.to_ns - self.from_ns)


@dataclass(frozen=True)
class Seen:
    """Everything one storm left behind.

    Attributes:
        viewers: how many watched, on both edges.
        lost: how many of them the killed edge held.
        turned_away: how many greetings were refused with 4002.
        faults: messages that were not the very next one, resumes that began elsewhere.
        snapshots: viewers that came back and got a snapshot instead of what they missed.
        behind: whether somebody lacks the last cue in the end.
        before, storm: the same cues every so often, with all there and until all are back.
        sent_ns: when each cue was handed to the log.
    """

    viewers: int
    lost: int
    turned_away: int
    faults: int
    snapshots: int
    behind: bool
    before: Phase
    storm: Phase
    sent_ns: dict[int, int]
    returns: list[Return]
    told: dict[int, Told]

    def back_s(self) -> list[float]:
        """Return how long after the kill each viewer was back, sorted."""
        return sorted((back.back_ns - self.storm.from_ns) / 1e9 for back in self.returns)

    def delays_ms(self, phase: Phase) -> list[float]:
        """Return how long each cue of a phase took to the last viewer that stayed."""
        return [
            (self.told[seq].last_stayed_ns - sent_ns) / 1e6
            for seq, sent_ns in self.sent_ns.items()
            if phase.from_ns <= sent_ns < phase.to_ns
        ]

    def delivery_us(self) -> float:
        """Return the surviving edge's CPU for one cue to one viewer, while nothing else happens."""
        sent = [seq for seq, sent_ns in self.sent_ns.items() if self.before.from_ns <= sent_ns < self.before.to_ns]
        return self.before.cpu_ns / sum(self.told[seq].stayed for seq in sent) / 1000

    def comeback_us(self) -> float:
        """Return the surviving edge's CPU for one viewer's comeback: every greeting and refusal, and what it missed.

        Cues of the storm to those who are there cost what they cost before it, and are not counted.
        """
        live = 0
        for seq, sent_ns in self.sent_ns.items():
            if self.storm.from_ns <= sent_ns < self.storm.to_ns:
                live += self.told[seq].stayed + sum(back.back_ns <= sent_ns for back in self.returns)
        return (self.storm.cpu_ns / 1000 - live * self.delivery_us()) / len(self.returns)

    def figures(self) -> dict[str, Any]:
        """Return the figures."""
        back_s, calm, stormy = self.back_s(), self.delays_ms(self.before), self.delays_ms(self.storm)
        return {
            "viewers": self.viewers,
            "lost_their_edge": self.lost,
            "resumed_exactly": len(self.returns) - self.snapshots,
            "snapshots_instead": self.snapshots,
            "gaps_or_repetitions": self.faults,
            "everybody_has_the_last_cue": not self.behind,
            "back_s": {f"{share:.0%}": round(quantile(back_s, share), 3) for share in SHARES},
            "told_to_wait": {
                "times": self.turned_away,
                "viewers": sum(back.turned_away > 0 for back in self.returns),
                "most_often": max(back.turned_away for back in self.returns),
            },
            "edge_cpu_us_per_comeback": round(self.comeback_us(), 1),
            "edge_cpu_share": {"before": round(self.before.cpu_share, 3), "storm": round(self.storm.cpu_share, 3)},
            "cue_to_last_viewer_that_stayed_ms": {
                "before": {"median": round(statistics.median(calm), 1), "worst": round(max(calm), 1)},
                "storm": {"median": round(statistics.median(stormy), 1), "worst": round(max(stormy), 1)},
            },
        }


def quantile(ordered: list[float], share: float) -> float:
    """Return the value that this share of them does not exceed."""
    return ordered[max(0, round(share * len(ordered)) - 1)]


def read(lines: Iterable[str]) -> tuple[list[Return], dict[int, Told]]:
    """Read the audience's report; see ``crowd.c``."""
    returns, told = [], {}
    for line in lines:
        kind, *words = line.split()
        numbers = [int(word) for word in words]
        if kind == "back":
            returns.append(Return(*numbers))
        else:
            told[numbers[0]] = Told(*numbers[1:])
    return returns, told


def read_file(path: Path) -> tuple[list[Return], dict[int, Told]]:
    """Read the audience's report from its file."""
    return read(path.read_text("ascii").splitlines())
