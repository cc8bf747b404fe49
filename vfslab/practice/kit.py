"""The names that a repaired function may use: the kernel's, and a few that make it short."""

from __future__ import annotations

from vfslab.kernel.clone import clone_mnt
from vfslab.kernel.effects import Code, Refused, Step
from vfslab.kernel.flags import CL_COPY_UNBINDABLE, CL_PRIVATE
from vfslab.kernel.globals import Globals
from vfslab.kernel.links import children
from vfslab.kernel.locking import under_mount_lock
from vfslab.kernel.objects import Dentry, Mount, is_subdir
from vfslab.kernel.peers import is_unbindable
from vfslab.kernel.umount import umount_failed_tree
from vfslab.kernel.vfsmount import attach_mnt

__all__ = [
    "CL_COPY_UNBINDABLE",
    "CL_PRIVATE",
    "Refused",
    "attach",
    "children",
    "clone_mnt",
    "copy_children",
    "is_subdir",
    "is_unbindable",
    "umount_failed_tree",
    "under_mount_lock",
]


def attach(mount: Mount, parent: Mount, dentry: Dentry) -> Code:
    """Hang the mount on its place; mount_lock has to be held."""
    attach_mnt(mount, parent, dentry)
    yield Step("attach_mnt", "{0} is attached on {others[0]}", (mount.id,), (parent.id,))


def copy_children(k: Globals, source: Mount, copy: Mount, flags: int) -> Code:
    """Copy all that is mounted on ``source`` onto ``copy``, the trees below included."""
    for child in children(source):
        if is_unbindable(child) and not flags & CL_COPY_UNBINDABLE:
            continue
        below = yield from clone_mnt(k, child, child.mnt_root, flags)
        yield from under_mount_lock("copy_tree", attach(below, copy, child.mnt_mountpoint))
        yield from copy_children(k, child, below, flags)
