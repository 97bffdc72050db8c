"""How many hosts an audience needs, from measured costs; ``python -m benchmarks capacity``."""
