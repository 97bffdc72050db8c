import functools
import http.server
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import av
import pytest
from clips import Sender, write_clip
from ingest_desk import (
    FRAME_MS,
    Desk,
    arm,
    assert_cards_on_their_frames,
    assert_exact,
    assert_never_twice,
    frames,
    key_frame,
    stretches,
)
from ports import free_port

EVEN = [number * 40.0 for number in range(100)]
NTSC = [number * 1001 / 30 for number in range(120)]
UNEVEN = [number * 40.0 + (number % 3) * 7 for number in range(100)]

Reading = Callable[[str], Awaitable[Desk]]
Sending = Callable[[Path, str, str], Sender]


async def read_with_cues(read: Reading, clip: Path) -> Desk:
    """Read a file, with a cue from soon on and another one every 0.7 s."""
    desk = await read(f"file://{clip}")
    now_ms = time.time_ns() // 10**6
    arm(desk, range(now_ms, now_ms + 12_000, 700))
    return desk


@pytest.mark.parametrize(
    ("name", "shown_ms", "b_frames", "sound"),
    [
        ("29.97 frames a second", NTSC, 0, True),
        ("frames of varying length", UNEVEN, 0, False),
        ("B-frames", EVEN, 2, False),
        ("picture alone", EVEN, 0, False),
    ],
)
async def test_a_file_of_any_rate_is_dated_exactly_and_goes_round(
    tmp_path: Path, read: Reading, name: str, shown_ms: Sequence[float], b_frames: int, *, sound: bool
):
    clip = write_clip(tmp_path / "clip.mp4", shown_ms, b_frames=b_frames, sound=sound)
    desk = await read_with_cues(read, clip)
    await desk.until(lambda: len(stretches(desk)) > 1)
    for stretch in stretches(desk):
        assert_exact(desk, stretch, shown_ms)
    assert_cards_on_their_frames(desk, desk.segments)
    shown = [number for segment in stretches(desk)[0] for _, number in frames(desk, segment)]
    assert shown == list(range(len(shown_ms))), name
    assert_never_twice(desk)
    assert ("no-sound" in desk.events) is not sound
    assert "copying" in desk.events


async def test_a_turned_picture_is_encoded_upright_and_dated_exactly(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.mp4", EVEN[:60], turned=1)
    data = bytearray(clip.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, 8.3.2
    quarter_turn = (0, 65_536, 0, -65_536, 0, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, signed=True) for value in quarter_turn)
    clip.write_bytes(data)
    desk = await read_with_cues(read, clip)
    await desk.until(lambda: desk.segments)
    assert "encoding" in desk.events
    assert_cards_on_their_frames(desk, desk.segments)
    assert (desk.segments[0].width, desk.segments[0].height) == (320, 180)
    assert_exact(desk, stretches(desk)[0])


async def test_a_transport_stream_cut_off_in_the_middle_plays_up_to_there(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.ts", EVEN, sound=True)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    desk = await read_with_cues(read, clip)
    await desk.until(lambda: len(stretches(desk)) > 1)
    assert "source-lost" in desk.events
    assert_cards_on_their_frames(desk, desk.segments)
    for segment in stretches(desk)[0]:
        number = key_frame(desk, segment)
        assert number is not None
        first = desk.segments[0]
        assert segment.capture_ms - first.capture_ms == number * FRAME_MS
    assert_never_twice(desk)


async def test_a_file_that_lost_its_index_is_told_to_be_unreadable(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.mp4", EVEN)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    desk = await read(f"file://{clip}")
    await desk.until(lambda: "unreadable" in desk.events)
    assert not desk.segments


async def test_a_file_that_is_not_there_is_asked_for_again_until_it_is(tmp_path: Path, read: Reading):
    desk = await read(f"file://{tmp_path}/clip.mp4")
    await desk.until(lambda: "source-lost" in desk.events)
    write_clip(tmp_path / "new.mp4", EVEN[:50]).rename(tmp_path / "clip.mp4")
    await desk.until(lambda: desk.segments)
    assert_exact(desk, stretches(desk)[0])


async def test_damaged_bytes_of_a_file_cost_picture_and_never_a_wrong_time(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.ts", EVEN)
    data = bytearray(clip.read_bytes())
    for at in range(188 * 60, len(data) - 400, 188 * 90):
        data[at : at + 400] = bytes(400)
    clip.write_bytes(data)
    desk = await read_with_cues(read, clip)
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_cards_on_their_frames(desk, desk.segments)
    dated = [(segment.capture_ms, key_frame(desk, segment)) for segment in stretches(desk)[0]]
    legible = [at_ms - number * FRAME_MS for at_ms, number in dated if number is not None]
    assert legible
    assert max(legible) - min(legible) <= 1
    assert "corrupt" in desk.events


async def test_sound_alone_is_told_and_not_packaged(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.mp4", EVEN[:50], sound=True)
    song = tmp_path / "song.ts"
    with av.open(str(clip)) as source, av.open(str(song), "w") as output:
        audio = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = audio
                output.mux(packet)
    desk = await read(f"file://{song}")
    await desk.until(lambda: "no-picture" in desk.events)
    assert not desk.segments


async def test_a_transport_stream_comes_by_udp_and_again_after_it_vanished(
    tmp_path: Path, read: Reading, send: Sending
):
    port = free_port()
    clip = write_clip(tmp_path / "clip.mp4", [number * 40.0 for number in range(150)])
    desk = await read(f"udp://127.0.0.1:{port}")
    await desk.until(lambda: "connecting" in desk.events)
    sender = send(clip, f"udp://127.0.0.1:{port}?pkt_size=1316", "mpegts")
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    first = desk.segments[0]
    number = key_frame(desk, first)
    assert number is not None
    late_ms = first.capture_ms - sender.began_s * 1000 - number * FRAME_MS
    assert abs(late_ms) <= first.error_ms + 3 * FRAME_MS
    recorded = len(desk.segments)
    await desk.until(lambda: "no-input" in desk.events)
    send(clip, f"udp://127.0.0.1:{port}?pkt_size=1316", "mpegts")
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    assert "input-back" in desk.events
    assert_never_twice(desk)


async def test_a_source_comes_by_rtmp(tmp_path: Path, read: Reading, send: Sending):
    port = free_port()
    clip = write_clip(tmp_path / "clip.mp4", [number * 40.0 for number in range(150)], sound=True)
    desk = await read(f"rtmp://127.0.0.1:{port}/live/key?listen=1")
    sender = send(clip, f"rtmp://127.0.0.1:{port}/live/key", "flv")
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, stretches(desk)[0])
    first = desk.segments[0]
    number = key_frame(desk, first)
    assert number is not None
    late_ms = first.capture_ms - sender.began_s * 1000 - number * FRAME_MS
    assert -FRAME_MS <= late_ms <= first.error_ms + 10 * FRAME_MS
    await desk.until(lambda: "source-lost" in desk.events)
    assert_never_twice(desk)


async def test_a_source_is_fetched_as_hls(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.mp4", EVEN, sound=True)
    site = tmp_path / "site"
    site.mkdir()
    options = {"hls_time": "1", "hls_list_size": "0", "hls_playlist_type": "vod"}
    with av.open(str(clip)) as source, av.open(str(site / "live.m3u8"), "w", format="hls", options=options) as output:
        targets = {stream.index: output.add_stream_from_template(stream, opaque=True) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = targets[packet.stream_index]
                output.mux(packet)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        desk = await read(f"http://127.0.0.1:{server.server_port}/live.m3u8")
        await desk.until(lambda: len(desk.segments) >= 2)
        server.shutdown()
    assert_exact(desk, stretches(desk)[0])
    assert_never_twice(desk)
