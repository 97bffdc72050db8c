"""Whatever a source does, no card is at a wrong time: every cue in the picture counts from its own frame."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera import Camera, cut_short, of_unknown_version, time_signal
from ingest_desk import (
    Desk,
    arm,
    assert_cards_on_their_frames,
    assert_never_twice,
    cards,
    key_frame,
    stretches,
)
from ports import free_port

from broadcast.programme.ingest_news import Splice

HALF_A_MINUTE_OF_CUES = range(500, 30_000, 700)
EIGHT_MINUTES_BACK = (1 << 33) // 90_000 - 500
"""In 33 bits: what goes on by almost all there are has gone back."""

LATE_MS = 350
"""How late a camera on a busy machine may be with its own frame."""

CameraMaker = Callable[..., Camera]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def desk(tmp_path: Path, port: int) -> Any:
    desk = Desk(tmp_path / "recording", f"tcp://127.0.0.1:{port}?listen=1")
    await desk.process.start()
    now_ms = time.time_ns() // 10**6
    arm(desk, [now_ms + ahead_ms for ahead_ms in HALF_A_MINUTE_OF_CUES])
    yield desk
    await desk.process.stop()


@pytest.fixture
def camera(port: int) -> Iterator[CameraMaker]:
    cameras: list[Camera] = []

    def start(**how: Any) -> Camera:
        cameras.append(Camera(port, **how).start())
        return cameras[-1]

    yield start
    for each in cameras:
        each.stop()


def damaging(every: int) -> Callable[[bytes], bytes]:
    sent = 0

    def damage(data: bytes) -> bytes:
        nonlocal sent
        sent += 1
        return data if sent % every or len(data) <= 400 else data[:188] + data[376:]

    return damage


def assert_dated_as_captured(desk: Desk, sending: Camera, *, first: int = 0) -> None:
    """The camera itself says when what is burned into the frames was captured."""
    for segment in desk.segments[first:]:
        number = key_frame(desk, segment)
        if number is not None:
            assert abs(segment.capture_ms - sending.due_ms(number)) <= LATE_MS


@pytest.mark.parametrize(
    ("how", "event", "breaks"),
    [
        pytest.param({"first": (1 << 33) - 4 * 90_000}, "copying", 0, id="timestamps that run out of bits"),
        pytest.param({"jump_at": 130}, "discontinuity", 1, id="time jumps ahead"),
        pytest.param({"jump_at": 130, "jump_s": EIGHT_MINUTES_BACK}, "discontinuity", 1, id="time jumps back"),
        pytest.param({"change": damaging(60)}, "corrupt", 0, id="packets are missing"),
        pytest.param({"with_sound": False, "b_frames": 2}, "no-sound", 0, id="B-frames without sound"),
    ],
)
async def test_a_card_comes_with_its_frame(
    desk: Desk, camera: CameraMaker, how: dict[str, Any], event: str, breaks: int
) -> None:
    sending = camera(**how)
    await desk.until(lambda: event in desk.events and len(stretches(desk)) > breaks)
    recorded = len(desk.segments)
    await desk.until(lambda: len(desk.segments) >= recorded + 3)
    segments = desk.segments[: recorded + 3]
    assert_cards_on_their_frames(desk, segments)
    assert_dated_as_captured(desk, sending)
    assert_never_twice(desk)
    assert ("discontinuity" in desk.events) is bool(breaks)


async def test_a_card_taken_while_the_source_was_away_is_there_from_its_first_frame_on(
    desk: Desk, camera: CameraMaker
) -> None:
    first = camera()
    await desk.until(lambda: len(desk.segments) >= 2)
    first.stop()
    await desk.until(lambda: "source-lost" in desk.events)
    recorded, gone = len(desk.segments), max(desk.segments[-1].end_ms, time.time_ns() // 10**6)
    missed = next(mark for mark in desk.marks if mark.at_ms >= gone)
    await asyncio.sleep((missed.at_ms - time.time_ns() // 10**6) / 1000)  # until its moment has passed
    second = camera()
    await desk.until(lambda: len(desk.segments) >= recorded + 2)
    assert_cards_on_their_frames(desk, desk.segments)
    assert_dated_as_captured(desk, second, first=recorded)
    back = desk.segments[recorded]
    newest = [mark for mark in desk.marks if mark.at_ms <= back.capture_ms][-1]
    assert newest.at_ms >= missed.at_ms >= gone
    assert cards(desk, back)[0] == (newest.id, back.start_ticks)


async def test_splice_messages_that_say_nothing_are_refused_and_told_of_and_move_no_card(
    desk: Desk, camera: CameraMaker
) -> None:
    sending = camera()
    await desk.until(lambda: len(desk.segments) >= 2)
    number = max(sending.captured_s) + 50
    good = time_signal(126_000 + number * 3600)
    for refused in (cut_short(good), of_unknown_version(good)):
        sending.splice(refused)
    sending.splice(good)
    await desk.until(lambda: any(isinstance(news, Splice) for news in desk.news))
    assert desk.events.count("scte35-refused") == 2
    (told,) = [news for news in desk.news if isinstance(news, Splice)]
    assert abs(told.at_ms - sending.due_ms(number)) <= LATE_MS
    assert_cards_on_their_frames(desk, desk.segments)
