"""The copy that a bind, open_tree(2) and a new namespace are made of, and what stands in its way.

Source: fs/namespace.c, __do_loopback(), has_locked_children().
"""

from __future__ import annotations

from . import refusals
from .clone import clone_mnt, copy_tree
from .effects import Code, Refused
from .flags import CL_COPY_MNT_NS_FILE, MNT_LOCKED
from .globals import Globals
from .links import children
from .objects import Dentry, Mount, Path, is_subdir
from .peers import is_unbindable
from .rights import may_copy_tree
from .tasks import Task


def loopback_copy(
    k: Globals,
    task: Task,
    old: Path,
    *,
    recurse: bool,
    flags: int = CL_COPY_MNT_NS_FILE,
    keep_covered: bool = False,
) -> Code:
    """Copy what a bind's source names (__do_loopback). Raises EINVAL, or EPERM from copy_tree().

    ``flags`` are copy_tree()'s; by default mounts of mount-namespace files are copied, too. With
    ``keep_covered`` no child may be left out, as if all were locked.
    """
    if is_unbindable(old.mnt):
        raise Refused(refusals.SOURCE_UNBINDABLE, old.mnt)
    if not may_copy_tree(task, old):
        raise Refused(refusals.SOURCE_NOT_OURS, old.mnt)
    if recurse:
        return (yield from copy_tree(k, old.mnt, old.dentry, flags))
    locked = has_locked_children(old.mnt, old.dentry)
    if locked is not None:
        raise Refused(refusals.LOCKED_CHILD_BELOW_SOURCE, locked)
    if keep_covered:
        for child in children(old.mnt):
            if is_subdir(child.mnt_mountpoint, old.dentry):
                raise Refused(refusals.COVER_NOT_COPIED, child)
    return (yield from clone_mnt(k, old.mnt, old.dentry, flags))


def has_locked_children(mount: Mount, dentry: Dentry) -> Mount | None:
    """The first locked child at or below ``dentry``, which copying ``mount`` alone would uncover."""
    child = mount.mnt_mounts_first
    while child is not None:
        if child.mnt_flags & MNT_LOCKED and is_subdir(child.mnt_mountpoint, dentry):
            return child
        child = child.mnt_child_next
    return None
