"""Copying mounts: one (clone_mnt), a tree (copy_tree), and freezing a tree for a less privileged owner.

What a clone takes from its source and where it enters rings and slave lists;
not why it is made nor where it will be attached.
Source: fs/namespace.c, clone_mnt(), copy_tree(), lock_mnt_tree().
"""

from __future__ import annotations

from . import refusals
from .effects import MOUNT_LOCK, Acquire, Alloc, Code, Refused, Release, Step
from .flags import (
    CL_COPY_MNT_NS_FILE,
    CL_COPY_UNBINDABLE,
    CL_MAKE_SHARED,
    CL_PRIVATE,
    CL_SLAVE,
    LOCKABLE_FLAGS,
    MNT_INTERNAL_FLAGS,
    MNT_LOCK_ATIME,
    MNT_LOCKED,
    MNT_UMOUNT,
    T_SHARED,
    T_UNBINDABLE,
)
from .globals import Globals
from .links import add_slave_behind, add_slave_first, children, join_ring, next_mnt, skip_mnt_tree, tree
from .locking import under_mount_lock
from .objects import Dentry, MntNamespace, Mount, is_subdir
from .peers import is_unbindable
from .umount import umount_failed_tree
from .vfsmount import attach_mnt, new_mount

# Made once: a copy of 30,000 mounts yields each of these 30,000 times.
ALLOC = Alloc("alloc_vfsmnt", "struct mount")
LOCK = Acquire("copy_tree", MOUNT_LOCK)
UNLOCK = Release("copy_tree", MOUNT_LOCK)


def clone_mnt(k: Globals, old: Mount, root: Dentry, flags: int) -> Code:
    """A copy of ``old`` that shows ``root``: attached nowhere, but already linked to peers or master.

    It enters the ring, and the slave list of a common master, directly behind
    ``old``; with CL_SLAVE and a shared ``old`` it goes to the head of ``old``'s own slaves.
    Until it is attached, only umount_tree() may undo it. Raises ENOMEM.
    """
    if (yield ALLOC):
        raise Refused(refusals.NO_MEMORY, "struct mount")
    mount = new_mount(k, old.mnt_devname, root, old.mnt_flags & ~MNT_INTERNAL_FLAGS)
    mount.mnt_idmap = old.mnt_idmap
    group = 0 if flags & (CL_SLAVE | CL_PRIVATE) else old.mnt_group_id
    if flags & CL_MAKE_SHARED and not group:
        group = k.mnt_group_ida.alloc()
    if not k.release.unbindable_lost_in_clone:
        mount.mnt_t_flags = old.mnt_t_flags & T_UNBINDABLE
    if group:
        mount.mnt_group_id = group
        mount.mnt_t_flags = T_SHARED
    if flags & CL_PRIVATE:
        pass
    elif flags & CL_SLAVE and old.mnt_group_id:
        mount.mnt_master = old
        add_slave_first(old, mount)
    else:
        if group and group == old.mnt_group_id:
            join_ring(mount, old)
        if old.mnt_master is not None:
            mount.mnt_master = old.mnt_master
            add_slave_behind(old, mount)
    yield Step("clone_mnt", "{0} is cloned from {others[0]}", (mount.id,), (old.id,))
    return mount


def copy_tree(k: Globals, source: Mount, dentry: Dentry, flags: int) -> Code:
    """Copy ``source`` as seen from ``dentry`` with everything mounted at or below it, in preorder.

    Without CL_COPY_UNBINDABLE an unbindable mount is left out with all below it; EINVAL
    where it is ``source`` itself, EPERM where it is locked. Without CL_COPY_MNT_NS_FILE so is a mount
    of a mount-namespace file. On an error the copies made so far are undone.
    """
    if not flags & CL_COPY_UNBINDABLE and is_unbindable(source):
        raise Refused(refusals.COPY_OF_UNBINDABLE, source)
    if not flags & CL_COPY_MNT_NS_FILE and isinstance(dentry.ns, MntNamespace):
        raise Refused(refusals.COPY_OF_NAMESPACE_FILE, source)
    if source.mnt_flags & MNT_UMOUNT and k.release.unmounted_is_not_copied:
        raise Refused(refusals.COPY_OF_UNMOUNTED, source)
    root = yield from clone_mnt(k, source, dentry, flags)
    try:
        src_parent, dst_parent = source, root
        for top in children(source):
            if not is_subdir(top.mnt_mountpoint, dentry):
                continue
            mount: Mount | None = top
            while mount is not None:
                if not flags & CL_COPY_UNBINDABLE and is_unbindable(mount):
                    if mount.mnt_flags & MNT_LOCKED:
                        raise Refused(refusals.COPY_OF_LOCKED_UNBINDABLE, mount)
                    mount = next_mnt(skip_mnt_tree(mount), top)
                    continue
                if not flags & CL_COPY_MNT_NS_FILE and type(mount.mnt_root.ns) is MntNamespace:
                    mount = next_mnt(skip_mnt_tree(mount), top)
                    continue
                while src_parent is not mount.mnt_parent:
                    src_parent, dst_parent = src_parent.mnt_parent, dst_parent.mnt_parent
                copy = yield from clone_mnt(k, mount, mount.mnt_root, flags)
                yield LOCK
                copy.mnt_flags |= mount.mnt_flags & MNT_LOCKED
                attach_mnt(copy, dst_parent, mount.mnt_mountpoint)
                yield Step("copy_tree", "{0} is attached on {others[0]}", (copy.id,), (dst_parent.id,))
                yield UNLOCK
                src_parent, dst_parent = mount, copy
                mount = next_mnt(mount, top)
    except Refused:
        yield from under_mount_lock("copy_tree", umount_failed_tree(k, root))
        raise
    return root


def lock_mnt_tree(root: Mount) -> Code:
    """Freeze the tree for an owner with fewer rights.

    Flags that are set stay set, and no mount but the root comes off its place.
    """
    for mount in tree(root):
        mount.mnt_flags |= MNT_LOCK_ATIME
        for lock, flag, _ in LOCKABLE_FLAGS:
            if mount.mnt_flags & flag:
                mount.mnt_flags |= lock
        if mount is not root:
            mount.mnt_flags |= MNT_LOCKED
    yield Step(
        "lock_mnt_tree", "the tree at {0} is locked, all but its root", tuple(m.id for m in tree(root))
    )
