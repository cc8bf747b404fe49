"""mount_setattr(2): attributes, propagation type and id mapping of a mount or a whole tree, all or nothing.

Every mount is asked before the first is changed. Source: fs/namespace.c, SYSCALL mount_setattr,
build_mount_kattr(), build_mount_idmapped(), mount_setattr_prepare(), can_idmap_mount().
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from . import flags as f
from . import refusals
from .effects import Code, Refused, Step
from .file_table import fget
from .fsmount import ATIMES, VALID_FLAGS, attr_flags_to_mnt_flags
from .globals import Globals
from .links import tree
from .locking import under_mount_lock, under_namespace_sem
from .namei import user_path_at
from .objects import Mount, Path
from .pnode import change_mnt_propagation, cleanup_group_ids, invent_group_ids
from .remount import can_change_locked_flags, mnt_hold_writers
from .rights import anon_ns_root, check_mnt, may_mount
from .tasks import Task, UserNamespace
from .vfsmount import holding_path

PAGE_SIZE = 4096
INT_MAX = (1 << 31) - 1
KNOWN_FLAGS = f.AT_EMPTY_PATH | f.AT_RECURSIVE | f.AT_SYMLINK_NOFOLLOW | f.AT_NO_AUTOMOUNT


class MountKattr(NamedTuple):
    """struct mount_kattr: what to do with each mount, in MNT_* and MS_*."""

    attr_set: int
    attr_clr: int
    propagation: int
    mnt_userns: UserNamespace | None
    recurse: bool

    def recalc_flags(self, mount: Mount) -> int:
        """The flags that the mount would have; what is cleared and set is set."""
        return mount.mnt_flags & ~self.attr_clr | self.attr_set

    def mounts(self, root: Mount) -> list[Mount]:
        return list(tree(root)) if self.recurse else [root]


def do_mount_setattr(
    k: Globals, task: Task, dfd: int, name: str | None, flags: int, attr: Mapping[str, int], size: int
) -> Code:
    """mount_setattr(2). ``flags`` are AT_*.

    ``attr`` is struct mount_attr: attr_set, attr_clr (MOUNT_ATTR_*), propagation (MS_*), userns_fd, each 0
    where it is left out, and "tail", a byte behind what the kernel knows; ``size`` is how long the
    caller says that it is. Raises EINVAL, E2BIG, EPERM, EBADF, EBUSY, or what the path walk raises.
    """
    if flags & ~KNOWN_FLAGS:
        raise Refused(refusals.SETATTR_UNKNOWN_FLAG, hex(flags))
    kattr = wants_mount_setattr(k, task, attr, size, recurse=bool(flags & f.AT_RECURSIVE))
    if kattr is None:
        return
    empty = bool(flags & f.AT_EMPTY_PATH)
    follow = not flags & f.AT_SYMLINK_NOFOLLOW
    path = user_path_at(k, task, name, dfd=dfd, follow=follow, empty=empty)
    yield from holding_path(k, path, lambda: set_attributes(k, task, path, kattr))


def wants_mount_setattr(
    k: Globals, task: Task, attr: Mapping[str, int], size: int, *, recurse: bool
) -> MountKattr | None:
    """What is wanted; None for nothing. Raises E2BIG, EINVAL, EPERM, EBADF."""
    if size > PAGE_SIZE:
        raise Refused(refusals.SETATTR_STRUCT_TOO_LONG, size, PAGE_SIZE)
    if size < f.MOUNT_ATTR_SIZE_VER0:
        raise Refused(refusals.SETATTR_STRUCT_TOO_SHORT, size, f.MOUNT_ATTR_SIZE_VER0)
    if not may_mount(task):
        raise Refused(refusals.SETATTR_NOT_CAPABLE)
    if size > f.MOUNT_ATTR_SIZE_VER0 and attr.get("tail", 0):
        raise Refused(refusals.SETATTR_UNKNOWN_FIELD, f.MOUNT_ATTR_SIZE_VER0)
    attr_set, attr_clr, propagation = (attr.get(name, 0) for name in ("attr_set", "attr_clr", "propagation"))
    if not attr_set | attr_clr | propagation:
        return None
    if propagation & ~f.MS_PROPAGATION:
        raise Refused(refusals.SETATTR_NO_PROPAGATION_TYPE, hex(propagation))
    if propagation & (propagation - 1):
        raise Refused(refusals.SETATTR_TWO_PROPAGATION_TYPES)
    if (attr_set | attr_clr) & ~(VALID_FLAGS | f.MOUNT_ATTR_IDMAP):
        raise Refused(refusals.SETATTR_UNKNOWN_ATTRIBUTE, hex(attr_set | attr_clr))
    mnt_set, mnt_clr = attr_flags_to_mnt_flags(attr_set), attr_flags_to_mnt_flags(attr_clr)
    if attr_clr & f.MOUNT_ATTR__ATIME:
        mnt_set |= new_atime(attr_set, attr_clr)
        mnt_clr |= f.MNT_RELATIME | f.MNT_NOATIME
    elif attr_set & f.MOUNT_ATTR__ATIME:
        raise Refused(refusals.SETATTR_ATIME_NOT_CLEARED)
    user_ns = build_mount_idmapped(k, task, attr_set, attr_clr, attr.get("userns_fd", 0))
    return MountKattr(mnt_set, mnt_clr, propagation, user_ns, recurse)


def new_atime(attr_set: int, attr_clr: int) -> int:
    """The kind of atime that takes the place of the old one, which is cleared as a whole. Raises EINVAL."""
    if attr_clr & f.MOUNT_ATTR__ATIME != f.MOUNT_ATTR__ATIME:
        raise Refused(refusals.SETATTR_ATIME_PARTLY_CLEARED, hex(attr_clr & f.MOUNT_ATTR__ATIME))
    atime = ATIMES.get(attr_set & f.MOUNT_ATTR__ATIME)
    if atime is None:
        raise Refused(refusals.SETATTR_UNKNOWN_ATIME, hex(attr_set & f.MOUNT_ATTR__ATIME))
    return atime


def build_mount_idmapped(
    k: Globals, task: Task, attr_set: int, attr_clr: int, userns_fd: int
) -> UserNamespace | None:
    """The user namespace that is to map the ids, if any. Raises EINVAL, EBADF, EPERM."""
    if attr_clr & f.MOUNT_ATTR_IDMAP:
        raise Refused(refusals.IDMAP_CANNOT_BE_CLEARED)
    if not attr_set & f.MOUNT_ATTR_IDMAP:
        return None
    if not 0 <= userns_fd <= INT_MAX:
        raise Refused(refusals.IDMAP_FD_OUT_OF_RANGE, userns_fd)
    user_ns = fget(task, userns_fd).f_path.dentry.ns
    if not isinstance(user_ns, UserNamespace):
        raise Refused(refusals.IDMAP_NO_USER_NAMESPACE, userns_fd)
    if user_ns is k.init_user_ns:
        raise Refused(refusals.IDMAP_BY_INIT)
    if not task.capable(user_ns):
        raise Refused(refusals.IDMAP_NOT_CAPABLE)
    return user_ns


def set_attributes(k: Globals, task: Task, path: Path, kattr: MountKattr) -> Code:
    """do_mount_setattr() of the kernel. Raises EINVAL, EPERM, EBUSY, with nothing changed."""
    mount = path.mnt
    if path.dentry is not mount.mnt_root:
        raise Refused(refusals.SETATTR_NO_MOUNT_ROOT, path, mount)
    change = under_mount_lock("do_mount_setattr", prepare_and_commit(k, task, mount, kattr))
    if not kattr.propagation:
        return (yield from change)

    def change_propagation() -> Code:
        if kattr.propagation == f.MS_SHARED:
            yield from invent_group_ids(k, mount, recurse=kattr.recurse)
        try:
            yield from change
        except Refused:
            yield from cleanup_group_ids(k, mount)
            raise

    yield from under_namespace_sem(k, "do_mount_setattr", change_propagation())


def prepare_and_commit(k: Globals, task: Task, mount: Mount, kattr: MountKattr) -> Code:
    """The part of do_mount_setattr() under mount_lock."""
    if not anon_ns_root(mount) and not check_mnt(task, mount):
        raise Refused(refusals.SETATTR_NOT_OURS, mount)
    mounts = kattr.mounts(mount)
    for one in mounts:
        mount_setattr_prepare(task, one, kattr)
    for one in mounts:
        one.mnt_idmap = kattr.mnt_userns or one.mnt_idmap
        one.mnt_flags = kattr.recalc_flags(one)
    yield Step("mount_setattr_commit", "the attributes are set of {all}", tuple(one.id for one in mounts))
    if kattr.propagation:
        for one in mounts:
            yield from change_mnt_propagation(k, one, kattr.propagation)
    assert mount.mnt_ns is not None, "it is ours, or the root of a detached tree"
    mount.mnt_ns.event += 1


def mount_setattr_prepare(task: Task, mount: Mount, kattr: MountKattr) -> None:
    """Whether the mount can be changed so. Raises EPERM, EINVAL, EBUSY."""
    can_change_locked_flags(mount, kattr.recalc_flags(mount))
    if kattr.mnt_userns is not None:
        can_idmap_mount(task, mount, kattr.mnt_userns)
    becomes_read_only = kattr.attr_set & f.MNT_READONLY and not mount.mnt_flags & f.MNT_READONLY
    if becomes_read_only or kattr.mnt_userns is not None:
        mnt_hold_writers(mount)


def can_idmap_mount(task: Task, mount: Mount, user_ns: UserNamespace) -> None:
    """Whether the mount can map ids: only a new one can, that nobody has seen. Raises EINVAL, EPERM."""
    sb = mount.mnt_sb
    if user_ns is sb.s_user_ns:
        raise Refused(refusals.IDMAP_BY_OWNER, mount)
    if mount.mnt_idmap is not None:
        raise Refused(refusals.IDMAP_TWICE, mount)
    if not sb.s_type.allow_idmap:
        raise Refused(refusals.IDMAP_UNSUPPORTED, sb.s_type.name)
    if not task.capable(sb.s_user_ns):
        raise Refused(refusals.IDMAP_NOT_OWNER, mount)
    if mount.mnt_ns is None or not mount.mnt_ns.anon:
        raise Refused(refusals.IDMAP_ATTACHED, mount)
