"""open_tree(2): a descriptor for a place, for a detached copy of the tree there, or for a namespace.

A detached tree hangs in an anonymous namespace until it is attached, or dissolved with its file
(``task_work``). Namespaces are made in ``create_namespace``.
Source: fs/namespace.c, vfs_open_tree(), open_detached_copy().
"""

from __future__ import annotations

from . import refusals
from .create_namespace import open_new_namespace
from .effects import Code, Refused
from .file_table import alloc_file, fd_install
from .flags import (
    AT_EMPTY_PATH,
    AT_NO_AUTOMOUNT,
    AT_RECURSIVE,
    AT_SYMLINK_NOFOLLOW,
    CL_COPY_UNBINDABLE,
    OPEN_TREE_CLOEXEC,
    OPEN_TREE_CLONE,
    OPEN_TREE_NAMESPACE,
)
from .globals import Globals
from .internal import is_mounted
from .locking import empty_mnt_ns, under_namespace_sem
from .loopback import loopback_copy
from .namei import user_path_at
from .namespace import alloc_mnt_ns, fill_mnt_ns
from .objects import MntNamespace, Mount, Path
from .rights import may_mount
from .tasks import File, Task
from .vfsmount import holding_path, path_get


def do_open_tree(k: Globals, task: Task, dfd: int, name: str, flags: int) -> Code:
    """open_tree(2): a descriptor. ``flags`` are OPEN_TREE_* and AT_*.

    Raises EINVAL, EPERM, ENOSPC, ENOTDIR, EBADF, or what the path walk raises.
    """
    known = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW
    known |= OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    if k.release.open_tree_namespace:
        known |= OPEN_TREE_NAMESPACE
    if flags & ~known:
        raise Refused(refusals.OPEN_TREE_UNKNOWN_FLAG, hex(flags))
    kind = flags & (OPEN_TREE_CLONE | OPEN_TREE_NAMESPACE)
    if flags & AT_RECURSIVE and not kind:
        raise Refused(refusals.OPEN_TREE_RECURSIVE_ALONE)
    if kind == OPEN_TREE_CLONE | OPEN_TREE_NAMESPACE:
        raise Refused(refusals.OPEN_TREE_CLONE_AND_NAMESPACE)
    if kind == OPEN_TREE_NAMESPACE and not task.capable(task.user_ns):
        raise Refused(refusals.OPEN_TREE_NAMESPACE_NOT_CAPABLE)
    if kind == OPEN_TREE_CLONE and not may_mount(task):
        raise Refused(refusals.OPEN_TREE_NOT_CAPABLE)
    follow = not flags & AT_SYMLINK_NOFOLLOW
    path = user_path_at(k, task, name, dfd=dfd, follow=follow, empty=bool(flags & AT_EMPTY_PATH))
    if not kind:
        return fd_install(task, alloc_file(path, o_path=True))
    open_copy = open_detached_copy if kind == OPEN_TREE_CLONE else open_namespace_copy
    recurse = bool(flags & AT_RECURSIVE)
    file = yield from holding_path(k, path, lambda: open_copy(k, task, path, recurse=recurse))
    return fd_install(task, file)


def open_detached_copy(k: Globals, task: Task, path: Path, *, recurse: bool) -> Code:
    """A file whose place is a copy of ``path`` in an anonymous namespace, which it keeps alive."""
    ns = yield from alloc_mnt_ns(k, task.mnt_ns.user_ns, anon=True)

    def get_detached_copy() -> Code:
        origin = path.mnt.mnt_ns
        if origin is not None and is_mounted(path.mnt):
            ns.seq_origin = origin.seq_origin if origin.anon else origin.id
        try:
            copy = yield from loopback_copy(k, task, path, recurse=recurse)
        except Refused:
            empty_mnt_ns(k, ns)
            raise
        yield from keep_detached(k, ns, copy)
        return copy

    copy = yield from under_namespace_sem(k, "get_detached_copy", get_detached_copy())
    return detached_file(Path(copy, path.dentry))


def open_namespace_copy(k: Globals, task: Task, path: Path, *, recurse: bool) -> Code:
    """A file of a new namespace whose visible root is a copy of ``path``.

    Since 7.2.12 a task that does not own its mount namespace cannot have less copied than what covers
    something there.
    """
    keep_covered = k.release.covered_stays_covered and task.user_ns is not task.mnt_ns.user_ns
    more_flags = CL_COPY_UNBINDABLE if keep_covered else 0

    def copy(flags: int) -> Code:
        return loopback_copy(
            k, task, path, recurse=recurse, flags=flags | more_flags, keep_covered=keep_covered
        )

    return (yield from open_new_namespace(k, task, path.dentry, copy))


def keep_detached(k: Globals, ns: MntNamespace, root: Mount) -> Code:
    """Put the tree into the anonymous namespace."""
    return fill_mnt_ns(k, ns, root, "in an anonymous namespace")


def detached_file(path: Path) -> File:
    """A file that takes the detached tree at its place along when it goes."""
    file = alloc_file(path_get(path), o_path=True)
    file.need_unmount = True
    return file
