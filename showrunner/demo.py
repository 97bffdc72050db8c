"""``showrunner demo``: the bundled show, or yours, in one process with nothing to install."""

from pathlib import Path

import msgspec
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from broadcast.programme.adapters.packager import Package
from broadcast.programme.addresses import SourceAddress
from showrunner.bundled import bundled_show
from showrunner.data_folder import DataFolder, default_folder
from showrunner.http.dvb_css import css_url, usual_station
from showrunner.http.pages import check_built
from showrunner.output import configure_logging
from showrunner.preparing import live_source, prepare
from showrunner.serving import run
from showrunner.settings import Settings
from showrunner.show_folder import LoadedShow, load_show
from showrunner.wiring import RunningShow

PRODUCER = "demo producer"
PRODUCER_LIFETIME_MS = 7 * 24 * 3_600_000
"""How long the printed producer token is valid."""

WATCH = "watch_"
SHOWN_CHANNELS = ("youku", "taobao")
"""Viewer pages that are printed, where the show has these channels; else its first two."""


def run_demo(
    *,
    port: int,
    show: Path | None,
    data: Path | None,
    programme: str | None,
    host: str,
    as_json: bool,
    log_level: str,
) -> None:
    """Run the demo until it is interrupted."""
    configure_logging(log_level)
    check_built()
    loaded = load_show(show or bundled_show())
    folder = DataFolder(data or default_folder(loaded.info.id))
    folder.lock()
    console = Console(stderr=as_json)
    settings = demo_settings(loaded, folder, host=host, port=port)
    package = with_progress(loaded, programme, folder, console)

    def ready(running: RunningShow, base_url: str) -> None:
        token = running.producer_tokens.issue(PRODUCER, loaded.info.id, PRODUCER_LIFETIME_MS)
        addresses = page_addresses(loaded, base_url, token)
        if as_json:
            line = {
                "base_url": base_url,
                "show": loaded.info.id,
                "producer_token": token,
                "pages": addresses,
                "dvb_css": companion_address(loaded, base_url),
            }
            print(msgspec.json.encode(line).decode(), flush=True)  # noqa: T201 - the line that was asked for
        else:
            welcome = _welcome(loaded, {**addresses, "dvb_css": companion_address(loaded, base_url)}, folder)
            console.print(welcome, soft_wrap=True, highlight=False, markup=False)

    run(settings, loaded, folder, package, ready)


def demo_settings(show: LoadedShow, folder: DataFolder, *, host: str, port: int) -> Settings:
    """Return the settings of a demo: keys of its own, made at the first run and kept in its data folder."""
    keys = folder.demo_keys(channel.id for channel in show.channels)
    return Settings(
        show=show.folder,
        data=folder.path,
        host=host,
        port=port,
        dvb_css_port=0,
        producer_key=SecretStr(keys.producer),
        payment_key=SecretStr(keys.payment),
        channel_keys={channel: SecretStr(key) for channel, key in keys.channels.items()},
    )


def with_progress(
    show: LoadedShow, programme: str | None, folder: DataFolder, console: Console
) -> Package | SourceAddress:
    """Return a live source's address, or prepare the programme with a progress bar."""
    address = live_source(show, programme)
    if address is not None:
        return address
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage.capitalize(), total=total)
            progress.update(tasks[stage], completed=done, total=total)

        return prepare(show, None if programme is None else Path(programme), folder.programme, tell)


def page_addresses(show: LoadedShow, base_url: str, token: str) -> dict[str, str]:
    """Return the address of every page; the console's carries the producer token in its fragment."""
    known = [channel.id for channel in show.channels]
    shown = [channel for channel in SHOWN_CHANNELS if channel in known] or known[:2]
    stations = [channel.id for channel in show.channels if channel.kind == "tv"] or known[:1]
    name = show.info.id
    watching = {f"{WATCH}{channel}": f"{base_url}/watch/{name}?channel={channel}" for channel in shown}
    return {
        "front": f"{base_url}/",
        "console": f"{base_url}/console/{name}#token={token}",
        "watch": next(iter(watching.values())),
        **watching,
        "tv": f"{base_url}/tv/{name}?channel={stations[0]}",
        "companion": f"{base_url}/companion/{name}?channel={stations[0]}",
        "partner": f"{base_url}/partner/{name}",
    }


def companion_address(show: LoadedShow, base_url: str) -> str:
    """Return where a foreign companion device connects first (CII), beside the station of the TV page."""
    return css_url(base_url, show.info.id, "cii", usual_station(show.channels))


def _welcome(show: LoadedShow, addresses: dict[str, str], folder: DataFolder) -> str:
    """Return what a person reads once the show is up: every address whole on a line of its own, to click or copy."""
    labels = {
        "console": "Producers' console",
        "tv": "TV companion screen",
        "companion": "Phone beside the TV",
        "dvb_css": "Companion devices (DVB-CSS)",
        "partner": "Partner page",
        "front": "All pages",
    }
    lines = [f"\n{show.info.title} is on air. Open the console, press GO, and buy what you see.\n"]
    for name, address in addresses.items():
        if name != "watch":
            lines.append(f"{labels.get(name) or f'Viewer on {name.removeprefix(WATCH)}'}:\n  {address}")
    lines.append(f"\nState is kept in {folder.path}")
    lines.append("Ctrl+C stops; the next start goes on where the show was.")
    return "\n".join(lines)
