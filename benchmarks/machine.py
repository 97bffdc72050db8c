"""What a benchmark ran on, and what the kernel says about a process."""

import os
import platform
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

_CPUCLOCK_SCHED = 2
"""The kernel's per-process clock of time really run, in nanoseconds (clock_getcpuclockid(3))."""


def cpu_ns(pid: int) -> int:
    """Return user and system time of a process, all threads, those that ended included, in nanoseconds."""
    return time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED)


def kernel_network_ns() -> int:
    """Return the time so far of the kernel's threads that finish network work begun by others, in nanoseconds.

    Who sends much at once leaves part of it to them; it is a cost of sending all the same.
    """
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for pid in _network_threads())


@cache
def _network_threads() -> tuple[int, ...]:
    found = (comm for comm in Path("/proc").glob("[0-9]*/comm") if _reads(comm).startswith("ksoftirqd/"))
    return tuple(int(comm.parent.name) for comm in found)


def _reads(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        # it ended between being listed and being read
        return ""


def resident_bytes(pid: int) -> int:
    """Return a process's own memory: anonymous pages in RAM. Kernel buffers and shared libraries are not in it."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "RssAnon":
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"process {pid} has no RssAnon")


def _first(path: str, key: str) -> str:
    for line in Path(path).read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"


def version(*command: str) -> str:
    """Return the first line a program says about its version."""
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return (said.stdout + said.stderr).strip().splitlines()[0]


def machine() -> dict[str, Any]:
    """Describe the machine."""
    return {
        "cpu": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }
