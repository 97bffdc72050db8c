"""The control process as it runs in production, on a real PostgreSQL and a real Valkey."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desk_group import LINK_KEY, DeskProcess, clean_environment
from house import PAYMENT_KEY, PRODUCER_KEY, SHOW_FOLDER, channel_key
from little_video import write_video

from showrunner.show_folder import load_show


def control_environment(
    folder: Path, database_url: str, redis_url: str, show: Path = SHOW_FOLDER, **settings: Any
) -> dict[str, str]:
    """Return the settings of a control process."""
    keys = {channel.id: channel_key(channel.id) for channel in load_show(show).channels}
    return {
        **clean_environment(),
        "SHOWRUNNER_SHOW": str(show),
        "SHOWRUNNER_DATA": str(folder),
        "SHOWRUNNER_DATABASE_URL": database_url,
        "SHOWRUNNER_REDIS_URL": redis_url,
        "SHOWRUNNER_PORT": "0",
        "SHOWRUNNER_LINK_KEY": LINK_KEY,
        "SHOWRUNNER_CHANNEL_KEYS": json.dumps(keys),
        "SHOWRUNNER_PRODUCER_KEY": PRODUCER_KEY,
        "SHOWRUNNER_PAYMENT_KEY": PAYMENT_KEY,
        **{f"SHOWRUNNER_{name.upper()}": str(value) for name, value in settings.items()},
    }


def little_show(folder: Path) -> Path:
    """Return the little show with a programme that is made in no time."""
    show = folder / "show"
    if not show.exists():
        shutil.copytree(SHOW_FOLDER, show)
        told = (show / "show.toml").read_text()
        (show / "show.toml").write_text(told.replace('programme = "film"', 'programme = "programme.mp4"'))
        write_video(show / "programme.mp4")
    return show


@asynccontextmanager
async def control_process(
    folder: Path, database_url: str, redis_url: str, **settings: Any
) -> AsyncIterator[DeskProcess]:
    """Run the control process of the little show until the block ends."""
    environment = control_environment(folder / "data", database_url, redis_url, little_show(folder), **settings)
    control = await DeskProcess.run(environment, "control")
    try:
        control.base_url = (await control.until("serving"))["at"]
        yield control
    finally:
        await control.close()
