"""Says in one line what is missing when the machine's Python is too old or has no venv."""

import sys

LEAST = (3, 11)

if sys.version_info < LEAST:
    sys.exit(
        f"Python {LEAST[0]}.{LEAST[1]} or newer is needed, this is {sys.version.split()[0]}: make PYTHON=python3.12 …"
    )
try:
    import ensurepip  # noqa: F401 - Debian ships Python without it; venv then fails with a longer story
except ImportError:
    sys.exit("this Python cannot make virtual environments: on Debian or Ubuntu, apt-get install python3-venv")
