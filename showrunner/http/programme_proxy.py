"""The programme of another process, passed on: for a layout without a proxy in front that routes by path.

Each answer is fetched whole before it is given, so nobody gets half a segment; who cannot be served is told to come
again. It is one more copy of every byte in the process that runs the show: an audience belongs behind a cache that asks
the programme process itself.
"""

import asyncio
import re

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

from broadcast.errors import Refusal

MAX_AT_ONCE = 16
"""Answers fetched at once; who comes then waits for a place."""

MAX_WAITING = 256
"""Who may wait; one more is told to come again."""

MAX_ANSWER_BYTES = 24_000_000
"""Of one answer: two seconds at 96 Mbit/s."""

TIMEOUT_S, CONNECT_TIMEOUT_S = 8.0, 2.0
RETRY_MS = 2_000

_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127})?")
"""Every address of a programme: nothing else is asked for."""

_PASSED_ON = (200, 404, 503)
_KEPT_HEADERS = ("Cache-Control", "Content-Type", "Retry-After")

log = structlog.get_logger()


class ProgrammeProxy:
    """Serves one show's programme from the process that has it.

    Args:
        show: its name in addresses.
        base_url: of the process.
    """

    def __init__(self, show: str, base_url: str) -> None:
        self._base = f"/v1/shows/{show}/programme"
        self._base_url = base_url
        self._session: ClientSession | None = None
        self._places = asyncio.Semaphore(MAX_AT_ONCE)
        self._here = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the programme."""
        return [web.get(self._base + "/{path:.+}", self._handle)]

    async def start(self) -> None:
        """Be ready to ask."""
        self._session = ClientSession(
            connector=TCPConnector(limit=MAX_AT_ONCE),
            timeout=ClientTimeout(total=TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        )

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if _PATH.fullmatch(path) is None:
            raise web.HTTPNotFound
        if self._session is None or self._here >= MAX_AT_ONCE + MAX_WAITING:
            raise _away()
        self._here += 1
        try:
            async with self._places:
                return await self._fetch(self._session, path)
        except (ClientError, OSError) as unreachable:  # a TimeoutError is an OSError
            log.warning("programme.unreachable", reason=repr(unreachable))
            raise _away() from unreachable
        finally:
            self._here -= 1

    async def _fetch(self, session: ClientSession, path: str) -> web.Response:
        async with session.get(f"{self._base_url}{self._base}/{path}", allow_redirects=False) as answer:
            if answer.status not in _PASSED_ON or (answer.content_length or 0) > MAX_ANSWER_BYTES:
                log.warning("programme.unfit", path=path, status=answer.status, size=answer.content_length)
                raise _away()
            body = bytearray()
            async for piece in answer.content.iter_chunked(1 << 16):
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    log.warning("programme.unfit", path=path, status=answer.status, size=len(body))
                    raise _away()
            headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
            return web.Response(body=bytes(body), status=answer.status, headers=headers)


def _away() -> Refusal:
    return Refusal("not-ready", "the process that has the picture does not answer", retry_after_ms=RETRY_MS)
