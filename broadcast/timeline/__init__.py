"""WHEN a look is on air: the rundown, the cue state machine, the as-run record."""
