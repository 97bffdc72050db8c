"""Running a show until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable

import uvloop

from broadcast.programme.adapters.packager import Package
from showrunner.data_folder import DataFolder
from showrunner.settings import Settings
from showrunner.show_folder import LoadedShow
from showrunner.wiring import RunningShow

STOP_TIMEOUT_S = 20.0
"""How long draining may take before the process ends regardless; everything acknowledged is durable by then."""


def run(
    settings: Settings,
    show: LoadedShow,
    data: DataFolder,
    programme: Package,
    on_ready: Callable[[RunningShow, str], None],
) -> None:
    """Serve a show until SIGINT or SIGTERM, then drain.

    Raises:
        PortTakenError: the address cannot be listened on.
    """
    uvloop.run(_serve(settings, show, data, programme, on_ready))


async def _serve(
    settings: Settings,
    show: LoadedShow,
    data: DataFolder,
    programme: Package,
    on_ready: Callable[[RunningShow, str], None],
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    running = RunningShow(settings, show, data, programme.index, programme.folder)
    try:
        base_url = await running.start()
        on_ready(running, base_url)
        await stopping.wait()
    finally:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await running.stop()
