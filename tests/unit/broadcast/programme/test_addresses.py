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
        ("udp://10.0.0.1:5000?listen=1", "udp", True),
        ("udp://@[ff15::1]:5000?source=2001:db8::7&interface=eth0", "udp", True),
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
    ("written", "why"),
    [
        ("", "has 1 to"),
        ("show.mp4", "begins with none of file://, http://"),
        ("ftp://host/film", "begins with none of"),
        ("concat:one|two", "begins with none of"),
        ("data:video/mp4,xx", "begins with none of"),
        ("pipe:0", "begins with none of"),
        ("tcp://host", "names no port"),
        ("tcp://:0?listen=1", "names no port"),
        ("tcp://host:70000", "cannot be read"),
        ("tcp://host:9000?listen=2", "listen is 0 or 1"),
        ("tcp://host:9000?listen=1&listen=1", "listen is given more than once"),
        ("tcp://host:9000?timeout=5", "takes no parameter but listen"),
        ("tcp://host:9000/live", "takes no path"),
        ("http://host/live.m3u8?listen=1", "it cannot listen"),
        ("https:///live.m3u8", "names no host"),
        ("file://other/films/show.mp4", "file:///absolute/path"),
        ("file:films/show.mp4", "file:///absolute/path"),
        ("tcp://ho st:9000", "none of them blank"),
        ("tcp://host:9000\n", "none of them blank"),
        ("tcp://[::1:9000", "cannot be read"),
        ("rtmp://" + "h" * MAX_ADDRESS_CHARS, "has 1 to"),
        ("rtmp://host", "needs an application and a stream"),
        ("udp://host:5000?listen=0", "always waited for"),
        ("udp://10.0.0.7@239.0.0.1:5000", "written ?source="),
        ("udp://@239.0.0.1:5000?source=camera", "source is the address of a sender"),
        ("udp://@239.0.0.1:5000?source=", "source is the address of a sender"),
        ("udp://@239.0.0.1:5000?source=239.0.0.2", "source is the address of one sender"),
        ("udp://:5000?source=0.0.0.0", "source is the address of one sender"),
        ("udp://@239.0.0.1:5000?source=2001:db8::7", "not of one kind"),
        ("udp://[::]:5000?source=10.0.0.1", "not of one kind"),
        ("udp://10.0.0.1:5000?interface=10.0.0.1", "the host is none"),
        ("udp://@239.0.0.1:5000?interface=eth0", "this machine's address there"),
        ("udp://@[ff15::1]:5000?interface=", "interface is a name"),
        ("udp://@239.0.0.1:5000?ttl=4", "takes no parameter but interface, listen, source"),
        ("srt://host", "names no port"),
    ],
)
def test_an_address_that_is_not_on_the_list_is_refused_with_the_reason(written: str, why: str):
    with pytest.raises(ProgrammeError) as refused:
        parse_address(written)
    assert refused.value.reason == "bad-address"
    assert why in refused.value.detail


def test_a_group_its_one_sender_and_where_it_is_joined_are_read():
    address = parse_address("udp://@232.1.2.3:5000?source=10.0.0.7&interface=10.0.0.1")
    assert (address.host, address.is_group, address.sender, address.interface) == (
        "232.1.2.3", True, "10.0.0.7", "10.0.0.1",
    )  # fmt: skip
    alone = parse_address("udp://10.0.0.1:5000?source=10.0.0.7")
    assert (alone.is_group, alone.sender, alone.interface) == (False, "10.0.0.7", "")


def test_what_is_ours_in_an_address_is_not_passed_on():
    assert parse_address("rtmp://host/live/key?listen=1&name=value").url == "rtmp://host/live/key?name=value"


def test_a_stream_key_stays_out_of_what_is_shown():
    assert parse_address("rtmp://user:secret@host:1935/live/secret-key?token=secret").shown == "rtmp://host:1935"
    assert parse_address("tcp://[::1]:9000").shown == "tcp://[::1]:9000"
