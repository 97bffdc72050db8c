"""The HTTP application: every door in one place, health beside them."""

from collections.abc import Callable, Sequence

from aiohttp import web
from prometheus_client.registry import Collector

from broadcast.channels.client_address import TrustedProxies
from broadcast.errors import Refusal
from showrunner.http.bodies import MAX_BODY_BYTES
from showrunner.http.callers import behind
from showrunner.http.problems import cors, problems
from showrunner.metrics import CONTENT_TYPE, ProxyCollector, exposition
from showrunner.refusal_log import RefusalLog


def application(
    routes: Sequence[web.AbstractRouteDef],
    *,
    origins: Sequence[str],
    ready: Callable[[], bool],
    metrics: Sequence[Collector],
    refusals: RefusalLog,
    proxies: TrustedProxies | None = None,
) -> web.Application:
    """Return the application with these routes, health and metrics, behind these proxies if there are any."""
    app = web.Application(
        middlewares=[*([] if proxies is None else [behind(proxies)]), cors(origins), problems(refusals)],
        client_max_size=MAX_BODY_BYTES,
    )
    if proxies is not None:
        metrics = [*metrics, ProxyCollector(lambda: proxies.malformed)]
    app.add_routes([*routes, *_health(ready, metrics)])
    return app


def _health(ready: Callable[[], bool], metrics: Sequence[Collector]) -> list[web.RouteDef]:
    async def alive(_request: web.Request) -> web.Response:
        return _json(b'{"status":"alive"}')

    async def can_take_a_tap(_request: web.Request) -> web.Response:
        if not ready():
            raise Refusal("not-ready", "starting, stopping, or the record is out of reach", retry_after_ms=1_000)
        return _json(b'{"status":"ready"}')

    async def counters(_request: web.Request) -> web.Response:
        return web.Response(body=exposition(metrics), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/healthz", alive), web.get("/readyz", can_take_a_tap), web.get("/metrics", counters)]


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})
