"""The picture as a process of its own: a source sends, a producer presses GO, and what viewers get carries the cue."""

import asyncio
import io
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import av
import msgspec
import pytest
import socketio
from camera import Camera, of_unknown_version, time_signal
from contract import Contract
from control_process import control_process, little_show
from desk_buyers import producer_token
from desk_group import EDGE_LINK_KEY, DeskProcess, desk_group
from edge_group import edge_group
from house import SHOW
from ingest_desk import FRAME_MS, code_in
from log_server import LogServer
from ports import free_port
from programme_group import ProgrammeProcess, programme_process
from viewers import watching

from broadcast.channels.adapters.redis_log import RedisCueLog, connect
from broadcast.ids import CueId, Epoch, ShowId
from broadcast.messages import Cue
from showrunner import contract_documents

PATIENCE_S = 60.0
FIRST_PTS = 126_000
CLOCK_MS = 50
"""How far control may be off with the picture's clock, on one host."""

SPLICE_RULE = '\n[splices.look]\non = "time_signal"\ncommand = "take"\nlook = "look-1"\n'
BASE = f"/v1/shows/{SHOW}/programme"
CameraMaker = Callable[[], Camera]


class Night:
    """A show in the production layout, its picture elsewhere."""

    def __init__(
        self, control: DeskProcess, programme: ProgrammeProcess, edge_url: str, http: aiohttp.ClientSession
    ) -> None:
        self.control = control
        self.programme = programme
        self.edge_url = edge_url
        self.http = http

    async def read(self, base_url: str, path: str) -> tuple[int, bytes]:
        """Read from a process; a dead one answers 0."""
        try:
            async with self.http.get(base_url + path) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientError:
            return 0, b""

    async def playlist(self, name: str = "media.m3u8") -> str:
        _, text = await self.read(self.programme.base_url, f"{BASE}/{name}")
        return text.decode()

    async def metric(self, base_url: str, name: str) -> float | None:
        _, text = await self.read(base_url, "/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", text.decode(), re.MULTILINE)
        return None if found is None else float(found[1])

    async def take(self, look: str) -> dict[str, Any]:
        async with self.http.post(
            f"{self.control.base_url}/v1/shows/{SHOW}/commands",
            json={"command": "take", "look": look, "key": str(uuid.uuid4())},
            headers={"Authorization": f"Bearer {producer_token()}"},
        ) as answer:
            assert answer.status == 200, await answer.text()
            cue: dict[str, Any] = (await answer.json())["cue"]
            return cue

    def has_segments(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def recorded() -> bool:
            return len(dates_ms(await self.playlist("replay.m3u8"))) >= count

        return recorded

    def has_thumbnail(self, base_url: str, cue: dict[str, Any]) -> Callable[[], Awaitable[bool]]:
        async def there() -> bool:
            return (await self.read(base_url, f"{BASE}/thumbs/{cue['id']}.webp"))[0] == 200

        return there

    async def frame_of(self, cue: dict[str, Any]) -> int:
        """Return the number burned into the picture of a take, as control passes it on, once it is there."""
        await until(self.has_thumbnail(self.control.base_url, cue))
        _, webp = await self.read(self.control.base_url, f"{BASE}/thumbs/{cue['id']}.webp")
        with av.open(io.BytesIO(webp)) as container:
            number = code_in(next(container.decode(video=0)))
        assert number is not None
        return number

    async def picture(self) -> dict[str, Any]:
        """Return how the console shows the picture now."""
        async with socketio.AsyncSimpleClient(reconnection=False) as console, asyncio.timeout(PATIENCE_S):
            await console.connect(
                self.control.base_url,
                namespace="/console",
                transports=["websocket"],
                auth={"token": producer_token(), "show": SHOW},
            )
            while True:
                event, state = await console.receive()
                if event == "state":
                    picture: dict[str, Any] = state["picture"] or {"wrong": [], "events": []}
                    return picture


async def until(holds: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - asked over HTTP, as a player does
            await asyncio.sleep(0.1)


def dates_ms(playlist: str) -> list[int]:
    """Return the PROGRAM-DATE-TIME of every segment."""
    found = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
    return [round(datetime.fromisoformat(date).timestamp() * 1000) for date in found]


def marked_ms(playlist: str, cue: str) -> int | None:
    """Return from when a cue counts, as the playlist says."""
    found = re.search(rf'#EXT-X-DATERANGE:ID="{cue}".*?START-DATE="([^"]+)"', playlist)
    return None if found is None else round(datetime.fromisoformat(found[1]).timestamp() * 1000)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def camera(port: int) -> AsyncIterator[CameraMaker]:
    cameras: list[Camera] = []

    def start() -> Camera:
        cameras.append(Camera(port, with_sound=False, first=FIRST_PTS).start())
        return cameras[-1]

    yield start
    for each in cameras:
        await asyncio.to_thread(each.stop)


@pytest.fixture
async def night(tmp_path: Path, postgres_url: str, port: int) -> AsyncIterator[Night]:
    log_server = LogServer(tmp_path / "valkey")
    show = little_show(tmp_path) / "show.toml"
    show.write_text(show.read_text() + SPLICE_RULE)
    address = f"tcp://127.0.0.1:{port}?listen=1"
    try:
        async with (
            aiohttp.ClientSession() as http,
            desk_group(postgres_url, 1) as desks,
            programme_process(tmp_path / "programme", log_server.url, programme=address) as programme,
            control_process(
                tmp_path,
                postgres_url,
                log_server.url,
                programme_link=programme.link,
                programme_url=programme.base_url,
            ) as control,
            edge_group(
                log_server.url, None, checkout_links=f'["{desks[0].link}"]', edge_link_key=EDGE_LINK_KEY
            ) as edge,
        ):
            yield Night(control, programme, edge.base_url, http)
    finally:
        log_server.kill()


@pytest.fixture
def contract() -> Contract:
    return Contract(
        msgspec.json.decode(msgspec.json.encode(contract_documents.openapi())),
        msgspec.json.decode(msgspec.json.encode(contract_documents.asyncapi())),
    )


@pytest.mark.timeout(300)  # seven processes are started, two of them twice
async def test_the_show_goes_on_around_a_picture_that_is_a_process_of_its_own(
    night: Night, camera: CameraMaker, contract: Contract
) -> None:
    early = await a_take_without_a_picture(night)
    await night.programme.start()
    await night.programme.serving()
    await night.control.until("programme.process-back")
    first = camera()
    await until(night.has_segments(2))
    assert marked_ms(await night.playlist(), early["id"]) == early["at_ms"]
    taken = await a_take_seen_by_viewers_and_in_the_picture(night, first, contract)
    spliced = await the_sources_own_word_is_a_take(night, first)
    await the_picture_is_passed_on_by_control(night)
    await every_process_says_how_it_is(night)

    before = await night.playlist("replay.m3u8")
    await night.programme.kill()
    await asyncio.to_thread(first.stop)
    missed = await a_take_while_the_picture_is_gone(night, "look-2")
    assert missed["at_ms"] > spliced["at_ms"]
    await night.programme.start()
    await night.programme.serving()
    await night.control.until("programme.process-back", 2)
    camera()
    await until(night.has_segments(len(dates_ms(before)) + 2))
    await the_recording_goes_on(night, before, [early, taken, spliced, missed])
    last = await night.take("look-1")
    assert last["at_ms"] > missed["at_ms"]
    await until(night.has_thumbnail(night.programme.base_url, last))
    assert (await night.picture())["wrong"] == []
    assert await night.programme.stop() == 0
    over = (night.programme.recording / "replay.m3u8").read_text()
    assert over.endswith("#EXT-X-ENDLIST\n")
    assert marked_ms(over, last["id"]) == last["at_ms"]


async def test_a_film_goes_round_in_a_process_of_its_own_and_on_after_it_was_killed(tmp_path: Path) -> None:
    log_server = LogServer(tmp_path / "valkey")
    cue_log = RedisCueLog(connect(log_server.url), ShowId(SHOW), lambda: str(uuid.uuid4()))
    at_ms = time.time_ns() // 10**6
    cue = Cue(
        seq=0, epoch=Epoch(""), id=CueId("cue-1"), at_ms=at_ms, sent_ms=0, action="clear", look=None, replaces=()
    )  # fmt: skip
    try:
        async with (
            aiohttp.ClientSession() as http,
            programme_process(tmp_path / "data", log_server.url, little_show(tmp_path)) as programme,
        ):

            async def get(path: str) -> tuple[int, str]:
                async with http.get(programme.base_url + path) as answer:
                    return answer.status, await answer.text()

            await programme.start()
            await programme.serving()
            assert (await get("/readyz"))[0] == 503  # what it shows is without cues until it has heard the log
            assert (await get("/healthz"))[0] == 200
            await cue_log.open()
            await cue_log.append([cue], at_ms)
            await cue_log.settled()

            async def ready() -> bool:
                return (await get("/readyz"))[0] == 200

            await until(ready)
            assert (await get(f"{BASE}/live.m3u8"))[0] == 200
            before = (await get(f"{BASE}/media.m3u8"))[1]
            assert marked_ms(before, "cue-1") == at_ms
            await programme.kill()
            await programme.start()
            await programme.serving()
            await until(ready)
            after = (await get(f"{BASE}/media.m3u8"))[1]
            assert marked_ms(after, "cue-1") == at_ms
            assert dated(before).items() & dated(after).items()
            assert all(date == dated(after).get(number, date) for number, date in dated(before).items())
    finally:
        await cue_log.close()
        log_server.kill()


def dated(playlist: str) -> dict[int, int]:
    """Return the number and date of every segment."""
    found = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    assert found is not None
    return dict(enumerate(dates_ms(playlist), start=int(found[1])))


async def a_take_without_a_picture(night: Night) -> dict[str, Any]:
    """Nobody has the picture yet: producers are told, and a take counts from the moment of the press all the same."""
    await night.control.until("programme.process-lost")
    assert (await night.picture())["wrong"] == ["process-lost"]
    assert (await night.read(night.control.base_url, f"{BASE}/live.m3u8"))[0] == 503
    pressed_ms = time.time() * 1000
    cue = await night.take("look-1")
    assert pressed_ms - 1 <= cue["at_ms"] <= time.time() * 1000
    return cue


async def a_take_seen_by_viewers_and_in_the_picture(night: Night, camera: Camera, contract: Contract) -> dict[str, Any]:
    """GO: the cue has the capture instant of its frame, on the feed, in the playlist, in a segment, as a thumbnail."""
    async with watching(contract, f"{night.edge_url}/v1/shows/{SHOW}/feed?channel=web") as viewer:
        cue = await night.take("look-2")
        told = await viewer.until(lambda message: message["type"] == "cue" and message["look"]["id"] == "look-2")
    assert (told["id"], told["at_ms"]) == (cue["id"], cue["at_ms"])

    async def marked() -> bool:
        return marked_ms(await night.playlist(), cue["id"]) is not None

    await until(marked)
    assert marked_ms(await night.playlist(), cue["id"]) == cue["at_ms"]
    number = await night.frame_of(cue)
    assert abs(camera.due_ms(number) - cue["at_ms"]) <= 2 * FRAME_MS

    async def inside() -> bool:
        playlist = await night.playlist("replay.m3u8")
        uris = [line for line in playlist.splitlines() if line.endswith(".m4s")]
        ends = [*dates_ms(playlist)[1:], cue["at_ms"] + 1]
        told = [uri for end, uri in zip(ends, uris, strict=True) if end > cue["at_ms"]]
        media = [(await night.read(night.programme.base_url, f"{BASE}/{uri}"))[1] for uri in told]
        return any(segment[4:8] == b"emsg" and cue["id"].encode() in segment for segment in media)

    await until(inside)
    return cue


async def the_sources_own_word_is_a_take(night: Night, camera: Camera) -> dict[str, Any]:
    """A splice message of the source reaches control, and counts from the frame it is about; nonsense is counted."""
    number = max(camera.captured_s) + 50
    signal = time_signal(FIRST_PTS + number * 3_600)
    camera.splice(of_unknown_version(signal))
    camera.splice(signal)
    assert (await night.control.until("command", 3))["by"] == "scte-35"

    async def marked() -> bool:
        return len(re.findall(r"#EXT-X-DATERANGE", await night.playlist("replay.m3u8"))) == 3

    await until(marked)
    told = await night.playlist("replay.m3u8")
    *_, (cue, date) = re.findall(r'#EXT-X-DATERANGE:ID="([^"]+)".*?START-DATE="([^"]+)"', told)
    spliced = {"id": cue, "at_ms": round(datetime.fromisoformat(date).timestamp() * 1000)}
    assert await night.frame_of(spliced) == number
    refused = await night.metric(night.programme.base_url, 'snbn_programme_events_total{event="scte35-refused"}')
    assert refused == 1.0
    return spliced


async def the_picture_is_passed_on_by_control(night: Night) -> None:
    """Without a proxy in front pages get the picture from control."""
    segment = next(line for line in (await night.playlist()).splitlines() if line.endswith(".m4s"))
    passed_on = await night.read(night.control.base_url, f"{BASE}/{segment}")
    assert passed_on == await night.read(night.programme.base_url, f"{BASE}/{segment}")
    assert passed_on[0] == 200
    assert (await night.read(night.control.base_url, f"{BASE}/no-such.m4s"))[0] == 404


async def every_process_says_how_it_is(night: Night) -> None:
    state = await night.picture()
    assert state["wrong"] == []
    assert state["source"].startswith("tcp://127.0.0.1:")
    assert {"connected", "process-back"} <= {event["name"] for event in state["events"]}
    assert await night.metric(night.control.base_url, "snbn_programme_connected") == 1.0
    assert await night.metric(night.programme.base_url, 'snbn_link_peers{role="picture"}') == 1.0
    for path in ("/healthz", "/readyz"):
        assert (await night.read(night.programme.base_url, path))[0] == 200
    status, clock = await night.read(night.programme.base_url, f"{BASE}/clock")
    assert (status, msgspec.json.decode(clock)["source"]) == (200, "ingest")


async def a_take_while_the_picture_is_gone(night: Night, look: str) -> dict[str, Any]:
    """Killed: the show goes on, producers are told, and takes are still dated by the picture's clock."""
    await night.control.until("programme.process-lost", 2)
    assert "process-lost" in (await night.picture())["wrong"]
    assert (await night.read(night.control.base_url, f"{BASE}/live.m3u8"))[0] == 503
    assert await night.metric(night.control.base_url, "snbn_programme_connected") == 0.0
    pressed_ms = time.time() * 1000
    cue = await night.take(look)
    assert pressed_ms - CLOCK_MS <= cue["at_ms"] <= time.time() * 1000 + CLOCK_MS
    return cue


async def the_recording_goes_on(night: Night, before: str, cues: list[dict[str, Any]]) -> None:
    """Back where it was: nothing dated anew, nothing dated earlier, and every cue there is."""
    after = await night.playlist("replay.m3u8")
    dates, known = dates_ms(after), dates_ms(before)
    assert dates == sorted(set(dates))
    assert dates[: len(known)] == known
    assert "#EXT-X-DISCONTINUITY\n" in after.partition(before.splitlines()[-1])[2]
    for cue in cues:
        told = marked_ms(after, cue["id"])
        assert told == cue["at_ms"] or (told is None and cue["at_ms"] < dates[0])
