"""Taking the picture: a Snapshot of a model kernel, and the row of each thing in it.

Reads a kernel, changes nothing. The picture itself knows no kernel.
"""

from __future__ import annotations

from functools import cache

from .kernel import Kernel
from .kernel.flags import (
    MNT_LOCKED,
    MNT_NOATIME,
    MNT_NODEV,
    MNT_NODIRATIME,
    MNT_NOEXEC,
    MNT_NOSUID,
    MNT_NOSYMFOLLOW,
    MNT_READONLY,
    MNT_RELATIME,
    MNT_USER_SETTABLE_MASK,
    SB_RDONLY,
    T_SHARED,
    T_UNBINDABLE,
)
from .kernel.objects import Dentry, MntNamespace, Mount, Path, Task, is_subdir
from .snapshot import MountState, NamespaceState, Place, Snapshot, TaskState

# The order in which show_mnt_opts() prints them.
_OPTION_WORDS = (
    (MNT_NOSUID, "nosuid"),
    (MNT_NODEV, "nodev"),
    (MNT_NOEXEC, "noexec"),
    (MNT_NOATIME, "noatime"),
    (MNT_NODIRATIME, "nodiratime"),
    (MNT_RELATIME, "relatime"),
    (MNT_NOSYMFOLLOW, "nosymfollow"),
)


def take(kernel: Kernel) -> Snapshot:
    """The whole state of ``kernel`` now, every mount that has not been freed included."""
    return Snapshot(
        mounts={id: mount_state(mount) for id, mount in kernel.mounts.items()},
        namespaces={id: namespace_state(ns) for id, ns in kernel.namespaces.items()},
        tasks={pid: task_state(task) for pid, task in kernel.tasks.items()},
    )


def mount_state(mount: Mount) -> MountState:
    """The row of one mount."""
    # Without MountState's slow __new__: a recording makes three rows for every clone.
    parent, sb, master, ns = mount.mnt_parent, mount.mnt_sb, mount.mnt_master, mount.mnt_ns
    flags = mount.mnt_t_flags
    row = (
        mount.id,
        mount.mnt_id,
        parent.id,
        "/" if mount is parent else path_below(mount.mnt_mountpoint, parent.mnt_root),
        mount.mnt_root.path(),
        ns.id if ns is not None and mount.id in ns.mounts else None,
        sb.s_id,
        sb.s_type.name,
        mount.mnt_devname,
        option_words(mount.mnt_flags & MNT_USER_SETTABLE_MASK),
        "ro" if sb.s_flags & SB_RDONLY else "rw",
        flags & T_SHARED != 0,
        mount.mnt_group_id,
        master.mnt_group_id if master is not None else 0,
        master.id if master is not None else 0,
        flags & T_UNBINDABLE != 0,
        mount.mnt_flags & MNT_LOCKED != 0,
        0,
        (),
    )
    return tuple.__new__(MountState, row)


@cache
def option_words(flags: int) -> str:
    """The flags of a mount as mountinfo spells them."""
    words = ["ro" if flags & MNT_READONLY else "rw"]
    words += [word for flag, word in _OPTION_WORDS if flags & flag]
    return ",".join(words)


def path_below(dentry: Dentry, root: Dentry) -> str:
    """The path from ``root`` down to ``dentry``; from the filesystem's root where it is not below."""
    if root.d_parent is None:
        return dentry.d_path
    if dentry is root:
        return "/"
    return dentry.d_path.removeprefix(root.d_path) if is_subdir(dentry, root) else dentry.d_path


def namespace_state(ns: MntNamespace) -> NamespaceState:
    """The row of one mount namespace that has its root."""
    assert ns.root is not None, "only namespaces with a root can be found by id"
    return NamespaceState(ns.id, ns.root.id, ns.user_ns.id)


def task_state(task: Task) -> TaskState:
    """The row of one task."""
    return TaskState(task.pid, task.comm, task.mnt_ns.id, place(task.fs.root), place(task.fs.pwd))


def place(path: Path) -> Place:
    return Place(path.mnt.id, path_below(path.dentry, path.mnt.mnt_root))
