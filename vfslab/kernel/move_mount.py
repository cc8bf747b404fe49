"""Moving a mount, or a detached tree, to another place: mount(2) with MS_MOVE, and move_mount(2).

Also MOVE_MOUNT_SET_GROUP, which moves nothing but lets a mount join another's peer group.
Source: fs/namespace.c, do_move_mount(), can_move_mount_beneath(), do_set_group(), SYSCALL move_mount.
"""

from __future__ import annotations

from . import refusals
from .attach import attach_recursive_mnt
from .effects import Code, Refused, Step
from .flags import (
    MNT_LOCKED,
    MOVE_MOUNT__MASK,
    MOVE_MOUNT_BENEATH,
    MOVE_MOUNT_F_EMPTY_PATH,
    MOVE_MOUNT_F_SYMLINKS,
    MOVE_MOUNT_SET_GROUP,
    MOVE_MOUNT_T_EMPTY_PATH,
    MOVE_MOUNT_T_SYMLINKS,
)
from .globals import Globals
from .internal import is_mounted
from .links import add_slave_behind, join_ring, tree
from .locking import lock_mount, lock_mount_beneath, under_namespace_sem
from .loopback import has_locked_children
from .namei import getname_maybe_null, user_path_at
from .objects import Dentry, Mount, Path, is_subdir, mnt_has_parent
from .peers import is_shared, is_unbindable, peers, set_shared
from .rights import anon_ns_root, check_mnt, may_mount, may_use_mount, namespace_files
from .tasks import Task
from .vfsmount import holding_path


def do_move_mount_old(k: Globals, task: Task, path: Path, source: str | None) -> Code:
    """MS_MOVE: the source is looked up, then moved."""
    if not source:
        raise Refused(refusals.MOVE_NO_SOURCE)
    old = user_path_at(k, task, source)
    yield from holding_path(k, old, lambda: do_move_mount(k, task, old, path))


def sys_move_mount(
    k: Globals, task: Task, from_dfd: int, from_name: str | None, to_dfd: int, to_name: str | None, flags: int
) -> Code:
    """move_mount(2). ``flags`` are MOVE_MOUNT_*.

    Raises EPERM, EINVAL, ELOOP, ENOENT, ENOSPC, EBADF, or what the path walks raise.
    """
    if not may_mount(task):
        raise Refused(refusals.MAY_NOT_MOVE)
    if flags & ~MOVE_MOUNT__MASK:
        raise Refused(refusals.MOVE_UNKNOWN_FLAG, hex(flags))
    if flags & MOVE_MOUNT_BENEATH and flags & MOVE_MOUNT_SET_GROUP:
        raise Refused(refusals.MOVE_BENEATH_AND_SET_GROUP)
    new = _end(k, task, to_dfd, to_name, flags & MOVE_MOUNT_T_SYMLINKS, flags & MOVE_MOUNT_T_EMPTY_PATH)

    def find_old_and_move() -> Code:
        symlinks, empty = flags & MOVE_MOUNT_F_SYMLINKS, flags & MOVE_MOUNT_F_EMPTY_PATH
        old = _end(k, task, from_dfd, from_name, symlinks, empty)
        return holding_path(k, old, lambda: vfs_move_mount(k, task, old, new, flags))

    yield from holding_path(k, new, find_old_and_move)


def vfs_move_mount(k: Globals, task: Task, old: Path, new: Path, flags: int) -> Code:
    """What move_mount(2) does with the two places once it has them."""
    if flags & MOVE_MOUNT_SET_GROUP:
        return under_namespace_sem(k, "do_set_group", do_set_group(k, task, old, new))
    return do_move_mount(k, task, old, new, beneath=bool(flags & MOVE_MOUNT_BENEATH))


def _end(k: Globals, task: Task, dfd: int, name: str | None, symlinks: int, empty: int) -> Path:
    """Where a move begins or ends; ``symlinks`` and ``empty`` are its flags, or 0."""
    name = getname_maybe_null(name, bool(empty))
    return user_path_at(k, task, name, dfd=dfd, follow=bool(symlinks), empty=bool(empty))


def do_move_mount(k: Globals, task: Task, old: Path, new: Path, *, beneath: bool = False) -> Code:
    """Move the tree at ``old`` to ``new``, or beneath the topmost mount there.

    Raises EINVAL, ELOOP, ENOENT, ENOSPC.
    """
    mount = old.mnt
    if old.dentry is not mount.mnt_root:
        raise Refused(refusals.MOVE_OF_NO_MOUNT_ROOT, old, old.mnt)
    if old.dentry.is_dir != new.dentry.is_dir:
        raise Refused(refusals.MOVE_DIRECTORY_ON_FILE)

    def move(parent: Mount, dentry: Dentry) -> Code:
        if check_mnt(task, mount):
            check_attached_source(task, mount, parent)
        else:
            check_detached_source(task, mount, parent)
        if beneath:
            over = new.mnt if parent is new.mnt.mnt_parent else parent.overmount
            assert over is not None, "lock_mount_beneath() found something on the parent"
            can_move_mount_beneath(k, task, mount, over, dentry)
        if is_shared(parent):
            for moved in tree(mount):
                if is_unbindable(moved):
                    raise Refused(refusals.MOVE_UNBINDABLE_TO_SHARED, moved, parent)
        for file in namespace_files(task, mount):
            raise Refused(refusals.MOVE_NAMESPACE_LOOP, file)
        if mount_is_ancestor(mount, parent):
            raise Refused(refusals.MOVE_INTO_ITSELF, mount)
        yield from attach_recursive_mnt(k, task, mount, parent, dentry)

    yield from (lock_mount_beneath if beneath else lock_mount)(k, new, move)


def check_attached_source(task: Task, mount: Mount, parent: Mount) -> None:
    """A mount of the task's own namespace: it must be able to leave its place, and stay in the namespace."""
    if not mnt_has_parent(mount):
        raise Refused(refusals.MOVE_OF_ROOT, mount)
    if mount.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.MOVE_OF_LOCKED, mount)
    if is_shared(mount.mnt_parent):
        raise Refused(refusals.MOVE_FROM_SHARED_PARENT, mount, mount.mnt_parent)
    if not check_mnt(task, parent):
        raise Refused(refusals.TARGET_NOT_OURS, parent)


def check_detached_source(task: Task, mount: Mount, parent: Mount) -> None:
    """A mount from elsewhere: it must be the root of a detached tree, and go to a place the task may use."""
    if not anon_ns_root(mount):
        raise Refused(refusals.MOVE_SOURCE_NOT_OURS, mount)
    if mount.mnt_ns is parent.mnt_ns:
        raise Refused(refusals.MOVE_INTO_OWN_TREE, mount)
    if not may_use_mount(task, parent):
        raise Refused(refusals.TARGET_NOT_OURS, parent)


def can_move_mount_beneath(k: Globals, task: Task, mount: Mount, over: Mount, dentry: Dentry) -> None:
    """Whether ``mount`` may be slid beneath ``over``, which sits on ``dentry``. Raises EINVAL."""
    parent = over.mnt_parent
    if not k.release.beneath_anything and over.mnt_flags & MNT_LOCKED:
        raise Refused(refusals.BENEATH_LOCKED, over)
    if mount.overmount is not None:
        raise Refused(refusals.BENEATH_COVERED_SOURCE, mount, mount.overmount)
    if not k.release.beneath_anything and (over is task.fs.root.mnt or parent is task.mnt_ns.root):
        raise Refused(refusals.BENEATH_ROOT, over)
    if mount_is_ancestor(over, mount):
        raise Refused(refusals.BENEATH_ANCESTOR, over, mount)
    if propagation_would_overmount(parent, over, dentry):
        raise Refused(refusals.BENEATH_OVERMOUNTED, parent, over)
    if check_mnt(task, mount) and propagation_would_overmount(parent, mount, dentry):
        raise Refused(refusals.BENEATH_OVERMOUNTED, parent, mount)


def propagation_would_overmount(parent: Mount, receiver: Mount, dentry: Dentry) -> bool:
    """Whether what is mounted on (``parent``, ``dentry``) would be copied onto the root of ``receiver``."""
    if not is_shared(parent) or receiver.mnt_root is not dentry:
        return False
    mount: Mount | None = receiver
    while mount is not None:
        if peers(parent, mount):
            return True
        mount = mount.mnt_master
    return False


def mount_is_ancestor(ancestor: Mount, mount: Mount) -> bool:
    """Whether ``ancestor`` is ``mount`` or lies above it in the tree."""
    while mount is not ancestor and mnt_has_parent(mount):
        mount = mount.mnt_parent
    return mount is ancestor


def do_set_group(k: Globals, task: Task, old: Path, new: Path) -> Code:
    """MOVE_MOUNT_SET_GROUP: ``new``'s mount gets the peers and master of ``old``'s. Raises EINVAL, EPERM."""
    source, target = old.mnt, new.mnt
    for mount in (source, target):
        if not is_mounted(mount):
            raise Refused(refusals.SET_GROUP_NOT_MOUNTED, mount)
        assert mount.mnt_ns is not None, "what is mounted is in a namespace"
        if not task.capable(mount.mnt_ns.user_ns):
            raise Refused(refusals.SET_GROUP_NOT_CAPABLE, mount)
    for path in (old, new):
        if path.dentry is not path.mnt.mnt_root:
            raise Refused(refusals.SET_GROUP_NO_MOUNT_ROOT, path)
    if source.mnt_sb is not target.mnt_sb:
        raise Refused(refusals.SET_GROUP_OTHER_SUPERBLOCK, source, target)
    if not is_subdir(target.mnt_root, source.mnt_root):
        raise Refused(refusals.SET_GROUP_NARROWER, source, target)
    locked = has_locked_children(source, target.mnt_root)
    if locked is not None:
        raise Refused(refusals.SET_GROUP_LOCKED_CHILD, locked)
    if is_shared(target) or target.mnt_master is not None:
        raise Refused(refusals.SET_GROUP_TARGET_NOT_PRIVATE, target)
    if is_unbindable(target) and k.release.set_group_spares_unbindable:
        raise Refused(refusals.SET_GROUP_TARGET_UNBINDABLE, target)
    if not is_shared(source) and source.mnt_master is None:
        raise Refused(refusals.SET_GROUP_SOURCE_PRIVATE, source)
    if source.mnt_master is not None:
        target.mnt_master = source.mnt_master
        add_slave_behind(source, target)
    if is_shared(source):
        target.mnt_group_id = source.mnt_group_id
        join_ring(target, source)
        set_shared(target)
    yield Step("do_set_group", "{0} joins the group of {others[0]}", (target.id,), (source.id,))
