"""Flags of one mount and of a superblock: what mount(2) makes of MS_*, and changing them later.

Topology and propagation stay as they are here.
Source: fs/namespace.c, path_mount(), do_reconfigure_mnt(), do_remount(), do_umount_root().
"""

from __future__ import annotations

from . import refusals
from .effects import MOUNT_LOCK, Acquire, Code, Refused, Release, Step
from .flags import (
    LOCKABLE_FLAGS,
    MNT_ATIME_MASK,
    MNT_LOCK_ATIME,
    MNT_NOATIME,
    MNT_NODEV,
    MNT_NODIRATIME,
    MNT_NOEXEC,
    MNT_NOSUID,
    MNT_NOSYMFOLLOW,
    MNT_READONLY,
    MNT_RELATIME,
    MNT_USER_SETTABLE_MASK,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_RDONLY,
    MS_RELATIME,
    MS_REMOUNT,
    MS_RMT_MASK,
    MS_STRICTATIME,
    SB_RDONLY,
)
from .fs_context import (
    SB_FLAGS,
    FsContext,
    fs_context_for_reconfigure,
    parse_monolithic_mount_data,
    reconfigure,
)
from .globals import Globals
from .links import children
from .locking import holding, under_mount_lock
from .objects import Dentry, Mount, Path, SuperBlock
from .tasks import Task

_SIMPLE = (
    (MS_NOSUID, MNT_NOSUID),
    (MS_NODEV, MNT_NODEV),
    (MS_NOEXEC, MNT_NOEXEC),
    (MS_NOATIME, MNT_NOATIME),
    (MS_NODIRATIME, MNT_NODIRATIME),
    (MS_RDONLY, MNT_READONLY),
    (MS_NOSYMFOLLOW, MNT_NOSYMFOLLOW),
)


def mount_flags(mount: Mount, flags: int) -> int:
    """The MNT_* that the MS_* of mount(2) ask for; a remount that is silent on atime keeps ``mount``'s."""
    mnt_flags = 0 if flags & MS_NOATIME else MNT_RELATIME
    for ms, mnt in _SIMPLE:
        if flags & ms:
            mnt_flags |= mnt
    if flags & MS_STRICTATIME:
        mnt_flags &= ~(MNT_RELATIME | MNT_NOATIME)
    if flags & MS_REMOUNT and not flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME):
        mnt_flags = mnt_flags & ~MNT_ATIME_MASK | mount.mnt_flags & MNT_ATIME_MASK
    return mnt_flags


def check_remount(task: Task, path: Path, mnt_flags: int) -> None:
    """The checks that both kinds of remount begin with."""
    mount = path.mnt
    if mount.mnt_ns is not task.mnt_ns:
        raise Refused(refusals.REMOUNT_NOT_OURS, mount)
    if path.dentry is not mount.mnt_root:
        raise Refused(refusals.REMOUNT_OF_NO_MOUNT_ROOT, path, path.mnt)
    can_change_locked_flags(mount, mnt_flags)


def can_change_locked_flags(mount: Mount, mnt_flags: int) -> None:
    """Raises EPERM where a flag that is locked would differ in ``mnt_flags``."""
    for lock, flag, name in LOCKABLE_FLAGS:
        if mount.mnt_flags & lock and not mnt_flags & flag:
            raise Refused(refusals.REMOUNT_LOCKED_FLAG, name, mount)
    if mount.mnt_flags & MNT_LOCK_ATIME and (mount.mnt_flags ^ mnt_flags) & MNT_ATIME_MASK:
        raise Refused(refusals.REMOUNT_LOCKED_FLAG, "atime", mount)


def mnt_hold_writers(mount: Mount) -> None:
    """Raises EBUSY while files are open for writing through the mount."""
    if mount.mnt_writers:
        raise Refused(refusals.MOUNT_HAS_WRITERS, mount)


def set_mount_flags(mount: Mount, mnt_flags: int) -> None:
    """Replace the flags that users set (set_mount_attributes); pollers of the namespace see an event."""
    mount.mnt_flags = mount.mnt_flags & ~MNT_USER_SETTABLE_MASK | mnt_flags
    if mount.mnt_ns is not None:
        mount.mnt_ns.event += 1


def s_umount_name(sb: SuperBlock) -> str:
    return f"s_umount({sb.s_id})"


def do_reconfigure_mnt(task: Task, path: Path, mnt_flags: int) -> Code:
    """MS_REMOUNT|MS_BIND: the flags of this one mount. Raises EINVAL, EPERM, EBUSY."""
    mount = path.mnt
    check_remount(task, path, mnt_flags)

    def change() -> Code:
        if mnt_flags & MNT_READONLY:
            mnt_hold_writers(mount)
        set_mount_flags(mount, mnt_flags)
        yield Step("do_reconfigure_mnt", "the flags of {0} change", (mount.id,))

    locked = under_mount_lock("do_reconfigure_mnt", change())
    yield from holding("do_reconfigure_mnt", s_umount_name(mount.mnt_sb), locked, shared=True)


def do_remount(k: Globals, task: Task, path: Path, flags: int, mnt_flags: int, data: str | None) -> Code:
    """MS_REMOUNT: read-only or not of the whole superblock, and this mount's flags.

    Raises EINVAL, EPERM, EBUSY.
    """
    check_remount(task, path, mnt_flags)
    sb = path.mnt.mnt_sb
    fc = fs_context_for_reconfigure(sb, flags & SB_FLAGS, MS_RMT_MASK)
    parse_monolithic_mount_data(k, task, fc, data)

    def remount() -> Code:
        if not task.capable(sb.s_user_ns):
            raise Refused(refusals.REMOUNT_NOT_CAPABLE, path.mnt)
        yield from reconfigure_super(k, "do_remount", fc)
        yield Acquire("do_remount", MOUNT_LOCK)
        set_mount_flags(path.mnt, mnt_flags)
        yield Step("do_remount", "the flags of {0} change", (path.mnt.id,))
        yield Release("do_remount", MOUNT_LOCK)

    yield from holding("do_remount", s_umount_name(sb), remount())


def do_umount_root(k: Globals, task: Task, mount: Mount) -> Code:
    """A plain umount of the task's root: the superblock becomes read-only and stays mounted.

    Raises EPERM, EBUSY.
    """
    sb = mount.mnt_sb
    if not task.capable(sb.s_user_ns):
        raise Refused(refusals.UMOUNT_ROOT_NOT_CAPABLE, mount)

    def make_read_only() -> Code:
        if not sb.s_flags & SB_RDONLY:
            fc = fs_context_for_reconfigure(sb, SB_RDONLY, SB_RDONLY)
            yield from reconfigure_super(k, "do_umount_root", fc)

    yield from holding("do_umount_root", s_umount_name(sb), make_read_only())


def removed_and_in_use(k: Globals, sb: SuperBlock) -> Dentry | None:
    """A name of the superblock that was removed while something holds on to it (s_remove_count).

    What was removed is freed on disk when it is let go of, so the superblock cannot become read-only before.
    """
    held = [mount.mnt_root for mount in sb.s_mounts]
    held += [child.mnt_mountpoint for mount in sb.s_mounts for child in children(mount)]
    for task in k.tasks.values():
        held += [path.dentry for path in (task.fs.root, task.fs.pwd)]
        held += [file.f_path.dentry for file in task.files.values()]
    return next((dentry for dentry in held if dentry.unlinked and dentry.d_sb is sb), None)


def reconfigure_super(k: Globals, function: str, fc: FsContext) -> Code:
    """Change the superblock of the context, and with it the line of every mount that shows it.

    Raises EINVAL for flags that cannot be changed, and for a nullfs; EBUSY for becoming read-only while a
    removed name is in use or a file is open for writing, and for the machine's own rootfs.
    """
    sb = fc.root
    assert sb is not None, "a context for reconfiguring has a superblock"
    if sb.s_type.name == "nullfs" and k.release.nullfs_stays:
        raise Refused(refusals.NULLFS_STAYS)
    if fc.sb_flags_mask & ~MS_RMT_MASK:
        raise Refused(refusals.NOT_RECONFIGURABLE, sb.s_type.name)
    if sb is k.rootfs:
        raise Refused(refusals.ROOTFS_IN_USE)
    if fc.sb_flags & fc.sb_flags_mask & SB_RDONLY and not sb.s_flags & SB_RDONLY:
        yield from under_mount_lock("sb_prepare_remount_readonly", sb_prepare_remount_readonly(k, sb))
    reconfigure(fc)
    what = f"the {sb.s_type.name} of {{0}} is now {'read-only' if sb.s_flags & SB_RDONLY else 'writable'}"
    yield Step(function, what, tuple(mount.id for mount in sb.s_mounts))


def sb_prepare_remount_readonly(k: Globals, sb: SuperBlock) -> Code:
    """Raises EBUSY for what cannot be while the superblock is read-only."""
    in_use = removed_and_in_use(k, sb)
    if in_use is not None:
        raise Refused(refusals.REMOVED_IN_USE, in_use.path(), sb.s_type.name)
    for mount in sb.s_mounts:
        mnt_hold_writers(mount)
    yield from ()
