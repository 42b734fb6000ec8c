"""Resident memory of this process, as Linux counts it."""

import re

_STATUS = "/proc/self/status"


def resident():
    """Bytes resident now."""
    return _read("VmRSS")


def peak():
    """Largest number of bytes resident since the process began, or since `forget_peak`."""
    return _read("VmHWM")


def forget_peak():
    """Start the peak anew from here."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _read(field):
    with open(_STATUS) as file:
        return 1024 * int(re.search(rf"{field}:\s+(\d+) kB", file.read())[1])
