"""``showrunner tokens``: viewer tokens for rehearsals and load tests."""

from pathlib import Path

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.ids import BuyerId, ChannelId
from showrunner.bundled import bundled_show
from showrunner.data_folder import DataFolder, default_folder
from showrunner.failures import UsageError
from showrunner.feed_parts import new_id, wall_clock
from showrunner.settings import SettingsError, read_settings
from showrunner.show_folder import load_show
from showrunner.wiring import channel_keys

MAX_TOKENS = 1_000_000
HOUR_MS = 3_600_000


def signing_keys(data: Path | None, show: Path | None, config: Path | None) -> dict[ChannelId, bytes]:
    """Return the channel keys: of a demo's data folder where one is named, else configured, else the default demo's.

    Raises:
        UsageError: no keys are to be found.
    """
    if data is None:
        try:
            return channel_keys(read_settings(config))
        except SettingsError:
            if config is not None:
                raise
    loaded = load_show(show or bundled_show())
    folder = DataFolder(data or default_folder(loaded.info.id))
    if not (folder.path / "keys.json").exists():
        raise UsageError(f"{folder.path} holds no keys: start the demo once, or name its folder with --data")
    keys = folder.demo_keys(())
    return {channel: key.encode() for channel, key in keys.channels.items()}


def print_tokens(
    channel: str, count: int, hours: int, data: Path | None, show: Path | None, config: Path | None
) -> None:
    """Print ``count`` tokens of as many buyers."""
    if not 1 <= count <= MAX_TOKENS:
        raise UsageError(f"--count is from 1 to {MAX_TOKENS}")
    keys = signing_keys(data, show, config)
    if ChannelId(channel) not in keys:
        raise UsageError(f"there is no key for channel {channel!r}; there are: {', '.join(sorted(keys))}")
    tokens = ViewerTokens(keys, wall_clock)
    for _ in range(count):
        print(tokens.issue(ChannelId(channel), BuyerId(f"buyer-{new_id()}"), hours * HOUR_MS))  # noqa: T201 - the output
