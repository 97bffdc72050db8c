"""The capacity model: costs in, hosts out; each resource alone can end a host."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.capacity.model import Costs, Host, Show, limits, plan, steady_us_per_viewer_s

COSTS = Costs(
    delivery_us=5.0,
    handshake_us=30.0,
    probe_us=40.0,
    follower_us=25.0,
    process_bytes=350.0,
    kernel_bytes=4_500.0,
    frame_bytes=404.0,
)
HOST = Host()
SHOW = Show()


def test_each_resource_is_counted_from_what_a_viewer_takes_of_it() -> None:
    by = limits(COSTS, Host(cores=10, memory_bytes=4_850_000, memory_share=1.0, network_bits_s=3_856e3), SHOW)
    assert by["memory"] == pytest.approx(1_000)
    assert by["spread"] == pytest.approx(10 * 0.9e6 / 5)
    assert by["network"] == pytest.approx(0.9 * 3_856e3 / (8 * 482))
    assert by["cpu"] == pytest.approx(10 * 0.3e6 / steady_us_per_viewer_s(COSTS, SHOW))


@pytest.mark.parametrize(
    ("host", "show", "bound_by"),
    [
        (replace(HOST, memory_bytes=2**30), SHOW, "memory"),
        (replace(HOST, network_bits_s=1e8), SHOW, "network"),
        (HOST, replace(SHOW, messages_s=50.0), "cpu"),
        (replace(HOST, network_bits_s=1e11), replace(SHOW, spread_s=0.11), "spread"),
    ],
)
def test_what_ends_first_bounds_the_host(host: Host, show: Show, bound_by: str) -> None:
    assert plan(10_000_000, COSTS, host, show).bound_by == bound_by


@given(st.integers(1, 200_000_000), st.floats(0.5, 50), st.integers(1, 128))
def test_everybody_has_a_place_and_those_of_a_lost_host_find_one(viewers: int, delivery_us: float, cores: int) -> None:
    costs, host = replace(COSTS, delivery_us=delivery_us), replace(HOST, cores=cores)
    planned = plan(viewers, costs, host, SHOW)
    assert planned.hosts * planned.viewers_per_host >= viewers
    assert planned.processes * host.viewers_per_process >= viewers
    if planned.hosts > 1:
        most = min(limits(costs, host, SHOW).values())
        assert planned.viewers_per_host <= most * (1 - SHOW.lost_share) + 1


def test_ten_times_the_audience_is_ten_times_the_hosts_and_nothing_else_grows_but_replicas() -> None:
    ten, hundred = plan(10_000_000, COSTS, HOST, SHOW), plan(100_000_000, COSTS, HOST, SHOW)
    assert hundred.hosts == pytest.approx(10 * ten.hosts, rel=0.1)
    assert hundred.viewers_per_host == pytest.approx(ten.viewers_per_host, rel=0.1)
    assert hundred.spread_s < 2 * ten.spread_s


def test_one_host_that_holds_everybody_is_bound_by_nothing() -> None:
    assert plan(1_000, COSTS, HOST, SHOW).bound_by == "nothing"
