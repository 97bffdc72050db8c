"""``showrunner serve``: a show in production. Each role imports only what it runs: an edge has many processes."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from showrunner.output import configure_logging
from showrunner.settings import (
    CheckoutSettings,
    ControlSettings,
    ProgrammeSettings,
    Settings,
    SettingsError,
    read_checkout_settings,
    read_control_settings,
    read_edge_settings,
    read_programme_settings,
    read_role,
    read_settings,
    read_settle_settings,
)
from showrunner.show_folder import LoadedShow, load_show


def run_serve(config: Path | None, role: str | None, log_level: str) -> None:
    """Serve until stopped."""
    configure_logging(log_level)
    what = read_role(config, role=role)
    if what == "edge":
        from showrunner.edge import run_edges

        edge = read_edge_settings(config, role=role)
        run_edges(edge, load_show(edge.show))
    elif what == "settle":
        import uvloop

        from showrunner.settle import settle_until_told

        uvloop.run(settle_until_told(read_settle_settings(config, role=role)))
    elif what == "programme":
        _serve_programme(read_programme_settings(config, role=role))
    elif what == "checkout":
        _serve_checkout(read_checkout_settings(config, role=role))
    elif what == "control":
        _serve_everything(read_control_settings(config, role=role))
    else:
        _serve_everything(read_settings(config, role=role))


def _serve_checkout(settings: CheckoutSettings) -> None:
    import uvloop

    show = load_show(settings.show)
    _check_keys(show, settings.channel_keys)
    uvloop.run(_take_orders(settings, show))


async def _take_orders(settings: CheckoutSettings, show: LoadedShow) -> None:
    from showrunner.checkout_process import RunningCheckout
    from showrunner.until_told import until_told

    await until_told(RunningCheckout(settings, show))


def _serve_programme(settings: ProgrammeSettings) -> None:
    import uvloop
    from rich.console import Console

    from showrunner.data_folder import DataFolder
    from showrunner.demo import with_progress
    from showrunner.programme_process import RunningProgramme
    from showrunner.until_told import until_told

    show = load_show(settings.show)
    folder = DataFolder(settings.data)
    folder.lock()
    programme = with_progress(show, settings.programme, folder, Console(stderr=True))

    async def have_the_picture() -> None:
        await until_told(RunningProgramme(settings, show, folder, programme))

    uvloop.run(have_the_picture())


def _check_keys(show: LoadedShow, channel_keys: Mapping[str, SecretStr]) -> None:
    missing = sorted({channel.id for channel in show.channels} - channel_keys.keys())
    if missing:
        raise SettingsError(f"channel_keys: no key for {', '.join(missing)}")


def _serve_everything(settings: Settings) -> None:
    from rich.console import Console

    from showrunner.data_folder import DataFolder
    from showrunner.demo import with_progress
    from showrunner.http.pages import check_built
    from showrunner.serving import run

    check_built()
    show = load_show(settings.show)
    _check_keys(show, settings.channel_keys)
    folder = DataFolder(settings.data)
    folder.lock()
    elsewhere = isinstance(settings, ControlSettings) and settings.programme_link is not None
    programme = None if elsewhere else with_progress(show, settings.programme, folder, Console(stderr=True))
    run(settings, show, folder, programme, lambda _running, _base_url: None)
