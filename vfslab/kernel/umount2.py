"""umount2(2): the checks, in the kernel's order; the work behind them is in ``umount``.

Source: fs/namespace.c, ksys_umount(), can_umount(), do_umount().
"""

from __future__ import annotations

from . import refusals
from .effects import Code, Refused
from .flags import (
    MNT_DETACH,
    MNT_EXPIRE,
    MNT_FORCE,
    MNT_LOCKED,
    UMOUNT_NOFOLLOW,
    UMOUNT_PROPAGATE,
    UMOUNT_SYNC,
)
from .globals import Globals
from .locking import under_mount_lock, under_namespace_sem
from .namei import user_path_at
from .objects import Mount, Path, mnt_has_parent
from .remount import do_umount_root
from .rights import check_mnt, may_mount
from .tasks import Task
from .umount import propagate_mount_busy, umount_tree
from .vfsmount import mntput_no_expire


def do_umount2(k: Globals, task: Task, target: str, flags: int) -> Code:
    """umount2(2). ``flags`` are MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW.

    Raises EINVAL, EBUSY, EAGAIN, EPERM, or what the path walk raises.
    """
    if flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW):
        raise Refused(refusals.UMOUNT_UNKNOWN_FLAG, hex(flags))
    path = user_path_at(k, task, target, mountpoint=True, follow=not flags & UMOUNT_NOFOLLOW)
    try:
        can_umount(task, path, flags)
        yield from do_umount(k, task, path.mnt, flags)
    except Refused:
        mntput_no_expire(k, path.mnt)
        raise
    mntput_no_expire(k, path.mnt)


def can_umount(task: Task, path: Path, flags: int) -> None:
    """What is asked before any lock is taken."""
    mount = path.mnt
    if not may_mount(task):
        raise Refused(refusals.MAY_NOT_UMOUNT)
    if path.dentry is not mount.mnt_root:
        raise Refused(refusals.UMOUNT_OF_NO_MOUNT_ROOT, path, path.mnt)
    if not check_mnt(task, mount):
        raise Refused(refusals.UMOUNT_NOT_OURS, mount)
    if mount.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.UMOUNT_LOCKED, mount)
    if flags & MNT_FORCE and not task.capable(mount.mnt_sb.s_user_ns):
        raise Refused(refusals.UMOUNT_FORCE_NOT_CAPABLE, mount)


def do_umount(k: Globals, task: Task, mount: Mount, flags: int) -> Code:
    """Umount one mount, or with MNT_DETACH the tree at it."""
    if flags & MNT_EXPIRE:
        if mount is task.fs.root.mnt or flags & (MNT_FORCE | MNT_DETACH):
            raise Refused(refusals.EXPIRE_NOT_ALONE, mount)
        # The walk of this very call holds one reference besides the mount's own.
        if mount.mnt_mounts_first is not None or mount.mnt_count > 2:
            raise Refused(refusals.EXPIRE_BUSY, mount)
        if not mount.mnt_expiry_mark:
            mount.mnt_expiry_mark = True
            raise Refused(refusals.EXPIRE_MARKED, mount)
    if mount is task.fs.root.mnt and not flags & MNT_DETACH:
        return (yield from do_umount_root(k, task, mount))
    locked = under_mount_lock("do_umount", do_umount_locked(k, task, mount, flags))
    yield from under_namespace_sem(k, "do_umount", locked)


def do_umount_locked(k: Globals, task: Task, mount: Mount, flags: int) -> Code:
    """The part of do_umount() under the locks: ask again, then take the mount or tree away."""
    if not check_mnt(task, mount):
        raise Refused(refusals.UMOUNT_NOT_OURS, mount)
    if mount.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.UMOUNT_LOCKED, mount)
    if not mnt_has_parent(mount):
        raise Refused(refusals.UMOUNT_ABSOLUTE_ROOT, mount)
    if flags & MNT_DETACH:
        return (yield from umount_tree(k, mount, UMOUNT_PROPAGATE))
    busy = propagate_mount_busy(mount, 2)
    if busy is mount:
        if mount.mnt_mounts_first is not None:
            raise Refused(refusals.UMOUNT_BUSY_CHILD, mount, mount.mnt_mounts_first)
        raise Refused(refusals.UMOUNT_BUSY, mount)
    if busy is not None:
        raise Refused(refusals.UMOUNT_COUNTERPART_BUSY, mount, busy)
    yield from umount_tree(k, mount, UMOUNT_PROPAGATE | UMOUNT_SYNC)
