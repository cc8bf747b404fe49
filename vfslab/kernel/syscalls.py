"""The table of system calls, and the way in and out of the kernel.

Which calls there are and that each ends by cleaning up what it dropped; what a
call does is in the module of its function.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from .effects import Code, Refused
from .files import do_chdir, do_chroot, do_mkdirat, do_mknodat, do_rmdir, do_unlinkat, do_utimes
from .globals import Globals
from .mount import do_mount, do_umount2
from .namespace import do_pivot_root, do_unshare
from .objects import Task
from .vfsmount import task_work_run

SystemCall = Callable[..., Any]

SYSTEM_CALLS: MappingProxyType[str, SystemCall] = MappingProxyType(
    {
        "mount": do_mount,
        "umount2": do_umount2,
        "unshare": do_unshare,
        "chdir": do_chdir,
        "chroot": do_chroot,
        "pivot_root": do_pivot_root,
        "mkdir": do_mkdirat,
        "rmdir": do_rmdir,
        "mknod": do_mknodat,
        "utimensat": do_utimes,
        "unlink": do_unlinkat,
    }
)


def syscall(k: Globals, task: Task, name: str, *args: Any) -> Code:
    """One system call from entry to return. Raises ValueError for an unknown name."""
    try:
        function = SYSTEM_CALLS[name]
    except KeyError:
        raise ValueError(f"there is no system call {name!r} here") from None
    return enter(k, function(k, task, *args))


def enter(k: Globals, body: Code) -> Code:
    """Run kernel code for a task, then what it left to be done on the way back to user space."""
    try:
        value = yield from body
    except Refused:
        yield from task_work_run(k)
        raise
    yield from task_work_run(k)
    return value
