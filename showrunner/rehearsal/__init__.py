"""``showrunner rehearse``: a synthetic audience against a running show.

It watches and buys as real viewers do, through the public contract alone, and holds what it gets against the
contract's promises.
"""

import asyncio
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console

from broadcast.channels.adapters.tokens import ProducerTokens, ViewerTokens
from broadcast.ids import ShowId
from showrunner.bundled import bundled_show
from showrunner.data_folder import DataFolder, default_folder
from showrunner.failures import UsageError
from showrunner.feed_parts import wall_clock
from showrunner.rehearsal.display import final_table, run_with_progress
from showrunner.rehearsal.figures import Report
from showrunner.rehearsal.plan import Plan, checked_url, make_room_for
from showrunner.rehearsal.rehearsal import Rehearsal
from showrunner.show_folder import load_show
from showrunner.token_printing import signing_keys

__all__ = ["Plan", "Report", "run_rehearsal"]

PRODUCER = "rehearsal"
PRODUCER_LIFETIME_MS = 3_600_000


def run_rehearsal(
    plan: Plan,
    *,
    data: Path | None,
    show: Path | None,
    producer_token: str | None,
    own_server: bool,
    as_json: bool,
) -> int:
    """Run a rehearsal, print its report, and return the exit code: 1 where a promise was broken.

    Raises:
        UsageError: the rehearsal cannot be; the message says why.
    """
    plan = msgspec.structs.replace(plan, url=checked_url(plan.url, own_server=own_server))
    make_room_for(plan.descriptors)
    keys = signing_keys(data, show, None)
    name = load_show(show).info.id if show is not None else None
    if plan.take and producer_token is None:
        producer_token = _own_producer_token(data, show)
    rehearsal = Rehearsal(
        plan, ViewerTokens(keys, wall_clock), keys.keys(), show=name, producer_token=producer_token
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(run_with_progress(rehearsal, Console(stderr=True)))
    if as_json:
        print(msgspec.json.encode(report).decode())  # noqa: T201 - the report that was asked for
    else:
        Console().print(final_table(report))
    return 1 if report.broken else 0


def _own_producer_token(data: Path | None, show: Path | None) -> str:
    """Return a producer token made with the keys in the demo's data folder."""
    name = ShowId(load_show(show or bundled_show()).info.id)
    folder = DataFolder(data or default_folder(name))
    if not (folder.path / "keys.json").exists():
        raise UsageError("--take needs --producer-token, SHOWRUNNER_PRODUCER_TOKEN or the demo's folder as --data")
    key = folder.demo_keys(()).producer
    return ProducerTokens(key.encode(), wall_clock).issue(PRODUCER, name, PRODUCER_LIFETIME_MS)
