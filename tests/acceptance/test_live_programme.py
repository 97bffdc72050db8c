"""A live source on air: what it sends is served, what it says is done, and what was shown can be seen again."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import av
import msgspec
import pytest
from camera import Camera, time_signal
from house import PAYMENT_KEY, PRODUCER_KEY, SHOW, SHOW_FOLDER, House, channel_key
from ingest_desk import FRAME_MS, code_in
from ports import free_port
from pydantic import SecretStr

from broadcast.programme.addresses import parse_address
from broadcast.programme.splice_rules import SpliceRule
from showrunner.data_folder import DataFolder
from showrunner.settings import Settings
from showrunner.show_folder import load_show
from showrunner.wiring import RunningShow

PATIENCE_S = 60.0
FIRST_PTS = 126_000
RULE = SpliceRule(command="take", look="look-2", on="time_signal")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def live(tmp_path: Path, port: int) -> AsyncIterator[House]:
    """The little show with a live source that it waits for."""
    show = load_show(SHOW_FOLDER)
    show = msgspec.structs.replace(show, settings=msgspec.structs.replace(show.settings, splices=(RULE,)))
    data = DataFolder(tmp_path / "data")
    data.lock()
    settings = Settings(
        show=show.folder,
        data=data.path,
        port=0,
        producer_key=SecretStr(PRODUCER_KEY),
        payment_key=SecretStr(PAYMENT_KEY),
        channel_keys={channel.id: SecretStr(channel_key(channel.id)) for channel in show.channels},
    )
    running = RunningShow(settings, show, data, parse_address(f"tcp://127.0.0.1:{port}?listen=1"))
    try:
        base_url = await running.start()
        async with aiohttp.ClientSession() as http:
            yield House(running, show, base_url, http)
    finally:
        await running.stop()
        data.unlock()


@pytest.fixture
async def camera(port: int, live: House) -> AsyncIterator[Camera]:  # noqa: ARG001 - the show listens before it is sent to
    sending = Camera(port, with_sound=False, first=FIRST_PTS).start()
    yield sending
    await asyncio.to_thread(sending.stop)


async def read(house: House, path: str) -> tuple[int, bytes]:
    async with house.http.get(f"{house.base_url}/v1/shows/{SHOW}/programme/{path}") as answer:
        return answer.status, await answer.read()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - asked over HTTP, as a player does
            await asyncio.sleep(0.1)


async def segments(house: House) -> int:
    status, playlist = await read(house, "replay.m3u8")
    return playlist.count(b"#EXTINF") if status == 200 else 0


async def test_a_splice_message_puts_a_look_on_air_at_its_frame_and_the_frame_can_be_seen_again(
    live: House, camera: Camera, tmp_path: Path
):
    assert (await read(live, "live.m3u8"))[0] == 503

    async def two_segments() -> bool:
        return await segments(live) >= 2

    await until(two_segments)
    number = max(camera.captured_s) + 75
    for _ in range(3):  # sources repeat a message
        camera.splice(time_signal(FIRST_PTS + number * 3_600))

    async def on_air() -> bool:
        shown = live.running.control.on_air()
        return shown is not None and shown.look == "look-2"

    await until(on_air)
    cue = live.running.control.on_air()
    assert cue is not None
    assert abs(cue.at_ms - camera.due_ms(number)) <= 2 * FRAME_MS
    assert len(live.running.control.as_run()) == 1

    async def marked() -> bool:
        return cue.cue.encode() in (await read(live, "media.m3u8"))[1]

    await until(marked)

    async with live.console() as console, asyncio.timeout(PATIENCE_S):
        event, state = await console.receive()
        while event != "state":
            event, state = await console.receive()
    assert state["picture"]["source"].startswith("tcp://127.0.0.1:")
    assert state["picture"]["error_ms"] <= FRAME_MS
    assert "connected" in [told["name"] for told in state["picture"]["events"]]
    assert [entry["cue"] for entry in state["as_run"]] == [cue.cue]

    async def pictured() -> bool:
        return (await read(live, f"thumbs/{cue.cue}.webp"))[0] == 200

    await until(pictured)
    _, webp = await read(live, f"thumbs/{cue.cue}.webp")
    with av.open(io.BytesIO(webp)) as container:
        assert code_in(next(container.decode(video=0))) == number

    _, replay = await read(live, "replay.m3u8")
    assert b"#EXT-X-PLAYLIST-TYPE:EVENT" in replay
    assert b"#EXT-X-ENDLIST" not in replay
    first = next(line for line in replay.splitlines() if line.endswith(b".m4s"))
    assert (await read(live, first.decode()))[0] == 200
    assert (await read(live, "media-ts.m3u8"))[0] == 404
    await live.running.programme.stop()
    over = next((tmp_path / "data").rglob("replay.m3u8"))
    text = over.read_text()
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert cue.cue in text
    with av.open(str(over)) as container:
        shown = [code_in(frame) for frame in container.decode(video=0)]
    assert shown == list(range(len(shown)))
