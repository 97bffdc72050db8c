"""Where a request really comes from, behind proxies of ours: ``X-Forwarded-For``, or ``Forwarded`` (RFC 7239).

Each proxy appends the address it was called from. So the list is read from its end, and only as far as every hop so far
is one of ours: what stands before the first address that is not ours was written by somebody we do not know. Which of
the two headers is read is a setting: a proxy maintains one of them, and passes the other on as the caller wrote it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple

ProxyHeader = Literal["x-forwarded-for", "forwarded"]

IPV6_SITE_BITS = 64
"""One subscriber has at least so many bits of IPv6 addresses to choose from (RFC 6177): they count as one."""

MAX_HOPS = 16
"""Hops read of a list; a longer chain of our own is none."""

MAX_HEADER_CHARS = 2_048
"""A longer list is cut in front, where strangers write."""

REMEMBERED = 8_192
"""Peers and lists whose reading is remembered."""

_PAIR = re.compile(r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)")""")
"""One parameter of a forwarded element (RFC 7239, 4)."""

_V4_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
_V6_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
_SCHEMES = frozenset({"http", "https"})

_LINES: dict[ProxyHeader, re.Pattern[bytes]] = {
    "x-forwarded-for": re.compile(rb"(?im)^x-forwarded-for:[ \t]*([^\r\n]*)\r\n"),
    "forwarded": re.compile(rb"(?im)^forwarded:[ \t]*([^\r\n]*)\r\n"),
}

Address = IPv4Address | IPv6Address


class Client(NamedTuple):
    """Where a request comes from.

    Attributes:
        address: the nearest address that is no proxy of ours.
        scheme: ``http`` or ``https``, as the client called it; None where nobody trusted says.
        malformed: whether a part of the list that had to be read could not be.
    """

    address: str
    scheme: str | None = None
    malformed: bool = False


class _Hop(NamedTuple):
    address: Address | None
    scheme: str | None


class TrustedProxies:
    """Our proxies.

    Args:
        networks: theirs, as CIDR.
        header: the header they maintain.

    Attributes:
        malformed: lists of trusted peers that could not be read; the peer, or the last hop that was read, counts then.
    """

    def __init__(self, networks: Sequence[str], header: ProxyHeader = "x-forwarded-for") -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(network) for network in networks)
        self.header: ProxyHeader = header
        self.malformed = 0
        self.trusts = lru_cache(REMEMBERED)(self._trusts)
        """Tells whether a peer is a proxy of ours."""
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def client(self, peer: str, said: str, proto: str = "") -> Client:
        """Return where a request comes from.

        Args:
            peer: who the connection is with.
            said: the header's value, several joined by commas; empty without.
            proto: the value of ``X-Forwarded-Proto``, where that goes with the header.
        """
        if not (said or proto) or not self.trusts(peer):
            return Client(peer)
        client = self._remembered(peer, said, proto)
        self.malformed += client.malformed
        return client

    def of_head(self, peer: str, head: bytes) -> tuple[str, bytes]:
        """Return where a request comes from, by its head, and the head without the lines that told.

        Heads of a crowd differ in few words; who called is none of them for whoever remembers heads.
        """
        if not self.trusts(peer):
            return peer, head
        line = _LINES[self.header]
        said = b", ".join(line.findall(head)).decode("latin-1")
        return self.client(peer, said).address, line.sub(b"", head)

    def _trusts(self, peer: str) -> bool:
        address = parse(peer)
        return address is not None and self._ours(address)

    def _ours(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _read(self, peer: str, said: str, proto: str) -> Client:
        forwarded = self.header == "forwarded"
        hops = _elements(said) if forwarded else _addresses(said)
        scheme = None if forwarded else _last_scheme(proto)
        found = peer
        for hop in hops:
            if forwarded:
                scheme = hop.scheme or scheme
            if hop.address is None:
                return Client(found, scheme, malformed=True)
            found = str(hop.address)
            if not self._ours(hop.address):
                break
        return Client(found, scheme)


def parse(written: str) -> Address | None:
    """Read an address, without its zone; one of IPv4 written as IPv6 (RFC 4291, 2.5.5.2) is read as IPv4."""
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def counted_as(address: str) -> str:
    """Return the name under which limits count an address: itself, or its /64; what is none counts as it is."""
    read = parse(address)
    if isinstance(read, IPv6Address):
        return str(ip_network((read, IPV6_SITE_BITS), strict=False))
    return address if read is None else str(read)


def _nearest_first(said: str) -> list[str]:
    """Return the last hops of a list, the nearest first.

    Quotes do not protect commas (RFC 9110, 5.6.1, would have it so): a stranger who opens one and never closes it would
    spoil what our own proxies wrote behind it, and those write no comma between quotes.
    """
    hops = said[-MAX_HEADER_CHARS:].split(",")
    if len(said) > MAX_HEADER_CHARS:
        del hops[0]  # cut in its middle, it may look like another address
    return [hop for hop in (hop.strip(" \t") for hop in reversed(hops)) if hop][:MAX_HOPS]


def _addresses(said: str) -> list[_Hop]:
    return [_Hop(_node(hop), None) for hop in _nearest_first(said)]


def _elements(said: str) -> list[_Hop]:
    return [_element(hop) for hop in _nearest_first(said)]


def _element(written: str) -> _Hop:
    """Read one forwarded element; without ``for``, or where it is hidden (RFC 7239, 6), nothing is known."""
    parameters: dict[str, str] = {}
    at = 0
    while at < len(written):
        pair = _PAIR.match(written, at)
        if pair is None:
            return _Hop(None, None)
        name, token, quoted = pair.groups()
        value = token if token is not None else re.sub(r"\\(.)", r"\1", quoted)
        if name.lower() in parameters:  # each only once (RFC 7239, 4)
            return _Hop(None, None)
        parameters[name.lower()] = value
        at = pair.end()
        if at < len(written):
            if written[at] != ";":
                return _Hop(None, None)
            at += 1
            while at < len(written) and written[at] in " \t":
                at += 1
    scheme = parameters.get("proto", "").lower()
    return _Hop(_node(parameters.get("for", "")), scheme if scheme in _SCHEMES else None)


def _node(written: str) -> Address | None:
    """Read an address with or without a port."""
    for form in (_V4_PORT, _V6_PORT):
        found = form.fullmatch(written)
        if found is not None:
            return parse(found[1])
    return parse(written)


def _last_scheme(proto: str) -> str | None:
    scheme = proto.rpartition(",")[2].strip().lower()
    return scheme if scheme in _SCHEMES else None
