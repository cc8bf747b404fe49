"""attach_recursive_mnt(): hanging a tree on a place, with everything that follows from it.

New mount, bind and move end here. The place is locked and allowed by the caller;
this module makes the copies for all receivers, or none.
Source: fs/namespace.c, attach_recursive_mnt(), commit_tree().
"""

from __future__ import annotations

from .clone import lock_mnt_tree
from .effects import MOUNT_LOCK, Acquire, Code, Refused, Release, Step
from .flags import MNT_LOCKED
from .globals import Globals
from .links import topmost_overmount, tree
from .locking import empty_mnt_ns
from .objects import Dentry, MntNamespace, Mount, mnt_has_parent
from .peers import is_shared, set_shared
from .pnode import cleanup_group_ids, count_mounts, invent_group_ids, propagate_mnt
from .tasks import Task
from .umount import umount_failed_tree
from .vfsmount import (
    get_mountpoint,
    lookup_mnt,
    make_visible,
    mnt_add_to_ns,
    mnt_change_mountpoint,
    mnt_set_mountpoint,
    umount_mnt,
    unpin_mountpoint,
)


def attach_recursive_mnt(k: Globals, task: Task, source: Mount, parent: Mount, dentry: Dentry) -> Code:
    """Hang the tree at ``source`` on (``parent``, ``dentry``), and a copy of it for every receiver.

    A source with a parent is moved. Below a shared parent the tree becomes shared.
    All or nothing: raises ENOENT (its root was removed) or ENOSPC (a namespace is
    full) with nothing changed but used-up mount ids.
    """
    copies: list[Mount] = []
    touched_namespaces: list[MntNamespace] = []
    moving = mnt_has_parent(source)
    top_mp = yield from get_mountpoint(k, topmost_overmount(source).mnt_root)
    try:
        if not moving:
            count_mounts(k, parent, source)
        if is_shared(parent):
            yield from invent_group_ids(k, source, recurse=True)
            yield from propagate_mnt(k, parent, dentry, source, copies)
    except Refused:
        yield Acquire("attach_recursive_mnt", MOUNT_LOCK)
        for copy in reversed(copies):
            drop_reservation(copy.mnt_parent)
            yield from umount_failed_tree(k, copy)
        yield Release("attach_recursive_mnt", MOUNT_LOCK)
        yield from cleanup_group_ids(k, source)
        drop_reservation(parent)
        unpin_mountpoint(top_mp)
        raise
    yield Acquire("attach_recursive_mnt", MOUNT_LOCK)
    if is_shared(parent):
        for mount in tree(source):
            set_shared(mount)
        yield Step(
            "attach_recursive_mnt", "shared from now on: {all}", tuple(mount.id for mount in tree(source))
        )
    if moving:
        umount_mnt(source)
        yield Step("attach_recursive_mnt", "{0} is taken off its old place", (source.id,))
    elif source.mnt_ns is not None:
        leave_anonymous_ns(k, source)
    mnt_set_mountpoint(parent, dentry, source)
    for root in (source, *reversed(copies)):
        ns = root.mnt_parent.mnt_ns
        if ns is not None:
            touched_namespaces.append(ns)
            if ns.user_ns is not task.mnt_ns.user_ns:
                yield from lock_mnt_tree(root)
        yield from commit_and_tuck(k, root, propagated=root is not source)
    for ns in touched_namespaces:
        ns.pending_mounts = 0
        ns.event += 1
    yield Release("attach_recursive_mnt", MOUNT_LOCK)
    unpin_mountpoint(top_mp)


def drop_reservation(receiver: Mount) -> None:
    """Forget what count_mounts() reserved in the receiver's namespace."""
    if receiver.mnt_ns is not None:
        receiver.mnt_ns.pending_mounts = 0


def leave_anonymous_ns(k: Globals, source: Mount) -> None:
    """Take a detached tree out of the anonymous namespace that kept it, which is freed."""
    ns = source.mnt_ns
    assert ns is not None and ns.anon, "only the root of a detached tree has a namespace and no parent"
    for mount in tree(source):
        ns.mounts.pop(mount.id, None)
    empty_mnt_ns(k, ns)


def commit_and_tuck(k: Globals, root: Mount, *, propagated: bool) -> Code:
    """Make the tree visible at its place (commit_tree); what was mounted there goes on top of it."""
    parent, dentry = root.mnt_parent, root.mnt_mountpoint
    covered = lookup_mnt(parent, dentry)
    ns = parent.mnt_ns
    added = []
    if ns is not None and root.id not in ns.mounts:
        for mount in tree(root):
            mnt_add_to_ns(ns, mount)
            added.append(mount.id)
    make_visible(root)
    yield Step("commit_tree", "{0} is mounted on {others[0]}", tuple(added or (root.id,)), (parent.id,))
    if covered is not None:
        top = topmost_overmount(root)
        mnt_change_mountpoint(top, top.mnt_root, covered)
        if k.release.lock_follows_tuck and covered.mnt_flags & MNT_LOCKED:
            root.mnt_flags |= MNT_LOCKED
            if not (propagated and k.release.copy_shares_lock):
                covered.mnt_flags &= ~MNT_LOCKED
        what = "{0} was there before and goes on top of {others[0]}"
        yield Step("mnt_change_mountpoint", what, (covered.id, root.id), (top.id,))
