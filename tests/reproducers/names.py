"""8c888b31903c and 0787a93baa1a, pathnames: which lengths are taken, and what does sysfs(2) say of a name?

Any user may ask. The directory is the working directory, by ever longer paths.
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


report(
    {
        "stat": {str(length): answer(stat, length) for length in LENGTHS},
        "sysfs": {what: answer(sysfs, name) for what, name in TYPES.items()},
    }
)
