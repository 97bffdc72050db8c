"""``python -m benchmarks skew``: whether the card is on the frame, read off what real Chromium puts on the screen."""

import asyncio
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from benchmarks.skew import report
from benchmarks.skew.clocks import ask_clocks
from benchmarks.skew.house import House, open_house
from benchmarks.skew.judging import dated, early_cards, verdicts
from benchmarks.skew.maps import date_frames
from benchmarks.skew.scenes import CHANNEL, Lengths, film
from benchmarks.skew.viewer import open_browser

FULL = Lengths(part_s=34, joins=4, join_s=12)
QUICK = Lengths(part_s=8, joins=1, join_s=8)
SEED = 20171031
FIRST_TAKES_S = 6
"""Takes made before the first viewer comes."""

TABLE_WIDTH = 120


async def _measure(folder: Path, lengths: Lengths, console: Console) -> report.Results:
    results = report.Results()
    async with open_house(folder) as house, open_browser() as browser:
        address = house.watch(CHANNEL)
        directing = asyncio.create_task(house.direct(random.Random(SEED)))  # noqa: S311 - where in a frame takes fall
        try:
            await asyncio.sleep(FIRST_TAKES_S)
            console.print("[bold]the page's clock")
            results.clock = await ask_clocks(browser, address)
            console.print("[bold]the page's map of programme time")
            results.dated, results.passed_on = await date_frames(browser, address, house.film)
            console.print("[bold]cards on the picture")
            with ThreadPoolExecutor(max_workers=1) as readers:
                parts = await film(browser, house, lengths, readers)
        finally:
            directing.cancel()
            done = await asyncio.gather(directing, return_exceptions=True)
        _raise_fault(done[0])
    _judge(results, house, parts)
    return results


def _raise_fault(ended: object) -> None:
    if isinstance(ended, Exception):
        raise ended


def _judge(results: report.Results, house: House, parts: list[report.Part]) -> None:
    for part in parts:
        shots = dated(part.images, house.film)
        results.images += len(part.images)
        results.illegible += len(part.images) - len(shots)
        results.early += len(early_cards(shots, house.takes))
        results.verdicts += verdicts(part.phase, shots, house.takes)


def main(*, quick: bool) -> None:
    """Measure, print and record."""
    console = Console(width=TABLE_WIDTH)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="skew-") as folder:
        results = asyncio.run(_measure(Path(folder), QUICK if quick else FULL, console))
    report.tell(results, command, console, name="skew-quick" if quick else "skew")
