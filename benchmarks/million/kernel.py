"""What the kernel holds for so many sockets, what it is allowed to, and what is asked of it for the run."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

PAGE_BYTES = 4_096

WANTED = {
    "net.ipv4.tcp_mem": "524288 1048576 2097152",
    "net.ipv4.tcp_max_orphans": "1048576",
    "net.core.netdev_max_backlog": "65536",
    "net.ipv4.ip_local_port_range": "2048 65000",
    "fs.file-max": "4194304",
}
"""Limits meant for machines with fewer sockets. Set for the run where that is permitted, and set back after it."""

LOOKED_AT = ("net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.netfilter.nf_conntrack_max")


def _file(name: str) -> Path:
    return Path("/proc/sys") / name.replace(".", "/")


def setting(name: str) -> str | None:
    """Return a kernel setting, or None where there is none."""
    try:
        return " ".join(_file(name).read_text("ascii").split())
    except OSError:
        return None


@contextlib.contextmanager
def settings() -> Iterator[dict[str, str | None]]:
    """Set what is wanted for as long as the block runs, and yield what is in force."""
    before: dict[str, str] = {}
    try:
        for name, value in WANTED.items():
            old = setting(name)
            with contextlib.suppress(OSError):
                _file(name).write_text(value, "ascii")
                before[name] = old or ""
        yield {name: setting(name) for name in (*WANTED, *LOOKED_AT)}
    finally:
        for name, value in before.items():
            _file(name).write_text(value, "ascii")


def _table(path: str) -> Mapping[str, int]:
    lines = Path(path).read_text("ascii").splitlines()
    return {line.split()[0].rstrip(":"): int(line.split()[1]) for line in lines if len(line.split()) > 1}


def available_bytes() -> int:
    """Return the memory that could still be had."""
    return _table("/proc/meminfo")["MemAvailable"] * 1024


def kernel_bytes() -> int:
    """Return what the kernel holds in objects (sockets, files, their index) and in sockets' buffers."""
    meminfo = _table("/proc/meminfo")
    return (meminfo["Slab"] + meminfo["KernelStack"] + meminfo["PageTables"]) * 1024 + socket_buffer_bytes()


def socket_buffer_bytes() -> int:
    """Return what TCP's buffers hold."""
    (line,) = [line for line in Path("/proc/net/sockstat").read_text("ascii").splitlines() if line.startswith("TCP:")]
    words = line.split()
    return int(words[words.index("mem") + 1]) * PAGE_BYTES


def sockstat() -> str:
    """Return the kernel's own count of sockets."""
    return " ".join(Path("/proc/net/sockstat").read_text("ascii").split())


def process_bytes(pid: int, field: str) -> int:
    """Return one sum over a process's memory map (proc(5), smaps_rollup), e.g. ``Pss``."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
