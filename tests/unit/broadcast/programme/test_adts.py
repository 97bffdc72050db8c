from broadcast.programme.adts import adts_configuration, adts_header_bytes, is_adts

LOW_COMPLEXITY_STEREO_48 = bytes.fromhex("fff14c80241ffcde02")


def test_the_header_says_profile_rate_and_channels():
    assert is_adts(LOW_COMPLEXITY_STEREO_48)
    assert adts_configuration(LOW_COMPLEXITY_STEREO_48).hex() == "1190"


def test_a_header_with_a_checksum_is_longer():
    assert adts_header_bytes(LOW_COMPLEXITY_STEREO_48) == 7
    assert adts_header_bytes(b"\xff\xf0" + LOW_COMPLEXITY_STEREO_48[2:]) == 9


def test_a_bare_frame_is_not_taken_for_one_with_a_header():
    assert not is_adts(bytes.fromhex("de02004c6176633632"))
    assert not is_adts(b"\xff\xf1")
