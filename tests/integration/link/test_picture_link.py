"""What control knows of a picture that another process has, over real sockets, with a picture the test decides."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from ports import free_port
from waiting import until

from broadcast.clock import ProgrammeMs, WallMs
from broadcast.ids import ShowId
from broadcast.picture_messages import PictureState
from broadcast.programme.clock import Correlation
from broadcast.programme.ingest_news import Splice
from showrunner import remote_picture
from showrunner.http import programme_proxy
from showrunner.http.app import application
from showrunner.link import picture_messages
from showrunner.link.picture_messages import PictureTold, Span
from showrunner.link.picture_server import MAX_UNTAKEN, PictureServer
from showrunner.link.server import LinkRoom, LinkServer
from showrunner.refusal_log import RefusalLog
from showrunner.remote_picture import RemotePicture

KEY = b"the key of the link in these tests"
SHOW = ShowId("gala")
HOUR_US = 3_600_000_000
DATED = Correlation(capture_ms=ProgrammeMs(1_000), pts_ticks=90_000, timescale=90_000, error_ms=3, source="ingest")


def splice(event_id: int) -> Splice:
    return Splice(
        at_ms=ProgrammeMs(1_000), command="time_signal", pts_ticks=1, event_id=event_id, segmentation_type=None,
        out=None, upid="",
    )  # fmt: skip


class Far:
    """A process that has a picture, at an address that stays."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ahead_us = 0
        self.state: PictureState | None = PictureState(
            source="tcp://camera", wrong=(), bits_per_second=3_000_000, error_ms=3, end_ms=2_000, events=()
        )
        self.lives = 0
        self._server: PictureServer | None = None
        self._link: LinkServer | None = None

    @property
    def server(self) -> PictureServer:
        assert self._server is not None
        return self._server

    async def start(self, key: bytes = KEY) -> None:
        self.lives += 1
        self._server = PictureServer(self._told, self._live_us, f"life-{self.lives}")
        self._link = LinkServer(SHOW, {"picture": LinkRoom(key, picture_messages.asks, self._server.enter)})
        assert await self._link.start("127.0.0.1", self.port) == self.port
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None and self._link is not None:
            await self._server.stop()
            await self._link.stop()
            self._server = self._link = None

    @property
    def refused(self) -> int:
        assert self._link is not None
        return self._link.refused["handshake"]

    def _told(self) -> PictureTold:
        spans = (
            Span(ProgrammeMs(1_000), ProgrammeMs(2_000), DATED),
            Span(ProgrammeMs(2_000), ProgrammeMs(9_000), DATED),
        )
        return PictureTold(state=self.state, spans=spans)

    def _live_us(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us


Near = Callable[[], Awaitable[RemotePicture]]


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    far = Far(free_port())
    yield far
    await far.stop()


@pytest.fixture
def splices() -> list[int | None]:
    return []


@pytest.fixture
async def near(far: Far, splices: list[int | None]) -> AsyncIterator[RemotePicture]:
    picture = RemotePicture(
        SHOW,
        f"127.0.0.1:{far.port}",
        "http://127.0.0.1:1",
        KEY,
        now=lambda: WallMs(time.time_ns() // 10**6),
        on_changed=lambda: None,
        on_splice=lambda heard: splices.append(heard.event_id),
    )
    await picture.start()
    yield picture
    await picture.stop()


def ahead_us(picture: RemotePicture) -> float:
    return picture.live_us() - time.time_ns() / 1000


async def test_takes_are_dated_by_the_clock_of_the_picture_wherever_it_stands(far: Far, near: RemotePicture) -> None:
    assert abs(ahead_us(near)) < 50_000
    far.ahead_us = HOUR_US
    await far.start()
    await until(lambda: near.clock is not None, "the clock is known")
    assert near.clock is not None
    _, error_s = near.clock
    assert abs(ahead_us(near) - HOUR_US) <= error_s * 1e6 + 2_000
    await until(lambda: "clock-apart" in near.counts, "it is said that the clocks are apart")
    view = near.view()
    assert view is not None
    assert view.wrong == ("clock-apart",)


async def test_the_clock_goes_on_as_last_known_while_the_process_is_away(far: Far, near: RemotePicture) -> None:
    far.ahead_us = HOUR_US
    await far.start()
    await until(lambda: near.clock is not None, "the clock is known")
    await far.stop()
    await until(lambda: not near.reached, "the process is missed")
    assert abs(ahead_us(near) - HOUR_US) < 500_000


async def test_a_process_that_dies_is_missed_and_known_again_when_it_is_back(far: Far, near: RemotePicture) -> None:
    await far.start()
    await until(lambda: near.reached, "it is there")
    await far.stop()
    await until(lambda: "process-lost" in near.counts, "it is missed")
    lost = near.view()
    assert lost is not None
    assert (lost.source, lost.wrong, lost.bits_per_second) == ("tcp://camera", ("process-lost",), None)
    await far.start()
    await until(lambda: "process-back" in near.counts, "it is back")
    back = near.view()
    assert back is not None
    assert (back.wrong, [event.name for event in back.events]) == ((), ["process-lost", "process-back"])


async def test_a_process_that_falls_silent_is_taken_for_dead_and_looked_for_anew(
    far: Far, near: RemotePicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_picture, "SILENT_S", 0.5)
    monkeypatch.setattr(remote_picture, "CLOCK_EVERY_S", 600)
    monkeypatch.setattr("showrunner.link.picture_server.TELL_EVERY_S", 600)
    await far.start()
    await until(lambda: near.counts.get("process-back", 0) >= 2, "it is found again, and again")


async def test_a_process_that_does_not_know_the_key_tells_nothing(far: Far, near: RemotePicture) -> None:
    await far.start(b"another key, of nobody that we know of")
    await until(lambda: far.refused >= 2, "it is refused")
    assert not near.reached
    assert near.correlation() is None


async def test_splice_messages_heard_while_control_was_away_are_told_once_it_is_there(
    far: Far, near: RemotePicture, splices: list[int | None]
) -> None:
    await far.start()
    for number in range(MAX_UNTAKEN + 6):
        far.server.splice(splice(number))
    await until(lambda: len(splices) == MAX_UNTAKEN, "they are heard")
    assert splices == list(range(6, MAX_UNTAKEN + 6))
    far.server.splice(splice(900))
    await until(lambda: splices[-1] == 900, "the next is heard")
    await far.stop()
    await until(lambda: not near.reached, "the process is missed")
    await far.start()
    far.server.splice(splice(901))  # another process counts from one again
    await until(lambda: splices[-1] == 901, "the other process is heard")
    assert len(splices) == MAX_UNTAKEN + 2


async def test_a_companions_timeline_is_dated_by_the_segment_on_its_screen(far: Far, near: RemotePicture) -> None:
    await far.start()
    await until(lambda: near.correlation() is not None, "the picture is known")
    stretch = near.stretch_at(ProgrammeMs(1_500))
    assert stretch is not None
    assert stretch.correlation.pts_at(ProgrammeMs(1_500)) == 90_000 + 45_000
    assert near.stretch_at(ProgrammeMs(500)) is None
    assert near.stretch_at(ProgrammeMs(9_000)) is None


async def test_a_film_has_nothing_to_tell_unless_its_process_is_lost(far: Far, near: RemotePicture) -> None:
    far.state = None
    await far.start()
    await until(lambda: near.reached, "it is there")
    assert near.view() is None
    await far.stop()
    await until(lambda: near.view() is not None, "producers are told")


# ------------------------------------------------------------ passing the picture on


@pytest.fixture
async def proxy() -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    asked: list[str] = []
    stopping: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        name = request.match_info["path"]
        if name == "moved.m4s":
            raise web.HTTPFound("/metrics")
        if name == "live.m3u8":
            return web.Response(text="#EXTM3U", content_type="application/vnd.apple.mpegurl")
        return web.Response(body=bytes(1_000), headers={"Cache-Control": "max-age=31536000", "Set-Cookie": "a=b"})

    async def serve(app: web.Application) -> str:
        runner = web.AppRunner(app)
        await runner.setup()
        stopping.append(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    origin = web.Application()
    origin.router.add_get("/v1/shows/gala/programme/{path:.+}", answer)
    passing = programme_proxy.ProgrammeProxy("gala", await serve(origin))
    await passing.start()
    stopping.append(passing.stop)
    front = await serve(
        application(passing.routes(), origins=(), ready=lambda: True, metrics=(), refusals=RefusalLog())
    )

    async def get(path: str) -> tuple[int, dict[str, str], bytes, list[str]]:
        asked.clear()
        import yarl

        async with (
            aiohttp.ClientSession() as http,
            http.get(yarl.URL(f"{front}/v1/shows/gala/programme/{path}", encoded=True)) as response,
        ):
            return response.status, dict(response.headers), await response.read(), list(asked)

    yield get
    for stop in reversed(stopping):
        await stop()


async def test_the_programme_is_passed_on_as_it_is(proxy: Any) -> None:
    status, headers, body, _ = await proxy("00000001.m4s")
    assert (status, body, headers["Cache-Control"]) == (200, bytes(1_000), "max-age=31536000")
    assert "Set-Cookie" not in headers
    status, headers, body, _ = await proxy("live.m3u8")
    assert (status, headers["Content-Type"], body) == (200, "application/vnd.apple.mpegurl; charset=utf-8", b"#EXTM3U")


@pytest.mark.parametrize("path", ["..%2f..%2f..%2fmetrics", "thumbs/..%2fkeys", "a//b", ".hidden", "a%00b", "a" * 200])
async def test_nothing_but_the_programmes_own_addresses_is_asked_for(proxy: Any, path: str) -> None:
    status, _, _, asked = await proxy(path)
    assert (status, asked) == (404, [])


async def test_what_the_process_may_not_answer_is_told_to_come_again(
    proxy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, headers, _, _ = await proxy("moved.m4s")
    assert (status, headers["Content-Type"], headers["Retry-After"]) == (503, "application/problem+json", "2")
    monkeypatch.setattr(programme_proxy, "MAX_ANSWER_BYTES", 999)
    assert (await proxy("00000001.m4s"))[0] == 503


async def test_a_crowd_at_the_proxy_is_told_to_come_again(proxy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme_proxy, "MAX_AT_ONCE", 0)
    monkeypatch.setattr(programme_proxy, "MAX_WAITING", 0)
    answers = await asyncio.gather(*(proxy("00000001.m4s") for _ in range(3)))
    assert [status for status, *_ in answers] == [503, 503, 503]
