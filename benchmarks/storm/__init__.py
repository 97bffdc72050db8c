"""An edge is killed and its whole audience comes back to another: ``python -m benchmarks storm``."""
