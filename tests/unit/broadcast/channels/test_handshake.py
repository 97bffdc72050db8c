import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from broadcast.channels.frames import encode
from broadcast.channels.handshake import MAX_HEADERS, Resume, Upgrade, origin_allowed, read_upgrade, resume_point

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TARGET = "/v1/shows/gala/feed?channel=youku"


def head(target: str = TARGET, *, start: str | None = None, without: str = "", more: str = "", **headers: str) -> bytes:
    fields = {
        "Host": "show.example",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name != without)
    return f"{start or f'GET {target} HTTP/1.1'}\r\n{lines}{more}\r\n".encode("latin-1")


def read(data: bytes) -> Upgrade:
    upgrade = read_upgrade(data)
    assert upgrade is not None
    return upgrade


def test_the_key_is_answered_as_the_rfc_shows() -> None:
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in read(head()).answer


@pytest.mark.parametrize("subprotocols", [None, ["cues.v1"], ["other", "cues.v1"], ["other"]])
def test_another_implementations_client_takes_the_answer(subprotocols: list[str] | None) -> None:
    client = ClientProtocol(parse_uri(f"ws://show.example{TARGET}"), subprotocols=subprotocols)
    client.send_request(client.connect())
    upgrade = read(b"".join(client.data_to_send()))
    client.receive_data(upgrade.answer)
    assert client.state is OPEN
    assert client.subprotocol == ("cues.v1" if subprotocols and "cues.v1" in subprotocols else None)


OFFERS = [
    ("permessage-deflate", True),
    ("permessage-deflate; client_max_window_bits", True),
    ("x-other, permessage-deflate;client_no_context_takeover; server_no_context_takeover", True),
    ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
    ('permessage-deflate; client_max_window_bits="12"', True),
    ("permessage-deflate; server_max_window_bits=10", False),
    ("permessage-deflate; client_max_window_bits=99", False),
    ("permessage-deflate; something_new", False),
    ("x-webkit-deflate-frame", False),
]


@pytest.mark.parametrize(("offer", "agreed"), OFFERS)
def test_compression_is_agreed_to_where_every_message_may_stand_alone(offer: str, *, agreed: bool) -> None:
    upgrade = read(head(Sec_WebSocket_Extensions=offer))
    assert upgrade.deflate is agreed
    assert (b"\r\nSec-WebSocket-Extensions: permessage-deflate; " in upgrade.answer) is agreed


def test_who_offers_no_compression_and_who_may_not_have_it_get_none() -> None:
    assert not read(head()).deflate
    upgrade = read_upgrade(head(Sec_WebSocket_Extensions="permessage-deflate"), allow_deflate=False)
    assert upgrade is not None
    assert not upgrade.deflate
    assert b"Extensions" not in upgrade.answer


def test_another_implementations_client_agrees_and_reads_what_was_compressed_once() -> None:
    client = ClientProtocol(
        parse_uri(f"ws://show.example{TARGET}"),
        extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
    )
    client.send_request(client.connect())
    upgrade = read(b"".join(client.data_to_send()))
    client.receive_data(upgrade.answer)
    assert client.state is OPEN
    text = b'{"look":"' + b"coat " * 200 + b'"}'
    client.receive_data(encode(1, "e1", text).deflated * 2)
    *_, first, second = client.events_received()
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert first.data == second.data == text


def test_a_request_says_show_channel_origin_and_host() -> None:
    request = read(head(Origin="https://v.youku.com")).request
    assert (request.show, request.channel) == ("gala", "youku")
    assert (request.origin, request.host, request.resume) == ("https://v.youku.com", "show.example", None)


def test_a_request_says_where_it_stopped() -> None:
    assert read(head(TARGET + "&epoch=e1&after=41")).request.resume == Resume("e1", 41)


def test_what_is_percent_encoded_is_decoded() -> None:
    request = read(head("/v1/shows/%67ala/feed?channel=beijing%2Dtv&epoch=e%3A1&after=1")).request
    assert (request.show, request.channel, request.resume) == ("gala", "beijing-tv", Resume("e:1", 1))


@pytest.mark.parametrize(
    "data",
    [
        head(Upgrade="WebSocket", Connection="keep-alive, Upgrade"),
        head(Connection="UPGRADE"),
        head(without="Upgrade", more="UPGRADE: h2c, websocket\r\n"),
        head(without="Connection", more="Connection: keep-alive\r\nconnection: upgrade\r\n"),
        head(without="Host", more="hOsT:show.example\r\n"),
        head(more="X-Empty:\r\nX-Spaces:   a b  \r\n"),
        head(more="Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"),
    ],
    ids=range(7),
)
def test_every_way_to_write_an_upgrade_is_one(data: bytes) -> None:
    assert read(data).request.host == "show.example"


@pytest.mark.parametrize(
    "data",
    [
        head(without="Host"),
        head(without="Upgrade"),
        head(without="Connection"),
        head(without="Sec-WebSocket-Key"),
        head(without="Sec-WebSocket-Version"),
        head(Host=""),
        head(Upgrade="websockets"),
        head(Upgrade="h2c"),
        head(Connection="close"),
        head(Sec_WebSocket_Version="8"),
        head(Sec_WebSocket_Version="13, 8"),
        head(Sec_WebSocket_Key="c2hvcnQ="),
        head(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"),
        head(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZSE="),
        head(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZ\xe9=="),
        head(more=f"Sec-WebSocket-Key: {KEY}\r\n"),
        head(more="Host: other.example\r\n"),
        head(more="Origin: https://a\r\nOrigin: https://b\r\n"),
        head(more="no colon\r\n"),
        head(more=": no name\r\n"),
        head(more="Name : a space before the colon\r\n"),
        head(more="X: folded\r\n over two lines\r\n"),
        head(more="X: bare\nline feed\r\n"),
        head(more="".join(f"X-{number}: y\r\n" for number in range(MAX_HEADERS))),
        head(start=f"POST {TARGET} HTTP/1.1"),
        head(start=f"GET {TARGET} HTTP/1.0"),
        head(start=f"GET {TARGET} HTTP/2"),
        head(start=f"GET {TARGET}"),
        head(start=f"GET  {TARGET} HTTP/1.1"),
        head("/v1/shows/gala/feeds?channel=youku"),
        head("/v1/shows/gala/feed/more"),
        head("/v1/shows//feed"),
        head("/v1/orders"),
        head("/v1/shows/gal\xe4/feed"),
        head("/v1/shows/[/feed//[?x"),
        b"\r\n\r\n",
    ],
    ids=range(36),
)
def test_what_is_no_well_formed_upgrade_is_left_to_the_http_server(data: bytes) -> None:
    assert read_upgrade(data) is None


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(noise: bytes) -> None:
    read_upgrade(b"GET /v1/shows/" + noise + b"\r\n\r\n")
    read_upgrade(head(more="")[:-2] + noise + b"\r\n\r\n")


@given(st.text(), st.text())
def test_a_resume_point_is_an_epoch_and_a_plain_number_or_none(epoch: str, after: str) -> None:
    point = resume_point(epoch, after)
    if point is not None:
        assert (point.epoch, str(point.after)) == (epoch, after.lstrip("0") or "0")
    assert resume_point(epoch, None) is resume_point(None, after) is None


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://v.youku.com", True),
        ("http://show.example", True),
        ("https://show.example", True),
        ("https://show.example.copycat.example", False),
        ("https://copycat.example", False),
        ("http://v.youku.com", False),
        ("https://v.youku.com:8443", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_our_own_pages_and_the_channels_may_use_the_feed(origin: str | None, *, allowed: bool) -> None:
    assert origin_allowed(origin, "show.example", ("https://v.youku.com",)) is allowed


def test_a_channel_may_let_every_page_in() -> None:
    assert origin_allowed("https://anybody.example", "show.example", ("*",))
