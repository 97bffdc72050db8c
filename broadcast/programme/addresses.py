"""Where a live picture comes from, as an address a person writes; anything not on the list is refused."""

import ipaddress
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
_INTERFACE = re.compile(r"[A-Za-z0-9_.:-]{1,15}")
_ONLY: dict[Transport, frozenset[str]] = {
    "tcp": frozenset({"listen"}),
    "udp": frozenset({"listen", "source", "interface"}),
}
"""The parameters of transports that take no others."""


class SourceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A source of picture.

    Attributes:
        transport: how it is carried.
        url: without the parts that are ours (``listen``); for a file its absolute path.
        host: empty for a file.
        port: 0 where the address names none.
        listen: the source comes to us; otherwise we go to it.
        sender: UDP: datagrams of this address alone are taken; empty for everybody's.
        interface: UDP: where a multicast group is joined, by this machine's address there (IPv4) or its name (IPv6);
            empty where the system chooses.
    """

    transport: Transport
    url: str
    host: str = ""
    port: int = 0
    listen: bool = False
    sender: str = ""
    interface: str = ""

    @property
    def is_group(self) -> bool:
        """Whether the host is a multicast group, which is joined."""
        return _is_group(self.host)

    @property
    def shown(self) -> str:
        """The address without user, password, path and query: stream keys are secrets and stay out of logs."""
        if self.transport == "file":
            return self.url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{urlsplit(self.url).scheme}://{host}" + (f":{self.port}" if self.port else "")


def parse_address(written: str) -> SourceAddress:
    """Read an address: ``scheme://host:port/…``, with ``?listen=1`` where the source is to come to us.

    ``udp://@host:port`` and ``udp://:port`` listen, as they do in other tools: UDP is never fetched. A multicast group
    (``udp://@239.1.2.3:5000``) is joined: on one ``&interface=``, and for one ``?source=`` alone (RFC 4607).

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
    pairs = _ours(parts, transport)
    listen, query = _listen(parts, transport, pairs)
    host = parts.hostname or ("0.0.0.0" if listen else "")  # noqa: S104 - who writes no host to listen on means every one
    if not _HOST.fullmatch(host):
        raise _bad("it names no host")
    if transport in {"tcp", "udp", "srt"} and not 0 < port <= _MAX_PORT:
        raise _bad("it names no port")
    if transport == "rtmp" and not listen and not parts.path.strip("/"):
        raise _bad("rtmp:// needs an application and a stream, as rtmp://host/app/key")
    url = parts._replace(query=query, fragment="").geturl()
    sender, interface = _one_of_many(parts, pairs, host) if transport == "udp" else ("", "")
    return SourceAddress(
        transport=transport, url=url, host=host, port=port, listen=listen, sender=sender, interface=interface
    )


def _file(parts: SplitResult) -> SourceAddress:
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or parts.query:
        raise _bad("a file's address is file:///absolute/path")
    return SourceAddress(transport="file", url=parts.path)


def _ours(parts: SplitResult, transport: Transport) -> dict[str, str]:
    """Return the parameters that are ours to understand."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    known = _ONLY.get(transport)
    if known is not None:
        if any(name not in known for name, _ in pairs):
            raise _bad(f"{parts.scheme}:// takes no parameter but {', '.join(sorted(known))}")
        if parts.path not in {"", "/"}:
            raise _bad(f"{parts.scheme}:// takes no path")
    for name in known or {"listen"}:
        if sum(each == name for each, _ in pairs) > 1:
            raise _bad(f"{name} is given more than once")
    return {name: value for name, value in pairs if name in (known or {"listen"})}


def _listen(parts: SplitResult, transport: Transport, pairs: dict[str, str]) -> tuple[bool, str]:
    asked = pairs.get("listen")
    if asked not in {None, "0", "1"}:
        raise _bad("listen is 0 or 1")
    if transport == "udp" and asked == "0":
        raise _bad("udp:// is always waited for: write no listen, or listen=1")
    listen = transport == "udp" or asked == "1"
    if listen and transport not in _LISTENS:
        raise _bad(f"{parts.scheme}:// is fetched, it cannot listen")
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith("listen="))
    return listen, query


def _one_of_many(parts: SplitResult, pairs: dict[str, str], host: str) -> tuple[str, str]:
    """Return whose datagrams are taken, and where a group is joined."""
    if parts.username:
        raise _bad("whose datagrams are taken is written ?source=, not before the @")
    group = _is_group(host)
    sender, interface = pairs.get("source"), pairs.get("interface")
    if sender is not None:
        try:
            told = ipaddress.ip_address(sender)
        except ValueError as wrong:
            raise _bad("source is the address of a sender, as 192.0.2.7") from wrong
        if told.is_multicast or told.is_unspecified:
            raise _bad("source is the address of one sender")
        if (told.version == 6) != (":" in host):  # noqa: PLR2004 - the version's own number
            raise _bad("source and host are not of one kind: both are IPv4 or both IPv6")
    if interface is not None:
        if not group:
            raise _bad("interface says where a multicast group is joined, and the host is none")
        _check_interface(interface, host)
    return sender or "", interface or ""


def _check_interface(interface: str, group: str) -> None:
    if ":" in group:
        if not _INTERFACE.fullmatch(interface):
            raise _bad("interface is a name, as eth0, where the group is IPv6")
        return
    try:
        ipaddress.IPv4Address(interface)
    except ValueError as wrong:
        raise _bad("interface is this machine's address there, as 192.0.2.10, where the group is IPv4") from wrong


def _is_group(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False


def _bad(why: str) -> ProgrammeError:
    return ProgrammeError("bad-address", f"the programme's address cannot be used: {why}")
