"""What a task may do with a mount: the questions that every mount call begins with.

Source: fs/namespace.c, check_mnt(), may_mount(), may_copy_tree(), may_use_mount(), anon_ns_root(),
mnt_ns_loop().
"""

from __future__ import annotations

from collections.abc import Iterator

from .internal import is_mounted
from .links import tree
from .objects import Dentry, MntNamespace, Mount, Path
from .tasks import Task


def check_mnt(task: Task, mount: Mount) -> bool:
    """Whether the mount belongs to the task's mount namespace."""
    return mount.mnt_ns is task.mnt_ns


def may_mount(task: Task) -> bool:
    """CAP_SYS_ADMIN over the owner of the task's mount namespace."""
    return task.capable(task.mnt_ns.user_ns)


def anon_ns_root(mount: Mount) -> bool:
    """Whether the mount is the root of a detached tree."""
    ns = mount.mnt_ns
    return ns is not None and ns.anon and ns.root is mount


def check_anonymous_mnt(task: Task, mount: Mount) -> bool:
    """Whether the mount is in a detached tree that is new or was cloned from the task's own namespace."""
    ns = mount.mnt_ns
    return ns is not None and ns.anon and ns.seq_origin in (0, task.mnt_ns.id)


def may_use_mount(task: Task, mount: Mount) -> bool:
    """Whether the mount may be mounted on: the task's own, or in an acceptable detached tree."""
    return check_mnt(task, mount) or check_anonymous_mnt(task, mount)


def may_copy_tree(task: Task, path: Path) -> bool:
    """Whether the task may copy what is there; namespace files and pidfds are everybody's."""
    if check_mnt(task, path.mnt):
        return True
    if path.dentry.d_sb.s_type.name in ("nsfs", "pidfs"):
        return True
    return is_mounted(path.mnt) and check_anonymous_mnt(task, path.mnt)


def is_mnt_ns_file(dentry: Dentry) -> bool:
    """Whether the dentry is a mount-namespace file."""
    return isinstance(dentry.ns, MntNamespace)


def mnt_ns_loop(task: Task, dentry: Dentry) -> bool:
    """Whether the dentry is the file of the task's own mount namespace, or of an older one.

    Such a file may not be mounted: namespaces kept alive by files in each other would never go.
    """
    return isinstance(dentry.ns, MntNamespace) and dentry.ns.id <= task.mnt_ns.id


def namespace_files(task: Task, root: Mount) -> Iterator[Mount]:
    """The mounts of the tree that show such a file (check_for_nsfs_mounts)."""
    return (mount for mount in tree(root) if mnt_ns_loop(task, mount.mnt_root))
