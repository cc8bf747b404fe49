"""Mount namespaces: made, copied and taken apart with the last thing that keeps them.

What a namespace is made of; how tasks get into one is ``nsproxy``'s, the copying of the
mounts ``clone``'s. Source: fs/namespace.c, alloc_mnt_ns(), copy_mnt_ns(), put_mnt_ns().
"""

from __future__ import annotations

from collections.abc import Iterator

from . import refusals
from .clone import clone_mnt, copy_tree, lock_mnt_tree
from .effects import NAMESPACE_SEM, Acquire, Alloc, Code, Refused, Step
from .flags import CL_COPY_UNBINDABLE, CL_EXPIRE, CL_SLAVE
from .globals import Globals
from .links import next_mnt, skip_mnt_tree, tree
from .locking import empty_mnt_ns, free_mnt_ns, namespace_unlock, under_mount_lock, under_namespace_sem
from .objects import MntNamespace, Mount, Path
from .tasks import FsStruct, UserNamespace
from .umount import umount_tree
from .vfsmount import mnt_add_to_ns, path_get, path_put


def alloc_mnt_ns(k: Globals, user_ns: UserNamespace, *, anon: bool = False) -> Code:
    """A namespace record without mounts, owned by ``user_ns``; an anonymous one is for a detached tree.

    Raises ENOSPC where ``user_ns`` or one above it owns as many as it may, ENOMEM.
    """
    owner: UserNamespace | None = user_ns
    while owner is not None:
        if owner.mnt_namespaces >= owner.max_mnt_namespaces:
            raise Refused(refusals.TOO_MANY_MNT_NAMESPACES, owner.id, owner.max_mnt_namespaces)
        owner = owner.parent
    if (yield Alloc("alloc_mnt_ns", "struct mnt_namespace")):
        raise Refused(refusals.NO_MEMORY, "struct mnt_namespace")
    return new_mnt_ns(k, user_ns, anon=anon)


def new_mnt_ns(k: Globals, user_ns: UserNamespace, *, anon: bool = False) -> MntNamespace:
    """The part of alloc_mnt_ns() that cannot fail; boot uses it directly."""
    owner: UserNamespace | None = user_ns
    while owner is not None:
        owner.mnt_namespaces += 1
        owner = owner.parent
    k.last_ns_id += 1
    return MntNamespace(k.last_ns_id, user_ns, anon=anon)


def copy_mnt_ns(
    k: Globals, old_ns: MntNamespace, user_ns: UserNamespace, fs: FsStruct, *, empty: bool = False
) -> Code:
    """Copy every mount of ``old_ns`` into a new namespace, and move ``fs`` over to the copies.

    For another owner the copies are slaves and locked; an ``empty`` namespace gets a copy of
    the root mount alone, on which ``fs`` then stands. Raises ENOMEM or ENOSPC; then nothing is left of the
    copy.
    """
    assert old_ns.root is not None, "a namespace with tasks has a root"
    ns = yield from alloc_mnt_ns(k, user_ns)
    other_owner = ns.user_ns is not old_ns.user_ns
    flags = CL_COPY_UNBINDABLE | CL_EXPIRE | (CL_SLAVE if other_owner else 0)
    yield Acquire("copy_mnt_ns", NAMESPACE_SEM)
    try:
        copy_mounts = clone_mnt if empty else copy_tree
        root = yield from copy_mounts(k, old_ns.root, old_ns.root.mnt_root, flags)
    except Refused:
        yield from namespace_unlock(k, "copy_mnt_ns")
        yield from free_mnt_ns(k, ns)
        raise
    if other_owner:
        yield from under_mount_lock("copy_mnt_ns", lock_mnt_tree(root))
    dropped = yield from fill_copy(k, old_ns.root, root, ns, fs, empty=empty)
    yield from namespace_unlock(k, "copy_mnt_ns")
    for path in dropped:
        path_put(k, path)
    return ns


def fill_copy(
    k: Globals, old_root: Mount, root: Mount, ns: MntNamespace, fs: FsStruct, *, empty: bool
) -> Code:
    """Make the copies what the namespace holds, and move ``fs`` over; gives the places that it stood on."""
    ns.root = root
    k.namespaces[ns.id] = ns
    yield Step("copy_mnt_ns", "the new namespace gets its root and can be found")
    moves = []
    root_mnt, pwd_mnt = fs.root.mnt, fs.pwd.mnt
    for source, copy in counterparts(old_root, root):
        mnt_add_to_ns(ns, copy)
        if empty or source is root_mnt:
            moves.append(("root", Path(copy, root.mnt_root if empty else fs.root.dentry)))
        if empty or source is pwd_mnt:
            moves.append(("pwd", Path(copy, root.mnt_root if empty else fs.pwd.dentry)))
    yield Step("mnt_add_to_ns", "now in the new namespace: {all}", tuple(ns.mounts))
    dropped = []
    for name, new in moves:
        old = getattr(fs, name)
        dropped.append(old)
        setattr(fs, name, path_get(new))
        word = "cwd" if name == "pwd" else name
        what = f"the task's {word} moves over from {{others[1]}} to {{others[0]}}"
        yield Step("copy_mnt_ns", what, (), (new.mnt.id, old.mnt.id))
    return dropped


def counterparts(old: Mount, new: Mount) -> Iterator[tuple[Mount, Mount]]:
    """Each mount of a tree with its copy, in preorder; mounts of namespace files were not copied."""
    source: Mount | None = old
    for copy in tree(new):
        while source is not None and source.mnt_root is not copy.mnt_root:
            source = next_mnt(skip_mnt_tree(source), old)
        if source is None:
            return
        yield source, copy
        source = next_mnt(source, old)


def mounts_from(ns: MntNamespace, id: int) -> list[Mount]:
    """The mounts that the namespace lists with that unique id or a greater one, in this order.

    The kernel keeps them in a tree (mnt_find_id_at, rb_next).
    """
    found = (mount for mount in ns.mounts.values() if mount.mnt_id_unique >= id)
    return sorted(found, key=lambda mount: mount.id)


def fill_mnt_ns(k: Globals, ns: MntNamespace, root: Mount, where: str) -> Code:
    """Make the tree what the namespace holds, which can be found from now on; ``where`` says which it is."""
    for mount in tree(root):
        mnt_add_to_ns(ns, mount)
    ns.root = root
    k.namespaces[ns.id] = ns
    yield Step("mnt_add_to_ns", f"{where}: {{all}}", tuple(ns.mounts))


def put_mnt_ns(k: Globals, ns: MntNamespace) -> Code:
    """Drop a reference to the namespace; with the last one all its mounts go, without propagation."""
    ns.count -= 1
    if ns.count:
        return
    assert ns.root is not None, "a namespace in use has a root"
    empty_mnt_ns(k, ns)
    yield from under_namespace_sem(
        k, "put_mnt_ns", under_mount_lock("put_mnt_ns", umount_tree(k, ns.root, 0))
    )
