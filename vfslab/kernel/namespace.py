"""Mount namespaces: making, copying, leaving, and turning their root with pivot_root(2).

What a namespace is made of and how tasks get into one; the copying of the mounts
is ``clone``'s. Source: fs/namespace.c, alloc_mnt_ns(), copy_mnt_ns(), path_pivot_root(),
put_mnt_ns(); fs/fs_struct.c, chroot_fs_refs(); kernel/fork.c, ksys_unshare().
"""

from __future__ import annotations

from . import refusals
from .clone import copy_tree, lock_mnt_tree
from .effects import MOUNT_LOCK, Acquire, Alloc, Code, Refused, Release, Step
from .flags import CL_COPY_UNBINDABLE, CL_EXPIRE, CL_SLAVE, CLONE_FS, CLONE_NEWNS, MNT_LOCKED
from .globals import Globals
from .links import next_mnt
from .locking import lock_mount, under_mount_lock, under_namespace_sem
from .mount import check_mnt, may_mount
from .namei import is_path_reachable, user_path_at
from .objects import Dentry, FsStruct, MntNamespace, Mount, Path, Task, UserNamespace, mnt_has_parent
from .peers import is_shared
from .umount import umount_tree
from .vfsmount import attach_mnt, mnt_add_to_ns, path_get, path_put, umount_mnt


def alloc_mnt_ns(k: Globals, user_ns: UserNamespace) -> Code:
    """A namespace record without mounts, owned by ``user_ns``. Raises ENOMEM."""
    if (yield Alloc("alloc_mnt_ns", "struct mnt_namespace")):
        raise Refused(refusals.NO_MEMORY, "struct mnt_namespace")
    return new_mnt_ns(k, user_ns)


def new_mnt_ns(k: Globals, user_ns: UserNamespace) -> MntNamespace:
    """The part of alloc_mnt_ns() that cannot fail; boot uses it directly."""
    k.last_ns_id += 1
    return MntNamespace(k.last_ns_id, user_ns)


def copy_fs_struct(fs: FsStruct) -> FsStruct:
    """A private copy, with references of its own."""
    return FsStruct(path_get(fs.root), path_get(fs.pwd))


def free_fs_struct(k: Globals, fs: FsStruct) -> None:
    path_put(k, fs.root)
    path_put(k, fs.pwd)


def do_unshare(k: Globals, task: Task, flags: int) -> Code:
    """unshare(2) with CLONE_NEWNS and CLONE_FS: the task goes on in a copy of its mount namespace.

    Raises EINVAL for another flag, EPERM without CAP_SYS_ADMIN, ENOMEM with nothing changed.
    """
    if flags & ~(CLONE_NEWNS | CLONE_FS):
        raise Refused(refusals.UNSHARE_UNKNOWN_FLAG, hex(flags))
    if not flags & CLONE_NEWNS:
        return
    if (yield Alloc("unshare_fs", "struct fs_struct")):
        raise Refused(refusals.NO_MEMORY, "struct fs_struct")
    fs = copy_fs_struct(task.fs)
    yield Step("unshare_fs", "the task's root and cwd are copied, to be moved over to the new namespace")
    try:
        if not task.capable(task.user_ns):
            raise Refused(refusals.UNSHARE_NOT_CAPABLE)
        ns = yield from copy_mnt_ns(k, task.mnt_ns, task.user_ns, fs)
    except Refused:
        free_fs_struct(k, fs)
        raise
    old_fs, old_ns = task.fs, task.mnt_ns
    task.fs, task.mnt_ns = fs, ns
    yield Step("switch_task_namespaces", "the task is now in the new namespace")
    free_fs_struct(k, old_fs)
    yield from put_mnt_ns(k, old_ns)


def copy_mnt_ns(k: Globals, old_ns: MntNamespace, user_ns: UserNamespace, fs: FsStruct) -> Code:
    """Copy every mount of ``old_ns`` into a new namespace, and move ``fs`` over to the copies.

    For another owner the copies are slaves and locked. Raises ENOMEM; then nothing is left of the copy.
    """
    ns = yield from alloc_mnt_ns(k, user_ns)
    dropped: list[Path] = []
    yield from under_namespace_sem(k, "copy_mnt_ns", copy_into(k, old_ns, ns, fs, dropped))
    for path in dropped:
        path_put(k, path)
    return ns


def copy_into(k: Globals, old_ns: MntNamespace, ns: MntNamespace, fs: FsStruct, dropped: list[Path]) -> Code:
    """The part of copy_mnt_ns() under namespace_sem. Paths that ``fs`` no longer holds go to ``dropped``."""
    assert old_ns.root is not None, "a namespace with tasks has a root"
    flags = CL_COPY_UNBINDABLE | CL_EXPIRE
    if ns.user_ns is not old_ns.user_ns:
        flags |= CL_SLAVE
    root = yield from copy_tree(k, old_ns.root, old_ns.root.mnt_root, flags)
    if ns.user_ns is not old_ns.user_ns:
        yield from under_mount_lock("copy_mnt_ns", lock_mnt_tree(root))
    ns.root = root
    k.namespaces[ns.id] = ns
    yield Step("copy_mnt_ns", "the new namespace gets its root and can be found")
    moves = []
    source: Mount | None = old_ns.root
    copy: Mount | None = root
    while source is not None and copy is not None:
        mnt_add_to_ns(ns, copy)
        if fs.root.mnt is source or fs.pwd.mnt is source:
            moves.append((source, copy))
        source = next_mnt(source, old_ns.root)
        copy = next_mnt(copy, root)
    yield Step("mnt_add_to_ns", "now in the new namespace: {all}", tuple(ns.mounts))
    for source, copy in moves:
        for name, word in (("root", "root"), ("pwd", "cwd")):
            path = getattr(fs, name)
            if path.mnt is source:
                dropped.append(path)
                setattr(fs, name, path_get(Path(copy, path.dentry)))
                what = f"the task's {word} moves over from {{others[1]}} to {{others[0]}}"
                yield Step("copy_mnt_ns", what, (), (copy.id, source.id))


def put_mnt_ns(k: Globals, ns: MntNamespace) -> Code:
    """Drop a reference to the namespace; with the last one all its mounts go, without propagation."""
    ns.count -= 1
    if ns.count:
        return
    assert ns.root is not None, "a namespace in use has a root"
    k.emptied_ns.append(ns)
    yield from under_namespace_sem(
        k, "put_mnt_ns", under_mount_lock("put_mnt_ns", umount_tree(k, ns.root, 0))
    )


def do_exit(k: Globals, task: Task) -> Code:
    """The task ends: its root, cwd and namespace lose a reference (exit_fs, exit_task_namespaces)."""
    del k.tasks[task.pid]
    free_fs_struct(k, task.fs)
    yield from put_mnt_ns(k, task.mnt_ns)


def do_pivot_root(k: Globals, task: Task, new_root: str, put_old: str) -> Code:
    """pivot_root(2): the mount at ``new_root`` takes the place of the task's root mount.

    That one moves to ``put_old``.
    Raises EPERM, ENOTDIR, ENOENT, EBUSY, EINVAL, in the order of the kernel's checks.
    """
    if k.release.pivot_root_checks_capability_first and not may_mount(task):
        raise Refused(refusals.MAY_NOT_PIVOT)
    new = user_path_at(task, new_root, directory=True)
    try:
        old = user_path_at(task, put_old, directory=True)
    except Refused:
        path_put(k, new)
        raise
    try:
        if not may_mount(task):
            raise Refused(refusals.MAY_NOT_PIVOT)
        root = path_get(task.fs.root)
        try:
            yield from lock_mount(
                k, old, lambda parent, dentry: path_pivot_root(k, task, new, root, parent, dentry)
            )
        except Refused:
            path_put(k, root)
            raise
        path_put(k, root)
    except Refused:
        path_put(k, old)
        path_put(k, new)
        raise
    path_put(k, old)
    path_put(k, new)


def path_pivot_root(k: Globals, task: Task, new: Path, root: Path, parent: Mount, dentry: Dentry) -> Code:
    """The checks and the exchange, with the place for the old root, (``parent``, ``dentry``), locked."""
    new_mnt, root_mnt = new.mnt, root.mnt
    for mount in (parent, new_mnt.mnt_parent, root_mnt.mnt_parent):
        if is_shared(mount):
            raise Refused(refusals.PIVOT_SHARED, mount)
    for mount in (root_mnt, new_mnt):
        if not check_mnt(task, mount):
            raise Refused(refusals.PIVOT_NOT_OURS, mount)
    if new_mnt.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.PIVOT_TO_LOCKED, new_mnt)
    if new.dentry.unlinked:
        raise Refused(refusals.PIVOT_TO_REMOVED, new.dentry.path())
    if new_mnt is root_mnt or parent is root_mnt:
        raise Refused(refusals.PIVOT_ON_CURRENT_ROOT, root_mnt)
    if root.dentry is not root_mnt.mnt_root:
        raise Refused(refusals.PIVOT_ROOT_IS_NO_MOUNT, root.dentry.path())
    if not mnt_has_parent(root_mnt):
        raise Refused(refusals.PIVOT_FROM_ABSOLUTE_ROOT, root_mnt)
    if new.dentry is not new_mnt.mnt_root:
        raise Refused(refusals.PIVOT_TO_NO_MOUNT, new.dentry.path())
    if not mnt_has_parent(new_mnt):
        raise Refused(refusals.PIVOT_TO_DETACHED, new_mnt)
    if not is_path_reachable(parent, dentry, new):
        raise Refused(refusals.PIVOT_PUT_OLD_OUTSIDE, new_mnt)
    if not is_path_reachable(new_mnt, new.dentry, root):
        raise Refused(refusals.PIVOT_NEW_ROOT_OUTSIDE, new_mnt)
    yield Acquire("path_pivot_root", MOUNT_LOCK)
    root_parent, root_mountpoint = root_mnt.mnt_parent, root_mnt.mnt_mountpoint
    umount_mnt(new_mnt)
    if root_mnt.mnt_flags & MNT_LOCKED:
        new_mnt.mnt_flags |= MNT_LOCKED
        root_mnt.mnt_flags &= ~MNT_LOCKED
    yield Step("path_pivot_root", "the new root, {0}, is taken off its place", (new_mnt.id, root_mnt.id))
    attach_mnt(new_mnt, root_parent, root_mountpoint)
    yield Step(
        "path_pivot_root",
        "{0} is put where the old root is, on {others[0]}",
        (new_mnt.id,),
        (root_parent.id,),
    )
    umount_mnt(root_mnt)
    yield Step("path_pivot_root", "the old root, {0}, is taken off its place", (root_mnt.id,))
    attach_mnt(root_mnt, parent, dentry)
    yield Step("path_pivot_root", "{0} is put on {others[0]}", (root_mnt.id,), (parent.id,))
    task.mnt_ns.event += 1
    yield Release("path_pivot_root", MOUNT_LOCK)
    yield from chroot_fs_refs(k, root, new)


def chroot_fs_refs(k: Globals, old_root: Path, new_root: Path) -> Code:
    """Every task whose root or cwd is exactly the old root stands on the new one from now on."""
    for task in k.tasks.values():
        moved = False
        for name in ("root", "pwd"):
            if getattr(task.fs, name) == old_root:
                setattr(task.fs, name, path_get(new_root))
                path_put(k, old_root)
                moved = True
        if moved:
            yield Step("chroot_fs_refs", f"{task.comm} stands on {{others[0]}} now", (), (new_root.mnt.id,))
