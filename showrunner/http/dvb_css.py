"""The doors of DVB-CSS (ETSI TS 103 286-2): companion devices connect here and are told where each protocol is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol
from urllib.parse import quote, urlsplit

from aiohttp import web

from broadcast.channels.handshake import origin_allowed
from broadcast.channels.profiles import ChannelProfile
from broadcast.errors import Refusal
from broadcast.ids import ChannelId, ShowId
from broadcast.programme.adapters.css_sessions import CompanionSessions
from broadcast.programme.css_messages import Addresses

MAX_PER_ADDRESS = 128
"""Companions of one public address: a household has few, a carrier's address many households."""


class Caps(Protocol):
    """Counts companions by address; ``broadcast.channels.adapters.address_caps`` has one."""

    def has_room(self, address: str) -> bool:
        """Tell whether an address may have one more."""

    def enter(self, address: str) -> str:
        """Count one in, and return under what name."""

    def leave(self, name: str) -> None:
        """Count one out."""


class DvbCssDoor:
    """CII and TS of one show. ``?channel=`` says on which channel the picture is watched; a station by default."""

    def __init__(
        self,
        show: ShowId,
        channels: Sequence[ChannelProfile],
        sessions: CompanionSessions,
        *,
        caps: Caps,
        public_url: str | None,
        wall_clock_port: Callable[[], int],
    ) -> None:
        self._show = show
        self._channels: Mapping[ChannelId, ChannelProfile] = {channel.id: channel for channel in channels}
        self._usual = usual_station(channels)
        self._sessions = sessions
        self._caps = caps
        self._public_url = public_url
        self._wall_clock_port = wall_clock_port

    def routes(self) -> list[web.RouteDef]:
        """Return the routes companions connect to."""
        return [
            web.get("/v1/shows/{show}/dvb-css/cii", self._cii, allow_head=False),
            web.get("/v1/shows/{show}/dvb-css/ts", self._ts, allow_head=False),
        ]

    async def _cii(self, request: web.Request) -> web.StreamResponse:
        channel = self._check(request)
        name = self._enter(request)
        try:
            return await self._sessions.inform(request, channel.id, self._addresses(request, channel))
        finally:
            self._leave(name)

    async def _ts(self, request: web.Request) -> web.StreamResponse:
        channel = self._check(request)
        name = self._enter(request)
        try:
            return await self._sessions.synchronise(request, channel.id)
        finally:
            self._leave(name)

    def _check(self, request: web.Request) -> ChannelProfile:
        if request.match_info["show"] != self._show:
            raise Refusal("no-such-show", "that show is not on here")
        channel = self._channels.get(ChannelId(request.query.get("channel", self._usual)))
        if channel is None:
            raise Refusal("no-such-channel", "the show is not on this channel")
        if not origin_allowed(request.headers.get("Origin"), request.host, channel.origins):
            raise Refusal("origin-refused", "this page may not use the channel")
        if not web.WebSocketResponse().can_prepare(request):
            raise Refusal("upgrade-required", "companion devices speak WebSocket here")
        return channel

    def _enter(self, request: web.Request) -> str:
        address = request.remote or ""
        if not self._caps.has_room(address):
            raise Refusal("too-many-requests", "too many companion devices at this address", retry_after_ms=10_000)
        return self._caps.enter(address)

    def _leave(self, name: str) -> None:
        if name:
            self._caps.leave(name)

    def _addresses(self, request: web.Request, channel: ChannelProfile) -> Addresses:
        base = urlsplit(self._public_url or f"{request.scheme}://{request.host}")
        host = f"[{base.hostname}]" if ":" in (base.hostname or "") else base.hostname
        return Addresses(
            timelines=css_url(base.geturl(), self._show, "ts", channel.id),
            wall_clock=f"udp://{host}:{self._wall_clock_port()}",
        )


def usual_station(channels: Sequence[ChannelProfile]) -> ChannelId:
    """Return the channel a companion is beside when it does not say: the first station, else the first channel."""
    return next((channel.id for channel in channels if channel.kind == "tv"), channels[0].id)


def css_url(base_url: str, show: ShowId, service: Literal["cii", "ts"], channel: ChannelId) -> str:
    """Return the WebSocket address of a service, by the HTTP address of the server."""
    base = base_url.rstrip("/").replace("http", "ws", 1)
    return f"{base}/v1/shows/{quote(show)}/dvb-css/{service}?channel={quote(channel)}"
