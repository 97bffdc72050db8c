"""``python -m benchmarks.million --viewers N``: hold N viewers on this machine and give each the same cue."""

import argparse
import asyncio
import resource
import time

from benchmarks.million.run_recorded import DESCRIPTORS, keep, run


def main() -> None:
    """Run, and write ``benchmarks/results/million.json`` and ``million.log``."""
    parser = argparse.ArgumentParser(prog="benchmarks.million", description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000_000)
    parser.add_argument("--cues", type=int, default=3, help="how many cues, one after another")
    parser.add_argument("--floor-gib", type=float, default=1.5, help="stop the ramp when less memory than this is left")
    parser.add_argument("--no-record", action="store_true", help="do not write the results")
    chosen = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    began = time.monotonic()
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(f"{time.monotonic() - began:8.1f} s  {line}")
        print(lines[-1], flush=True)

    figures = asyncio.run(run(chosen.viewers, chosen.cues, int(chosen.floor_gib * 2**30), say))
    if not chosen.no_record:
        keep(figures, lines)


if __name__ == "__main__":
    main()
