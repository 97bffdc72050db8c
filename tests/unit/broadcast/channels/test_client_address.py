import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.channels.client_address import (
    MAX_HEADER_CHARS,
    MAX_HOPS,
    Client,
    TrustedProxies,
    counted_as,
)

NETWORKS = ("10.0.0.0/8", "2001:db8:ffff::/48")
PROXY, OTHER_PROXY, CLIENT = "10.0.0.1", "10.9.9.9", "203.0.113.7"

by_list = TrustedProxies(NETWORKS)
by_element = TrustedProxies(NETWORKS, "forwarded")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (CLIENT, CLIENT),
        (f"{CLIENT}, {OTHER_PROXY}", CLIENT),
        (f"6.6.6.6, {CLIENT}", CLIENT),
        (f"6.6.6.6,{CLIENT} , {OTHER_PROXY},10.1.1.1", CLIENT),
        (f"garbage, {CLIENT}", CLIENT),
        (f'", {CLIENT}', CLIENT),
        (f"{CLIENT}:51234", CLIENT),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        (f"::ffff:{CLIENT}", CLIENT),
        ("2001:db8::7, 2001:db8:ffff::1", "2001:db8::7"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        (f",,{CLIENT},,", CLIENT),
        ("", PROXY),
        (", ,", PROXY),
    ],
)
def test_the_nearest_address_that_is_not_ours_is_the_clients(said: str, address: str):
    assert by_list.client(PROXY, said) == Client(address)


@pytest.mark.parametrize(
    ("said", "address", "scheme"),
    [
        (f"for={CLIENT}", CLIENT, None),
        (f"For={CLIENT};PROTO=HTTPS;by=10.0.0.1", CLIENT, "https"),
        (f"for={CLIENT}; proto=https", CLIENT, "https"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7", None),
        (f'for="{CLIENT}:80";proto=https, for=10.0.0.2;proto=http', CLIENT, "https"),
        (f"for=6.6.6.6;proto=http, for={CLIENT};proto=https", CLIENT, "https"),
        (f'for="a, for={CLIENT};proto=https', CLIENT, "https"),
        (f"for={CLIENT};proto=gopher", CLIENT, None),
    ],
)
def test_a_forwarded_element_says_who_and_how(said: str, address: str, scheme: str | None):
    assert by_element.client(PROXY, said) == Client(address, scheme)


@pytest.mark.parametrize(
    "said",
    [
        "for=unknown", "for=_hidden", "for=", "proto=https", "for", "for=1.2.3.4.5", "for=1.2.3.4;for=5.6.7.8", "?",
        'for="1.2.3.4', "for=1.2.3.4 proto=https", "for=1.2.3.4:port",
    ],
)  # fmt: skip
def test_an_element_that_says_nothing_readable_is_counted_and_the_proxy_stands_for_it(said: str):
    proxies = TrustedProxies(NETWORKS, "forwarded")
    for count in (1, 2):
        client = proxies.client(PROXY, said)
        assert (client.address, client.malformed) == (PROXY, True)
        assert proxies.malformed == count


@pytest.mark.parametrize(
    "said", ["x", "1.2.3", "1.2.3.04", "999.1.1.1", "1.2.3.4/8", "[::1", "é", "\u0000", "1.2.3.4 5"]
)
def test_a_hop_that_is_no_address_is_counted_and_the_last_one_read_stands_for_it(said: str):
    proxies = TrustedProxies(NETWORKS)
    assert proxies.client(PROXY, f"{said}, {OTHER_PROXY}") == Client(OTHER_PROXY, None, malformed=True)
    assert proxies.malformed == 1


@pytest.mark.parametrize("peer", [CLIENT, "2001:db8::1", "", "not an address", "11.0.0.1"])
def test_whoever_is_no_proxy_of_ours_is_not_believed(peer: str):
    proxies = TrustedProxies(NETWORKS)
    assert proxies.client(peer, "6.6.6.6", "https") == Client(peer)
    assert proxies.client(peer, "rubbish") == Client(peer)
    assert proxies.malformed == 0


def test_the_scheme_is_what_the_nearest_proxy_says():
    assert by_list.client(PROXY, CLIENT, "http, https") == Client(CLIENT, "https")
    assert by_list.client(PROXY, "", "HTTPS") == Client(PROXY, "https")
    assert by_list.client(PROXY, CLIENT, "javascript") == Client(CLIENT)


def test_a_list_too_long_is_read_from_its_end_only():
    assert by_list.client(PROXY, "6.6.6.6, " * 10_000 + CLIENT).address == CLIENT
    cut = f"{'1' * 50}{CLIENT}, " + ", ".join([OTHER_PROXY] * (MAX_HEADER_CHARS // 10))
    assert by_list.client(PROXY, cut).address == OTHER_PROXY
    assert by_list.client(PROXY, f"{CLIENT}, " + ", ".join([OTHER_PROXY] * MAX_HOPS)).address == OTHER_PROXY


def test_a_peer_written_as_ipv6_is_the_same_proxy():
    assert by_list.client(f"::ffff:{PROXY}", CLIENT).address == CLIENT


def test_a_head_is_read_and_loses_the_lines_that_told():
    head = (
        b"GET /v1/shows/s/feed HTTP/1.1\r\nHost: a\r\nx-forwarded-for: 6.6.6.6\r\nUpgrade: websocket\r\n"
        b"X-Forwarded-For:  203.0.113.7\r\n\r\n"
    )
    address, rest = by_list.of_head(PROXY, head)
    assert address == CLIENT
    assert rest == b"GET /v1/shows/s/feed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"
    assert by_list.of_head(CLIENT, head) == (CLIENT, head)
    assert by_element.of_head(PROXY, head) == (PROXY, head)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_site_of_ipv6_counts_as_one(address: str, name: str):
    assert counted_as(address) == name


# ---------------------------------------------------------------- whatever comes

ours = st.one_of(st.ip_addresses(v=4, network="10.0.0.0/8"), st.ip_addresses(v=6, network="2001:db8:ffff::/48")).map(
    str
)


def is_a_stranger(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped is None and not any(address in ipaddress.ip_network(network) for network in NETWORKS)


strangers = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(is_a_stranger).map(str)


@given(st.text(), strangers, st.lists(ours, max_size=5))
def test_nothing_a_stranger_writes_in_front_changes_who_they_are(spoofed: str, client: str, chain: list[str]):
    said = ", ".join([spoofed, client, *chain])
    assert by_list.client(PROXY, said).address == client
    elements = ", ".join([spoofed, f'for="[{client}]"' if ":" in client else f"for={client}"])
    elements = ", ".join([elements, *(f'for="[{hop}]:1"' if ":" in hop else f"for={hop}" for hop in chain)])
    assert by_element.client(PROXY, elements).address == client


@given(st.text(), st.text(), st.sampled_from([PROXY, CLIENT, "::1", ""]))
def test_whatever_is_said_the_answer_is_an_address_that_was_said_or_the_peer(said: str, proto: str, peer: str):
    for proxies in (by_list, by_element):
        client = proxies.client(peer, said, proto)
        assert client.scheme in {None, "http", "https"}
        if client.address != peer:
            ipaddress.ip_address(client.address)
            assert proxies.trusts(peer)


@given(st.binary())
def test_whatever_head_comes_it_is_read(head: bytes):
    for proxies in (by_list, by_element):
        address, rest = proxies.of_head(PROXY, head)
        ipaddress.ip_address(address)
        assert len(rest) <= len(head)
