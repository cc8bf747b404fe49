"""mount(2) and umount2(2): the checks, in the kernel's order, and what each form sets going.

Every refusal of the mount calls is raised here; the work behind them is in
``clone``, ``attach``, ``pnode`` and ``umount``.
Source: fs/namespace.c, path_mount() to ksys_umount().
"""

from __future__ import annotations

from . import refusals
from .attach import attach_recursive_mnt
from .clone import clone_mnt, copy_tree
from .effects import Code, Refused
from .filesystems import deactivate_super, get_fs_type, parse_monolithic, vfs_get_tree
from .flags import (
    CL_COPY_MNT_NS_FILE,
    MNT_DETACH,
    MNT_EXPIRE,
    MNT_FORCE,
    MNT_LOCKED,
    MS_BIND,
    MS_MGC_MSK,
    MS_MGC_VAL,
    MS_MOVE,
    MS_NOUSER,
    MS_PROPAGATION,
    MS_REC,
    MS_REMOUNT,
    MS_SHARED,
    MS_SILENT,
    UMOUNT_NOFOLLOW,
    UMOUNT_PROPAGATE,
    UMOUNT_SYNC,
)
from .globals import Globals
from .links import tree
from .locking import lock_mount, under_mount_lock, under_namespace_sem
from .namei import user_path_at
from .objects import Dentry, Mount, Path, Task, is_subdir, mnt_has_parent
from .peers import is_shared, is_unbindable
from .pnode import change_mnt_propagation, invent_group_ids
from .remount import do_reconfigure_mnt, do_remount, do_umount_root, mount_flags
from .umount import propagate_mount_busy, umount_failed_tree, umount_tree
from .vfsmount import alloc_vfsmnt, mntput_no_expire, path_put


def check_mnt(task: Task, mount: Mount) -> bool:
    """Whether the mount belongs to the task's mount namespace."""
    return mount.mnt_ns is task.mnt_ns


def may_mount(task: Task) -> bool:
    """CAP_SYS_ADMIN over the owner of the task's mount namespace."""
    return task.capable(task.mnt_ns.user_ns)


def do_mount(
    k: Globals, task: Task, source: str | None, target: str, fstype: str | None, flags: int, data: str | None
) -> Code:
    """mount(2). ``flags`` are MS_*; ``data`` the filesystem's own options. Raises what its man page lists."""
    path = user_path_at(task, target)
    try:
        yield from path_mount(k, task, source, path, fstype, flags, data)
    except Refused:
        path_put(k, path)
        raise
    path_put(k, path)


def path_mount(
    k: Globals, task: Task, source: str | None, path: Path, fstype: str | None, flags: int, data: str | None
) -> Code:
    """Choose by the flags, first match first, what a mount(2) is."""
    if flags & MS_MGC_MSK == MS_MGC_VAL:
        flags &= ~MS_MGC_MSK
    if flags & MS_NOUSER:
        raise Refused(refusals.MOUNT_NOUSER)
    if not may_mount(task):
        raise Refused(refusals.MAY_NOT_MOUNT)
    mnt_flags = mount_flags(path.mnt, flags)
    if flags & MS_REMOUNT and flags & MS_BIND:
        return do_reconfigure_mnt(task, path, mnt_flags)
    if flags & MS_REMOUNT:
        return do_remount(k, task, path, flags, mnt_flags, data)
    if flags & MS_BIND:
        return do_loopback(k, task, path, source, recurse=bool(flags & MS_REC))
    if flags & MS_PROPAGATION:
        return do_change_type(k, task, path, flags)
    if flags & MS_MOVE:
        return do_move_mount_old(k, task, path, source)
    return do_new_mount(k, task, path, source, fstype, flags, mnt_flags, data)


def do_new_mount(
    k: Globals,
    task: Task,
    path: Path,
    source: str | None,
    fstype: str | None,
    flags: int,
    mnt_flags: int,
    data: str | None,
) -> Code:
    """Make a superblock and mount its root."""
    if fstype is None:
        raise Refused(refusals.NO_FS_TYPE)
    fs_type = get_fs_type(fstype)
    sb = yield from vfs_get_tree(k, fs_type, task.user_ns, parse_monolithic(fs_type, flags, data))
    try:
        mount = yield from alloc_vfsmnt(k, "none" if source is None else source, sb.s_root, mnt_flags)
    except Refused:
        if not sb.s_mounts:
            deactivate_super(k, sb)
        raise

    def add(parent: Mount, dentry: Dentry) -> Code:
        if not check_mnt(task, parent):
            raise Refused(refusals.TARGET_NOT_OURS, parent)
        if parent.mnt_sb is sb and parent.mnt_root is dentry:
            raise Refused(refusals.SAME_SUPERBLOCK_ON_ITS_ROOT, fs_type.name)
        yield from graft_tree(k, task, mount, parent, dentry)

    try:
        yield from lock_mount(k, path, add)
    except Refused:
        mntput_no_expire(k, mount)
        raise


def graft_tree(k: Globals, task: Task, mount: Mount, parent: Mount, dentry: Dentry) -> Code:
    """Attach a new tree: a directory on a directory, a file on a file. Raises ENOTDIR."""
    if dentry.is_dir != mount.mnt_root.is_dir:
        raise Refused(refusals.DIRECTORY_ON_FILE)
    yield from attach_recursive_mnt(k, task, mount, parent, dentry)


def do_loopback(k: Globals, task: Task, path: Path, source: str | None, *, recurse: bool) -> Code:
    """Bind: mount a copy of what ``source`` names, with everything below it where ``recurse``."""
    if not source:
        raise Refused(refusals.NO_SOURCE)
    old = user_path_at(task, source)

    def bind(parent: Mount, dentry: Dentry) -> Code:
        if not check_mnt(task, parent):
            raise Refused(refusals.TARGET_NOT_OURS, parent)
        copy = yield from loopback_copy(k, task, old, recurse=recurse)
        try:
            yield from graft_tree(k, task, copy, parent, dentry)
        except Refused:
            yield from under_mount_lock("do_loopback", umount_failed_tree(k, copy))
            raise

    try:
        yield from lock_mount(k, path, bind)
    except Refused:
        path_put(k, old)
        raise
    path_put(k, old)


def loopback_copy(k: Globals, task: Task, old: Path, *, recurse: bool) -> Code:
    """Copy what a bind's source names (__do_loopback). Raises EINVAL, or EPERM from copy_tree()."""
    if is_unbindable(old.mnt):
        raise Refused(refusals.SOURCE_UNBINDABLE, old.mnt)
    if not may_copy_tree(task, old):
        raise Refused(refusals.SOURCE_NOT_OURS, old.mnt)
    if recurse:
        return (yield from copy_tree(k, old.mnt, old.dentry, CL_COPY_MNT_NS_FILE))
    locked = has_locked_children(old.mnt, old.dentry)
    if locked is not None:
        raise Refused(refusals.LOCKED_CHILD_BELOW_SOURCE, locked)
    return (yield from clone_mnt(k, old.mnt, old.dentry, 0))


def may_copy_tree(task: Task, path: Path) -> bool:
    """Whether the task may copy what is mounted there."""
    return check_mnt(task, path.mnt)


def has_locked_children(mount: Mount, dentry: Dentry) -> Mount | None:
    """The first locked child at or below ``dentry``, which copying ``mount`` alone would uncover."""
    child = mount.mnt_mounts_first
    while child is not None:
        if child.mnt_flags & MNT_LOCKED and is_subdir(child.mnt_mountpoint, dentry):
            return child
        child = child.mnt_child_next
    return None


def do_change_type(k: Globals, task: Task, path: Path, flags: int) -> Code:
    """Change the propagation type of a mount, or of all its tree with MS_REC."""
    if path.dentry is not path.mnt.mnt_root:
        raise Refused(refusals.NOT_A_MOUNT_ROOT, path.dentry.path())
    type = flags & ~(MS_REC | MS_SILENT)
    if type & ~MS_PROPAGATION or type & (type - 1):
        raise Refused(refusals.NOT_ONE_PROPAGATION_TYPE)

    def change() -> Code:
        ns = path.mnt.mnt_ns
        if ns is None:
            raise Refused(refusals.NOT_MOUNTED, path.mnt)
        if not task.capable(ns.user_ns):
            raise Refused(refusals.MAY_NOT_CHANGE_TYPE, path.mnt)
        if type == MS_SHARED:
            yield from invent_group_ids(k, path.mnt, recurse=bool(flags & MS_REC))
        for mount in list(tree(path.mnt)) if flags & MS_REC else [path.mnt]:
            yield from change_mnt_propagation(k, mount, type)

    yield from under_namespace_sem(k, "do_change_type", change())


def do_move_mount_old(k: Globals, task: Task, path: Path, source: str | None) -> Code:
    """MS_MOVE: the source is looked up, then moved."""
    if not source:
        raise Refused(refusals.MOVE_NO_SOURCE)
    old = user_path_at(task, source)
    try:
        yield from do_move_mount(k, task, old, path)
    except Refused:
        path_put(k, old)
        raise
    path_put(k, old)


def do_move_mount(k: Globals, task: Task, old: Path, new: Path) -> Code:
    """Move the mount ``old`` with everything on it to ``new``. Raises EINVAL, ELOOP, ENOENT, ENOSPC."""
    mount = old.mnt
    if old.dentry is not mount.mnt_root:
        raise Refused(refusals.MOVE_OF_NO_MOUNT_ROOT, old.dentry.path())
    if old.dentry.is_dir != new.dentry.is_dir:
        raise Refused(refusals.MOVE_DIRECTORY_ON_FILE)

    def move(parent: Mount, dentry: Dentry) -> Code:
        if not check_mnt(task, mount):
            raise Refused(refusals.MOVE_SOURCE_NOT_OURS, mount)
        if not mnt_has_parent(mount):
            raise Refused(refusals.MOVE_OF_ROOT, mount)
        if mount.mnt_flags & MNT_LOCKED:
            raise Refused(refusals.MOVE_OF_LOCKED, mount)
        if is_shared(mount.mnt_parent):
            raise Refused(refusals.MOVE_FROM_SHARED_PARENT, mount, mount.mnt_parent)
        if not check_mnt(task, parent):
            raise Refused(refusals.TARGET_NOT_OURS, parent)
        if is_shared(parent):
            for moved in tree(mount):
                if is_unbindable(moved):
                    raise Refused(refusals.MOVE_UNBINDABLE_TO_SHARED, moved, parent)
        if mount_is_ancestor(mount, parent):
            raise Refused(refusals.MOVE_INTO_ITSELF, mount)
        yield from attach_recursive_mnt(k, task, mount, parent, dentry)

    yield from lock_mount(k, new, move)


def mount_is_ancestor(ancestor: Mount, mount: Mount) -> bool:
    """Whether ``ancestor`` is ``mount`` or lies above it in the tree."""
    while mount is not ancestor and mnt_has_parent(mount):
        mount = mount.mnt_parent
    return mount is ancestor


def do_umount2(k: Globals, task: Task, target: str, flags: int) -> Code:
    """umount2(2). ``flags`` are MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW.

    Raises EINVAL, EBUSY, EAGAIN, EPERM, or what the path walk raises.
    """
    if flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW):
        raise Refused(refusals.UMOUNT_UNKNOWN_FLAG, hex(flags))
    path = user_path_at(task, target, mountpoint=True)
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
        raise Refused(refusals.UMOUNT_OF_NO_MOUNT_ROOT, path.dentry.path())
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
