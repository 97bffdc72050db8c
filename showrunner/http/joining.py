"""Joining beside a television by a short code: what the set shows, and what a phone that typed it is told."""

import msgspec
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from broadcast.channels.join_codes import JoinCodes
from broadcast.clock import Now
from broadcast.errors import Refusal
from broadcast.ids import ChannelId, ShowId
from broadcast.join_messages import JoinAnswer, JoinCodeAnswer, JoinRequest
from showrunner.http.bodies import read_json
from showrunner.http.callers import caller

TRIES_PER_ADDRESS = 30
"""Codes one address may try in a minute: a household mistypes, a carrier's address is many households."""

TRIES = 3_000
"""Codes all addresses together may try in a minute: of a million codes, about as many lead somewhere as channels."""

_request = msgspec.json.Decoder(JoinRequest)
_json = msgspec.json.Encoder()


class JoinDoor:
    """The short codes of one show."""

    def __init__(self, show: ShowId, codes: JoinCodes, now: Now) -> None:
        self._show = show
        self._codes = codes
        self._now = now
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address = RateLimitItemPerMinute(TRIES_PER_ADDRESS)
        self._together = RateLimitItemPerMinute(TRIES)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of joining."""
        return [
            web.get("/v1/shows/{show}/join-code", self._shown),
            web.post("/v1/join", self._join),
        ]

    async def _shown(self, request: web.Request) -> web.Response:
        if request.match_info["show"] != self._show:
            raise Refusal("no-such-show", "that show is not on here")
        try:
            shown = self._codes.shown(ChannelId(request.query.get("channel", "")), self._now())
        except KeyError:
            raise Refusal("no-such-channel", "the show is not on this channel") from None
        return _answer(JoinCodeAnswer(code=shown.code, next_ms=shown.next_ms, expires_ms=shown.expires_ms))

    async def _join(self, request: web.Request) -> web.Response:
        asked = await read_json(request, _request)
        for limit, who in ((self._per_address, caller(request)), (self._together, "everybody")):
            if not await self._limiter.hit(limit, "join", who):
                raise Refusal("too-many-requests", "too many codes were tried", retry_after_ms=10_000)
        channel = self._codes.channel(asked.code, self._now())
        if channel is None:
            raise Refusal("no-such-code", "no television shows this code now")
        return _answer(JoinAnswer(show=self._show, channel=channel))


def _answer(value: object) -> web.Response:
    return web.Response(
        body=_json.encode(value), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
