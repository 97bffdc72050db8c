"""Where the bundled show is: in the source tree, or inside the installed package."""

from pathlib import Path

BUNDLED_SHOW = "tmall-collection-2017"


def bundled_show() -> Path:
    """Return the folder of the bundled show."""
    here = Path(__file__).resolve().parent
    installed = here / "shows" / BUNDLED_SHOW
    return installed if installed.is_dir() else here.parent / "shows" / BUNDLED_SHOW
