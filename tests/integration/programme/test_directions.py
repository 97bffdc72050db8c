"""Every way a source can come to us or be gone to, each with a real sender, and what happens when it goes away."""

import asyncio
import functools
import http.server
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clips import Sender, write_clip
from ingest_desk import FRAME_MS, Desk, assert_exact, assert_never_twice, key_frame, stretches
from ports import free_port
from rtmp_origin import RtmpOrigin

SIX_SECONDS = [number * 40.0 for number in range(150)]
GROUP, LOOPBACK, ELSEWHERE = "239.255.77.1", "127.0.0.1", "127.0.0.2"

Reading = Callable[[str], Awaitable[Desk]]
Sending = Callable[[Path, str, str], Sender]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", SIX_SECONDS, sound=True)


@pytest.fixture
def port() -> int:
    return free_port()


async def told(desk: Desk, name: str) -> str:
    """Wait for an event, and return what it says."""
    await desk.until(lambda: name in desk.events)
    return next(news.detail for news in desk.news if getattr(news, "name", "") == name)  # type: ignore[union-attr]


def assert_dated_as_sent(desk: Desk, began_s: float, frames: int = 10) -> None:
    """The first key frame is dated by when it was sent, within frames."""
    first = desk.segments[0]
    number = key_frame(desk, first)
    assert number is not None
    late_ms = first.capture_ms - began_s * 1000 - number * FRAME_MS
    assert -FRAME_MS <= late_ms <= first.error_ms + frames * FRAME_MS


async def test_a_transport_stream_is_fetched_over_tcp_and_again_after_it_ended(
    clip: Path, port: int, read: Reading, send: Sending
) -> None:
    desk = await read(f"tcp://{LOOPBACK}:{port}")
    assert "Connection refused" in await told(desk, "source-lost")
    sender = send(clip, f"tcp://{LOOPBACK}:{port}?listen=1", "mpegts")
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    assert_dated_as_sent(desk, sender.began_s)
    await desk.until(lambda: desk.events.count("source-lost") >= 2 and desk.events[-1] == "connecting")
    recorded = len(desk.segments)
    send(clip, f"tcp://{LOOPBACK}:{port}?listen=1", "mpegts")
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    assert desk.segments[recorded].discontinuity
    assert_never_twice(desk)


async def test_a_stream_is_fetched_over_rtmp_and_again_after_it_ended(
    clip: Path, port: int, read: Reading, rtmp: Callable[[int, Path], RtmpOrigin]
) -> None:
    desk = await read(f"rtmp://{LOOPBACK}:{port}/live/key")
    lost = await told(desk, "source-lost")
    assert "key" not in lost
    origin = rtmp(port, clip)
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    assert_dated_as_sent(desk, origin.began_s)
    await desk.until(lambda: len(stretches(desk)) >= 2)
    assert_never_twice(desk)


@pytest.fixture
def rtmp() -> Iterator[Callable[[int, Path], RtmpOrigin]]:
    origins: list[RtmpOrigin] = []

    def start(port: int, clip: Path) -> RtmpOrigin:
        origins.append(RtmpOrigin(port, clip).start())
        return origins[-1]

    yield start
    for origin in origins:
        origin.stop()


async def test_who_publishes_over_rtmp_may_go_and_come_back(
    clip: Path, port: int, read: Reading, send: Sending
) -> None:
    address = f"rtmp://{LOOPBACK}:{port}/live/key"
    desk = await read(f"{address}?listen=1")
    for times in (1, 2):
        send(clip, address, "flv")
        await desk.until(lambda times=times: desk.events.count("source-lost") >= times)  # type: ignore[misc]
    assert len(stretches(desk)) == 2
    for stretch in stretches(desk):
        assert_exact(desk, stretch)
    assert_never_twice(desk)


async def test_a_multicast_group_is_joined(clip: Path, port: int, read: Reading, send: Sending) -> None:
    desk = await read(f"udp://@{GROUP}:{port}?interface={LOOPBACK}")
    await desk.until(lambda: "connecting" in desk.events)
    send(clip, f"udp://{GROUP}:{port}?localaddr={LOOPBACK}&pkt_size=1316", "mpegts")
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])


async def test_a_group_is_joined_for_one_sender_alone(clip: Path, port: int, read: Reading, send: Sending) -> None:
    desk = await read(f"udp://@{GROUP}:{port}?interface={LOOPBACK}&source={LOOPBACK}")
    await desk.until(lambda: "connecting" in desk.events)
    sender = send(clip, f"udp://{GROUP}:{port}?localaddr={LOOPBACK}&pkt_size=1316", "mpegts")
    with stranger(GROUP, port):
        await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    assert_dated_as_sent(desk, sender.began_s, 3)
    assert "corrupt" not in desk.events


async def test_a_transport_stream_comes_from_one_sender_by_ipv6_too(
    clip: Path, port: int, read: Reading, send: Sending
) -> None:
    desk = await read(f"udp://[::1]:{port}?source=::1")
    await desk.until(lambda: "connecting" in desk.events)
    send(clip, f"udp://[::1]:{port}?pkt_size=1316", "mpegts")
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])


async def test_a_group_is_joined_by_ipv6_too(port: int, read: Reading) -> None:
    desk = await read(f"udp://@[ff12::77]:{port}?interface=lo&source=::1")
    await desk.until(lambda: "no-input" in desk.events)
    assert desk.events == ["connecting", "no-input"]
    joined = await asyncio.to_thread(Path("/proc/net/igmp6").read_text)
    assert "ff120000000000000000000000000077" in joined


async def test_datagrams_of_others_than_the_named_sender_are_left_out_and_told_of(
    clip: Path, port: int, read: Reading, send: Sending
) -> None:
    desk = await read(f"udp://{LOOPBACK}:{port}?source={LOOPBACK}")
    await desk.until(lambda: "connecting" in desk.events)
    with stranger(LOOPBACK, port):
        assert f"others than {LOOPBACK}" in await told(desk, "strangers")
        send(clip, f"udp://{LOOPBACK}:{port}?pkt_size=1316", "mpegts")
        await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    assert "corrupt" not in desk.events
    assert "unreadable" not in desk.events


async def test_a_stranger_alone_is_no_source(port: int, read: Reading) -> None:
    desk = await read(f"udp://{LOOPBACK}:{port}?source={LOOPBACK}")
    with stranger(LOOPBACK, port):
        await desk.until(lambda: desk.events.count("strangers") >= 2)
    assert set(desk.events) == {"connecting", "no-input", "strangers"}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("udp://192.0.2.1:5000", "not this machine's address; one sender's datagrams are ?source="),
        (f"udp://@{GROUP}:5000?interface=192.0.2.1", "the group cannot be joined on 192.0.2.1"),
        ("udp://@[ff15::77]:5000?interface=no-such", "the group cannot be joined on no-such"),
    ],
)
async def test_an_address_that_is_not_this_machines_is_said_to_be_so(read: Reading, address: str, why: str) -> None:
    assert why in await told(await read(address), "source-lost")


async def test_without_srt_in_the_build_that_is_what_is_told(read: Reading) -> None:
    desk = await read("srt://127.0.0.1:9000?mode=caller")
    assert "no SRT: use TCP or RTMP" in await told(desk, "no-srt")
    assert not desk.segments


class stranger:  # noqa: N801 - read as a word
    """Somebody else who sends a transport stream's packets to the same place, until the block ends."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.bind((ELSEWHERE, 0))
            sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            packet = b"\x47\x1f\xff\x10" + bytes(184)
            while not self._over.wait(0.02):
                sending.sendto(packet * 7, self._to)


# ------------------------------------------------------------ HLS


class Site:
    """A web server for a folder, at an address that stays."""

    def __init__(self, folder: Path) -> None:
        self._handler = functools.partial(_Quiet, directory=str(folder))
        self.port = free_port()
        self._server: http.server.ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = http.server.ThreadingHTTPServer((LOOPBACK, self.port), self._handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "site").mkdir()
    site = Site(tmp_path / "site")
    yield site
    site.stop()


async def test_a_live_playlist_is_followed_and_again_after_its_server_was_away(
    tmp_path: Path, site: Site, read: Reading, send: Sending
) -> None:
    desk = await read(f"http://{LOOPBACK}:{site.port}/live.m3u8")
    await desk.until(lambda: "source-lost" in desk.events)
    clip = write_clip(tmp_path / "clip.mp4", [number * 40.0 for number in range(1_000)])
    send(clip, str(tmp_path / "site" / "live.m3u8"), "hls")
    site.start()
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    site.stop()
    await desk.until(lambda: "source-lost" in desk.events[desk.events.index("connected") :])
    recorded = len(desk.segments)
    site.start()
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    assert_exact(desk, stretches(desk)[-1])
    assert_never_twice(desk)
