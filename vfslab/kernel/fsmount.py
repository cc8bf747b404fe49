"""fsmount(2): a mount of a context's superblock, detached or as the root of a new namespace.

The context comes from ``fsopen``. Source: fs/namespace.c, SYSCALL fsmount.
"""

from __future__ import annotations

from . import flags as f
from . import refusals
from .clone import clone_mnt
from .create_namespace import open_new_namespace
from .effects import Code, Refused
from .file_table import fd_install, fget
from .fs_context import Phase, vfs_clean_context, vfs_create_mount
from .fsopen import fscontext
from .globals import Globals
from .namespace import alloc_mnt_ns
from .objects import Mount, Path
from .open_tree import detached_file, keep_detached
from .revealing import mount_too_revealing
from .rights import may_mount
from .tasks import Task
from .vfsmount import mntput

# MOUNT_ATTR_* that are bits, and the flags of a mount that they are.
ATTRIBUTES = (
    (f.MOUNT_ATTR_RDONLY, f.MNT_READONLY),
    (f.MOUNT_ATTR_NOSUID, f.MNT_NOSUID),
    (f.MOUNT_ATTR_NODEV, f.MNT_NODEV),
    (f.MOUNT_ATTR_NOEXEC, f.MNT_NOEXEC),
    (f.MOUNT_ATTR_NODIRATIME, f.MNT_NODIRATIME),
    (f.MOUNT_ATTR_NOSYMFOLLOW, f.MNT_NOSYMFOLLOW),
)
# and those that are values of one field
ATIMES = {
    f.MOUNT_ATTR_RELATIME: f.MNT_RELATIME,
    f.MOUNT_ATTR_NOATIME: f.MNT_NOATIME,
    f.MOUNT_ATTR_STRICTATIME: 0,
}
VALID_FLAGS = sum(attribute for attribute, _ in ATTRIBUTES) | f.MOUNT_ATTR__ATIME


def attr_flags_to_mnt_flags(attributes: int) -> int:
    """The MNT_* of the MOUNT_ATTR_* that are bits."""
    return sum(flag for attribute, flag in ATTRIBUTES if attributes & attribute)


def do_fsmount(k: Globals, task: Task, fd: int, flags: int, attr_flags: int) -> Code:
    """fsmount(2): the descriptor of a detached mount; of a namespace file with FSMOUNT_NAMESPACE.

    ``attr_flags`` are MOUNT_ATTR_*. Raises EPERM, EINVAL, EBADF, EBUSY, ENOSPC, ENOMEM.
    """
    check_flags(k, task, flags)
    if attr_flags & ~VALID_FLAGS:
        raise Refused(refusals.FSMOUNT_UNKNOWN_ATTRIBUTE, hex(attr_flags))
    atime = ATIMES.get(attr_flags & f.MOUNT_ATTR__ATIME)
    if atime is None:
        raise Refused(refusals.FSMOUNT_UNKNOWN_ATIME, hex(attr_flags & f.MOUNT_ATTR__ATIME))
    fc = fscontext(fget(task, fd))
    if fc.root is None:
        raise Refused(refusals.FSMOUNT_BEFORE_CREATE)
    mnt_flags = mount_too_revealing(k, task, fc.root, attr_flags_to_mnt_flags(attr_flags) | atime)
    if fc.phase is not Phase.AWAITING_MOUNT:
        raise Refused(refusals.FSMOUNT_TWICE)
    mount = yield from vfs_create_mount(k, fc)
    mount.mnt_flags = mnt_flags
    try:
        if k.release.fsmount_namespace and fc.fs_type.nouser:
            raise Refused(refusals.FSMOUNT_FOR_THE_KERNEL, fc.fs_type.name)
        vfs_clean_context(fc)
        open_mount = open_in_namespace if flags & f.FSMOUNT_NAMESPACE else open_detached
        file = yield from open_mount(k, task, mount)
    except Refused:
        mntput(k, mount)
        raise
    return fd_install(task, file)


def check_flags(k: Globals, task: Task, flags: int) -> None:
    """Whether the flags are right, and whether the task may. Raises EINVAL, EPERM in the release's order."""
    known = f.FSMOUNT_CLOEXEC | (f.FSMOUNT_NAMESPACE if k.release.fsmount_namespace else 0)
    if not k.release.fsmount_namespace and not may_mount(task):
        raise Refused(refusals.FSMOUNT_NOT_CAPABLE)
    if flags & ~known:
        raise Refused(refusals.FSMOUNT_UNKNOWN_FLAG, hex(flags))
    if flags & f.FSMOUNT_NAMESPACE:
        if not task.capable(task.user_ns):
            raise Refused(refusals.FSMOUNT_NAMESPACE_NOT_CAPABLE)
    elif not may_mount(task):
        raise Refused(refusals.FSMOUNT_NOT_CAPABLE)


def open_detached(k: Globals, task: Task, mount: Mount) -> Code:
    """A file that keeps the mount in an anonymous namespace."""
    ns = yield from alloc_mnt_ns(k, task.mnt_ns.user_ns, anon=True)
    yield from keep_detached(k, ns, mount)
    return detached_file(Path(mount, mount.mnt_root))


def open_in_namespace(k: Globals, task: Task, mount: Mount) -> Code:
    """A file of a new namespace with a copy of the mount, which itself goes."""
    file = yield from open_new_namespace(
        k, task, mount.mnt_root, lambda flags: clone_mnt(k, mount, mount.mnt_root, flags)
    )
    mntput(k, mount)
    return file
