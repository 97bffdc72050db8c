"""The picture of a show whose programme is another process's business: what control knows of it, over the link.

It dates takes by that process's clock. While that one cannot be reached its clock goes on here as last known; before it
was ever reached takes are dated by our own wall clock, as they are without a picture.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NoReturn

import structlog
from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broadcast.clock import Now, ProgrammeMs
from broadcast.errors import Refusal
from broadcast.ids import ShowId
from broadcast.messages import Cue
from broadcast.picture_messages import PictureEventView, PictureState
from broadcast.programme.clock import Correlation
from broadcast.programme.css_timelines import PTS_HZ, Stretch
from broadcast.programme.events import EventName, ProgrammeEvent
from broadcast.programme.far_clock import FarClock
from broadcast.programme.ingest_news import Splice
from showrunner.http.programme_proxy import ProgrammeProxy
from showrunner.link import picture_messages
from showrunner.link.caller import LinkCaller
from showrunner.link.picture_messages import (
    ClockAsk,
    ClockTold,
    PictureNews,
    PictureTold,
    SplicesTaken,
    SpliceTold,
)

WATCH_EVERY_S = 0.25
CLOCK_EVERY_S = 2.0
"""How often the other process's clock is asked."""

SILENT_S = 5.0
"""The other process says something every second: after this long it is taken for dead, and looked for anew."""

GRACE_S = 5.0
"""How long a process of ours that starts waits before it says that the other one is not there."""

APART_MS = 100
"""Clocks further apart than this are told of: orders are dated by ours, cues by the picture's."""

MAX_EVENTS_KEPT = 12
MAX_LIVES = 16
"""Programme processes whose splice messages are told apart."""

STOP_PATIENCE_S = 0.0

log = structlog.get_logger()


class _Place:
    """Where the other process is; asked for anew when it has been silent."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._silent = asyncio.Event()

    async def address(self) -> str | None:
        self._silent.clear()
        return self._address

    async def changed(self) -> None:
        await self._silent.wait()

    def look_again(self) -> None:
        self._silent.set()


class RemotePicture:
    """A ``ShowPicture`` that another process has.

    Args:
        show: its name.
        address: ``host:port`` of that process's link.
        base_url: where its programme is served.
        key: the link's key.
        now: wall clock.
        on_changed: told when there is something new to show to producers.
        on_splice: told of splice messages, of each once.
    """

    timescale = PTS_HZ

    def __init__(
        self,
        show: ShowId,
        address: str,
        base_url: str,
        key: bytes,
        *,
        now: Now,
        on_changed: Callable[[], None],
        on_splice: Callable[[Splice], None],
    ) -> None:
        self._address = address
        self._now = now
        self._on_changed = on_changed
        self._on_splice = on_splice
        self._proxy = ProgrammeProxy(show, base_url)
        self._place = _Place(address)
        self._clock = FarClock()
        self._link = LinkCaller(
            role="picture",
            show=show,
            key=key,
            where=self._place,
            answers=picture_messages.news,
            on_message=self._heard,
            on_open=self._opened,
            chance=random.random,
        )
        self._told = PictureTold(state=None, spans=())
        self._heard_s: float | None = None
        self._reached: bool | None = None  # None: not yet known
        self._apart = False
        self._taken: dict[str, int] = {}
        self._watching: asyncio.Task[NoReturn] | None = None
        self.events: deque[ProgrammeEvent] = deque(maxlen=MAX_EVENTS_KEPT)
        self.counts: dict[str, int] = {}

    # ------------------------------------------------------------ life

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the programme, passed on."""
        return self._proxy.routes()

    async def start(self) -> None:
        """Begin to look for the other process; nothing waits for it."""
        await self._proxy.start()
        await self._link.start()
        self._watching = asyncio.create_task(self._watch(), name="remote-picture")

    async def stop(self) -> None:
        """Look for it no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._link.stop(STOP_PATIENCE_S)
        await self._proxy.stop()

    # ------------------------------------------------------------ what a show asks of its picture

    def mark(self, cue: Cue) -> None:
        """Do nothing: the process that has the picture follows the feed itself."""

    def live_us(self) -> int:
        """Return the present by the other process's clock, as far as it was ever heard; else by our own."""
        here_us = _here_us()
        return self._clock.read_us(here_us) if self._clock.known else self._now() * 1000

    def view(self) -> PictureState | None:
        """Return how the picture is, for the console: as that process says, and whether it says anything."""
        state, wrong = self._told.state, self._wrong()
        if state is None and not wrong and not self.events:
            return None
        if state is None:
            state = PictureState(
                source=self._address, wrong=(), bits_per_second=None, error_ms=None, end_ms=None, events=()
            )
        lost = self._reached is False
        ours = (
            PictureEventView(name=event.name, at_ms=event.at_ms, severity=event.severity, detail=event.detail)
            for event in self.events
        )
        events = sorted((*state.events, *ours), key=lambda event: event.at_ms)
        return PictureState(
            source=state.source,
            wrong=wrong if lost else (*wrong, *state.wrong),
            bits_per_second=None if lost else state.bits_per_second,
            error_ms=state.error_ms,
            end_ms=state.end_ms,
            events=tuple(events[-MAX_EVENTS_KEPT:]),
        )

    def correlation(self) -> Correlation | None:
        """Return what dates the newest frames, or None without a picture."""
        return self._told.spans[-1].correlation if self._told.spans else None

    def stretch_at(self, at: ProgrammeMs) -> Stretch | None:
        """Return what dates the frame captured at an instant, or None where there is no picture."""
        for span in reversed(self._told.spans):
            if span.from_ms <= at < span.until_ms:
                return Stretch(correlation=span.correlation, until_ms=None)
        return None

    def collector(self) -> "RemotePictureCollector":
        """Return what is counted here; what happens to the picture is counted by the process that has it."""
        return RemotePictureCollector(self)

    @property
    def reached(self) -> bool:
        """Whether the other process is there and speaks."""
        return self._link.connected and self._heard_s is not None and time.monotonic() - self._heard_s < SILENT_S

    @property
    def clock(self) -> tuple[float, float] | None:
        """How far the picture's clock is ahead of our wall clock, and the bound of the error of that, in seconds."""
        if not self._clock.known:
            return None
        here_us = _here_us()
        ahead_us = self._clock.read_us(here_us) - time.time_ns() // 1000
        return ahead_us / 1e6, self._clock.error_us(here_us) / 1e6

    def _wrong(self) -> tuple[EventName, ...]:
        lost: tuple[EventName, ...] = ("process-lost",) if self._reached is False else ()
        return (*lost, "clock-apart") if self._apart else lost

    # ------------------------------------------------------------ what the other process tells

    def _opened(self) -> None:
        self._heard_s = time.monotonic()
        self._ask_clock()

    def _heard(self, news: PictureNews) -> None:
        self._heard_s = time.monotonic()
        if isinstance(news, PictureTold):
            changed = news.state != self._told.state
            self._told = news
            self._see()
            if changed:
                self._on_changed()
        elif isinstance(news, SpliceTold):
            self._splice(news)

    def _splice(self, told: SpliceTold) -> None:
        if told.number > self._taken.get(told.life, 0):
            self._taken[told.life] = told.number
            if len(self._taken) > MAX_LIVES:
                del self._taken[next(iter(self._taken))]
            self._on_splice(told.splice)
        self._link.send(SplicesTaken(told.number))

    def _ask_clock(self) -> None:
        asked_us = _here_us()
        try:
            answer = self._link.ask(ClockAsk(self._link.next_number()))
        except Refusal as crowded:
            log.warning("programme.clock-not-asked", reason=str(crowded))
            return
        answer.add_done_callback(lambda answered: self._clock_told(asked_us, answered))

    def _clock_told(self, asked_us: int, answered: "asyncio.Future[ClockTold]") -> None:
        if answered.cancelled() or answered.exception() is not None:
            return  # nobody answered: what was known goes on, and is asked again
        heard_us = _here_us()
        self._heard_s = time.monotonic()
        self._clock.heard(asked_us, answered.result().read_us, heard_us)

    # ------------------------------------------------------------ watching

    async def _watch(self) -> NoReturn:
        began_s = asked_s = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            now_s = time.monotonic()
            if self._link.connected and now_s - asked_s >= CLOCK_EVERY_S:
                asked_s = now_s
                self._ask_clock()
            if self._link.connected and not self.reached:
                self._place.look_again()
            if self._reached is not None or self.reached or now_s - began_s > GRACE_S:
                self._see()

    def _see(self) -> None:
        """Tell where something changed about the other process."""
        reached = self.reached
        if reached != self._reached:
            first, self._reached = self._reached is None, reached
            if not reached:
                self._event("process-lost", f"the process that has the picture, at {self._address}, does not answer")
            elif not first:
                self._event("process-back", f"the process that has the picture, at {self._address}, is back")
        clock = self.clock
        if clock is None or not reached:
            return
        ahead_s, error_s = clock
        apart = abs(ahead_s) * 1000 - error_s * 1000 > APART_MS
        if apart != self._apart:
            self._apart = apart
            detail = f"the picture's clock is {ahead_s * 1000:+.0f} ms ahead of ours, give or take {error_s * 1000:.0f}"
            self._event("clock-apart" if apart else "clock-together", detail)

    def _event(self, name: EventName, detail: str) -> None:
        event = ProgrammeEvent(name=name, at_ms=self._now(), detail=detail)
        self.events.append(event)
        self.counts[name] = self.counts.get(name, 0) + 1
        tell = {"info": log.info, "warning": log.warning, "error": log.error}[event.severity]
        tell("programme." + name, detail=detail)
        self._on_changed()


class RemotePictureCollector(Collector):
    """Reads how control stands with the process that has the picture."""

    def __init__(self, picture: RemotePicture) -> None:
        self._picture = picture

    def collect(self) -> Iterable[Metric]:
        """Yield whether it is there, what happened to it, and how its clock stands to ours."""
        yield GaugeMetricFamily(
            "snbn_programme_connected",
            "Whether the process that has the picture is there and speaks",
            value=int(self._picture.reached),
        )
        events = CounterMetricFamily("snbn_programme_events", "Events of the picture, by name", labels=["event"])
        for name, count in self._picture.counts.items():
            events.add_metric([name], count)
        yield events
        clock = self._picture.clock
        if clock is not None:
            yield GaugeMetricFamily(
                "snbn_programme_clock_ahead_seconds", "The picture's clock less ours", value=clock[0]
            )
            yield GaugeMetricFamily("snbn_programme_clock_error_seconds", "Bound of the error of that", value=clock[1])


def _here_us() -> int:
    return time.monotonic_ns() // 1000
