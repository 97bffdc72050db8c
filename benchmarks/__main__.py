"""``python -m benchmarks [NAME …] [--quick]``: run the named benchmarks, or all of them."""

import argparse
import importlib
import pkgutil
from pathlib import Path


def benchmarks() -> list[str]:
    """Return the names of the benchmarks: the packages beside this file that have a ``run.py``."""
    here = Path(__file__).parent
    return sorted(found.name for found in pkgutil.iter_modules([str(here)]) if (here / found.name / "run.py").exists())


def main() -> None:
    """Run benchmarks one after another; each writes ``benchmarks/results/<name>.json``."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Ours beside its peers, on this machine.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(benchmarks())} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="smaller crowds and fewer rounds; nothing is recorded")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(benchmarks())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in chosen.names or benchmarks():
        importlib.import_module(f"benchmarks.{name}.run").main(quick=chosen.quick)


if __name__ == "__main__":
    main()
