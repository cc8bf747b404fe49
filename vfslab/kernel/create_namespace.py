"""Namespaces made of a tree, handed out as a descriptor: OPEN_TREE_NAMESPACE, FSMOUNT_NAMESPACE.

What the namespace shows is a copy that the caller of ``open_new_namespace`` makes; nobody is in it yet.
Source: fs/namespace.c, open_new_namespace(), create_new_namespace(), lock_mount_exact().
"""

from __future__ import annotations

from collections.abc import Callable

from . import refusals
from .clone import clone_mnt, lock_mnt_tree
from .effects import MOUNT_LOCK, NAMESPACE_SEM, Acquire, Code, Refused, Release, Step
from .file_table import alloc_file
from .flags import CL_SLAVE, MNT_LOCKED
from .globals import Globals
from .internal import ns_get_path
from .locking import empty_mnt_ns, free_mnt_ns, inode_lock_name, namespace_unlock, under_mount_lock
from .namespace import alloc_mnt_ns, fill_mnt_ns
from .objects import Dentry, MntNamespace, Mount
from .tasks import Task
from .umount import umount_tree
from .vfsmount import attach_mnt, get_mountpoint, mntput, path_get, unpin_mountpoint

# Makes the copy that the namespace shows, with these CL_* flags besides its own.
CopySource = Callable[[int], Code]


def open_new_namespace(k: Globals, task: Task, dentry: Dentry, copy_source: CopySource) -> Code:
    """A file of a new namespace that shows, on a copy of the absolute root, what ``copy_source`` gives.

    ``dentry`` is the root of that. Raises ENOTDIR, ENOSPC, ENOMEM, and what ``copy_source`` raises.
    """
    if k.release.namespace_needs_directory and not dentry.is_dir:
        raise Refused(refusals.NAMESPACE_OF_NO_DIRECTORY, dentry.path())
    ns = yield from alloc_mnt_ns(k, task.user_ns)
    if k.release.copy_in_one_section:
        yield from create_new_namespace(k, task, ns, copy_source)
    else:
        yield from create_new_namespace_in_two_sections(k, task, ns, copy_source)
    file = alloc_file(path_get(ns_get_path(k, ns)))
    # the file holds it now, and nobody else
    ns.count -= 1
    return file


def create_new_namespace(k: Globals, task: Task, ns: MntNamespace, copy_source: CopySource) -> Code:
    """Fill the namespace. When that fails, it is freed and nothing is left of the copies."""
    old_root = task.mnt_ns.root
    assert old_root is not None, "a namespace with tasks has a root"
    inode = inode_lock_name(old_root.mnt_root)
    yield Acquire("lock_mount_exact", inode)
    yield Acquire("lock_mount_exact", NAMESPACE_SEM)
    try:
        yield from copy_onto_root(k, task, old_root, ns, copy_source)
    except Refused:
        empty_mnt_ns(k, ns)
        yield Release("unlock_mount", inode)
        yield from namespace_unlock(k, "unlock_mount")
        raise
    yield Release("unlock_mount", inode)
    yield from namespace_unlock(k, "unlock_mount")


def copy_onto_root(
    k: Globals, task: Task, old_root: Mount, ns: MntNamespace, copy_source: CopySource
) -> Code:
    """The part of create_new_namespace() under the locks."""
    other_owner = task.user_ns is not task.mnt_ns.user_ns
    flags = CL_SLAVE if other_owner else 0
    mp = yield from get_mountpoint(k, old_root.mnt_root)
    try:
        root = yield from clone_mnt(k, old_root, old_root.mnt_root, flags)
        try:
            mount = yield from copy_source(flags)
        except Refused:
            yield from under_mount_lock("create_new_namespace", umount_tree(k, root, 0))
            raise
        locked = cover_is_locked(old_root)
        yield from attach_copy(root, mount, locked=locked, other_owner=other_owner)
    finally:
        unpin_mountpoint(mp)
    yield from fill_mnt_ns(k, ns, root, "in a new namespace, which can be found now")


def create_new_namespace_in_two_sections(
    k: Globals, task: Task, ns: MntNamespace, copy_source: CopySource
) -> Code:
    """The same as it was in 7.0-rc1: namespace_sem is dropped between the copy of the root and the rest.

    When the rest fails, the copy of the root only loses its reference: it is freed, and
    what clone_mnt() linked it to still points at it.
    """
    old_root = task.mnt_ns.root
    assert old_root is not None, "a namespace with tasks has a root"
    other_owner = task.user_ns is not task.mnt_ns.user_ns
    flags = CL_SLAVE if other_owner else 0
    yield Acquire("create_new_namespace", NAMESPACE_SEM)
    try:
        root = yield from clone_mnt(k, old_root, old_root.mnt_root, flags)
        locked = cover_is_locked(old_root)
    except Refused:
        empty_mnt_ns(k, ns)
        yield from namespace_unlock(k, "create_new_namespace")
        raise
    yield from namespace_unlock(k, "create_new_namespace")
    inode = inode_lock_name(root.mnt_root)
    yield Acquire("lock_mount_exact", inode)
    yield Acquire("lock_mount_exact", NAMESPACE_SEM)
    try:
        mp = yield from get_mountpoint(k, root.mnt_root)
        try:
            mount = yield from copy_source(flags)
            yield from attach_copy(root, mount, locked=locked, other_owner=other_owner)
        finally:
            unpin_mountpoint(mp)
    except Refused:
        yield Release("unlock_mount", inode)
        yield from namespace_unlock(k, "unlock_mount")
        mntput(k, root)
        k.namespaces.pop(ns.id, None)
        yield from free_mnt_ns(k, ns)
        raise
    yield from fill_mnt_ns(k, ns, root, "in a new namespace, which can be found now")
    yield Release("unlock_mount", inode)
    yield from namespace_unlock(k, "unlock_mount")


def attach_copy(root: Mount, mount: Mount, *, locked: bool, other_owner: bool) -> Code:
    """Hang the copy on the copy of the root, and lock what is to be locked."""
    yield Acquire("create_new_namespace", MOUNT_LOCK)
    if locked:
        mount.mnt_flags |= MNT_LOCKED
    attach_mnt(mount, root, root.mnt_root)
    yield Step("create_new_namespace", "{0} is attached on {others[0]}", (mount.id,), (root.id,))
    if other_owner:
        yield from lock_mnt_tree(root)
    yield Release("create_new_namespace", MOUNT_LOCK)


def cover_is_locked(root: Mount) -> bool:
    """Whether anything in the stack of mounts on the root is locked."""
    mount = root.overmount
    while mount is not None:
        if mount.mnt_flags & MNT_LOCKED:
            return True
        mount = mount.overmount
    return False
