"""``showrunner serve``: a show in production. Each role imports only what it runs: an edge has many processes."""

from pathlib import Path

from showrunner.output import configure_logging
from showrunner.settings import Settings, SettingsError, read_edge_settings, read_role, read_settings
from showrunner.show_folder import load_show


def run_serve(config: Path | None, role: str | None, log_level: str) -> None:
    """Serve until stopped."""
    configure_logging(log_level)
    if read_role(config, role=role) == "edge":
        from showrunner.edge import run_edges

        edge = read_edge_settings(config, role=role)
        run_edges(edge, load_show(edge.show))
    else:
        _serve_everything(read_settings(config, role=role))


def _serve_everything(settings: Settings) -> None:
    from rich.console import Console

    from showrunner.data_folder import DataFolder
    from showrunner.demo import with_progress
    from showrunner.http.pages import check_built
    from showrunner.serving import run

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
