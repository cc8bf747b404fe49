"""User namespaces: made by a task that is root of it from then on.

Ids are not mapped one by one: every task is root. Source: kernel/user_namespace.c, create_user_ns();
fs/namespace.c, current_chrooted().
"""

from __future__ import annotations

from . import refusals
from .effects import Refused
from .globals import Globals
from .links import topmost_overmount
from .objects import Path
from .tasks import Task, UserNamespace

MAX_LEVEL = 32


def create_user_ns(k: Globals, task: Task) -> UserNamespace:
    """A user namespace below the task's own. Raises ENOSPC (too deep), EPERM in a chroot."""
    if task.user_ns.level > MAX_LEVEL:
        raise Refused(refusals.USER_NAMESPACE_TOO_DEEP, MAX_LEVEL)
    if current_chrooted(task):
        raise Refused(refusals.NEWUSER_IN_CHROOT, task.fs.root.mnt)
    k.last_user_ns_id += 1
    return UserNamespace(k.last_user_ns_id, task.user_ns)


def current_chrooted(task: Task) -> bool:
    """Whether the task's root is another place than the top of what is mounted on its namespace's root."""
    assert task.mnt_ns.root is not None, "a namespace with tasks has a root"
    top = topmost_overmount(task.mnt_ns.root)
    return task.fs.root != Path(top, top.mnt_root)
