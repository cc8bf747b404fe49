"""The table of system calls, and the way in and out of the kernel.

Which calls there are and that each ends by cleaning up what it dropped; what a
call does is in the module of its function.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from .effects import Code, Refused
from .file_table import do_close
from .files import do_chdir, do_chroot, do_mkdirat, do_mknodat, do_rmdir, do_symlinkat, do_unlinkat, do_utimes
from .fsmount import do_fsmount
from .fsopen import do_fsconfig, do_fsopen
from .globals import Globals
from .listmount import sys_listmount
from .mount import do_mount
from .mount_setattr import do_mount_setattr
from .move_mount import sys_move_mount
from .nsproxy import do_capset, do_clone, do_setns, do_unshare
from .open import (
    do_fchdir,
    do_memfd_create,
    do_ns_get_mntns_id,
    do_openat,
    do_pidfd_open,
    do_pipe,
    do_read,
    do_statx,
)
from .open_tree import do_open_tree
from .pivot_root import do_pivot_root
from .rename import do_renameat
from .statmount import sys_statmount
from .sysctl import do_sysctl
from .task_work import task_work_run
from .tasks import Task
from .umount2 import do_umount2

SystemCall = Callable[..., Any]

SYSTEM_CALLS: MappingProxyType[str, SystemCall] = MappingProxyType(
    {
        "mount": do_mount,
        "umount2": do_umount2,
        "move_mount": sys_move_mount,
        "open_tree": do_open_tree,
        "fsopen": do_fsopen,
        "fsconfig": do_fsconfig,
        "fsmount": do_fsmount,
        "mount_setattr": do_mount_setattr,
        "unshare": do_unshare,
        "clone": do_clone,
        "setns": do_setns,
        "capset": do_capset,
        "openat": do_openat,
        "close": do_close,
        "read": do_read,
        "fchdir": do_fchdir,
        "statx": do_statx,
        "statmount": sys_statmount,
        "listmount": sys_listmount,
        "pipe": do_pipe,
        "memfd_create": do_memfd_create,
        "pidfd_open": do_pidfd_open,
        "ns_get_mntns_id": do_ns_get_mntns_id,
        "chdir": do_chdir,
        "chroot": do_chroot,
        "pivot_root": do_pivot_root,
        "mkdir": do_mkdirat,
        "rmdir": do_rmdir,
        "mknod": do_mknodat,
        "utimensat": do_utimes,
        "unlink": do_unlinkat,
        "sysctl": do_sysctl,
        "rename": do_renameat,
        "symlink": do_symlinkat,
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
    k.entered += 1
    k.under_way += 1
    try:
        try:
            value = yield from body
        except Refused:
            yield from task_work_run(k)
            raise
        yield from task_work_run(k)
        return value
    finally:
        k.under_way -= 1
