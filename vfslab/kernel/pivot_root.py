"""pivot_root(2): a mount takes the place of the task's root mount.

Source: fs/namespace.c, path_pivot_root(); fs/fs_struct.c, chroot_fs_refs().
"""

from __future__ import annotations

from . import refusals
from .effects import MOUNT_LOCK, Acquire, Code, Refused, Release, Step
from .flags import MNT_LOCKED
from .globals import Globals
from .locking import lock_mount
from .namei import is_path_reachable, user_path_at
from .objects import Dentry, Mount, Path, mnt_has_parent
from .peers import is_shared
from .rights import check_mnt, may_mount
from .tasks import Task
from .vfsmount import attach_mnt, holding_path, path_get, path_put, umount_mnt


def do_pivot_root(k: Globals, task: Task, new_root: str, put_old: str) -> Code:
    """pivot_root(2): the mount at ``new_root`` takes the place of the task's root mount.

    That one moves to ``put_old``.
    Raises EPERM, ENOTDIR, ENOENT, EBUSY, EINVAL, in the order of the kernel's checks.
    """
    if k.release.pivot_root_checks_capability_first and not may_mount(task):
        raise Refused(refusals.MAY_NOT_PIVOT)
    new = user_path_at(k, task, new_root, directory=True)

    def find_old_and_pivot() -> Code:
        old = user_path_at(k, task, put_old, directory=True)
        return holding_path(k, old, lambda: lock_and_pivot(k, task, new, old))

    yield from holding_path(k, new, find_old_and_pivot)


def lock_and_pivot(k: Globals, task: Task, new: Path, old: Path) -> Code:
    """Lock the place for the old root, and hold that meanwhile, for the task is about to leave it."""
    if not may_mount(task):
        raise Refused(refusals.MAY_NOT_PIVOT)
    root = path_get(task.fs.root)

    def pivot(parent: Mount, dentry: Dentry) -> Code:
        return path_pivot_root(k, task, new, root, parent, dentry)

    return holding_path(k, root, lambda: lock_mount(k, old, pivot))


def path_pivot_root(k: Globals, task: Task, new: Path, root: Path, parent: Mount, dentry: Dentry) -> Code:
    """The checks and the exchange, with the place for the old root, (``parent``, ``dentry``), locked."""
    new_mnt, root_mnt = new.mnt, root.mnt
    for mount in (parent, new_mnt.mnt_parent, root_mnt.mnt_parent):
        if is_shared(mount):
            raise Refused(refusals.PIVOT_SHARED, mount)
    for mount in (root_mnt, new_mnt):
        if not check_mnt(task, mount):
            raise Refused(refusals.PIVOT_NOT_OURS, mount)
    if new_mnt.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.PIVOT_TO_LOCKED, new_mnt)
    if new.dentry.unlinked:
        raise Refused(refusals.PIVOT_TO_REMOVED, new.dentry.path())
    if new_mnt is root_mnt or parent is root_mnt:
        raise Refused(refusals.PIVOT_ON_CURRENT_ROOT, root_mnt)
    if root.dentry is not root_mnt.mnt_root:
        raise Refused(refusals.PIVOT_ROOT_IS_NO_MOUNT, root, root.mnt)
    if not mnt_has_parent(root_mnt):
        raise Refused(refusals.PIVOT_FROM_ABSOLUTE_ROOT, root_mnt)
    if new.dentry is not new_mnt.mnt_root:
        raise Refused(refusals.PIVOT_TO_NO_MOUNT, new, new.mnt)
    if not mnt_has_parent(new_mnt):
        raise Refused(refusals.PIVOT_TO_DETACHED, new_mnt)
    if not is_path_reachable(parent, dentry, new):
        raise Refused(refusals.PIVOT_PUT_OLD_OUTSIDE, new_mnt)
    if not is_path_reachable(new_mnt, new.dentry, root):
        raise Refused(refusals.PIVOT_NEW_ROOT_OUTSIDE, new_mnt)
    yield Acquire("path_pivot_root", MOUNT_LOCK)
    root_parent, root_mountpoint = root_mnt.mnt_parent, root_mnt.mnt_mountpoint
    umount_mnt(new_mnt)
    if root_mnt.mnt_flags & MNT_LOCKED:
        new_mnt.mnt_flags |= MNT_LOCKED
        root_mnt.mnt_flags &= ~MNT_LOCKED
    yield Step("path_pivot_root", "the new root, {0}, is taken off its place", (new_mnt.id, root_mnt.id))
    attach_mnt(new_mnt, root_parent, root_mountpoint)
    yield Step(
        "path_pivot_root",
        "{0} is put where the old root is, on {others[0]}",
        (new_mnt.id,),
        (root_parent.id,),
    )
    umount_mnt(root_mnt)
    yield Step("path_pivot_root", "the old root, {0}, is taken off its place", (root_mnt.id,))
    attach_mnt(root_mnt, parent, dentry)
    yield Step("path_pivot_root", "{0} is put on {others[0]}", (root_mnt.id,), (parent.id,))
    task.mnt_ns.event += 1
    yield Release("path_pivot_root", MOUNT_LOCK)
    yield from chroot_fs_refs(k, root, new)


def chroot_fs_refs(k: Globals, old_root: Path, new_root: Path) -> Code:
    """Every task whose root or cwd is exactly the old root stands on the new one from now on."""
    for task in k.tasks.values():
        moved = False
        for name in ("root", "pwd"):
            if getattr(task.fs, name) == old_root:
                setattr(task.fs, name, path_get(new_root))
                path_put(k, old_root)
                moved = True
        if moved:
            yield Step("chroot_fs_refs", f"{task.comm} stands on {{others[0]}} now", (), (new_root.mnt.id,))
