import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.channels.whole_request import MAX_WHOLE_BYTES, http_answer, whole_request

HEAD = (
    b"POST /v1/orders HTTP/1.1\r\nHost: show.example\r\nAuthorization: Bearer a.b.c\r\nIdempotency-Key: \tone tap \r\n"
    b"Connection: Keep-Alive\r\nContent-Length: 2\r\n\r\n"
)
PLAIN = HEAD + b"{}"


def test_a_plain_order_is_read_as_it_came() -> None:
    request = whole_request(PLAIN)
    assert request is not None
    assert request.line == b"POST /v1/orders HTTP/1.1"
    assert request.body == b"{}"
    assert request.headers[b"authorization"] == b"Bearer a.b.c"
    assert request.headers[b"idempotency-key"] == b"one tap"


def test_a_request_without_a_body_is_whole_at_the_end_of_its_head() -> None:
    request = whole_request(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert request is not None
    assert (request.line, request.body) == (b"GET /readyz HTTP/1.1", b"")


@pytest.mark.parametrize(
    "unusual",
    [
        PLAIN[:-1],
        PLAIN + b"G",
        PLAIN[: len(HEAD) - 1],
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"Host: show.example\r\n", b""),
        PLAIN.replace(b"show.example", b""),
        PLAIN.replace(b"Host:", b"Host :"),
        PLAIN.replace(b"Host:", b" Host:"),
        PLAIN.replace(b"Host: show.example", b"Host: show.example\r\n folded"),
        PLAIN.replace(b"Host: show.example", b"Host: show.example\r\nHost: other.example"),
        PLAIN.replace(b"Host: show.example", b"Host: show.example\nX: 1"),
        PLAIN.replace(b"Host: show.example", b"Host: show.example\rX: 1"),
        PLAIN.replace(b"show.example", b"show\x00example"),
        PLAIN.replace(b"show.example", "展.example".encode()),
        PLAIN.replace(b"Keep-Alive", b"close"),
        PLAIN.replace(b"Keep-Alive", b"keep-alive, Upgrade"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: +2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 0x2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2, 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nTransfer-Encoding: chunked"),
        PLAIN.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nExpect: 100-continue"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Encoding: gzip"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nUpgrade: websocket"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\n: nameless"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nno colon"),
        HEAD.replace(b"Content-Length: 2", b"Content-Length: %d" % MAX_WHOLE_BYTES) + bytes(MAX_WHOLE_BYTES),
        PLAIN + PLAIN,
        b"",
    ],
)
def test_whatever_is_unusual_is_left_to_the_http_server(unusual: bytes) -> None:
    assert whole_request(PLAIN) is not None
    assert whole_request(unusual) is None


@given(st.binary(max_size=400), st.integers(0, len(PLAIN)), st.integers(0, 40))
def test_no_bytes_are_taken_for_a_request_with_more_or_less_than_its_body(noise: bytes, at: int, cut: int) -> None:
    for data in (noise, PLAIN[:at] + noise + PLAIN[at + cut :]):
        request = whole_request(data)
        if request is not None:
            assert data.endswith(b"\r\n\r\n" + request.body)
            assert int(request.headers.get(b"content-length", b"0")) == len(request.body)
            assert b"transfer-encoding" not in data.lower()[: len(data) - len(request.body)]


def test_an_answer_says_how_long_it_is() -> None:
    answer = http_answer(b"201 Created", b"Location: /v1/orders/1\r\n", b"{}")
    assert answer == b"HTTP/1.1 201 Created\r\nLocation: /v1/orders/1\r\nContent-Length: 2\r\n\r\n{}"
