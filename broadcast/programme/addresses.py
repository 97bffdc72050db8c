"""Where a live picture comes from, as an address a person writes; anything not on the list is refused."""

import re
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec

from broadcast.programme.errors import ProgrammeError

MAX_ADDRESS_CHARS = 2_048

Transport = Literal["file", "hls", "rtmp", "tcp", "udp", "srt"]
"""How the picture is carried; ``tcp`` and ``udp`` carry an MPEG transport stream."""

SCHEMES: dict[str, Transport] = {
    "file": "file",
    "http": "hls",
    "https": "hls",
    "rtmp": "rtmp",
    "rtmps": "rtmp",
    "tcp": "tcp",
    "udp": "udp",
    "srt": "srt",
}
"""Every scheme that is taken."""

_LISTENS = frozenset({"rtmp", "tcp", "udp", "srt"})
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_MAX_PORT = 65_535
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


class SourceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A source of picture.

    Attributes:
        transport: how it is carried.
        url: without the parts that are ours (``listen``); for a file its absolute path.
        host: empty for a file.
        port: 0 where the address names none.
        listen: the source comes to us; otherwise we go to it.
    """

    transport: Transport
    url: str
    host: str = ""
    port: int = 0
    listen: bool = False

    @property
    def shown(self) -> str:
        """The address without user, password, path and query: stream keys are secrets and stay out of logs."""
        if self.transport == "file":
            return self.url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{urlsplit(self.url).scheme}://{host}" + (f":{self.port}" if self.port else "")


def parse_address(written: str) -> SourceAddress:
    """Read an address: ``scheme://host:port/…``, with ``?listen=1`` where the source is to come to us.

    ``udp://@host:port`` and ``udp://:port`` listen, as they do in other tools: UDP is never fetched.

    Raises:
        ProgrammeError: ``bad-address``, saying what is wrong with it.
    """
    if not 0 < len(written) <= MAX_ADDRESS_CHARS or _CONTROL.search(written):
        raise _bad(f"an address has 1 to {MAX_ADDRESS_CHARS} characters, none of them blank")
    try:
        parts = urlsplit(written)
        port = parts.port or 0
    except ValueError as wrong:
        raise _bad(f"it cannot be read: {wrong}") from wrong
    transport = SCHEMES.get(parts.scheme)
    if transport is None:
        raise _bad(f"it begins with none of {', '.join(f'{name}://' for name in SCHEMES)}")
    if transport == "file":
        return _file(parts)
    listen, query = _listen(parts, transport)
    host = parts.hostname or ("0.0.0.0" if listen else "")  # noqa: S104 - who writes no host to listen on means every one
    if not _HOST.fullmatch(host):
        raise _bad("it names no host")
    if transport in {"tcp", "udp", "srt"} and not 0 < port <= _MAX_PORT:
        raise _bad("it names no port")
    url = parts._replace(query=query, fragment="").geturl()
    return SourceAddress(transport=transport, url=url, host=host, port=port, listen=listen)


def _file(parts: SplitResult) -> SourceAddress:
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or parts.query:
        raise _bad("a file's address is file:///absolute/path")
    return SourceAddress(transport="file", url=parts.path)


def _listen(parts: SplitResult, transport: Transport) -> tuple[bool, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    asked = [value for name, value in pairs if name == "listen"]
    if any(value not in {"0", "1"} for value in asked) or len(asked) > 1:
        raise _bad("listen is 0 or 1")
    listen = transport == "udp" or asked == ["1"]
    if listen and transport not in _LISTENS:
        raise _bad(f"{parts.scheme}:// is fetched, it cannot listen")
    if transport in {"tcp", "udp"} and len(pairs) > len(asked):
        raise _bad(f"{parts.scheme}:// takes no parameter but listen")
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith("listen="))
    return listen, query


def _bad(why: str) -> ProgrammeError:
    return ProgrammeError("bad-address", f"the programme's address cannot be used: {why}")
