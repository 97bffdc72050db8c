"""The composition root: the only place that names concrete adapters and ties the rooms together.

The cue, outward: control → timeline store → cue log → hub → viewers. The tap, inward: door → order desk → checkout →
(once durable) stock news → cue log, payment → gateway → notification → checkout.
"""

import hmac
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from broadcast.channel_messages import CardErrorView
from broadcast.channels.adapters.audience_board import AudienceBoard
from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.channels.adapters.sql_log import SqlCueLog
from broadcast.channels.adapters.tokens import ProducerTokens, ViewerTokens
from broadcast.channels.card_errors import heard, together, views
from broadcast.channels.cue_log import CueLog, LogMessage
from broadcast.channels.join_codes import JoinCodes
from broadcast.clock import ProgrammeMs
from broadcast.ids import ChannelId, LookId, Sku
from broadcast.messages import Cue, LookView, OrderAnswer
from broadcast.overlay.scene import look_view
from broadcast.programme.adapters.packager import Package
from broadcast.programme.addresses import SourceAddress
from broadcast.programme.css_timelines import (
    COMPOSITION_TIMELINE,
    Delay,
    Timelines,
    content_id,
)
from broadcast.programme.playlist import first_origin
from broadcast.timeline.adapters.sql_store import TimelineStore
from broadcast.timeline.rundown import Rundown
from showrunner.announcements import StockAnnouncer
from showrunner.console import Console, socket_server
from showrunner.control import Control
from showrunner.data_folder import DataFolder
from showrunner.dvb_css import DvbCss
from showrunner.feed_parts import feed_hub, new_id, wall_clock
from showrunner.homes import DistributedHome, EmbeddedHome, Home
from showrunner.http import documents, pages
from showrunner.http.app import application
from showrunner.http.commands import CommandDoor
from showrunner.http.joining import JoinDoor
from showrunner.http.orders import OrderDesk
from showrunner.http.preorders import PreOrderDoor
from showrunner.http.shows import ShowDoor
from showrunner.http.straight_orders import StraightOrders
from showrunner.listening import Listener, quoted
from showrunner.metrics import CardErrorCollector, CrowdedCollector, PaceCollector, ShowCollector, SuspectCollector
from showrunner.payment_doors import consented_taps, payment_routes
from showrunner.picture import LivePicture, LoopedPicture, ShowPicture
from showrunner.pictures import with_pictures
from showrunner.proxy_settings import trusted_proxies
from showrunner.refusal_log import RefusalLog
from showrunner.remote_picture import RemotePicture
from showrunner.screens import rundown_view, state_view
from showrunner.settings import ControlSettings, Settings
from showrunner.show_folder import LoadedShow
from showrunner.splices import SpliceCommands
from showrunner.suspect_settings import suspects
from showrunner.tap_settings import tap_pace

log = structlog.get_logger()


def channel_keys(settings: Settings) -> dict[ChannelId, bytes]:
    """Return each channel's key as bytes."""
    return {ChannelId(name): key.get_secret_value().encode() for name, key in settings.channel_keys.items()}


class RunningShow:
    """One show: every role in one process, or all but taking orders (role ``control``)."""

    def __init__(
        self, settings: Settings, show: LoadedShow, data: DataFolder, programme: Package | SourceAddress | None
    ) -> None:
        self._settings = settings
        self._data = data
        self._show = show
        self._articles = with_pictures(show)
        self._looks = {look.id: look for look in show.looks}
        self._closing = AsyncExitStack()

        self._home = self._make_home(data)
        self.cue_log = self._make_cue_log()
        self.hub = feed_hub(settings, show, self._articles, self.cue_log)
        self._board = self._make_board()
        self.audience = self.hub.audience if self._board is None else self._board.audience
        self.checkout = self._home.checkout
        self._announcer = StockAnnouncer(self.cue_log, self.checkout.counter, self.hub.level, wall_clock)
        self.control = self._make_control()
        self.hub.on_opened = self.control.forget_places
        self.hub.on_message = self._heard
        self.hub.on_lost = self._restore_feed

        self.viewer_tokens = ViewerTokens(channel_keys(settings), wall_clock)
        self.producer_tokens = ProducerTokens(settings.producer_key.get_secret_value().encode(), wall_clock)
        self._pace = tap_pace(settings)
        self._suspects = suspects(settings)
        self._refusals = RefusalLog()
        self._consented = consented_taps(settings, show, self.checkout, self._home.payments)
        self._desk = OrderDesk(
            show.info.id, self.checkout, self.viewer_tokens, self._pace, self._consented, self._suspects, self._refusals
        )
        self._console = self._make_console()
        self._splices = SpliceCommands(show.settings.splices, self.control.command)
        self.programme = self._make_picture(programme)
        self.dvb_css = self._make_dvb_css() if settings.dvb_css_port is not None else None
        self._proxies = trusted_proxies(settings)
        straight = StraightOrders(self._desk)
        self._listener = Listener(self._application(), self.hub, self._desk.tap, straight, self._proxies)

    # ------------------------------------------------------------ life

    async def start(self) -> str:
        """Rebuild everything from the record, begin to serve, and return the base address.

        Raises:
            PortTakenError: the address cannot be listened on.
        """
        closing = self._closing
        closing.push_async_callback(self._home.engine.dispose)
        await self._home.prepare()
        closing.push_async_callback(self.cue_log.close)
        await self.checkout.start()
        closing.push_async_callback(self.checkout.stop)
        if self._consented is not None:
            closing.push_async_callback(self._consented.stop)
        if self._suspects is not None:
            closing.callback(self._suspects.stop)
        await self.hub.start()
        await self.control.start()
        closing.push_async_callback(self.control.stop)
        await self._splices.start()
        closing.push_async_callback(self._splices.stop)
        await self.programme.start()
        closing.push_async_callback(self.programme.stop)
        await self._announcer.tell(self._articles)
        await self.cue_log.settled()
        await self._announcer.start()
        closing.push_async_callback(self._announcer.stop)
        if self._board is not None:
            self._board.start()
            closing.push_async_callback(self._board.stop)
        await self._console.start()
        closing.push_async_callback(self._listener.stop)
        if self.dvb_css is not None and self._settings.dvb_css_port is not None:
            await self.dvb_css.start(self._settings.host, self._settings.dvb_css_port)
        port = await self._listener.start(self._settings.host, self._settings.port)
        if self.dvb_css is not None:
            closing.push_async_callback(self.dvb_css.stop)
        closing.push_async_callback(self._console.stop)
        closing.push_async_callback(self.hub.stop)
        base_url = f"http://{quoted(self._settings.host)}:{port}"
        await self._home.start_payments(closing, base_url)
        closing.push_async_callback(self._listener.stop_accepting)
        log.info("serving", show=self._show.info.id, at=base_url)
        return base_url

    async def stop(self) -> None:
        """Drain: no new connections, viewers sent elsewhere, taps in progress answered, the record closed."""
        await self._closing.aclose()

    # ------------------------------------------------------------ parts

    def _make_cue_log(self) -> CueLog:
        redis_url = self._settings.redis_url
        if redis_url is None:
            return SqlCueLog(self._home.engine, self._show.info.id, new_id)
        return RedisCueLog(connect(redis_url.get_secret_value()), self._show.info.id, new_id)

    def _make_board(self) -> AudienceBoard | None:
        redis_url = self._settings.redis_url
        if redis_url is None:
            return None
        return AudienceBoard(connect(redis_url.get_secret_value()), self._show.info.id, self.hub.audience)

    def _make_home(self, data: DataFolder) -> Home:
        settings = self._settings
        if isinstance(settings, ControlSettings):
            return DistributedHome(settings, self._show, self._stock_changed, self._order_changed)
        return EmbeddedHome(settings, data, self._show, self._articles, self._stock_changed, self._order_changed)

    def _make_control(self) -> Control:
        return Control(
            rundown=Rundown(self._show.looks),
            view=self._view,
            store=TimelineStore(self._home.engine, self._show.info.id),
            cue_log=self.cue_log,
            hub=self.hub,
            checkout=self.checkout,
            skus={look.id: look.skus for look in self._show.looks},
            usual={channel.id: channel.usual for channel in self._show.channels},
            now=wall_clock,
            live=lambda: ProgrammeMs(self.programme.live_us() // 1000),
            new_id=new_id,
            on_changed=self._changed,
        )

    def _make_console(self) -> Console:
        return Console(
            self._show.info.id,
            self.producer_tokens,
            self.control,
            lambda: rundown_view(self._show, self._articles, self.hub.level),
            state_view(
                self.control,
                self.hub,
                self.cue_log,
                self.checkout,
                self.audience,
                self.card_errors,
                lambda: self.programme.view(),  # noqa: PLW0108 - the picture is made after the console
                wall_clock,
            ),
        )

    def card_errors(self) -> dict[ChannelId, CardErrorView]:
        """Return how exact each channel's cards are, as viewers report, here and on every edge."""
        elsewhere = heard(self._board.card_errors()) if self._board is not None else []
        whole = together(self.hub.audience(), [self.hub.card_errors.channels(), *elsewhere])
        return views(whole, self._settings.card_error_alarm_ms)

    def _make_picture(self, programme: Package | SourceAddress | None) -> ShowPicture:
        show, data, settings = self._show.info.id, self._data, self._settings
        if programme is None:
            if not isinstance(settings, ControlSettings) or not settings.programme_link or not settings.programme_url:
                raise ValueError("there is no way to the picture")
            return RemotePicture(
                show,
                settings.programme_link,
                settings.programme_url,
                settings.link_key.get_secret_value().encode(),
                now=wall_clock,
                on_changed=self._changed,
                on_splice=self._splices.heard,
            )
        if isinstance(programme, SourceAddress):
            return LivePicture(
                show,
                programme,
                data.recording,
                max_bytes=int(settings.recording_gb * 1e9),
                with_ts=settings.transport_stream,
                now=wall_clock,
                on_changed=self._changed,
                on_splice=self._splices.heard,
            )
        origin = data.programme_origin(first_origin(programme.index, wall_clock()))
        return LoopedPicture(show, programme.index, programme.folder, origin, wall_clock)

    def _delay(self, channel: ChannelId) -> Delay:
        known = self.control.correlations()[channel]
        return Delay(known.offset_ms, None if known.source == "default" else known.error_ms)

    def _make_join_door(self) -> JoinDoor:
        key = hmac.digest(self._settings.producer_key.get_secret_value().encode(), b"join codes", "sha256")
        codes = JoinCodes(self._show.info.id, [channel.id for channel in self._show.channels], key)
        return JoinDoor(self._show.info.id, codes, wall_clock)

    def _make_dvb_css(self) -> DvbCss:
        timelines = Timelines(
            content_id(self._show.info.id),
            self.programme.stretch_at,
            COMPOSITION_TIMELINE,
            self.programme.timescale,
        )
        return DvbCss(
            self._show.info.id,
            self._show.channels,
            timelines,
            self._delay,
            self._settings.public_url,
        )

    def _application(self) -> web.Application:
        settings, show = self._settings, self._show
        door = ShowDoor(
            show.info,
            show.channels,
            folder=show.folder,
            hub=self.hub,
            tokens=self.viewer_tokens,
            guests_per_minute=settings.guest_tokens_per_minute,
            public_url=settings.public_url,
            now=wall_clock,
            new_id=new_id,
        )
        commands = CommandDoor(show.info.id, self.control, self.producer_tokens, settings.commands_per_minute)
        payments = payment_routes(
            settings, show.info, self.checkout, self._home.payments, self.producer_tokens, self.viewer_tokens
        )
        app = application(
            [
                *self.programme.routes(),
                *door.routes(),
                *self._desk.routes(),
                *self._make_join_door().routes(),
                *commands.routes(),
                *PreOrderDoor(show.info.id, self.checkout, self.producer_tokens).routes(),
                *payments,
                *(self.dvb_css.routes() if self.dvb_css is not None else ()),
                *documents.routes(),
                *pages.routes(show.info.id),
            ],
            origins=sorted({origin for channel in show.channels for origin in channel.origins}),
            refusals=self._refusals,
            proxies=self._proxies,
            ready=lambda: self._home.ready() and self.hub.ready,
            metrics=[
                ShowCollector(
                    audience=self.hub.audience,
                    whole_audience=self.audience,
                    seq=lambda: self.hub.seq,
                    orders=self.checkout.counters,
                    stock=self.checkout.stock,
                    refusals=lambda: self.checkout.refusals,
                ),
                CardErrorCollector(self.card_errors, lambda: self.hub.card_errors.refused),
                *self._home.collectors,
                PaceCollector(self._pace),
                CrowdedCollector(lambda: self.hub.crowded_taps),
                *([SuspectCollector(self._suspects)] if self._suspects is not None else ()),
                *([self.dvb_css.collector()] if self.dvb_css is not None else ()),
                *([counted] if (counted := self.programme.collector()) is not None else ()),
            ],
        )
        socket_server(self._console).attach(app)
        return app

    # ------------------------------------------------------------ what the rooms tell one another

    def _view(self, look: LookId) -> LookView | None:
        found = self._looks.get(look)
        return look_view(found, self._articles, self.hub.level) if found is not None else None

    def _heard(self, message: LogMessage) -> None:
        self.control.heard(message)
        if isinstance(message, Cue):
            self.programme.mark(message)

    async def _restore_feed(self) -> None:
        """Append to a cue log that lost records what the present needs: what is left first, then the cues."""
        await self._announcer.tell(self._articles)
        await self.control.restore()
        await self.cue_log.settled()
        self._console.changed()

    def _stock_changed(self, sku: Sku) -> None:
        self._announcer.changed(sku)
        self._console.changed()

    def _order_changed(self, order: OrderAnswer) -> None:
        self._desk.changed(order)
        self._console.changed()

    def _changed(self) -> None:
        self._console.changed()
