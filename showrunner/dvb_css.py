"""DVB-CSS as a part of a running show: the doors, the sessions and the wall clock, started and stopped together."""

import socket
from collections.abc import Callable, Sequence

from aiohttp import web

from broadcast.channels.adapters.address_caps import AddressCaps
from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import ChannelId, ShowId
from broadcast.programme.adapters.css_sessions import CompanionSessions
from broadcast.programme.adapters.css_wall_clock_server import WallClockServer
from broadcast.programme.css_timelines import Delay, Timelines
from showrunner.http.dvb_css import MAX_PER_ADDRESS, DvbCssDoor
from showrunner.listening import family, taken
from showrunner.metrics import CompanionCollector


class DvbCss:
    """Foreign companion devices beside the sets of one show."""

    def __init__(
        self,
        show: ShowId,
        channels: Sequence[ChannelProfile],
        timelines: Timelines,
        delay: Callable[[ChannelId], Delay],
        public_url: str | None,
    ) -> None:
        self._wall_clock = WallClockServer()
        self._sessions = CompanionSessions(timelines, delay)
        self._port = 0
        self._door = DvbCssDoor(
            show,
            channels,
            self._sessions,
            caps=AddressCaps(MAX_PER_ADDRESS),
            public_url=public_url,
            wall_clock_port=lambda: self._port,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the routes companions connect to."""
        return self._door.routes()

    def out_of_reach(self) -> int:
        """Return how many companions said they cannot present when their channel does."""
        return self._sessions.out_of_reach()

    def collector(self) -> CompanionCollector:
        """Return what is counted here, for ``/metrics``."""
        return CompanionCollector(
            connected=self._sessions.connected,
            out_of_reach=self.out_of_reach,
            answered=lambda: self._wall_clock.answered,
            refused=self._refused,
        )

    def _refused(self) -> dict[tuple[str, str], int]:
        companions = {(service, reason): count for (service, reason), count in self._sessions.refused.items()}
        return companions | {("wc", reason): count for reason, count in self._wall_clock.refused.items()}

    async def start(self, host: str, port: int) -> None:
        """Begin to answer; the wall clock listens on this UDP port, 0 takes a free one.

        Raises:
            PortTakenError: somebody else has the port, or the address is not this machine's.
        """
        listening = socket.socket(family(host), socket.SOCK_DGRAM)
        try:
            listening.bind((host, port))
        except OSError as unusable:
            listening.close()
            raise taken(host, port, unusable) from unusable
        listening.setblocking(False)
        self._port = await self._wall_clock.start(listening)
        await self._sessions.start()

    async def stop(self) -> None:
        """Say goodbye to every companion, and answer no more."""
        await self._sessions.stop()
        self._wall_clock.stop()
