"""mount(2) and umount2(2): the checks, in the kernel's order, and what each form sets going.

Every refusal of the mount calls is raised here; the work behind them is in
``clone``, ``attach``, ``pnode`` and ``umount``.
Source: fs/namespace.c, path_mount() to ksys_umount().
"""

from __future__ import annotations

from . import refusals
from .attach import attach_recursive_mnt
from .effects import Code, Refused
from .filesystems import get_fs_type
from .flags import (
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
    SB_NOUSER,
)
from .fs_context import (
    SB_FLAGS,
    FsContext,
    fs_context_for_mount,
    mount_capable,
    parse_monolithic_mount_data,
    put_fs_context,
    vfs_create_mount,
    vfs_get_tree,
    vfs_parse_fs_param,
)
from .globals import Globals
from .internal import is_mounted
from .links import tree
from .locking import lock_mount, under_mount_lock, under_namespace_sem
from .loopback import loopback_copy
from .move_mount import do_move_mount_old
from .namei import user_path_at
from .objects import Dentry, Mount, Path
from .pnode import change_mnt_propagation, invent_group_ids
from .remount import do_reconfigure_mnt, do_remount, mount_flags
from .revealing import mount_too_revealing
from .rights import check_mnt, may_mount, mnt_ns_loop, namespace_files
from .tasks import Task
from .umount import umount_failed_tree
from .vfsmount import holding_path, mntput_no_expire


def do_mount(
    k: Globals, task: Task, source: str | None, target: str, fstype: str | None, flags: int, data: str | None
) -> Code:
    """mount(2). ``flags`` are MS_*; ``data`` the filesystem's own options. Raises what its man page lists."""
    path = user_path_at(k, task, target)
    yield from holding_path(k, path, lambda: path_mount(k, task, source, path, fstype, flags, data))


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
    fs_type = get_fs_type(k, fstype)
    if fs_type.has_subtype and fstype.endswith("."):
        raise Refused(refusals.EMPTY_SUBTYPE, fstype)
    fc = fs_context_for_mount(k, task, fs_type, flags & SB_FLAGS)
    try:
        if source is not None:
            vfs_parse_fs_param(k, task, fc, "source", source)
        parse_monolithic_mount_data(k, task, fc, data)
        mount_capable(k, task, fc)
        yield from do_new_mount_fc(k, task, fc, path, mnt_flags)
    except Refused:
        put_fs_context(k, fc)
        raise
    put_fs_context(k, fc)


def do_new_mount_fc(k: Globals, task: Task, fc: FsContext, path: Path, mnt_flags: int) -> Code:
    """Give the context its superblock, and mount that."""
    yield from vfs_get_tree(k, task, fc)
    mount = yield from vfs_create_mount(k, fc)

    def add(parent: Mount, dentry: Dentry) -> Code:
        if not check_mnt(task, parent):
            raise Refused(refusals.TARGET_NOT_OURS, parent)
        if parent.mnt_sb is mount.mnt_sb and parent.mnt_root is dentry:
            raise Refused(refusals.SAME_SUPERBLOCK_ON_ITS_ROOT, fc.fs_type.name)
        yield from graft_tree(k, task, mount, parent, dentry)

    try:
        mount.mnt_flags = mount_too_revealing(k, task, mount.mnt_sb, mnt_flags)
        yield from lock_mount(k, path, add)
    except Refused:
        mntput_no_expire(k, mount)
        raise


def graft_tree(k: Globals, task: Task, mount: Mount, parent: Mount, dentry: Dentry) -> Code:
    """Attach a new tree: a directory on a directory, a file on a file. Raises EINVAL, ENOTDIR."""
    if mount.mnt_sb.s_flags & SB_NOUSER:
        raise Refused(refusals.FS_FOR_THE_KERNEL, mount.mnt_sb.s_type.name)
    if dentry.is_dir != mount.mnt_root.is_dir:
        raise Refused(refusals.DIRECTORY_ON_FILE)
    yield from attach_recursive_mnt(k, task, mount, parent, dentry)


def do_loopback(k: Globals, task: Task, path: Path, source: str | None, *, recurse: bool) -> Code:
    """Bind: mount a copy of what ``source`` names, with everything below it where ``recurse``."""
    if not source:
        raise Refused(refusals.NO_SOURCE)
    old = user_path_at(k, task, source)

    def lock_and_bind() -> Code:
        if mnt_ns_loop(task, old.dentry):
            raise Refused(refusals.BIND_NAMESPACE_LOOP, old.dentry.path())
        return lock_mount(k, path, bind)

    def bind(parent: Mount, dentry: Dentry) -> Code:
        if not check_mnt(task, parent):
            raise Refused(refusals.TARGET_NOT_OURS, parent)
        copy = yield from loopback_copy(k, task, old, recurse=recurse)
        try:
            if k.release.rbind_checks_loops:
                for loop in namespace_files(task, copy):
                    raise Refused(refusals.RBIND_NAMESPACE_LOOP, loop)
            yield from graft_tree(k, task, copy, parent, dentry)
        except Refused:
            yield from under_mount_lock("do_loopback", umount_failed_tree(k, copy))
            raise

    yield from holding_path(k, old, lock_and_bind)


def do_change_type(k: Globals, task: Task, path: Path, flags: int) -> Code:
    """Change the propagation type of a mount, or of all its tree with MS_REC."""
    if path.dentry is not path.mnt.mnt_root:
        raise Refused(refusals.NOT_A_MOUNT_ROOT, path, path.mnt)
    type = flags & ~(MS_REC | MS_SILENT)
    if type & ~MS_PROPAGATION or type & (type - 1):
        raise Refused(refusals.NOT_ONE_PROPAGATION_TYPE)

    def change() -> Code:
        may_change_propagation(task, path.mnt)
        if type == MS_SHARED:
            yield from invent_group_ids(k, path.mnt, recurse=bool(flags & MS_REC))
        for mount in list(tree(path.mnt)) if flags & MS_REC else [path.mnt]:
            yield from change_mnt_propagation(k, mount, type)

    yield from under_namespace_sem(k, "do_change_type", change())


def may_change_propagation(task: Task, mount: Mount) -> None:
    """The mount may be anyone's that the task has rights over. Raises EINVAL, EPERM."""
    ns = mount.mnt_ns
    if ns is None or not is_mounted(mount):
        raise Refused(refusals.NOT_MOUNTED, mount)
    if not task.capable(ns.user_ns):
        raise Refused(refusals.MAY_NOT_CHANGE_TYPE, mount)
