"""Producer commands over HTTP."""

import msgspec
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from broadcast.channels.adapters.tokens import ProducerTokens, bearer
from broadcast.errors import Refusal
from broadcast.ids import ShowId
from broadcast.messages import CommandRequest
from showrunner.control import Control
from showrunner.http.bodies import read_json

_request = msgspec.json.Decoder(CommandRequest)
_json = msgspec.json.Encoder()


class CommandDoor:
    """Commands of one show, for producers only."""

    def __init__(self, show: ShowId, control: Control, tokens: ProducerTokens, commands_per_minute: int) -> None:
        self._show = show
        self._control = control
        self._tokens = tokens
        self._pace = RateLimitItemPerMinute(commands_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of commands."""
        return [web.post("/v1/shows/{show}/commands", self._post)]

    async def _post(self, request: web.Request) -> web.Response:
        token = bearer(request.headers.get("Authorization"))
        if request.match_info["show"] != self._show:
            raise Refusal("no-such-show", "that show is not on here")
        producer = self._tokens.verify(token, self._show)
        if not await self._limiter.hit(self._pace, "command", producer.name):
            raise Refusal("too-many-requests", "too many commands", retry_after_ms=1_000)
        answer = await self._control.command(await read_json(request, _request), producer.name)
        return web.Response(body=_json.encode(answer), content_type="application/json")
