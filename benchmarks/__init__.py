"""Side-by-side measurements: ours beside its peers, in one run, on one machine."""
