"""``python -m showrunner``: the command line."""

from showrunner.cli import main

main()
