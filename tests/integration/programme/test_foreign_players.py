"""What any player, and any other reader of HLS, finds in what we package."""

import io
import re
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import av
import pytest
from clips import write_clip
from ingest_desk import FRAME_MS, Desk, frames, stretches

from broadcast.programme.live_playlist import LIVE_TARGET_S, Flavour, live_master, media_playlist
from broadcast.programme.live_segments import LiveSegment

SHOWN_MS = [number * 40.0 for number in range(60)]
SOUND_FRAME_S = 1024 / 48_000
FLAVOURS: tuple[Flavour, ...] = ("fmp4", "ts")

Reading = Callable[[str], Awaitable[Desk]]


async def gone_round(desk: Desk) -> None:
    """Wait until a file was read to its end."""
    await desk.until(lambda: desk.events.count("connected") > 1)


async def test_a_foreign_reader_finds_what_the_playlists_tell(tmp_path: Path, read: Reading):
    clip = write_clip(tmp_path / "clip.mp4", SHOWN_MS, b_frames=2, sound=True)
    desk = await read(f"file://{clip}")
    await gone_round(desk)
    listed = stretches(desk)[0]
    peak = max(segment.bits_per_second for segment in listed)
    for flavour in FLAVOURS:
        media = media_playlist(listed, 0, flavour=flavour, ending="over")
        (desk.folder / "media.m3u8").write_text(media)
        (desk.folder / "master.m3u8").write_text(live_master(listed[-1], peak, "media.m3u8", flavour))
        lengths_s = [float(length) for length in re.findall(r"#EXTINF:([0-9.]+)", media)]
        with av.open(str(desk.folder / "master.m3u8")) as found:
            [video], [audio] = found.streams.video, found.streams.audio
            assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
            assert (video.width, video.height) == (listed[0].width, listed[0].height)
            times = [float(frame.time or 0) for frame in found.decode(video=0)]
        assert [round((at_s - times[0]) * 1000) for at_s in times] == SHOWN_MS
        assert sum(lengths_s) == pytest.approx(60 * FRAME_MS / 1000, abs=1e-6)
        assert max(lengths_s) <= LIVE_TARGET_S


def heard(desk: Desk, segment: LiveSegment, flavour: Flavour) -> list[tuple[float, float]]:
    """Return when each frame of a segment's sound begins and ends, in seconds on the segment's own time line."""
    stored = (desk.folder / segment.init_uri).read_bytes() + (desk.folder / segment.uri).read_bytes()
    if flavour == "ts":
        stored = (desk.folder / str(segment.ts_uri)).read_bytes()
    with av.open(io.BytesIO(stored)) as container:
        times = [float(packet.pts * packet.time_base) for packet in container.demux(audio=0) if packet.pts is not None]
    return [(at_s, at_s + SOUND_FRAME_S) for at_s in times]


@pytest.mark.parametrize("sound_until_ms", [2_360, 1_200], ids=["a frame early", "a second early"])
async def test_sound_that_ends_before_the_picture_goes_on_as_silence_to_the_last_frame(
    tmp_path: Path, read: Reading, sound_until_ms: float
):
    clip = write_clip(tmp_path / "clip.mp4", SHOWN_MS, sound=True, sound_until_ms=sound_until_ms)
    desk = await read(f"file://{clip}")
    await gone_round(desk)
    stretch = stretches(desk)[0]
    for flavour in FLAVOURS:
        sound = [frame for segment in stretch for frame in heard(desk, segment, flavour)]
        assert all(after - end < SOUND_FRAME_S / 2 for (_, end), (after, _) in pairwise(sound))
        assert sound[-1][1] >= frames(desk, stretch[-1], flavour)[-1][0] + FRAME_MS / 1000
