"""How many viewers one network address may have here: one hostile address costs itself, a carrier's is not hurt."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_network

from broadcast.channels.client_address import counted_as, parse

UNCAPPED_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
"""Loopback (RFC 1122), private (RFC 1918, RFC 4193) and link-local addresses: a proxy in front, or our own network."""

REMEMBERED_ADDRESSES = 16_384


class AddressCaps:
    """Counts viewers by address.

    Args:
        most: viewers one address may have at once.
        uncapped: networks that are not counted.
    """

    def __init__(self, most: int, uncapped: Sequence[str] = UNCAPPED_NETWORKS) -> None:
        self._most = most
        self._uncapped = tuple(ip_network(network) for network in uncapped)
        self._viewers: dict[str, int] = {}
        self._counted_as = lru_cache(REMEMBERED_ADDRESSES)(self._read)

    def has_room(self, address: str) -> bool:
        """Tell whether an address may have one viewer more."""
        return self._viewers.get(self._counted_as(address), 0) < self._most

    def enter(self, address: str) -> str:
        """Count a viewer in, and return under what name: to ``leave`` by. Empty if it is not counted."""
        name = self._counted_as(address)
        if name:
            self._viewers[name] = self._viewers.get(name, 0) + 1
        return name

    def leave(self, name: str) -> None:
        """Count a viewer out."""
        left = self._viewers[name] - 1
        if left:
            self._viewers[name] = left
        else:
            del self._viewers[name]

    def _read(self, address: str) -> str:
        read = parse(address)
        if read is None or any(read in network for network in self._uncapped):
            return ""
        return counted_as(address)
