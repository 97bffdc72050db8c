from broadcast.clock import ProgrammeMs, WallMs, captured_at


def test_a_frame_captured_now_has_this_instant_as_its_programme_time() -> None:
    assert captured_at(WallMs(1_509_451_200_000)) == ProgrammeMs(1_509_451_200_000)
