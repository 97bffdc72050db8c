"""Running a show until it is told to stop."""

from collections.abc import Callable

import uvloop

from broadcast.programme.adapters.packager import Package
from broadcast.programme.addresses import SourceAddress
from showrunner.data_folder import DataFolder
from showrunner.settings import Settings
from showrunner.show_folder import LoadedShow
from showrunner.until_told import until_told
from showrunner.wiring import RunningShow


def run(
    settings: Settings,
    show: LoadedShow,
    data: DataFolder,
    programme: Package | SourceAddress | None,
    on_ready: Callable[[RunningShow, str], None],
) -> None:
    """Serve a show until SIGINT or SIGTERM, then drain.

    Args:
        settings: of the process.
        show: what is served.
        data: its folder, locked.
        programme: the picture, or None where a programme process has it.
        on_ready: told once it serves.

    Raises:
        PortTakenError: the address cannot be listened on.
    """
    uvloop.run(_serve(settings, show, data, programme, on_ready))


async def _serve(
    settings: Settings,
    show: LoadedShow,
    data: DataFolder,
    programme: Package | SourceAddress | None,
    on_ready: Callable[[RunningShow, str], None],
) -> None:
    running = RunningShow(settings, show, data, programme)
    await until_told(running, lambda base_url: on_ready(running, base_url))
