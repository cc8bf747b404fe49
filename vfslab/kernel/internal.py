"""Mounts that the kernel keeps for itself: of nsfs, pidfs, pipefs, …, attached nowhere, never freed.

They are made when first needed, are in no list of mounts, and no user can attach them.
Source: fs/namespace.c, kern_mount(); fs/mount.h, MNT_NS_INTERNAL; fs/nsfs.c, path_from_stashed().
"""

from __future__ import annotations

from .filesystems import FILE_SYSTEMS, new_super
from .flags import MNT_INTERNAL
from .globals import Globals
from .objects import MntNamespace, Mount, NsDentry, Path
from .tasks import Task, UserNamespace

# What stands in mnt_ns of such a mount: neither a namespace nor none.
MNT_NS_INTERNAL = MntNamespace(0, UserNamespace(-1, None))
NS_INUM_FIRST = 4026531840
FIRST_INTERNAL_ID = 1 << 40


def is_mounted(mount: Mount) -> bool:
    """Whether the mount is in a namespace, an anonymous one included (is_mounted)."""
    return mount.mnt_ns is not None and mount.mnt_ns is not MNT_NS_INTERNAL


def kern_mount(k: Globals, fs_name: str) -> Mount:
    """The kernel's own mount of a filesystem; its ``id`` is out of the order of the others."""
    mount = k.internal_mounts.get(fs_name)
    if mount is None:
        sb = new_super(k, FILE_SYSTEMS[fs_name], k.init_user_ns)
        mount = Mount(FIRST_INTERNAL_ID + len(k.internal_mounts), 0, fs_name, sb.s_root, MNT_INTERNAL)
        mount.mnt_ns = MNT_NS_INTERNAL
        k.internal_mounts[fs_name] = mount
    return mount


def ns_get_path(k: Globals, ns: MntNamespace | UserNamespace) -> Path:
    """The nsfs file that stands for the namespace, always the same one while it is in use (ns_get_path)."""
    mount = kern_mount(k, "nsfs")
    if ns.stashed is None:
        kind = "mnt" if isinstance(ns, MntNamespace) else "user"
        ns.stashed = NsDentry(mount.mnt_sb, f"{kind}:[{NS_INUM_FIRST + ns.id}]", ns)
    return Path(mount, ns.stashed)


def internal_file(k: Globals, fs_name: str, behind: Task | None = None) -> Path:
    """A nameless file of an internal filesystem: the end of a pipe, a memfd, a pidfd (alloc_file_pseudo)."""
    mount = kern_mount(k, fs_name)
    return Path(mount, NsDentry(mount.mnt_sb, "/", behind))
