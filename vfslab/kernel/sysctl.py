"""sysctl: the limits on mounts and namespaces, as files of /proc/sys take them.

Source: fs/namespace.c (fs.mount-max), kernel/ucount.c (user.max_mnt_namespaces and the like).
"""

from __future__ import annotations

from . import refusals
from .effects import Code, NotModelled, Refused
from .globals import Globals
from .other_namespaces import MADE_HERE
from .tasks import Task

MAX_INT = (1 << 31) - 1
# of the other kinds it is known only whether there may be any
LIMITED = {f"user.max_{kind}_namespaces": kind for kind in MADE_HERE}


def do_sysctl(k: Globals, task: Task, name: str, value: int) -> Code:
    """Write a number to /proc/sys.

    fs.mount-max is how many mounts a namespace may hold, one at least; user.max_mnt_namespaces how many mount
    namespaces the task's user namespace and those below it may own; the same for the other kinds, of which
    0 and the largest number are known alone. Raises EINVAL; ValueError for another name, NotModelled.
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
    elif (kind := LIMITED.get(name)) is not None:
        if value not in (0, MAX_INT):
            raise NotModelled("inc_ucount", f"{name} other than 0 and {MAX_INT}")
        if value:
            task.user_ns.no_more.discard(kind)
        else:
            task.user_ns.no_more.add(kind)
    else:
        known = ", ".join(("fs.mount-max", "user.max_mnt_namespaces", *LIMITED))
        raise ValueError(f"{name}: no such sysctl here, only {known}")
