"""Whether a new mount of proc or sysfs would show what the owner of the mount namespace had hidden.

Source: fs/namespace.c, mount_too_revealing(), mnt_already_visible().
"""

from __future__ import annotations

from . import refusals
from .effects import Refused
from .flags import MNT_ATIME_MASK, MNT_LOCK_ATIME, MNT_LOCK_READONLY, MNT_LOCKED, MNT_READONLY, SB_RDONLY
from .globals import Globals
from .links import children
from .objects import MntNamespace, Mount, SuperBlock
from .tasks import Task


def mount_too_revealing(k: Globals, task: Task, sb: SuperBlock, mnt_flags: int) -> int:
    """The flags of a mount of ``sb``, with the locks that it has to take over.

    In a namespace that init does not own, one of the same type must be fully visible already. Raises EPERM.
    """
    ns = task.mnt_ns
    if ns.user_ns is k.init_user_ns or not sb.s_type.userns_visible:
        return mnt_flags
    visible = mnt_already_visible(ns, sb, mnt_flags)
    if visible is None:
        raise Refused(refusals.TOO_REVEALING, sb.s_type.name)
    return mnt_flags | flags_locked(visible) & (MNT_LOCK_READONLY | MNT_LOCK_ATIME)


def mnt_already_visible(ns: MntNamespace, sb: SuperBlock, mnt_flags: int) -> Mount | None:
    """A mount in the namespace that shows as much, and whose locked flags the new one has, too."""
    for mount in ns.mounts.values():
        if mount.mnt_sb.s_type.name != sb.s_type.name or mount.mnt_root is not mount.mnt_sb.s_root:
            continue
        flags = flags_locked(mount)
        if flags & MNT_LOCK_READONLY and not mnt_flags & MNT_READONLY:
            continue
        if flags & MNT_LOCK_ATIME and (flags ^ mnt_flags) & MNT_ATIME_MASK:
            continue
        # the kernel lets pass what covers a directory that is always empty; here there are none
        if not any(child.mnt_flags & MNT_LOCKED for child in children(mount)):
            return mount
    return None


def flags_locked(mount: Mount) -> int:
    """The mount's flags; a read-only superblock is as good as a lock."""
    return mount.mnt_flags | (MNT_LOCK_READONLY if mount.mnt_sb.s_flags & SB_RDONLY else 0)
