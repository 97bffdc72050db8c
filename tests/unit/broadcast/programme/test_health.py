from broadcast.clock import ProgrammeMs
from broadcast.programme.health import BLACK_SAMPLES, FROZEN_SAMPLES, SILENT_SAMPLES, HealthJudge
from broadcast.programme.ingest_news import PictureSample


def a_sample(
    luma: float = 100, change: float | None = 9, loudness_db: float | None = -20, bits_per_second: int = 3_000_000
) -> PictureSample:
    return PictureSample(
        at_ms=ProgrammeMs(0),
        luma=luma,
        contrast=luma / 2,
        change=change,
        loudness_db=loudness_db,
        bits_per_second=bits_per_second,
    )


def test_a_picture_that_is_fit_to_be_seen_is_not_spoken_of():
    judge = HealthJudge()
    assert [judge.judge(a_sample()) for _ in range(20)] == [[]] * 20
    assert judge.findings == ()


def test_black_is_told_once_and_so_is_its_end():
    judge = HealthJudge()
    told = [name for _ in range(BLACK_SAMPLES + 5) for name in judge.judge(a_sample(luma=16))]
    assert told == ["black"]
    assert judge.findings == ("black",)
    assert judge.judge(a_sample()) == ["bright"]
    assert judge.findings == ()


def test_one_still_sample_is_not_frozen():
    judge = HealthJudge()
    assert [judge.judge(a_sample(change=0.0)) for _ in range(FROZEN_SAMPLES - 1)] == [[]] * (FROZEN_SAMPLES - 1)
    assert judge.judge(a_sample()) == []
    assert [name for _ in range(FROZEN_SAMPLES) for name in judge.judge(a_sample(change=0.0))] == ["frozen"]


def test_a_programme_without_sound_is_not_silent():
    judge = HealthJudge()
    assert [judge.judge(a_sample(loudness_db=None)) for _ in range(SILENT_SAMPLES + 3)] == [[]] * (SILENT_SAMPLES + 3)
    assert [name for _ in range(SILENT_SAMPLES) for name in judge.judge(a_sample(loudness_db=-90))] == ["silent"]


def test_a_picture_of_almost_no_bits_is_told_of():
    judge = HealthJudge()
    assert [name for _ in range(4) for name in judge.judge(a_sample(bits_per_second=9_000))] == ["low-bitrate"]


def test_no_input_lasts_until_it_is_back():
    judge = HealthJudge()
    judge.heard("no-input")
    assert judge.findings == ("no-input",)
    judge.heard("input-back")
    assert judge.findings == ()
