"""The product as it serves a show, with one address more: the empty authenticated JSON POST it is measured against.

Usage: ``python -m benchmarks.checkout.shop FOLDER``. The port is printed once the show is on and its SKUs on sale;
the process ends when standard input does.
"""

import asyncio
import sys
from pathlib import Path

import msgspec
import structlog
import uvloop
from aiohttp import web
from pydantic import SecretStr

from benchmarks.checkout.drop import (
    CHANNEL,
    CHANNEL_KEY,
    GONE,
    HOT,
    PAYMENT_KEY,
    PRODUCER_KEY,
    UNLIMITED,
    unlimited,
    write_show,
)
from broadcast.channels.adapters.tokens import ViewerTokens, bearer
from broadcast.clock import ProgrammeMs
from broadcast.ids import Sku
from broadcast.messages import OrderRequest
from broadcast.programme.adapters.packager import Package
from broadcast.programme.segments import Segment, SegmentIndex
from showrunner.data_folder import DataFolder
from showrunner.http.bodies import read_json
from showrunner.settings import Settings
from showrunner.show_folder import load_show
from showrunner.until_told import keep_what_is_loaded
from showrunner.wiring import RunningShow

_PICTURE = SegmentIndex(
    timescale=90_000,
    segments=(Segment(uri="0.m4s", start_ticks=0, duration_ticks=180_000, size_bytes=4),),
    init_uri="init.mp4",
    init_size_bytes=4,
    codecs="avc1.42c01e",
    width=320,
    height=180,
    frame_ticks=3_600,
    has_audio=False,
)
"""Nobody here looks at the picture."""


class EmptyPost:
    """Takes what an order takes — token, JSON body — and answers JSON. Nothing else."""

    def __init__(self, tokens: ViewerTokens) -> None:
        self._tokens = tokens
        self._request = msgspec.json.Decoder(OrderRequest)

    async def post(self, request: web.Request) -> web.Response:
        """Do nothing, properly."""
        viewer = self._tokens.verify(bearer(request.headers.get("Authorization")))
        order = await read_json(request, self._request)
        answer = {"buyer": viewer.buyer, "sku": order.sku, "quantity": order.quantity}
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


class Shop(RunningShow):
    """The running show, every role in one process, with the empty POST in the same application."""

    def _application(self) -> web.Application:
        app = super()._application()
        app.router.add_post("/v1/empty", EmptyPost(self.viewer_tokens).post)
        return app


async def main(folder: Path) -> None:
    """Serve until standard input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the port alone is printed
    show = unlimited(load_show(write_show(folder / "show")))
    data = DataFolder(folder / "data")
    data.lock()
    data.programme.mkdir(exist_ok=True)
    settings = Settings(
        show=show.folder,
        data=data.path,
        port=0,
        producer_key=SecretStr(PRODUCER_KEY),
        payment_key=SecretStr(PAYMENT_KEY),
        channel_keys={CHANNEL: SecretStr(CHANNEL_KEY)},
        sandbox_payments=False,
        taps_per_second=UNLIMITED,
        tap_burst=UNLIMITED,
        handshakes_per_second=0,  # buyers come at once here, and before anything is measured
        suspect_delay_ms=0,
    )
    shop = Shop(settings, show, data, Package(index=_PICTURE, folder=data.programme))
    base_url = await shop.start()
    keep_what_is_loaded()
    shop.checkout.open_for_sale([Sku(HOT), Sku(GONE)], ProgrammeMs(0))
    print(base_url.rpartition(":")[2], flush=True)
    loop = asyncio.get_running_loop()
    over = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(over), sys.stdin)
    await over.read()
    await shop.stop()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
