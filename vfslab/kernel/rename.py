"""rename(2): a name gets another place in its filesystem, and mounts on it come along.

Source: fs/namei.c, do_renameat2(), vfs_rename().
"""

from __future__ import annotations

from . import refusals
from .effects import Code, Refused, Step
from .files import NO_NAME, detach_mounts, mnt_want_write, refuse_local_mountpoint
from .globals import Globals
from .locking import holding, under_namespace_sem
from .namei import Parent, check_length, filename_parentat, lookup
from .objects import Dentry, is_subdir
from .tasks import Task
from .vfsmount import holding_path


def do_renameat(k: Globals, task: Task, old_name: str, new_name: str) -> Code:
    """rename(2). Raises EXDEV, EBUSY, EROFS, ENOENT, EINVAL, ENOTEMPTY, EISDIR, ENOTDIR."""
    old = filename_parentat(k, task, old_name)

    def find_new_and_rename() -> Code:
        new = filename_parentat(k, task, new_name)
        # One name stands for the locks of both directories.
        lock = f"s_vfs_rename_mutex({old.path.dentry.d_sb.s_id})"
        body = rename(k, task, old, new, old_name, new_name)
        return holding_path(k, new.path, lambda: holding("lock_rename", lock, body))

    yield from holding_path(k, old.path, find_new_and_rename)


def rename(k: Globals, task: Task, old: Parent, new: Parent, old_name: str, new_name: str) -> Code:
    """The checks and the change, with both directories locked."""
    if old.path.mnt is not new.path.mnt:
        raise Refused(refusals.RENAME_ACROSS_MOUNTS, old.path.mnt, new.path.mnt)
    for parent, name in ((old, old_name), (new, new_name)):
        if parent.last in NO_NAME:
            raise Refused(refusals.RENAME_OF_NO_NAME, name)
    mnt_want_write(old.path.mnt)
    dentry = lookup(old.path, old.last)
    check_length(new.last)
    directory = new.path.dentry
    assert directory.d_children is not None, "filename_parentat() gives directories"
    target = directory.d_children.get(new.last)
    if not dentry.is_dir and (old.slash or (target is None and new.slash)):
        raise Refused(refusals.NOT_A_DIRECTORY, old_name)
    if is_subdir(directory, dentry):
        raise Refused(refusals.RENAME_INTO_ITSELF, old_name)
    if target is not None and is_subdir(old.path.dentry, target):
        raise Refused(refusals.NOT_EMPTY, new_name)
    if target is dentry:
        return
    if directory.unlinked:
        raise Refused(refusals.DEAD_DIRECTORY, new_name)
    if target is not None and target.is_dir != dentry.is_dir:
        raise Refused(refusals.IS_A_DIRECTORY if target.is_dir else refusals.NOT_A_DIRECTORY, new_name)
    refuse_local_mountpoint(task, dentry)
    if target is not None:
        refuse_local_mountpoint(task, target)
    if target is not None and target.d_children:
        raise Refused(refusals.NOT_EMPTY, new_name)
    yield from d_move(k, dentry, directory, new.last, target)


def d_move(k: Globals, dentry: Dentry, directory: Dentry, name: str, target: Dentry | None) -> Code:
    """Put the name where it goes; what was there is removed, and what was mounted on that taken away."""
    assert dentry.d_parent is not None and dentry.d_parent.d_children is not None, (
        "a filesystem root has no name"
    )
    assert directory.d_children is not None, "names are in directories"
    del dentry.d_parent.d_children[dentry.d_name]
    if target is not None:
        target.cant_mount = target.unlinked = True
    directory.d_children[name] = dentry
    dentry.d_name, dentry.d_parent = name, directory
    moved = set()
    todo = [dentry]
    while todo:
        each = todo.pop()
        each.set_path()
        moved.add(each)
        todo += (each.d_children or {}).values()
    shown = [
        mount.id
        for mount in k.mounts.values()
        if mount.mnt_root in moved
        or mount.mnt_mountpoint in moved
        or target in (mount.mnt_root, mount.mnt_mountpoint)
    ]
    yield Step("vfs_rename", "a name moves, and what is mounted on it or below moves along", tuple(shown))
    if target is not None and target.d_mountpoint is not None:
        yield from under_namespace_sem(k, "__detach_mounts", detach_mounts(k, target))
