"""8c888b31903c and 0787a93baa1a, pathnames: which lengths are taken, how large are names, what says sysfs(2)?

The directory is the working directory, by ever longer paths. Only /proc/slabinfo needs root.
"""

import ctypes
import os

from mounts import answer, checked, libc, report

NUMBER_OF_SYSFS = 139  # x86_64
LENGTHS = (166, 167, 168, 169, 4047, 4048, 4062, 4063, 4064, 4065, 4093, 4094, 4095, 4096)
TYPES = {"proc": "proc", "nosuch": "nosuch", "empty": "", "4095": "x" * 4095, "4096": "x" * 4096}


def stat(length: int) -> None:
    os.stat(("./" * 3000)[:length])


def sysfs(name: str) -> None:
    checked(libc.syscall(ctypes.c_long(NUMBER_OF_SYSFS), ctypes.c_long(1), name.encode()))


def object_size(cache: str) -> int | None:
    """The bytes of an object of a slab cache, None where it is not listed under its name."""
    with open("/proc/slabinfo", encoding="utf-8") as file:
        words = next((line.split() for line in file if line.startswith(f"{cache} ")), None)
    return int(words[3]) if words else None


report(
    {
        "stat": {str(length): answer(stat, length) for length in LENGTHS},
        "names_cache": {"object_size": object_size("names_cache")},
        "sysfs": {what: answer(sysfs, name) for what, name in TYPES.items()},
    }
)
