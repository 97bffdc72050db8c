"""``python -m benchmarks rfc6455``: the feed's WebSocket stack through the Autobahn test suite's cases.

The runner is kosoku, a native one that drives Autobahn's own case files; it comes from PyPI.
"""

import importlib
import sys
from collections import Counter
from importlib.metadata import version
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.fanout.installing import python_peer
from benchmarks.recording import record
from benchmarks.rfc6455.echo import EchoServer, bounds_lifted

RUNNER = "kosoku"
TOO_LARGE = [f"{group}.*.{size}" for group in (12, 13) for size in (*range(7, 11), *range(12, 19))]
"""A thousand compressed messages of 16 to 128 KiB a case: an hour of work, and the feed reads 8 KiB at most."""

QUICK = ["1.*", "2.*", "3.*", "4.*", "5.*", "7.*"]
TABLE_WIDTH = 120
BEHAVIOURS = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
TOLD = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "closing",
    "9": "large and many messages",
    "10": "small pieces",
    "12": "compression",
    "13": "compression, parameters",
}


async def run_cases(kosoku: Any, cases: list[str] | None) -> list[Any]:
    """Return the result of every case, passed or not."""
    with bounds_lifted():
        async with EchoServer() as url:
            try:
                return list(await kosoku.run_fuzzingclient(url, cases, TOO_LARGE))
            except kosoku.FailureError as failed:
                return list(failed.results)


def main(*, quick: bool) -> None:
    """Run the cases, print and record."""
    console = Console(width=TABLE_WIDTH)
    sys.path.insert(0, str(python_peer(RUNNER)))
    kosoku = importlib.import_module(RUNNER)
    results = uvloop.run(run_cases(kosoku, QUICK if quick else None))
    table = Table("cases", "what of", "passed", *BEHAVIOURS)
    groups: dict[str, Any] = {}
    for group, what in TOLD.items():
        of_group = [result for result in results if result.case_id.partition(".")[0] == group]
        if of_group:
            behaviours = Counter(name_of(result.behavior) for result in of_group)
            groups[group] = {
                "about": what,
                "cases": len(of_group),
                "passed": sum(result.passed for result in of_group),
                "behaviour": dict(behaviours),
                "close_behaviour": dict(Counter(name_of(result.behavior_close) for result in of_group)),
            }
            passed = f"{groups[group]['passed']} of {len(of_group)}"
            table.add_row(f"{group}.*", what, passed, *(str(behaviours[name]) for name in BEHAVIOURS))
    console.print(table)
    others = [
        told(result) for result in results if {name_of(result.behavior), name_of(result.behavior_close)} != {"OK"}
    ]
    for other in others:
        console.print(f"{other['case']}: {other['behaviour']}, close {other['close_behaviour']}. {other['result']}")
    if not quick:
        figures = {
            "runner": f"{RUNNER} {version(RUNNER)}",
            "cases": len(results),
            "left_out": TOO_LARGE,
            "passed": sum(result.passed for result in results),
            "groups": groups,
            "not_simply_ok": others,
        }
        record("rfc6455", " ".join(["python -m benchmarks", *sys.argv[1:]]), figures)


def name_of(behaviour: Any) -> str:
    """Return a behaviour as the suite's reports name it."""
    return str(behaviour.value if hasattr(behaviour, "value") else behaviour)


def told(result: Any) -> dict[str, Any]:
    """Return what there is to say of a case that was not simply OK."""
    return {
        "case": result.case_id,
        "behaviour": name_of(result.behavior),
        "close_behaviour": name_of(result.behavior_close),
        "result": result.result,
    }
