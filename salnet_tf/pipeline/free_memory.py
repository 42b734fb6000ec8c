"""How much memory this process may still take."""

import contextlib
import os
import pathlib

# Where a container (cgroup, version 2 or 1) says what it may use, does use, and could give back.
CONTAINERS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def free():
    """Bytes of memory to be had by this process: of the machine, and of its container."""
    left = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    with contextlib.suppress(OSError), open("/proc/meminfo") as file:
        fields = dict(line.split(":") for line in file)
        left = 1024 * int(fields["MemAvailable"].split()[0])
    for folder, *names in CONTAINERS:
        with contextlib.suppress(OSError, ValueError, KeyError):  # no container, or "max"
            left = min(left, _room(pathlib.Path(folder), *names))
    return left


def _room(folder, limit, used, cache):
    """Bytes that are left in a container; its page cache counts as free."""
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    limit, used = (int((folder / name).read_text()) for name in (limit, used))
    return max(0, limit - used + int(stat[cache]))
