import pytest

from broadcast.programme.addresses import MAX_ADDRESS_CHARS, parse_address
from broadcast.programme.errors import ProgrammeError


@pytest.mark.parametrize(
    ("written", "transport", "listen"),
    [
        ("tcp://10.0.0.1:9000", "tcp", False),
        ("tcp://0.0.0.0:9000?listen=1", "tcp", True),
        ("udp://:5000", "udp", True),
        ("udp://@239.0.0.1:5000", "udp", True),
        ("rtmp://origin/live/key", "rtmp", False),
        ("rtmp://0.0.0.0:1935/live/key?listen=1", "rtmp", True),
        ("https://cdn.example/live.m3u8?token=1", "hls", False),
        ("srt://host:7000?mode=caller", "srt", False),
        ("file:///films/show.mp4", "file", False),
    ],
)
def test_a_source_is_gone_to_or_waited_for_as_its_address_says(written: str, transport: str, listen: object):
    address = parse_address(written)
    assert (address.transport, address.listen) == (transport, listen)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "show.mp4",
        "ftp://host/film",
        "concat:one|two",
        "data:video/mp4,xx",
        "pipe:0",
        "tcp://host",
        "tcp://:0?listen=1",
        "tcp://host:70000",
        "tcp://host:9000?listen=2",
        "tcp://host:9000?timeout=5",
        "http://host/live.m3u8?listen=1",
        "https:///live.m3u8",
        "file://other/films/show.mp4",
        "file:films/show.mp4",
        "tcp://ho st:9000",
        "tcp://host:9000\n",
        "tcp://[::1:9000",
        "rtmp://" + "h" * MAX_ADDRESS_CHARS,
    ],
)
def test_an_address_that_is_not_on_the_list_is_refused(written: str):
    with pytest.raises(ProgrammeError) as refused:
        parse_address(written)
    assert refused.value.reason == "bad-address"


def test_what_is_ours_in_an_address_is_not_passed_on():
    assert parse_address("rtmp://host/live/key?listen=1&name=value").url == "rtmp://host/live/key?name=value"


def test_a_stream_key_stays_out_of_what_is_shown():
    assert parse_address("rtmp://user:secret@host:1935/live/secret-key?token=secret").shown == "rtmp://host:1935"
    assert parse_address("tcp://[::1]:9000").shown == "tcp://[::1]:9000"
