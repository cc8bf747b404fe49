"""sysctl: the two limits on mounts and mount namespaces, as files of /proc/sys take them.

Source: fs/namespace.c (fs.mount-max), kernel/ucount.c (user.max_mnt_namespaces).
"""

from __future__ import annotations

from . import refusals
from .effects import Code, Refused
from .globals import Globals
from .tasks import Task

MAX_INT = (1 << 31) - 1


def do_sysctl(k: Globals, task: Task, name: str, value: int) -> Code:
    """Write a number to /proc/sys.

    fs.mount-max is how many mounts a namespace may hold, one at least; user.max_mnt_namespaces how many mount
    namespaces the task's user namespace and those below it may own. Raises EINVAL; ValueError for another
    name.
    """
    yield from ()
    if name == "fs.mount-max":
        if not 1 <= value <= MAX_INT:
            raise Refused(refusals.SYSCTL_OUT_OF_RANGE, value, name)
        k.mount_max = value
    elif name == "user.max_mnt_namespaces":
        if not 0 <= value <= MAX_INT:
            raise Refused(refusals.SYSCTL_OUT_OF_RANGE, value, name)
        task.user_ns.max_mnt_namespaces = value
    else:
        raise ValueError(f"{name}: no such sysctl here, only fs.mount-max and user.max_mnt_namespaces")
