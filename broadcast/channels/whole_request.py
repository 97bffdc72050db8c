"""An HTTP request that came in one piece, read by one look at its bytes, as a tap is (RFC 9112).

Nearly every order is one: a plain request line, plain headers, a body of known length, nothing before and nothing
after. Whatever is in any way unusual is not read here at all: it is the HTTP server's, which knows every rule.
"""

from typing import NamedTuple

MAX_WHOLE_BYTES = 24_576
"""The largest request looked at: a body of 16 KiB, with its head."""

_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\r\n")
_UNUSUAL = frozenset(
    {
        b"connection",
        b"content-encoding",
        b"expect",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers that change how a message is framed, read or answered; ``Connection: keep-alive`` alone changes nothing."""


class WholeRequest(NamedTuple):
    """One request.

    Attributes:
        line: method, target and version, as they came: ``POST /v1/orders HTTP/1.1``.
        headers: names in lower case; each came once.
        body: as long as ``Content-Length`` said; empty without one.
    """

    line: bytes
    headers: dict[bytes, bytes]
    body: bytes


def whole_request(data: bytes) -> WholeRequest | None:
    """Return the request where the bytes are exactly one plain HTTP/1.1 request, else None."""
    end = data.find(_END)
    if end < 0 or len(data) > MAX_WHOLE_BYTES:
        return None
    head = data[:end]
    if not _is_plain(head):
        return None
    line, *fields = head.split(_LINE_END)
    headers = _plain_headers(fields)
    if headers is None or not line.endswith(b" HTTP/1.1"):
        return None
    length = headers.get(b"content-length", b"0")
    body = data[end + len(_END) :]
    if not length.isdigit() or int(length) != len(body) or not headers.get(b"host"):
        return None
    return WholeRequest(line, headers, body)


def _plain_headers(fields: list[bytes]) -> dict[bytes, bytes] | None:
    """Return the headers by name, or None where any is unusual or comes twice."""
    headers: dict[bytes, bytes] = {}
    for field in fields:
        name, colon, value = field.partition(b":")
        name = name.lower()
        # letters and digits between hyphens: no blank before the colon, no folded line, no empty name
        if not colon or name in headers or not name.replace(b"-", b"").isalnum():
            return None
        value = value.strip(b" \t")
        if name in _UNUSUAL and (name, value.lower()) != (b"connection", b"keep-alive"):
            return None
        headers[name] = value
    return headers


def _is_plain(head: bytes) -> bool:
    """Whether a head is text with no control characters, and no line end but the right one."""
    ends = head.count(_LINE_END)
    return (
        head.isascii()
        and head.count(b"\r") == ends == head.count(b"\n")
        and len(head.translate(None, _CONTROLS)) == len(head)
    )


def http_answer(status: bytes, headers: bytes, body: bytes) -> bytes:
    """Return an HTTP/1.1 answer of known length (RFC 9112).

    Args:
        status: number and phrase.
        headers: whole lines, each with its end.
        body: what is answered.
    """
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)
