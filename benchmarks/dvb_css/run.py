"""``python -m benchmarks dvb_css``: two public clients follow the demo by DVB-CSS; how far they are from the truth.

Client and server are on one machine, so the truth is known: our wall clock is its monotonic clock. The clients are
given a clock that is set differently and runs faster; what they make of it is compared with the truth.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.request import urlopen

from rich.console import Console
from rich.table import Table

from benchmarks.dvb_css.installing import dvbcss_protocols, pydvbcss
from benchmarks.fanout.installing import CannotInstallError
from benchmarks.recording import record
from broadcast.programme.adapters.css_wall_clock_server import read_both
from broadcast.programme.css_timelines import PROGRAMME_TIMELINE

FOLLOW_S = 60
QUICK_FOLLOW_S = 8
CHANNEL = "beijing-tv"
"""The station: a minute late, and no playhead."""

READY_TIMEOUT_S = 10
END_TIMEOUT_S = 30
TARGET_MS = 20.0
CLIENTS: dict[str, Callable[[], list[str]]] = {
    "dvbcss-protocols 0.0.4 (npm)": dvbcss_protocols,
    "pydvbcss 0.5.2 (PyPI)": pydvbcss,
}


class Sample(NamedTuple):
    """How far a client is from the truth, in milliseconds."""

    wall_clock: float
    timeline: float


def follow(command: list[str], cii_url: str, latency_ms: int, seconds: int) -> list[Sample]:
    """Have a client follow the show, and return what it measured."""
    now = read_both()
    arguments = (cii_url, PROGRAMME_TIMELINE, "tag:", str(seconds), str(now.utc_ns - now.css), str(latency_ms))
    said = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=seconds + END_TIMEOUT_S, check=True
    )
    return [Sample(*map(float, line.split())) for line in said.stdout.splitlines()]


def summary(samples: list[Sample]) -> dict[str, Any]:
    """Return quantiles of both errors."""
    told: dict[str, Any] = {"samples": len(samples)}
    for name in Sample._fields:
        errors = sorted(abs(getattr(sample, name)) for sample in samples)
        told[f"{name}_error_ms_p50"] = round(statistics.median(errors), 3)
        told[f"{name}_error_ms_p95"] = round(errors[int(len(errors) * 0.95)], 3)
        told[f"{name}_error_ms_worst"] = round(errors[-1], 3)
    return told


def main(*, quick: bool) -> None:
    """Measure, print and record."""
    console = Console()
    seconds = QUICK_FOLLOW_S if quick else FOLLOW_S
    figures: dict[str, Any] = {}
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="dvb-css-") as folder, _Demo(Path(folder)) as demo:
        for name, installed in CLIENTS.items():
            try:
                figures[name] = summary(follow(installed(), demo.cii_url, demo.latency_ms, seconds))
            except CannotInstallError as cannot:
                missing[name] = str(cannot)
                console.print(f"[yellow]without {name}: {cannot}")
    table = Table("client", "samples", "wall clock p50 / p95 / worst (ms)", "timeline p50 / p95 / worst (ms)")
    for name, told in figures.items():
        both = [
            " / ".join(str(told[f"{kind}_error_ms_{rank}"]) for rank in ("p50", "p95", "worst"))
            for kind in Sample._fields
        ]
        table.add_row(name, str(told["samples"]), *both)
    console.print(table)
    reached = all(told[f"{kind}_error_ms_p95"] <= TARGET_MS for told in figures.values() for kind in Sample._fields)
    console.print(f"within {TARGET_MS:g} ms at p95: {'yes' if figures and reached else 'no'}")
    if not quick:
        command = " ".join(["python -m benchmarks", *sys.argv[1:]])
        told = {"channel": CHANNEL, "seconds": seconds, "clients": figures, "missing": missing}
        record("dvb_css", command, told)


class _Demo:
    """The demo in a process of its own, for as long as the block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cii_url = ""
        self.latency_ms = 0

    def __enter__(self) -> Self:
        errors = (self._folder / "stderr").open("wb")
        command = [
            sys.executable,
            "-m",
            "showrunner",
            "demo",
            "--json",
            "--port",
            "0",
            "--data",
            str(self._folder / "data"),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.close()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.__exit__()
            raise RuntimeError((self._folder / "stderr").read_text("utf-8")[-500:])
        ready = json.loads(line)
        self.cii_url = ready["dvb_css"].partition("?")[0] + f"?channel={CHANNEL}"
        with urlopen(f"{ready['base_url']}/v1/shows/{ready['show']}", timeout=READY_TIMEOUT_S) as answer:  # noqa: S310 - our own demo
            show = json.load(answer)
        self.latency_ms = next(channel["latency_ms"] for channel in show["channels"] if channel["id"] == CHANNEL)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
