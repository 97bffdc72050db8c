"""The capacity model: measured costs in, hosts, memory, bandwidth and a cue's spread out. Plain arithmetic, no I/O.

The tree: control appends a cue to the cue log's primary; log replicas copy it; edge processes follow a replica each;
every process writes it to its viewers, as many processes at once as the host has cores.
"""

import math
from dataclasses import dataclass

MIB = 2**20
SEGMENT_OVERHEAD_BYTES = 78
"""What goes over the wire beside each small frame: Ethernet with gap and checksum, IPv4, TCP with timestamps."""


@dataclass(frozen=True)
class Costs:
    """What was measured, on one core of the machine it was measured on.

    Attributes:
        delivery_us: edge CPU to give one viewer one cue.
        handshake_us: edge CPU to greet one viewer, snapshot included.
        probe_us: edge CPU to answer one clock probe.
        follower_us: CPU of a log server to give one follower one record.
        process_bytes: an edge process's memory for one idle viewer.
        kernel_bytes: the kernel's memory for one idle connection, one end.
        frame_bytes: one cue as a WebSocket frame.
    """

    delivery_us: float
    handshake_us: float
    probe_us: float
    follower_us: float
    process_bytes: float
    kernel_bytes: float
    frame_bytes: float


@dataclass(frozen=True)
class Host:
    """One edge host, and how far it is used.

    Attributes:
        cores, memory_bytes, network_bits_s: what it has.
        memory_share: how much of the memory viewers may take.
        cpu_share: how much of the CPU may go to what is always there (probes, pings, stock), so that a cue and a crowd
            coming back find room.
    """

    cores: int = 16
    memory_bytes: int = 64 * 1024 * MIB
    network_bits_s: float = 10e9
    memory_share: float = 0.7
    cpu_share: float = 0.3
    viewers_per_process: int = 18_000


@dataclass(frozen=True)
class Show:
    """What viewers are sent, and ask.

    Attributes:
        messages_s: feed messages a second beside the takes: stock of what is on the card, at most two a second a SKU.
        probe_interval_s: between two clock probes of a viewer.
        ping_interval_s: between two signs of life.
        spread_s: a cue is to be at its last viewer within this.
        log_spread_s: of which the log may take this.
        lost_share: of the hosts, at once, after which everybody is to be back.
    """

    messages_s: float = 1.0
    probe_interval_s: float = 30.0
    ping_interval_s: float = 25.0
    spread_s: float = 1.0
    log_spread_s: float = 0.1
    lost_share: float = 0.1


@dataclass(frozen=True)
class Plan:
    """What an audience needs. ``bound_by`` names what ends first on a host: memory, cpu, spread or network."""

    viewers: int
    viewers_per_host: int
    bound_by: str
    hosts: int
    processes: int
    log_replicas: int
    memory_bytes_per_host: float
    cue_bits_per_host: float
    steady_bits_s_per_host: float
    steady_cpu_share: float
    spread_s: float
    back_after_loss_s: float


def steady_us_per_viewer_s(costs: Costs, show: Show) -> float:
    """Return the CPU one watching viewer takes each second, in microseconds.

    A ping costs a small delivery and its pong about what a probe costs to read.
    """
    pings = (costs.delivery_us + costs.probe_us) / show.ping_interval_s
    return show.messages_s * costs.delivery_us + costs.probe_us / show.probe_interval_s + pings


def limits(costs: Costs, host: Host, show: Show) -> dict[str, float]:
    """Return how many viewers one host could have by each of its resources alone."""
    wire_bits = 8 * (costs.frame_bytes + SEGMENT_OVERHEAD_BYTES)
    fan_out_s = show.spread_s - show.log_spread_s
    return {
        "memory": host.memory_bytes * host.memory_share / (costs.process_bytes + costs.kernel_bytes),
        "cpu": host.cores * host.cpu_share * 1e6 / steady_us_per_viewer_s(costs, show),
        "spread": host.cores * fan_out_s * 1e6 / costs.delivery_us,
        "network": host.network_bits_s * fan_out_s / wire_bits,
    }


def plan(viewers: int, costs: Costs, host: Host, show: Show) -> Plan:
    """Return what so many viewers need."""
    by_resource = limits(costs, host, show)
    bound_by = min(by_resource, key=lambda name: by_resource[name])
    # Those who lose their host must find room on the others.
    most = max(1, int(by_resource[bound_by] * (1 - show.lost_share)))
    hosts = math.ceil(viewers / most) if viewers > most else 1
    on_each = math.ceil(viewers / hosts)
    processes = max(hosts * host.cores, math.ceil(viewers / host.viewers_per_process))
    per_replica = max(1, int(show.log_spread_s * 1e6 / costs.follower_us))
    wire_bits = 8 * (costs.frame_bytes + SEGMENT_OVERHEAD_BYTES) * on_each
    lost = math.ceil(hosts * show.lost_share) if hosts > 1 else 0
    left = max(1, hosts - lost)
    coming = lost * on_each if lost else on_each
    spare = 1 - host.cpu_share
    return Plan(
        viewers=viewers,
        viewers_per_host=on_each,
        bound_by=bound_by if hosts > 1 else "nothing",
        hosts=hosts,
        processes=processes,
        log_replicas=math.ceil(processes / per_replica),
        memory_bytes_per_host=on_each * (costs.process_bytes + costs.kernel_bytes),
        cue_bits_per_host=wire_bits,
        steady_bits_s_per_host=wire_bits * show.messages_s,
        steady_cpu_share=on_each * steady_us_per_viewer_s(costs, show) / 1e6 / host.cores,
        spread_s=spread_s(on_each, processes, costs, host, show),
        back_after_loss_s=coming * costs.handshake_us / 1e6 / (left * host.cores * spare),
    )


def spread_s(on_each: int, processes: int, costs: Costs, host: Host, show: Show) -> float:
    """Return the time from the append to the last viewer: replicas one after another, followers, then the host."""
    per_replica = max(1, int(show.log_spread_s * 1e6 / costs.follower_us))
    replicas = math.ceil(processes / per_replica)
    log_s = (replicas + min(processes, per_replica)) * costs.follower_us / 1e6
    wire_s = on_each * 8 * (costs.frame_bytes + SEGMENT_OVERHEAD_BYTES) / host.network_bits_s
    return log_s + max(on_each * costs.delivery_us / 1e6 / host.cores, wire_s)
