"""What anybody may read of a show: its title and channels, its pictures, the way to join it; and guest tokens."""

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import segno
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from broadcast.channels.adapters.feed_events import stream_events
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.channels.profiles import ChannelProfile
from broadcast.clock import Now
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, NewId
from broadcast.messages import GuestAnswer, GuestRequest
from broadcast.public_messages import PublicChannel, PublicProgramme, PublicShow
from broadcast.show import ShowInfo
from showrunner.http.bodies import read_json
from showrunner.http.callers import caller
from showrunner.http.pages import A_YEAR, file_within

GUEST_LIFETIME_MS = 24 * 3_600_000
"""How long a guest's token is valid: longer than any show."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture that is an SVG document runs nothing, even opened by itself."""

QR_SCALE = 8

_guest = msgspec.json.Decoder(GuestRequest)
_json = msgspec.json.Encoder()


def public_show(info: ShowInfo, channels: Sequence[ChannelProfile]) -> PublicShow:
    """Return what anybody may know of a show."""
    return PublicShow(
        show=info.id,
        title=info.title,
        titles=info.titles,
        starts_at_ms=info.starts_at_ms,
        time_zone=info.time_zone,
        currency=info.currency,
        programme=PublicProgramme(hls=f"/v1/shows/{info.id}/programme/live.m3u8"),
        channels=tuple(
            PublicChannel(
                id=channel.id,
                name=channel.name,
                names=channel.names,
                kind=channel.kind,
                latency_ms=channel.latency_ms,
                playhead=channel.playhead,
                guests=channel.guests,
            )
            for channel in channels
        ),
    )


class ShowDoor:
    """The public side of one show."""

    def __init__(  # noqa: PLR0913 - everything the public side shows, by name
        self,
        info: ShowInfo,
        channels: Sequence[ChannelProfile],
        *,
        folder: Path,
        hub: FeedHub,
        tokens: ViewerTokens,
        guests_per_minute: int,
        public_url: str | None,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._info = info
        self._channels = {channel.id: channel for channel in channels}
        self._public = public_show(info, channels)
        self._folder = folder
        self._hub = hub
        self._tokens = tokens
        self._public_url = public_url
        self._now = now
        self._new_id = new_id
        self._guests = RateLimitItemPerMinute(guests_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the public side."""
        return [
            web.get("/v1/shows", self._list),
            web.get("/v1/shows/{show}", self._show),
            # a HEAD would hold the connection open as long as the feed goes on
            web.get("/v1/shows/{show}/feed", self._feed, allow_head=False),
            web.get("/v1/shows/{show}/join.svg", self._join),
            web.get("/v1/shows/{show}/media/{path:.+}", self._media),
            web.post("/v1/shows/{show}/guests", self._guest),
        ]

    def check(self, request: web.Request) -> None:
        """Make sure a request is about this show.

        Raises:
            Refusal: ``no-such-show``.
        """
        if request.match_info["show"] != self._info.id:
            raise Refusal("no-such-show", "that show is not on here")

    async def _list(self, _request: web.Request) -> web.Response:
        return _answer({"shows": [self._public]})

    async def _show(self, request: web.Request) -> web.Response:
        self.check(request)
        return _answer(self._public)

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        return await stream_events(self._hub, request)

    async def _join(self, request: web.Request) -> web.Response:
        self.check(request)
        channel = self._channel(request.query.get("channel", ""))
        base = self._public_url or f"{request.scheme}://{request.host}"
        picture = io.BytesIO()
        address = f"{base}/companion/{self._info.id}?channel={channel.id}"
        segno.make(address, error="m").save(picture, kind="svg", scale=QR_SCALE, border=2, dark="#000", light="#fff")
        return web.Response(
            body=picture.getvalue(),
            content_type="image/svg+xml",
            headers={"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "public, max-age=60"},
        )

    async def _media(self, request: web.Request) -> web.StreamResponse:
        self.check(request)
        response = file_within(self._folder / "media", request.match_info["path"])
        response.headers["Content-Security-Policy"] = PICTURE_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = A_YEAR.replace("31536000, immutable", "3600")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    async def _guest(self, request: web.Request) -> web.Response:
        self.check(request)
        asked = await read_json(request, _guest)
        if asked.channel not in self._channels:
            raise invalid(FieldError("/channel", "the show is not on this channel"))
        channel = self._channel(asked.channel)
        if not channel.guests:
            raise Refusal("forbidden", "this channel's viewers bring a token of their own")
        if not await self._limiter.hit(self._guests, "guest", caller(request)):
            raise Refusal("too-many-requests", "too many guests from this address", retry_after_ms=10_000)
        token = self._tokens.issue(channel.id, BuyerId(f"guest-{self._new_id()}"), GUEST_LIFETIME_MS)
        answer = GuestAnswer(token=token, expires_ms=self._now() + GUEST_LIFETIME_MS)
        response = _answer(answer, 201)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _channel(self, name: str) -> ChannelProfile:
        channel = self._channels.get(ChannelId(name))
        if channel is None:
            raise Refusal("no-such-channel", "the show is not on this channel")
        return channel


def _answer(value: object, status: int = 200) -> web.Response:
    return web.Response(body=_json.encode(value), status=status, content_type="application/json")
