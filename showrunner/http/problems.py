"""Every error as problem+json (RFC 9457), and which pages may call us at all (CORS)."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from broadcast.channels.handshake import origin_allowed
from broadcast.errors import Refusal, problem
from showrunner.refusal_log import STATUSES, WRONG, RefusalLog

PROBLEM_JSON = "application/problem+json"
PREFLIGHT_MAX_AGE_S = 600
_BY_STATUS = {
    400: "malformed",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
}
_UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
"""What a request that should have been a WebSocket is told (RFC 9110, 15.5.22; RFC 6455, 4.4)."""

log = structlog.get_logger()


class _Typed(msgspec.Struct):
    type: str


def problem_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> web.Response:
    """Return a problem object as an HTTP answer, with the headers that belong to it."""
    extra = {**(headers or {}), **problem_headers(body)}
    return web.Response(body=msgspec.json.encode(body), status=body["status"], content_type=PROBLEM_JSON, headers=extra)


def problem_headers(body: dict[str, Any]) -> dict[str, str]:
    """Return the headers that belong to a problem, such as ``Retry-After`` (RFC 9110, 10.2.3) where it says when."""
    extra: dict[str, str] = {}
    if "retry_after_ms" in body:
        extra["Retry-After"] = str(max(1, math.ceil(body["retry_after_ms"] / 1000)))
    if body["status"] == web.HTTPUnauthorized.status_code:
        extra["WWW-Authenticate"] = "Bearer"
    if "max_age_ms" in body:
        extra["WWW-Authenticate"] = _step_up(body)
    if body["status"] == web.HTTPRequestTimeout.status_code:
        extra["Connection"] = "close"
    if body["status"] == web.HTTPUpgradeRequired.status_code:
        extra.update(_UPGRADE)
    return extra


def _step_up(body: dict[str, Any]) -> str:
    """Return the challenge of a step-up (RFC 9470, 3): a token by a fresh authentication would do."""
    challenge = f'Bearer error="insufficient_user_authentication", max_age={body["max_age_ms"] // 1000}'
    acr_values = " ".join(body.get("acr_values", ()))
    return f'{challenge}, acr_values="{acr_values}"' if acr_values else challenge


def problems(refusals: RefusalLog) -> Middleware:
    """Return the middleware that turns refusals, HTTP errors and faults into problem+json.

    A fault's cause goes to the log, never to the user; what was wrong with a request is no more than named there.
    """

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Refusal as refusal:
            response = problem_response(refusal.problem())
        except web.HTTPException as http:
            name = _BY_STATUS.get(http.status)
            if name is None:
                raise
            kept = {"Allow": http.headers["Allow"]} if "Allow" in http.headers else None
            response = problem_response(problem(name), kept)
        except Exception:
            log.exception("http.fault", method=request.method, path=request.path)
            response = problem_response(problem("internal"))
        if response.status in STATUSES:
            name = _name_of(response)
            if name in WRONG:
                refusals.note("http", name, request.path)
        return response

    return answer


def _name_of(response: web.StreamResponse) -> str:
    """Return the name of the problem an answer is, or nothing."""
    body = response.body if isinstance(response, web.Response) else None
    if response.content_type != PROBLEM_JSON or not isinstance(body, bytes):
        return ""
    return msgspec.json.decode(body, type=_Typed).type.rpartition("/")[2]


def cors(origins: Sequence[str]) -> Middleware:
    """Return the middleware that lets our own pages and the channels' listed origins call ``/v1``, and no others."""
    allowed = tuple(origins)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is None or not request.path.startswith("/v1/"):
            return await handler(request)
        if not origin_allowed(origin, request.host, allowed):
            if request.method in {"GET", "HEAD"}:
                return await handler(request)
            return problem_response(problem("origin-refused", "this page may not call us"))
        if request.method == "OPTIONS":
            return web.Response(
                status=204,
                headers={
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
                    "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key, arrival-ticket",
                    "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
                    "Vary": "Origin",
                },
            )
        response = await handler(request)
        if not response.prepared:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Idempotency-Replayed, Retry-After"
            response.headers["Vary"] = "Origin"
        return response

    return check
