import io
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import av
import pytest
from camera import Camera, time_signal
from ingest_desk import FRAME_MS, Desk, assert_exact, frames, key_frame, number_in
from ports import free_port

from broadcast.clock import ProgrammeMs
from broadcast.ids import CueId
from broadcast.programme.adapters.thumbnails import thumbnail
from broadcast.programme.ingest_news import Splice
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import Mark


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def desk(tmp_path: Path, port: int) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path / "recording", f"tcp://127.0.0.1:{port}?listen=1")
    await desk.process.start()
    yield desk
    await desk.process.stop()


@pytest.fixture
def camera(port: int) -> Any:
    cameras: list[Camera] = []

    def start(**how: Any) -> Camera:
        cameras.append(Camera(port, **how).start())
        return cameras[-1]

    yield start
    for each in cameras:
        each.stop()


async def test_every_frame_of_a_live_source_is_dated_exactly(desk: Desk, camera: Callable[..., Camera]):
    sending = camera()
    await desk.until(lambda: len(desk.segments) >= 4)
    assert_exact(desk, desk.segments)
    first = desk.segments[0]
    _, number = frames(desk, first)[0]
    assert abs(first.capture_ms / 1000 - sending.captured_s[number]) < 0.25
    assert all(segment.duration_ticks <= 2 * segment.timescale for segment in desk.segments)
    assert "copying" in desk.events


async def test_what_is_not_known_of_a_date_is_less_than_a_frame_and_said(desk: Desk, camera: Callable[..., Camera]):
    sending = camera(with_sound=False)
    await desk.until(lambda: len(desk.segments) >= 4)
    for segment in desk.segments:
        _, number = frames(desk, segment)[0]
        late_ms = segment.capture_ms - sending.captured_s[number] * 1000
        assert segment.error_ms <= FRAME_MS
        # the camera is a process on a busy machine: it shoots, encodes and sends within a frame of its own time
        assert abs(late_ms) <= segment.error_ms + FRAME_MS


async def test_the_transport_stream_shows_the_same_frames(desk: Desk, camera: Callable[..., Camera]):
    camera()
    await desk.until(lambda: len(desk.segments) >= 2)
    for segment in desk.segments:
        assert [number for _, number in frames(desk, segment)] == [number for _, number in frames(desk, segment, "ts")]


async def test_b_frames_are_dated_by_when_they_are_shown(desk: Desk, camera: Callable[..., Camera]):
    camera(b_frames=2)
    await desk.until(lambda: len(desk.segments) >= 3)
    assert_exact(desk, desk.segments)


async def test_a_picture_that_cannot_be_cut_is_encoded_and_still_dated_exactly(
    desk: Desk, camera: Callable[..., Camera]
):
    camera(group=500)
    await desk.until(lambda: "encoding" in desk.events)
    # the camera's second group begins after twenty seconds
    await desk.until(lambda: len(desk.segments) >= 2)
    assert_exact(desk, desk.segments)
    assert all(segment.duration_ticks <= 2 * segment.timescale for segment in desk.segments)


async def test_timestamps_that_run_out_of_bits_go_on(desk: Desk, camera: Callable[..., Camera]):
    camera(first=(1 << 33) - 4 * 90_000)
    await desk.until(lambda: len(desk.segments) >= 4)
    assert_exact(desk, desk.segments)
    assert not any(segment.discontinuity for segment in desk.segments)


async def test_a_jump_of_the_sources_time_is_a_discontinuity_and_dates_go_on(desk: Desk, camera: Callable[..., Camera]):
    sending = camera(jump_at=130)
    await desk.until(lambda: any(segment.discontinuity for segment in desk.segments))
    assert "discontinuity" in desk.events
    after = next(segment for segment in desk.segments if segment.discontinuity)
    _, number = frames(desk, after)[0]
    assert abs(after.capture_ms / 1000 - sending.captured_s[number]) < 0.35


async def test_a_source_that_vanishes_and_returns_goes_on_without_stepping_back(
    desk: Desk, camera: Callable[..., Camera]
):
    first = camera(with_sound=False)
    await desk.until(lambda: len(desk.segments) >= 2)
    first.stop()
    await desk.until(lambda: "source-lost" in desk.events)
    recorded = len(desk.segments)
    second = camera()
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    returned = desk.segments[recorded]
    assert returned.discontinuity
    assert returned.capture_ms >= desk.segments[recorded - 1].end_ms
    _, number = frames(desk, returned)[0]
    assert abs(returned.capture_ms / 1000 - second.captured_s[number]) < 0.35
    assert (desk.segments[0].has_audio, returned.has_audio) == (False, True)


async def test_a_dead_reading_process_is_replaced_and_the_recording_goes_on(desk: Desk, camera: Callable[..., Camera]):
    first = camera()
    await desk.until(lambda: len(desk.segments) >= 2)
    os.kill(desk.process.pid or 0, signal.SIGKILL)
    first.stop()
    await desk.until(lambda: "ingest-died" in desk.events)
    recorded = len(desk.segments)
    camera()
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    dates = [segment.capture_ms for segment in desk.segments]
    assert dates == sorted(dates)
    assert desk.segments[recorded].discontinuity
    assert desk.process.restarts == 1


async def test_damaged_bytes_cost_picture_and_never_a_wrong_time(desk: Desk, camera: Callable[..., Camera]):
    sent = 0

    def damage(data: bytes) -> bytes:
        nonlocal sent
        sent += 1
        if sent % 40:
            return data
        return data[:200] + bytes(len(data) - 200) if len(data) > 200 else data

    sending = camera(change=damage)
    await desk.until(lambda: len(desk.segments) >= 4)
    keys = [(segment, key_frame(desk, segment)) for segment in desk.segments]
    legible = [(segment, number) for segment, number in keys if number is not None]
    assert legible
    for segment, number in legible:
        assert abs(segment.capture_ms / 1000 - sending.captured_s[number]) < 0.35


async def test_a_cue_is_in_the_segment_that_holds_its_frame(desk: Desk, camera: Callable[..., Camera]):
    camera()
    await desk.until(lambda: len(desk.segments) >= 2)
    at = ProgrammeMs(desk.segments[-1].end_ms + 3000)
    mark = Mark(id=CueId("cue-1"), at_ms=at, seq=5, action="take", look="look-1", replaces=(), data=b'{"id":"cue-1"}')
    desk.marks.append(mark)
    desk.process.mark(mark)
    await desk.until(lambda: desk.segments[-1].end_ms > at)
    holding = desk.files.recording.holding(at)
    assert holding is not None
    media = (desk.folder / holding.uri).read_bytes()
    assert media[4:8] == b"emsg"
    assert int.from_bytes(media[16:24]) == holding.correlation.pts_at(at)
    assert b"cue-1" in media[: int.from_bytes(media[:4])]
    before = desk.segments[holding.sequence - 1]
    assert (desk.folder / before.uri).read_bytes()[4:8] != b"emsg"
    with av.open(str(desk.folder / str(holding.ts_uri))) as container:
        data = [stream for stream in container.streams if stream.type == "data"]
        tags = [bytes(packet) for packet in container.demux(data) if packet.size]
    assert any(tag.startswith(b"ID3") and b"cue-1" in tag for tag in tags)


async def test_a_splice_message_is_dated_by_the_frame_it_is_about(desk: Desk, camera: Callable[..., Camera]):
    sending = camera(first=126_000)
    await desk.until(lambda: len(desk.segments) >= 2)
    number = max(sending.captured_s) + 100
    sending.splice(time_signal(126_000 + number * 3600))
    await desk.until(lambda: any(isinstance(news, Splice) for news in desk.news))
    await desk.until(lambda: sending.captured_s.get(number))
    told = next(news for news in desk.news if isinstance(news, Splice))
    assert told.command == "time_signal"
    assert abs(told.at_ms / 1000 - sending.captured_s[number]) < 0.35


def number_of(desk: Desk, segments: Sequence[LiveSegment], seconds: float) -> int | None:
    """Return the number burned into the picture of a take at an instant on the segments' time line."""
    webp = thumbnail(desk.folder / segments[0].init_uri, [desk.folder / each.uri for each in segments], seconds)
    assert webp[:4] == b"RIFF"
    with av.open(io.BytesIO(webp)) as container:
        return number_in(next(container.decode(video=0)))


async def test_the_picture_of_a_take_is_the_first_frame_its_card_is_on(desk: Desk, camera: Callable[..., Camera]):
    camera()
    await desk.until(lambda: len(desk.segments) >= 3)
    segment, after = desk.segments[1:3]
    before, (at, number) = frames(desk, segment)[6:8]
    assert number_of(desk, [segment], at) == number
    assert number_of(desk, [segment], at + 0.0005) == number  # dates are whole milliseconds
    assert number_of(desk, [segment], (before[0] + at) / 2) == number
    last, following = frames(desk, segment)[-1], frames(desk, after)[0]
    assert desk.files.recording.following(segment) == after
    assert number_of(desk, [segment, after], last[0] + 0.02) == following[1]
    assert number_of(desk, [segment], last[0] + 0.02) == last[1]  # the source ended there
