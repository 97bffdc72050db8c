"""A programme process: it has the picture, serves it, and tells control how it is. The composition root of its role.

Cues reach it as they reach every edge, through the cue log; it puts them into the playlist and the segments.
"""

import os
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from broadcast.channels.adapters.log_follower import LogFollower
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.cue_log import LogMessage
from broadcast.messages import Cue
from broadcast.programme.adapters.packager import Package
from broadcast.programme.addresses import SourceAddress
from broadcast.programme.playlist import first_origin
from showrunner.data_folder import DataFolder
from showrunner.feed_parts import new_id, wall_clock
from showrunner.http.app import application
from showrunner.link import picture_messages
from showrunner.link.picture_messages import PictureTold
from showrunner.link.picture_server import PictureServer
from showrunner.link.server import LinkRoom, LinkServer
from showrunner.listening import Listener, quoted, taken
from showrunner.metrics import LinkServerCollector
from showrunner.picture import LivePicture, LoopedPicture
from showrunner.proxy_settings import trusted_proxies
from showrunner.refusal_log import RefusalLog
from showrunner.settings import ProgrammeSettings
from showrunner.show_folder import LoadedShow

log = structlog.get_logger()


class RunningProgramme:
    """One programme process."""

    def __init__(
        self, settings: ProgrammeSettings, show: LoadedShow, data: DataFolder, programme: Package | SourceAddress
    ) -> None:
        self._settings = settings
        self._show = show
        self._data = data
        self._closing = AsyncExitStack()
        self.picture = self._make_picture(programme)
        self._server = PictureServer(self._told, self.picture.live_us, new_id())
        key = settings.link_key.get_secret_value().encode()
        self.link = LinkServer(show.info.id, {"picture": LinkRoom(key, picture_messages.asks, self._server.enter)})
        cue_log = RedisCueLog(connect(settings.redis_url.get_secret_value()), show.info.id, new_id, begins=False)
        self._follower = LogFollower(cue_log, self._heard)
        self._listener = Listener(self._application())

    async def start(self) -> str:
        """Begin to serve and return the base address. Waits for neither the cue log nor control.

        Raises:
            PortTakenError: an address cannot be listened on.
        """
        settings, closing = self._settings, self._closing
        await self.picture.start()
        closing.push_async_callback(self.picture.stop)
        closing.push_async_callback(self._follower.stop)
        await self._follower.start()
        try:
            link_port = await self.link.start(settings.link_host, settings.link_port)
        except OSError as unusable:
            raise taken(settings.link_host, settings.link_port, unusable) from unusable
        closing.push_async_callback(self.link.stop)
        await self._server.start()
        closing.push_async_callback(self._server.stop)
        port = await self._listener.start(settings.host, settings.port)
        closing.push_async_callback(self._listener.stop)
        closing.push_async_callback(self._listener.stop_accepting)
        base_url, link = f"http://{quoted(settings.host)}:{port}", f"{quoted(settings.link_host)}:{link_port}"
        log.info("programme.serving", show=self._show.info.id, at=base_url, link=link, pid=os.getpid())
        return base_url

    async def stop(self) -> None:
        """Drain: requests in progress answered, the recording over."""
        await self._closing.aclose()

    def _make_picture(self, programme: Package | SourceAddress) -> LivePicture | LoopedPicture:
        show, data, settings = self._show.info.id, self._data, self._settings
        if isinstance(programme, SourceAddress):
            return LivePicture(
                show,
                programme,
                data.recording,
                max_bytes=int(settings.recording_gb * 1e9),
                with_ts=settings.transport_stream,
                now=wall_clock,
                on_changed=lambda: self._server.changed(),  # noqa: PLW0108 - made after the picture
                on_splice=lambda splice: self._server.splice(splice),  # noqa: PLW0108 - made after the picture
            )
        origin = data.programme_origin(first_origin(programme.index, wall_clock()))
        return LoopedPicture(show, programme.index, programme.folder, origin, wall_clock)

    def _application(self) -> web.Application:
        counted = self.picture.collector()
        return application(
            self.picture.routes(),
            origins=sorted({origin for channel in self._show.channels for origin in channel.origins}),
            refusals=RefusalLog(),
            proxies=trusted_proxies(self._settings),
            ready=lambda: self._follower.known,
            metrics=[
                LinkServerCollector(peers=self.link.peers_by_role, refused=lambda: self.link.refused),
                *([counted] if counted is not None else ()),
            ],
        )

    def _told(self) -> PictureTold:
        return PictureTold(state=self.picture.view(), spans=self.picture.spans())

    def _heard(self, message: LogMessage) -> None:
        if isinstance(message, Cue):
            self.picture.mark(message)
