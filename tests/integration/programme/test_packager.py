import io
import os
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clips import write_clip

from broadcast.programme import boxes
from broadcast.programme.adapters.packager import INDEX_NAME, Package, package
from broadcast.programme.errors import ProgrammeError

VideoMaker = Callable[..., Path]


def packaged(source: Path) -> Package:
    return package(source, source.parent / "cache", progress=lambda *_: None)


def whole(result: Package, *segments: int) -> io.BytesIO:
    """Return the initialization section and the segments (all, or the ones named) as one playable file."""
    assert result.index.init_uri is not None
    chosen = segments or range(len(result.index.segments))
    names = [result.index.init_uri, *(result.index.segments[place].uri for place in chosen)]
    return io.BytesIO(b"".join((result.folder / name).read_bytes() for name in names))


def shown(file: Path | io.BytesIO) -> list[Fraction]:
    """Return the time of every frame since the first, in the order they are shown."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file)) as container:
        times = [Fraction(frame.pts or 0) * frame.time_base for frame in container.decode(video=0)]
    return [time - times[0] for time in times]


def assert_exact(result: Package) -> None:
    """Every segment's bytes start on the tick the index says, with a key frame, and last as long as it says."""
    index = result.index
    assert index.init_uri is not None
    tracks = boxes.tracks((result.folder / index.init_uri).read_bytes())
    video = next(track for track in tracks.values() if track.handler == "vide")
    sound = [track for track in tracks.values() if track.handler == "soun"]
    assert video.timescale == index.timescale
    assert ",".join(track.codec for track in tracks.values()) == index.codecs
    heard_until = None
    for place, segment in enumerate(index.segments):
        media = (result.folder / segment.uri).read_bytes()
        assert len(media) == segment.size_bytes
        runs = boxes.runs(media)
        assert runs[video.id].decode_ticks == runs[video.id].first_ticks == segment.start_ticks
        assert runs[video.id].duration_ticks == segment.duration_ticks
        for track in sound:
            run = runs[track.id]
            # sound never starts before the picture, so that players anchor the segment on the picture
            assert run.decode_ticks * index.timescale >= segment.start_ticks * track.timescale
            assert heard_until in {None, run.decode_ticks}
            heard_until = run.decode_ticks + run.duration_ticks
        with av.open(whole(result, place)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
            assert packets[0].is_keyframe
            assert Fraction(packets[0].dts or 0) * packets[0].time_base == Fraction(
                segment.start_ticks, index.timescale
            )


def test_h264_with_close_key_frames_is_cut_without_touching_a_frame(make_video: VideoMaker):
    source = make_video(gop=20, b_frames=2)
    result = packaged(source)
    assert_exact(result)
    assert shown(whole(result)) == shown(source)
    with av.open(str(source)) as before, av.open(whole(result)) as after:
        sizes = [[packet.size for packet in file.demux(video=0) if packet.size] for file in (before, after)]
    assert sizes[0] == sizes[1]
    assert [segment.duration_ticks / result.index.timescale for segment in result.index.segments] == [1.6, 1.6, 1.6]


def test_key_frames_far_apart_are_encoded_into_short_segments(make_video: VideoMaker):
    source = make_video(frames=200, gop=250)
    result = packaged(source)
    assert_exact(result)
    assert shown(whole(result)) == shown(source)
    longest = max(segment.duration_ticks for segment in result.index.segments)
    assert longest == Fraction(192, 100) * result.index.timescale


def test_29_97_stays_exact_to_the_tick(make_video: VideoMaker):
    source = make_video(rate=Fraction(30_000, 1001), gop=30, frames=150)
    result = packaged(source)
    assert_exact(result)
    frame = Fraction(1001, 30_000)
    assert result.index.frame_ticks == frame * result.index.timescale
    assert shown(whole(result)) == [number * frame for number in range(150)]


@pytest.mark.parametrize(("gop", "name"), [(10, "steady.mkv"), (400, "steady.mkv"), (400, "steady.mp4")])
def test_frames_of_varying_length_keep_their_own_times(make_video: VideoMaker, gop: int, name: str):
    stamps = [0, 40, 90, 400, 410, 1000, 1080, 1900, 2000, 2700, 2740, 3500, 3620, 4000, 4100]
    source = make_video(name, stamps=stamps, gop=gop, sound=False)
    result = packaged(source)
    assert_exact(result)
    assert shown(whole(result)) == [Fraction(stamp, 1000) for stamp in stamps]
    assert result.index.frame_ticks is None


@pytest.mark.parametrize("name", ["source.ts", "source.mkv", "source.mov", "source.mp4"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_any_container_gives_the_same_programme(make_video: VideoMaker, name: str, b_frames: int):
    result = packaged(make_video(name, b_frames=b_frames))
    assert_exact(result)
    assert result.index.has_audio
    assert [round(time * 25) for time in shown(whole(result))] == list(range(120))
    with av.open(whole(result)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert abs(heard - 4.8 * 48_000) <= 2 * 1024


def test_another_codec_is_encoded(make_video: VideoMaker):
    result = packaged(make_video("source.mkv", codec="mpeg4", sound=False))
    assert_exact(result)
    assert result.index.codecs.startswith("avc1.")
    assert not result.index.has_audio
    assert len(shown(whole(result))) == 120


def test_a_turned_picture_is_turned_upright(make_video: VideoMaker, tmp_path: Path):
    source = make_video(sound=False)
    data = bytearray(source.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, 8.3.2
    quarter_turn = (0, 65_536, 0, -65_536, 0, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, signed=True) for value in quarter_turn)
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data)
    result = packaged(turned)
    assert_exact(result)
    assert (result.index.width, result.index.height) == (90, 160)
    with av.open(whole(result)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    red_corner = picture[10:40, 70:85].mean(axis=(0, 1))  # turned clockwise, top left goes to top right
    assert red_corner[0] > 180
    assert red_corner[1] < 90


def test_a_large_picture_is_scaled_to_720_lines(make_video: VideoMaker):
    result = packaged(make_video(size=(1920, 1080), frames=10, gop=250, codec="mpeg4", sound=False))
    assert (result.index.width, result.index.height) == (1280, 720)


def test_sound_that_ends_before_the_picture_goes_on_as_silence_to_the_last_frame(tmp_path: Path):
    shown_ms = [number * 40.0 for number in range(100)]
    result = packaged(write_clip(tmp_path / "clip.mp4", shown_ms, sound=True, sound_until_ms=1_700))
    assert_exact(result)
    with av.open(whole(result)) as container:
        heard = [packet.pts * packet.time_base for packet in container.demux(audio=0) if packet.pts is not None]
    frame = Fraction(1024, 48_000)
    assert all(after - before < frame * 3 / 2 for before, after in pairwise(heard))
    assert heard[-1] + frame >= Fraction(result.index.total_ticks, result.index.timescale)


def test_only_sound_is_no_programme(tmp_path: Path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        audio = container.add_stream("aac", rate=48_000)
        for start in range(0, 48_000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    with pytest.raises(ProgrammeError) as refused:
        packaged(path)
    assert refused.value.reason == "no-picture"


@pytest.mark.parametrize("content", [b"", b"hello, this is no video\n" * 100, bytes(range(256)) * 400])
def test_what_is_no_video_is_refused_and_leaves_nothing_behind(tmp_path: Path, content: bytes):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(ProgrammeError) as refused:
        packaged(path)
    assert refused.value.reason in {"unreadable", "no-picture"}
    assert "film.mp4" in refused.value.detail
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(ProgrammeError) as refused:
        packaged(tmp_path / "nowhere.mp4")
    assert refused.value.reason == "not-found"


def test_a_file_that_lost_its_end_is_refused_where_its_index_was_there(make_video: VideoMaker):
    source = make_video()
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])  # MP4 keeps its index at the end
    with pytest.raises(ProgrammeError) as refused:
        packaged(source)
    assert refused.value.reason == "unreadable"


def test_a_transport_stream_that_lost_its_end_plays_up_to_there(make_video: VideoMaker):
    source = make_video("source.ts")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    result = packaged(source)
    assert_exact(result)
    assert 1 < result.index.total_ticks / result.index.timescale < 4


def test_damaged_bytes_cost_their_own_frames_only(make_video: VideoMaker):
    source = make_video("source.ts", codec="mpeg2video", sound=False, frames=200)
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 800] = os.urandom(800)
    source.write_bytes(data)
    result = packaged(source)
    assert_exact(result)
    times = shown(whole(result))
    assert 150 < len(times) <= 200
    assert round(times[-1] * 25) in range(195, 200)


def test_time_that_jumps_is_refused(make_video: VideoMaker):
    stamps = [*range(0, 2000, 40), *range(3_600_000, 3_602_000, 40)]
    with pytest.raises(ProgrammeError) as refused:
        packaged(make_video("source.mkv", stamps=stamps, gop=400, sound=False))
    assert refused.value.reason == "broken-timestamps"


def test_a_programme_is_cut_once_and_then_found(make_video: VideoMaker):
    source = make_video()
    first = packaged(source)
    made = (first.folder / INDEX_NAME).stat().st_mtime_ns
    told: list[tuple[int, ...]] = []
    again = package(source, source.parent / "cache", progress=lambda *at: told.append(at))
    assert again == first
    assert told == []
    assert (first.folder / INDEX_NAME).stat().st_mtime_ns == made


@pytest.mark.parametrize("harm", ["segment missing", "segment short", "index cut off", "index missing"])
def test_a_half_made_programme_is_made_again(make_video: VideoMaker, harm: str):
    source = make_video()
    first = packaged(source)
    segment, index = first.folder / first.index.segments[1].uri, first.folder / INDEX_NAME
    if harm == "segment missing":
        segment.unlink()
    elif harm == "segment short":
        segment.write_bytes(segment.read_bytes()[:-1])
    elif harm == "index cut off":
        index.write_bytes(index.read_bytes()[:100])
    else:
        index.unlink()
    again = packaged(source)
    assert again == first
    assert_exact(again)


def test_another_film_under_the_same_name_is_another_programme(make_video: VideoMaker):
    first = packaged(make_video())
    second = packaged(make_video(frames=60))
    assert second.folder != first.folder
    assert second.index.total_ticks < first.index.total_ticks


def test_a_programme_that_failed_half_way_leaves_nothing_behind(make_video: VideoMaker):
    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    source = make_video()
    with pytest.raises(KeyboardInterrupt):
        package(source, source.parent / "cache", progress=stop)
    assert list((source.parent / "cache").iterdir()) == []


def test_progress_runs_to_the_end(make_video: VideoMaker):
    told: list[tuple[int, ...]] = []
    source = make_video()
    package(source, source.parent / "cache", progress=lambda *at: told.append(at))
    assert told[-1] == (4800, 4800)
    assert told == sorted(told)


def test_real_footage_lying_beside_the_repository_becomes_a_programme(tmp_path: Path):
    footage = Path(__file__).parents[3].parent / "shared" / "inputs" / "video" / "people-one-by-one.mp4"
    sources = [footage] if footage.is_file() else []
    for source in sources:
        result = package(source, tmp_path, progress=lambda *_: None)
        assert_exact(result)
        assert shown(whole(result)) == shown(source)
