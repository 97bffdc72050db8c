"""The HTTP application: every door in one place, health beside them."""

from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web
from prometheus_client.registry import Collector

from broadcast.errors import Refusal
from showrunner import contract_documents
from showrunner.http.bodies import MAX_BODY_BYTES
from showrunner.http.problems import cors, problems
from showrunner.metrics import CONTENT_TYPE, exposition


def application(
    routes: Sequence[web.AbstractRouteDef],
    *,
    origins: Sequence[str],
    ready: Callable[[], bool],
    metrics: Collector,
) -> web.Application:
    """Return the application with these routes, health, metrics and the contract's documents."""
    app = web.Application(
        middlewares=[cors(origins), problems],
        client_max_size=MAX_BODY_BYTES,
    )
    app.add_routes([*routes, *_health(ready, metrics), *_documents()])
    return app


def _health(ready: Callable[[], bool], metrics: Collector) -> list[web.RouteDef]:
    async def alive(_request: web.Request) -> web.Response:
        return _json(b'{"status":"alive"}')

    async def can_take_a_tap(_request: web.Request) -> web.Response:
        if not ready():
            raise Refusal("not-ready", "starting, stopping, or the record is out of reach", retry_after_ms=1_000)
        return _json(b'{"status":"ready"}')

    async def counters(_request: web.Request) -> web.Response:
        return web.Response(body=exposition(metrics), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/healthz", alive), web.get("/readyz", can_take_a_tap), web.get("/metrics", counters)]


def _documents() -> list[web.RouteDef]:
    documents = {
        "/v1/openapi.json": msgspec.json.encode(contract_documents.openapi()),
        "/v1/asyncapi.json": msgspec.json.encode(contract_documents.asyncapi()),
    }

    async def document(request: web.Request) -> web.Response:
        return _json(documents[request.path])

    return [web.get(path, document) for path in documents]


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})
