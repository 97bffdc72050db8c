"""A checkout process of the distributed layout, with the drop on sale.

Usage: ``python -m benchmarks.checkout.desk SHOW DATABASE_URL``. The port is printed once the process owns the show's
desk or reaches the one that does; the process ends when standard input does. The first one started owns the desk; every
other is a door that asks it.
"""

import asyncio
import sys
from pathlib import Path

import structlog
import uvloop
from pydantic import SecretStr

from benchmarks.checkout.drop import CHANNEL, CHANNEL_KEY, GONE, HOT, PAYMENT_KEY, PRODUCER_KEY, UNLIMITED, unlimited
from broadcast.clock import ProgrammeMs
from broadcast.ids import Sku
from showrunner.checkout_process import RunningCheckout
from showrunner.settings import CheckoutSettings
from showrunner.show_folder import load_show
from showrunner.until_told import keep_what_is_loaded

LINK_KEY = "a-key-that-the-benchmark's-own-processes-share"
LOOK_EVERY_S = 0.1


async def main(show: Path, database_url: str) -> None:
    """Serve until standard input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the port alone is printed
    settings = CheckoutSettings(
        show=show,
        port=0,
        link_port=0,
        database_url=database_url,
        link_key=SecretStr(LINK_KEY),
        channel_keys={CHANNEL: SecretStr(CHANNEL_KEY)},
        producer_key=SecretStr(PRODUCER_KEY),
        payment_key=SecretStr(PAYMENT_KEY),
        sandbox_payments=False,
        taps_per_second=UNLIMITED,
        tap_burst=UNLIMITED,
        suspect_delay_ms=0,  # the benchmark's buyers are machines
    )
    process = RunningCheckout(settings, unlimited(load_show(show)))
    base_url = await process.start()
    while not process.seat.ready:  # noqa: ASYNC110 - the seat tells nobody when its turn comes
        await asyncio.sleep(LOOK_EVERY_S)
    keep_what_is_loaded()
    desk = process.seat.owned()
    if desk is not None:
        desk.open_for_sale([Sku(HOT), Sku(GONE)], ProgrammeMs(0))
    print(base_url.rpartition(":")[2], flush=True)
    loop = asyncio.get_running_loop()
    over = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(over), sys.stdin)
    await over.read()
    await process.stop()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))
