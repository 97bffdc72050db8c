"""What we package, played by hls.js as it comes from its makers: from start to end, with no word of complaint."""

import functools
import http.server
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import av
import msgspec
import pytest
from clips import write_clip
from demo import Demo
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
HLS = ROOT / "web" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
FOOTAGE = ROOT.parent / "shared" / "inputs" / "video"
PATIENCE_MS = 90_000
LIVE_SEGMENTS = 4
"""What is watched live: by then every clip here has gone round."""

FRAME_MS, ROUNDING_MS = 40, 1
FASTER = 2
"""What is over need not be watched at the speed of life."""

PAGE = "<!doctype html><meta charset=utf-8><title>player</title><video muted playsinline></video>"
PLAY = """([address, rate]) => {
  const video = document.querySelector('video');
  const hls = new Hls({ startPosition: 0 });
  window.played = { trouble: [], first_ms: null, last_ms: null, ended: false };
  hls.on(Hls.Events.ERROR, (_event, error) => {
    played.trouble.push(`${error.details} at ${video.currentTime}: ${error.error?.message ?? error.reason ?? ''}`);
  });
  const begins = ({ elementaryStreams: { video, audiovideo } }) => (video ?? audiovideo)?.startPTS;
  const shown = (_now, { mediaTime }) => {
    video.requestVideoFrameCallback(shown);
    const from = hls.latestLevelDetails?.fragments.findLast((each) => begins(each) <= mediaTime + 0.01);
    if (from === undefined) return;
    played.last_ms = from.programDateTime + (mediaTime - begins(from)) * 1000;
    if (played.first_ms === null) {
      played.first_ms = played.last_ms;
      void video.play();  // not before: a busy machine may leave out frames that play, the one it stands on it shows
    }
  };
  video.requestVideoFrameCallback(shown);
  video.addEventListener('ended', () => { played.ended = true; });
  video.defaultPlaybackRate = rate;
  hls.loadSource(address);
  hls.attachMedia(video);
}"""


class Listed(msgspec.Struct, frozen=True):
    """A segment as a playlist lists it: when its first frame was captured, and how long it is."""

    from_ms: float
    length_ms: float


class Source(msgspec.Struct, frozen=True):
    """A clip that goes round as a live picture; ``frame_ms`` is how long each of its frames is shown."""

    clip: Path
    frame_ms: int


def made(folder: Path) -> Source:
    """Make a clip with B-frames, and with sound that ends a little before the picture."""
    return Source(write_clip(folder / "made.mp4", [at * 40.0 for at in range(80)], b_frames=2, sound=True), FRAME_MS)


def people(folder: Path) -> Source:
    """Cut real footage short, as it is: ten frames a second, no sound."""
    cut = folder / "people.mp4"
    with av.open(str(FOOTAGE / "people-one-by-one.mp4")) as whole, av.open(str(cut), "w") as short:
        video = short.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is None or packet.pts is None or packet.pts * packet.time_base >= 3:
                break
            packet.stream = video
            short.mux(packet)
    return Source(cut, 100)


def bunny(_: Path) -> Source:
    """Take real film with sound; its only key frame is the first, so that it has to be encoded."""
    return Source(FOOTAGE / "bigbuckbunny.mp4", FRAME_MS)


SOURCES = (made, people, bunny) if FOOTAGE.is_dir() else (made,)


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Source:
    found: Source = request.param(tmp_path_factory.mktemp("clip"))
    return found


@pytest.fixture(scope="module")
def live(source: Source, tmp_path_factory: pytest.TempPathFactory, films: Path) -> Iterator[Demo]:
    """A show with that clip as its live picture, packaged both ways."""
    demo = Demo(
        tmp_path_factory.mktemp("live"),
        films,
        programme=f"file://{source.clip}",
        environment={"SHOWRUNNER_TRANSPORT_STREAM": "true"},
    )
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def looped(tmp_path: Path, films: Path) -> Iterator[Demo]:
    """A show whose picture is a file, cut once and told as live for ever."""
    demo = Demo(tmp_path / "demo", films, programme=str(made(tmp_path).clip))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def open_player(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open a page of nothing but hls.js and a video, on the host of an address."""
    contexts = []

    def open_one(host: str) -> Page:
        contexts.append(browser.new_context(base_url=host))
        page = contexts[-1].new_page()
        page.route("**/player", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.goto("/player")
        page.add_script_tag(path=HLS)
        return page

    yield open_one
    for context in contexts:
        context.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder by a web server that knows nothing of video, and return its address."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def listed(playlist: str) -> list[Listed]:
    found = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:([\d.]+)", playlist)
    return [Listed(datetime.fromisoformat(date).timestamp() * 1000, float(length) * 1000) for date, length in found]


def until_recorded(live: Demo, segments: int) -> list[Listed]:
    """Wait until so many segments are recorded, and return them."""
    path = f"/v1/shows/{live.ready['show']}/programme/replay.m3u8"
    for _ in range(300):
        with suppress(HTTPError):  # before there is any picture
            recorded = listed(live.text(path))
            if len(recorded) >= segments:
                return recorded[:segments]
        time.sleep(0.2)
    raise AssertionError(f"{segments} segments do not come")


def last_frame_ms(segments: Sequence[Listed], frame_ms: int) -> float:
    return segments[-1].from_ms + segments[-1].length_ms - frame_ms - ROUNDING_MS


def test_a_live_picture_plays_from_its_first_frame_on_both_ways(
    live: Demo, source: Source, open_player: Callable[[str], Page]
) -> None:
    begun = until_recorded(live, 2)
    players = {}
    for name in ("live", "live-ts"):
        players[name] = open_player(live.ready["base_url"])
        players[name].evaluate(PLAY, [f"/v1/shows/{live.ready['show']}/programme/{name}.m3u8", 1])
    watched = until_recorded(live, LIVE_SEGMENTS)
    until_ms = last_frame_ms(watched, source.frame_ms)
    for name, page in players.items():
        there = "until => played.trouble.length > 0 || played.last_ms >= until"
        page.wait_for_function(there, arg=until_ms, timeout=PATIENCE_MS)
        played = page.evaluate("played")
        assert played["trouble"] == [], name
        assert abs(played["first_ms"] - begun[0].from_ms) <= source.frame_ms, name


def test_a_recording_that_is_over_plays_from_its_first_frame_to_its_last(
    live: Demo, source: Source, open_player: Callable[[str], Page], serve: Callable[[Path], str]
) -> None:
    until_recorded(live, LIVE_SEGMENTS)
    live.stop()
    recorded = listed((live.data / "recording" / "replay.m3u8").read_text())
    page = open_player(serve(live.data / "recording"))
    page.evaluate(PLAY, ["/replay.m3u8", FASTER])
    at_end = "until => played.trouble.length > 0 || played.ended && played.last_ms >= until"
    page.wait_for_function(at_end, arg=last_frame_ms(recorded, source.frame_ms), timeout=PATIENCE_MS)
    played = page.evaluate("played")
    assert played["trouble"] == []
    assert abs(played["first_ms"] - recorded[0].from_ms) <= source.frame_ms


def test_a_file_that_is_looped_plays_over_its_joins(looped: Demo, open_player: Callable[[str], Page]) -> None:
    programme = f"/v1/shows/{looped.ready['show']}/programme"
    watched = listed(looped.text(f"{programme}/media.m3u8"))[: LIVE_SEGMENTS + 2]
    page = open_player(looped.ready["base_url"])
    page.evaluate(PLAY, [f"{programme}/live.m3u8", FASTER])
    there = "until => played.trouble.length > 0 || played.last_ms >= until"
    page.wait_for_function(there, arg=last_frame_ms(watched, FRAME_MS), timeout=PATIENCE_MS)
    played = page.evaluate("played")
    assert played["trouble"] == []
    assert played["first_ms"] < watched[2].from_ms  # the list moves on while the page opens
