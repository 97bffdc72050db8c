"""An edge: it follows the cue log, holds viewers, and sends their taps on. It has no state and no key of its own.

Any number of edges follow one log, and those of one host share a port. Taps, pages, pictures and the programme are the
business of the process that does everything, to which a load balancer sends all other addresses.
"""

import asyncio
import os
import random
import signal

import msgspec
import structlog
import uvloop
from aiohttp import web

from broadcast.channels.adapters.audience_board import AudienceReporter
from broadcast.channels.adapters.feed_events import stream_events
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.card_errors import told, views
from broadcast.channels.cue_log import LogLostError
from broadcast.errors import Refusal
from broadcast.ids import ShowId
from showrunner.edge_processes import run_processes
from showrunner.edge_taps import TapForwarder
from showrunner.feed_parts import feed_hub, new_id
from showrunner.first_of import first_of
from showrunner.http.app import application
from showrunner.http.shows import public_show
from showrunner.linked_taps import LinkedTaps
from showrunner.listening import Listener, reserve
from showrunner.metrics import CardErrorCollector, CrowdedCollector, FeedCollector
from showrunner.pictures import with_pictures
from showrunner.proxy_settings import trusted_proxies
from showrunner.refusal_log import RefusalLog
from showrunner.settings import EdgeSettings
from showrunner.show_folder import LoadedShow

LOG_RETRY_S = 0.5
"""How long a starting edge waits before it looks for the cue log again."""

STOP_TIMEOUT_S = 15.0
"""How long draining may take before the process ends regardless."""

log = structlog.get_logger()


class RunningEdge:
    """One edge process."""

    def __init__(self, settings: EdgeSettings, show: LoadedShow) -> None:
        self._settings = settings
        self._show = show
        self._cue_log = RedisCueLog(connect(settings.redis_url.get_secret_value()), show.info.id, new_id, begins=False)
        self.hub = feed_hub(settings, show, with_pictures(show), self._cue_log)
        self._reporter = AudienceReporter(
            connect(settings.redis_url.get_secret_value()),
            show.info.id,
            new_id(),
            self.hub.audience,
            lambda: told(self.hub.card_errors.channels()),
        )
        self._taps = _taps(settings, show.info.id)
        self._proxies = trusted_proxies(settings)
        self._listener = Listener(self._application(), self.hub, self._taps.tap, proxies=self._proxies)

    async def start(self, port: int) -> int:
        """Learn the present from the cue log, waiting for it as long as it takes, then listen and return the port.

        Raises:
            PortTakenError: the address cannot be listened on.
        """
        await self._taps.start()
        await self._learn()
        port = await self._listener.start(self._settings.host, port, shared=True)
        self._reporter.start()
        log.info("edge.serving", show=self._show.info.id, port=port, pid=os.getpid())
        return port

    async def stop(self) -> None:
        """Drain: no new connections, taps on their way answered, viewers sent elsewhere with a reconnect code."""
        await self._listener.stop_accepting()
        await self._taps.stop()
        await self.hub.stop()
        await self._listener.stop()
        await self._reporter.stop()
        await self._cue_log.close()

    async def _learn(self) -> None:
        while True:
            try:
                await self.hub.start()
            except (OSError, LogLostError) as unreachable:
                log.warning("cue_log.unreachable", reason=str(unreachable))
                await asyncio.sleep(LOG_RETRY_S)
            else:
                return

    def _application(self) -> web.Application:
        body = msgspec.json.encode(public_show(self._show.info, self._show.channels))

        async def show(request: web.Request) -> web.Response:
            if request.match_info["show"] != self._show.info.id:
                raise Refusal("no-such-show", "that show is not on here")
            return web.Response(body=body, content_type="application/json")

        async def feed(request: web.Request) -> web.StreamResponse:
            return await stream_events(self.hub, request)

        return application(
            [web.get("/v1/shows/{show}", show), web.get("/v1/shows/{show}/feed", feed)],
            origins=sorted({origin for channel in self._show.channels for origin in channel.origins}),
            refusals=RefusalLog(),
            proxies=self._proxies,
            ready=lambda: self.hub.ready,
            metrics=[
                FeedCollector(audience=self.hub.audience, seq=lambda: self.hub.seq),
                CrowdedCollector(lambda: self.hub.crowded_taps),
                CardErrorCollector(
                    lambda: views(self.hub.card_errors.channels(), self._settings.card_error_alarm_ms),
                    lambda: self.hub.card_errors.refused,
                ),
            ],
        )


def _taps(settings: EdgeSettings, show: ShowId) -> LinkedTaps | TapForwarder:
    """Return the way taps go on: over the link, or over HTTP."""
    if settings.edge_link_key is not None and settings.checkout_links:
        key = settings.edge_link_key.get_secret_value().encode()
        return LinkedTaps(show, settings.checkout_links, key, random.random)
    if settings.checkout_url is None:
        raise ValueError("there is no way to the checkout")
    return TapForwarder(settings.checkout_url, random.random)


def run_edges(settings: EdgeSettings, show: LoadedShow) -> None:
    """Serve a show's feed with ``settings.processes`` processes on one port, until SIGINT or SIGTERM, then drain.

    Raises:
        PortTakenError: the address cannot be listened on.
    """
    with reserve(settings.host, settings.port) as reserved:
        port = reserved.getsockname()[1]
        log.info("edges.starting", show=show.info.id, host=settings.host, port=port, processes=settings.processes)
        run_processes(settings.processes, lambda orphaned: uvloop.run(_serve(settings, show, port, orphaned)))


async def _serve(settings: EdgeSettings, show: LoadedShow, port: int, orphaned: int) -> None:
    """Run one edge until a signal, its parent's end (``orphaned`` becomes readable) or a fault."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    loop.add_reader(orphaned, stopping.set)
    edge = RunningEdge(settings, show)
    try:
        await first_of(edge.start(port), stopping.wait())
        await first_of(edge.hub.followed(), stopping.wait())
    finally:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await edge.stop()
