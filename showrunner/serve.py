"""``showrunner serve``: a show in production."""

from pathlib import Path

from rich.console import Console

from showrunner.data_folder import DataFolder
from showrunner.demo import with_progress
from showrunner.http.pages import check_built
from showrunner.output import configure_logging
from showrunner.serving import run
from showrunner.settings import SettingsError, read_settings
from showrunner.show_folder import load_show


def run_serve(config: Path | None, log_level: str) -> None:
    """Serve until stopped."""
    configure_logging(log_level)
    settings = read_settings(config)
    check_built()
    show = load_show(settings.show)
    missing = sorted({channel.id for channel in show.channels} - settings.channel_keys.keys())
    if missing:
        raise SettingsError(f"channel_keys: no key for {', '.join(missing)}")
    if not settings.sandbox_payments:
        raise SettingsError("sandbox_payments: there is no other payment gateway yet; leave it on")
    folder = DataFolder(settings.data)
    folder.lock()
    package = with_progress(show, None, folder, Console(stderr=True))
    run(settings, show, folder, package, lambda _running, _base_url: None)
