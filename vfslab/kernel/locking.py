"""namespace_sem and the lock on the place to be mounted on, held around a piece of kernel code.

Which locks, in which order, and what happens when they are dropped; not what is
done under them. Source: fs/namespace.c, namespace_unlock(), do_lock_mount() (LOCK_MOUNT).
"""

from __future__ import annotations

from collections.abc import Callable

from . import refusals
from .effects import (
    MOUNT_LOCK,
    NAMESPACE_SEM,
    Acquire,
    Code,
    Refused,
    Release,
    Step,
)
from .globals import Globals
from .internal import is_mounted
from .links import topmost_overmount
from .objects import Dentry, MntNamespace, Mount, Path
from .tasks import UserNamespace
from .vfsmount import get_mountpoint, lookup_mnt, mntput, unpin_mountpoint


def under_namespace_sem(k: Globals, function: str, body: Code) -> Code:
    """Run ``body`` with namespace_sem held exclusively by ``function``."""
    yield Acquire(function, NAMESPACE_SEM)
    try:
        value = yield from body
    except Refused:
        yield from namespace_unlock(k, function)
        raise
    yield from namespace_unlock(k, function)
    return value


def holding(function: str, lock: str, body: Code, *, shared: bool = False) -> Code:
    """Run ``body`` with ``lock`` held by ``function``; it is given back when ``body`` is refused, too."""
    yield Acquire(function, lock, shared)
    try:
        value = yield from body
    except Refused:
        yield Release(function, lock)
        raise
    yield Release(function, lock)
    return value


def under_mount_lock(function: str, body: Code) -> Code:
    """Run ``body`` with mount_lock held by ``function``."""
    return holding(function, MOUNT_LOCK, body)


def namespace_unlock(k: Globals, function: str) -> Code:
    """Drop namespace_sem, then wait until no path walk can see what was taken off, and let go of it."""
    unmounted, k.unmounted = k.unmounted, []
    emptied, k.emptied_ns = k.emptied_ns, []
    yield Release(function, NAMESPACE_SEM)
    for ns in emptied:
        yield from free_mnt_ns(k, ns)
    if not unmounted:
        return
    yield Step("namespace_unlock", "readers are waited for: one RCU grace period")
    for mount in unmounted:
        mntput(k, mount)


def empty_mnt_ns(k: Globals, ns: MntNamespace) -> None:
    """The namespace loses all its mounts: nobody finds it any more, and unlocking frees it."""
    k.namespaces.pop(ns.id, None)
    k.emptied_ns.append(ns)


def free_mnt_ns(k: Globals, ns: MntNamespace) -> Code:
    """The namespace, in which no mount is left, is no more; its owners may have another one."""
    owner: UserNamespace | None = ns.user_ns
    while owner is not None:
        owner.mnt_namespaces -= 1
        owner = owner.parent
    yield Step("free_mnt_ns", "the empty namespace is freed")


def inode_lock_name(dentry: Dentry) -> str:
    """The name of the dentry's inode lock: i_rwsem, the device and the path."""
    return f"i_rwsem({dentry.d_sb.s_id} {dentry.path()})"


def where_to_mount(path: Path) -> Path:
    """The place itself, or the root of the top of the stack that covers it (where_to_mount)."""
    cover = lookup_mnt(path.mnt, path.dentry)
    if cover is None:
        return path
    top = topmost_overmount(cover)
    return Path(top, top.mnt_root)


def place_beneath(path: Path) -> Path:
    """Where the topmost mount of the stack at the path sits: on it goes what is slid beneath that mount."""
    top = topmost_overmount(path.mnt)
    return Path(top.mnt_parent, top.mnt_mountpoint)


def lock_mount(k: Globals, path: Path, body: Callable[[Mount, Dentry], Code]) -> Code:
    """Run ``body(parent, dentry)`` with the place that a mount on ``path`` would go to locked and pinned.

    Raises ENOENT when the dentry may not be mounted on any more or the mount of
    ``path`` is in no namespace.
    """
    return do_lock_mount(k, path, where_to_mount, body)


def lock_mount_beneath(k: Globals, path: Path, body: Callable[[Mount, Dentry], Code]) -> Code:
    """The same with the place beneath the topmost mount at ``path`` (LOCK_MOUNT_MAYBE_BENEATH).

    Raises EINVAL besides where ``path`` is no mount's root, or that of a mount without parent and cover.
    """
    if path.dentry is not path.mnt.mnt_root:
        raise Refused(refusals.BENEATH_NO_MOUNT_ROOT, path)

    def checked(parent: Mount, dentry: Dentry) -> Code:
        if parent is path.mnt and path.mnt.overmount is None:
            raise Refused(refusals.BENEATH_UNATTACHED, parent)
        return (yield from body(parent, dentry))

    return (yield from do_lock_mount(k, path, place_beneath, checked))


def do_lock_mount(
    k: Globals, path: Path, find: Callable[[Path], Path], body: Callable[[Mount, Dentry], Code]
) -> Code:
    """Lock and pin the place that ``find`` gives for ``path``, and run ``body`` on it."""
    while True:
        place = find(path)
        inode = inode_lock_name(place.dentry)
        yield Acquire("do_lock_mount", inode)
        yield Acquire("do_lock_mount", NAMESPACE_SEM)
        if find(path) == place:
            break
        yield Release("do_lock_mount", NAMESPACE_SEM)
        yield Release("do_lock_mount", inode)
    try:
        if place.dentry.cant_mount:
            raise Refused(refusals.CANT_MOUNT_ON, place.dentry.path())
        if not is_mounted(path.mnt):
            raise Refused(refusals.TARGET_NOT_IN_NAMESPACE, path.mnt)
        mp = yield from get_mountpoint(k, place.dentry)
        try:
            value = yield from body(place.mnt, place.dentry)
        finally:
            unpin_mountpoint(mp)
    except Refused:
        yield Release("unlock_mount", inode)
        yield from namespace_unlock(k, "unlock_mount")
        raise
    yield Release("unlock_mount", inode)
    yield from namespace_unlock(k, "unlock_mount")
    return value
