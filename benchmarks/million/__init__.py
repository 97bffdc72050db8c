"""One recorded run with a million viewers on one machine; ``python -m benchmarks.million``."""
