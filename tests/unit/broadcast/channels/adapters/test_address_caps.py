from broadcast.channels.adapters.address_caps import AddressCaps


def test_an_address_with_as_many_viewers_as_it_may_have_gets_no_more() -> None:
    caps = AddressCaps(most=2)
    caps.enter("203.0.113.7")
    assert caps.has_room("203.0.113.7")
    caps.enter("203.0.113.7")
    assert not caps.has_room("203.0.113.7")


def test_one_full_address_costs_no_other() -> None:
    caps = AddressCaps(most=1)
    caps.enter("203.0.113.7")
    assert caps.has_room("203.0.113.8")


def test_who_leaves_makes_room() -> None:
    caps = AddressCaps(most=1)
    caps.leave(caps.enter("203.0.113.7"))
    assert caps.has_room("203.0.113.7")


def test_an_address_nobody_is_at_is_forgotten() -> None:
    caps = AddressCaps(most=1)
    caps.leave(caps.enter("203.0.113.7"))
    assert caps._viewers == {}


def test_the_addresses_of_one_ipv6_subscriber_count_as_one() -> None:
    caps = AddressCaps(most=1)
    caps.enter("2001:db8:1:2::3")
    assert not caps.has_room("2001:db8:1:2:ffff::9")
    assert caps.has_room("2001:db8:1:3::3")


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_address() -> None:
    caps = AddressCaps(most=1)
    caps.enter("203.0.113.7")
    assert not caps.has_room("::ffff:203.0.113.7")


def test_a_proxy_in_front_is_never_full() -> None:
    caps = AddressCaps(most=1)
    for proxy in ("127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1", "::ffff:10.1.2.3", "fe80::1%eth0"):
        assert caps.enter(proxy) == ""
        assert caps.has_room(proxy)


def test_an_address_that_is_none_is_not_counted() -> None:
    caps = AddressCaps(most=1)
    assert caps.enter("") == ""
    assert caps.has_room("")


def test_all_viewers_of_an_address_share_its_name() -> None:
    caps = AddressCaps(most=10)
    assert caps.enter("203.0.113.7") is caps.enter("203.0.113.7")
