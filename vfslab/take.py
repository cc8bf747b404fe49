"""Taking the picture: a Snapshot of a model kernel, and the row of each thing in it.

Reads a kernel, changes nothing. The picture itself knows no kernel.
"""

from __future__ import annotations

from typing import TypeAlias

from .kernel import Kernel
from .kernel.flags import MNT_LOCKED, MNT_USER_SETTABLE_MASK, T_SHARED, T_UNBINDABLE
from .kernel.objects import MntNamespace, Mount, Path, path_below
from .kernel.proc_namespace import mount_options
from .kernel.tasks import Task
from .snapshot import MountState, NamespaceState, Place, Snapshot, TaskState


def take(kernel: Kernel) -> Snapshot:
    """The whole state of ``kernel`` now, every mount that has not been freed included."""
    return Snapshot({id: row(note(mount)) for id, mount in kernel.mounts.items()}, *look(kernel))


# The namespaces and the tasks, by their numbers.
Look: TypeAlias = tuple[dict[int, NamespaceState], dict[int, TaskState]]


def look(kernel: Kernel) -> Look:
    """The rows of all that is no mount."""
    return (
        {id: namespace_state(ns) for id, ns in kernel.namespaces.items()},
        {pid: task_state(task) for pid, task in kernel.tasks.items()},
    )


# A mount, and of it what can change: parent, mountpoint, root, whether that is removed, namespace,
# flags, whether idmapped, type flags, group, master, master's group, the superblock's options.
# Paths are text, for a name may be another when the row is asked for.
Note: TypeAlias = tuple[Mount, Mount, str, str, bool, int | None, int, bool, int, int, Mount | None, int, str]


def note(mount: Mount) -> Note:
    """What ``row`` needs to know of the mount, jotted down in a third of the time that a row takes."""
    ns, master, parent, root = mount.mnt_ns, mount.mnt_master, mount.mnt_parent, mount.mnt_root
    place, top = mount.mnt_mountpoint, parent.mnt_root
    return (
        mount,
        parent,
        "/" if mount is parent or place is top else path_below(place, top),
        root.d_path,
        root.unlinked,
        ns.id if ns is not None and mount.id in ns.mounts else None,
        mount.mnt_flags,
        mount.mnt_idmap is not None,
        mount.mnt_t_flags,
        mount.mnt_group_id,
        master,
        0 if master is None else master.mnt_group_id,
        mount.mnt_sb.s_shown,
    )


def row(noted: Note) -> MountState:
    """The row that a note stands for; it may be asked for when the mount itself is gone."""
    (
        mount,
        parent,
        mountpoint,
        root,
        removed,
        ns,
        flags,
        idmapped,
        type_flags,
        group,
        master,
        master_group,
        shown,
    ) = noted
    return MountState(
        id=mount.id,
        mount_id=mount.mnt_id,
        parent=parent.id,
        mountpoint=mountpoint,
        root=root + ("//deleted" if removed else ""),
        ns=ns,
        dev=mount.mnt_sb.s_id,
        fstype=mount.mnt_sb.s_type.name,
        source=mount.mnt_devname,
        options=mount_options(flags & MNT_USER_SETTABLE_MASK, idmapped),
        super_options=shown,
        shared=bool(type_flags & T_SHARED),
        group=group,
        master=master_group,
        master_mount=0 if master is None else master.id,
        unbindable=bool(type_flags & T_UNBINDABLE),
        locked=bool(flags & MNT_LOCKED),
    )


def namespace_state(ns: MntNamespace) -> NamespaceState:
    """The row of one mount namespace that has its root."""
    assert ns.root is not None, "only namespaces with a root can be found by id"
    return NamespaceState(ns.id, ns.root.id, ns.user_ns.id, ns.anon)


def task_state(task: Task) -> TaskState:
    """The row of one task."""
    return TaskState(task.pid, task.comm, task.mnt_ns.id, place(task.fs.root), place(task.fs.pwd))


def place(path: Path) -> Place:
    """A place a task stands in; a removed directory is none of the paths that lead somewhere.

    The root of a mount is "/" all the same.
    """
    removed = "//deleted" if path.dentry.unlinked and path.dentry is not path.mnt.mnt_root else ""
    return Place(path.mnt.id, path_below(path.dentry, path.mnt.mnt_root) + removed)
