"""One mount's life: allocated, hung on a place, taken off, freed with its last reference.

Also the mountpoint objects that places need. Nothing here knows about trees of
mounts, propagation or namespaces beyond a mount's own links to them.
Source: fs/namespace.c, alloc_vfsmnt() to cleanup_mnt().
"""

from __future__ import annotations

from collections.abc import Callable

from . import refusals
from .effects import Alloc, Code, Refused, Step
from .filesystems import deactivate_super
from .flags import MNT_DOOMED, T_FREED
from .globals import Globals
from .links import add_child, children, del_child
from .objects import Dentry, MntNamespace, Mount, Mountpoint, Path


def alloc_vfsmnt(k: Globals, devname: str, root: Dentry, flags: int) -> Code:
    """A new mount of ``root``: lowest free mnt_id, next unique id, one reference, linked to nothing.

    One of a mount-namespace file keeps that namespace alive.
    """
    if (yield Alloc("alloc_vfsmnt", "struct mount")):
        raise Refused(refusals.NO_MEMORY, "struct mount")
    return new_mount(k, devname, root, flags)


def new_mount(k: Globals, devname: str, root: Dentry, flags: int) -> Mount:
    """The part of alloc_vfsmnt() that cannot fail; boot uses it directly."""
    k.last_mount_id = id = k.last_mount_id + 1
    k.mounts[id] = mount = Mount(id, k.mnt_ida.alloc(), devname, root, flags)
    if type(root.ns) is MntNamespace:
        root.ns.count += 1
    return mount


def lookup_mnt(parent: Mount, dentry: Dentry) -> Mount | None:
    """The mount sitting on (parent, dentry), if any (__lookup_mnt)."""
    mp = dentry.d_mountpoint
    return None if mp is None else mp.m_list.get(parent)


def get_mountpoint(k: Globals, dentry: Dentry) -> Code:
    """Find or make the dentry's mountpoint object and pin it. Raises ENOENT for an unlinked dentry."""
    mp = dentry.d_mountpoint
    if mp is None:
        if (yield Alloc("get_mountpoint", "struct mountpoint")):
            raise Refused(refusals.NO_MEMORY, "struct mountpoint")
        if dentry.unlinked:
            raise Refused(refusals.MOUNTPOINT_UNLINKED, dentry.path())
        dentry.d_mountpoint = mp = Mountpoint(dentry)
    mp.m_count += 1
    return mp


def unpin_mountpoint(mp: Mountpoint) -> None:
    """Drop an operation's hold on the mountpoint object."""
    mp.m_count -= 1
    maybe_free_mountpoint(mp)


def maybe_free_mountpoint(mp: Mountpoint) -> None:
    """The mountpoint object goes with its last user, and the dentry is no mountpoint any more."""
    if not mp.m_list and not mp.m_count and mp.m_dentry.d_mountpoint is mp:
        mp.m_dentry.d_mountpoint = None


def mnt_set_mountpoint(parent: Mount, dentry: Dentry, child: Mount) -> None:
    """Say where the mount will sit; nobody finds it there yet."""
    child.mnt_mountpoint = dentry
    child.mnt_parent = parent


def make_visible(mount: Mount) -> None:
    """From here on path walks cross into the mount, which joins its parent's children at the tail."""
    parent, dentry = mount.mnt_parent, mount.mnt_mountpoint
    if dentry is parent.mnt_root:
        parent.overmount = mount
    mp = dentry.d_mountpoint
    if mp is None:
        dentry.d_mountpoint = mp = Mountpoint(dentry)
    mp.m_list[parent] = mount
    add_child(parent, mount)


def attach_mnt(mount: Mount, parent: Mount, dentry: Dentry) -> None:
    """mnt_set_mountpoint() and make_visible() in one."""
    mount.mnt_mountpoint = dentry
    mount.mnt_parent = parent
    make_visible(mount)


def mnt_add_to_ns(ns: MntNamespace, mount: Mount) -> None:
    """Let the namespace list the mount, which belongs to it from now on."""
    mount.mnt_ns = ns
    ns.mounts[mount.id] = mount


def umount_mnt(mount: Mount) -> None:
    """Take the mount off its place; it becomes its own parent again."""
    parent, dentry = mount.mnt_parent, mount.mnt_mountpoint
    if parent.overmount is mount:
        parent.overmount = None
    del_child(mount)
    mp = dentry.d_mountpoint
    if mp is not None and mp.m_list.get(parent) is mount:
        del mp.m_list[parent]
        maybe_free_mountpoint(mp)
    mount.mnt_parent = mount
    mount.mnt_mountpoint = mount.mnt_root


def mnt_change_mountpoint(parent: Mount, dentry: Dentry, mount: Mount) -> None:
    """Hang the mount somewhere else in one go."""
    umount_mnt(mount)
    attach_mnt(mount, parent, dentry)


def mntput(k: Globals, mount: Mount) -> None:
    """Drop a reference; any use of a mount clears its expiry mark."""
    mount.mnt_expiry_mark = False
    mntput_no_expire(k, mount)


def mntput_no_expire(k: Globals, mount: Mount) -> None:
    """Drop a reference. A mount in no namespace that loses its last one is doomed.

    It is only queued here: the kernel, too, cleans up on the way back to user space
    (task_work_add, see ``task_work``). Rings and slave lists are not looked at: umount_tree() has been there.
    """
    mount.mnt_count -= 1
    if mount.mnt_count or mount.mnt_ns is not None or mount.mnt_flags & MNT_DOOMED:
        return
    mount.mnt_flags |= MNT_DOOMED
    k.task_work.append(mount)


def path_get(path: Path) -> Path:
    path.mnt.mnt_count += 1
    return path


def path_put(k: Globals, path: Path) -> None:
    mntput(k, path.mnt)


def holding_path(k: Globals, path: Path, body: Callable[[], Code]) -> Code:
    """Run ``body`` and drop the caller's reference to ``path`` after it; when ``body`` is refused, too."""
    try:
        value = yield from body()
    except Refused:
        path_put(k, path)
        raise
    path_put(k, path)
    return value


def cleanup_mnt(k: Globals, mount: Mount) -> Code:
    """Free a doomed mount: its children lose their hold, its ids become free, then its superblock."""
    stuck = list(children(mount))
    for child in stuck:
        umount_mnt(child)
    sb = mount.mnt_sb
    del sb.s_mounts[mount]
    del k.mounts[mount.id]
    mount.mnt_t_flags |= T_FREED
    k.mnt_ida.free(mount.mnt_id)
    deactivate_super(k, sb)
    yield Step(
        "cleanup_mnt", "{0} is freed with its last reference", (mount.id, *(child.id for child in stuck))
    )
    for child in stuck:
        mntput(k, child)
