"""The picture of the state: plain frozen data about mounts, namespaces and tasks.

A model, a running kernel, a pasted mountinfo and a recording all give a
``Snapshot``; drawing, comparing, checking and exporting take one. Nothing here
changes a kernel, and nothing here draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from vfslab.mountinfo import below, join, printable

if TYPE_CHECKING:
    from vfslab.snapshot_diff import Diff


class MountState(NamedTuple):
    """One mount. Paths are not escaped.

    ``id`` tells it from every other mount: the unique id less 2^31 in the model,
    the mount id where only a mountinfo is known. ``mount_id`` is the number a
    mountinfo shows. ``parent`` is an ``id``: its own when it has no parent;
    where a mountinfo names a parent it does not list, that number, absent from
    the snapshot. ``mountpoint`` is the path of the mountpoint below the parent's
    root ("/" on the root itself); where the parent is absent, the path as read; where a rename
    took the mountpoint out of what the parent shows, the path in the filesystem behind "(unreachable)".
    ``root`` is the path of the mount's root inside its filesystem.
    ``group`` and ``master`` are peer group ids, 0 for none; ``master_mount`` the
    ``id`` of the one mount that is the master, 0 where not known.
    ``ns`` is the id of its mount namespace, None while it is in none.
    ``propagate_from`` is what a mountinfo printed; the model computes it for the reader.
    """

    id: int
    mount_id: int
    parent: int
    mountpoint: str
    root: str
    ns: int | None
    dev: str
    fstype: str
    source: str
    options: str = "rw,relatime"
    super_options: str = "rw"
    shared: bool = False
    group: int = 0
    master: int = 0
    master_mount: int = 0
    unbindable: bool = False
    locked: bool = False
    propagate_from: int = 0
    other_tags: tuple[str, ...] = ()

    @property
    def escaped(self) -> bool:
        """Whether the mountpoint is not among what the parent shows, so that no path leads to the mount."""
        return self.mountpoint.startswith("(unreachable)")

    @property
    def propagation(self) -> str:
        """The propagation type in mountinfo's words, such as "shared:1 master:2"; "private" if it is that."""
        words = (
            f"shared:{self.group}" if self.shared else "",
            f"master:{self.master}" if self.master else "",
            "unbindable" if self.unbindable else "",
        )
        return " ".join(filter(None, words)) or "private"


class NamespaceState(NamedTuple):
    """One mount namespace: its root mount's ``id``, the user namespace that owns it.

    ``anon`` marks one that no task can be in: it keeps a detached tree.
    """

    id: int
    root: int
    owner: int = 0
    anon: bool = False

    @property
    def title(self) -> str:
        """What people call it; an owner other than the first user namespace is named."""
        kind = "detached tree" if self.anon else "mount namespace"
        owner = f", owned by user namespace {self.owner}" if self.owner else ""
        return f"{kind} {self.id}{owner}"


class Place(NamedTuple):
    """A (mount, dentry) pair: a mount's ``id`` and a path below that mount's root."""

    mount: int
    path: str


class TaskState(NamedTuple):
    """One process: its name ("sh1"), mount namespace, and where its root and cwd stand."""

    pid: int
    name: str
    ns: int
    root: Place
    cwd: Place


class LockState(NamedTuple):
    """A lock that is held: its name, the holder's pid, and whether for reading only."""

    lock: str
    pid: int
    shared: bool = False


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The whole state at one moment.

    ``mounts`` is in ascending id order, which is the order of mountinfo; in the
    order of the lines where only a mountinfo is known. That order is part of the
    state: two snapshots are equal if they hold the same rows and the same order of
    mounts. Nothing here assumes that the rows keep the kernel's rules: a parent may
    be absent, parents and masters may form a cycle.
    """

    mounts: Mapping[int, MountState]
    namespaces: Mapping[int, NamespaceState] = field(default_factory=dict)
    tasks: Mapping[int, TaskState] = field(default_factory=dict)
    locks: tuple[LockState, ...] = ()

    def __eq__(self, other: object) -> bool:
        return self._state() == other._state() if isinstance(other, Snapshot) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot, (self.mounts, self.namespaces, self.tasks, self.locks)  # the indexes stay behind

    # --- from elsewhere, and back

    @staticmethod
    def from_mountinfo(text: str, name: str = "sh1") -> Snapshot:
        """What a task called ``name`` sees, read from its mountinfo: one namespace, 1, and that task, 1.

        The task's root is the mount on "/" whose parent is not listed. Several
        mounts with one parent that is not listed mean that the root is a directory
        in that parent (chroot(2)). The cwd, which mounts are locked, and which mount
        of its group a master is, a mountinfo does not tell. Raises MountinfoError.
        """
        from vfslab.snapshot_text import from_mountinfo

        return from_mountinfo(text, name)

    @staticmethod
    def join(texts: Mapping[str, str]) -> Snapshot:
        """What several tasks of one machine see, read from the mountinfo of each, by name.

        Mount ids and peer groups mean the same in all of them. A mount is in one
        namespace only, so two tasks that list the same mount share their namespace;
        one of the two then lists all that the other does (the other's root is further
        down), and its paths are taken. Tasks of one namespace whose roots have no
        mount in common cannot be told from tasks of two. Namespaces and tasks are
        numbered from 1 in the order of ``texts``. Raises MountinfoError for a text
        that cannot be read, ValueError for texts that contradict each other.
        """
        from vfslab.snapshot_text import joined

        return joined(texts)

    def mountinfo(self, pid: int) -> str:
        """What task ``pid`` reads from /proc/self/mountinfo: show_mountinfo(), mounts.md 6.1.

        Raises KeyError for a pid that is not here.
        """
        from vfslab.snapshot_text import mountinfo

        return mountinfo(self, pid)

    @staticmethod
    def from_json(obj: Any) -> Snapshot:
        """The snapshot that ``to_json`` made ``obj`` of. Raises ValueError naming the place that is wrong."""
        from vfslab.snapshot_json import from_json

        return from_json(obj)

    def to_json(self) -> dict[str, Any]:
        """Everything, as dicts, lists, strings, numbers, booleans and None, with ``"format": 1``."""
        from vfslab.snapshot_json import to_json

        return to_json(self)

    def diff(self, other: Snapshot) -> Diff:
        """What is different in ``other``, taken as the state after this one. False if nothing is."""
        from vfslab.snapshot_diff import Diff

        return Diff(self, other)

    def normalise(self) -> Snapshot:
        """The same topology with all ids, groups, devices, namespaces and pids renumbered from 1.

        Numbers go by first appearance in the order of ``mounts``, so that equal
        topologies that came about in different ways compare equal.
        """
        from vfslab.snapshot_normal import normalised

        return normalised(self)

    # --- the tree

    def children(self, id: int) -> tuple[MountState, ...]:
        """The mounts attached to mount ``id``, in the order of ``mounts``."""
        return self._children.get(id, ())

    def path(self, id: int, root: Place | None = None) -> str | None:
        """Where mount ``id`` is, as a path from ``root``, by default from the top of its tree.

        None where climbing from the mount does not lead to ``root``, or out of what a mount on the way
        shows: __d_path().
        Raises KeyError for an id that is not here.
        """
        return self._climb(self.mounts[id], root, {})

    def paths(self) -> dict[int, str | None]:
        """``path(id)`` of every mount, in one pass."""
        known: dict[int, str | None] = {}
        return {id: self._climb(mount, None, known) for id, mount in self.mounts.items()}

    def visible(self, pid: int) -> tuple[tuple[MountState, str], ...]:
        """The mounts that task ``pid`` sees in mountinfo, each with its path from the task's root.

        Those of its namespace that are at or below its root, even where another mount
        hides them: is_path_reachable(). Raises KeyError for a pid that is not here.
        """
        task = self.tasks[pid]
        known: dict[int, str | None] = {}
        found = ((mount, self._climb(mount, task.root, known)) for mount in self.in_namespace(task.ns))
        return tuple((mount, path) for mount, path in found if path is not None)

    def is_overmounted(self, id: int) -> bool:
        """Whether another mount sits on this mount's own root (``struct mount.overmount``)."""
        return any(child.mountpoint == "/" for child in self.children(id))

    def in_namespace(self, ns: int | None) -> tuple[MountState, ...]:
        """The mounts of namespace ``ns``, those in no namespace for None."""
        return tuple(mount for mount in self.mounts.values() if mount.ns == ns)

    # --- peer groups

    def groups(self) -> dict[int, tuple[MountState, ...]]:
        """The members of every peer group that has one here, by group id, in ascending order of ids."""
        return dict(sorted(self._groups.items()))

    def members_of(self, group: int) -> tuple[MountState, ...]:
        """The mounts here that are in peer group ``group``."""
        return self._groups.get(group, ())

    def slaves_of(self, group: int) -> tuple[MountState, ...]:
        """The mounts whose master is in ``group``."""
        return self._slaves.get(group, ())

    # --- names for people

    def label(self, id: int) -> str:
        """A short name such as "27 tmpfs on /mnt", in printable characters. KeyError for an id not here."""
        mount = self.mounts[id]
        name = f"{mount.mount_id} {printable(mount.source or mount.fstype)}"
        if mount.parent == id and mount.ns is None:
            return f"{name}, attached nowhere"
        path = self.path(id)
        return f"{name} on no path" if path is None else f"{name} on {printable(path)}"

    def namespace_name(self, ns: int | None) -> str:
        """The name of the first task in namespace ``ns``, else "namespace 2" or "detached tree 2"."""
        if ns is None:
            return "no namespace"
        names = (printable(task.name) for task in self.tasks.values() if task.ns == ns)
        detached = ns in self.namespaces and self.namespaces[ns].anon
        return next(names, f"detached tree {ns}" if detached else f"namespace {ns}")

    def task_name(self, pid: int) -> str:
        """The name of task ``pid``, "process 2" where it is not here."""
        return printable(self.tasks[pid].name) if pid in self.tasks else f"process {pid}"

    # --- indexes, made when first used

    def _state(self) -> tuple[object, ...]:
        rows = tuple(self.mounts.values())
        return rows, frozenset(self.namespaces.values()), frozenset(self.tasks.values()), self.locks

    @cached_property
    def _hash(self) -> int:
        return hash(self._state())

    @cached_property
    def _children(self) -> dict[int, tuple[MountState, ...]]:
        return _index((mount.parent, mount) for mount in self.mounts.values() if mount.parent != mount.id)

    @cached_property
    def _groups(self) -> dict[int, tuple[MountState, ...]]:
        return _index((mount.group, mount) for mount in self.mounts.values() if mount.group)

    @cached_property
    def _slaves(self) -> dict[int, tuple[MountState, ...]]:
        return _index((mount.master, mount) for mount in self.mounts.values() if mount.master)

    def _climb(self, mount: MountState, root: Place | None, known: dict[int, str | None]) -> str | None:
        """The path of ``mount`` from ``root``; ``known`` keeps the paths met on the way."""
        climbed = []
        while mount.id not in known:
            known[mount.id] = None  # what a cycle of parents comes back to
            if root is not None and mount.id == root.mount:
                known[mount.id] = "/" if root.path == "/" else None
            elif mount.escaped:
                known[mount.id] = None
            elif root is not None and mount.parent == root.mount:
                known[mount.id] = below(mount.mountpoint, root.path)
            elif mount.parent not in self.mounts:
                known[mount.id] = mount.mountpoint if root is None or self._is_top(root, mount.ns) else None
            elif mount.parent == mount.id:
                known[mount.id] = "/" if root is None else None
            else:
                climbed.append(mount)
                mount = self.mounts[mount.parent]
        path = known[mount.id]
        for mount in reversed(climbed):
            path = known[mount.id] = None if path is None else join(path, mount.mountpoint)
        return path

    def _is_top(self, root: Place, ns: int | None) -> bool:
        """Whether ``root`` is where the paths of mounts whose parent is absent were read from."""
        return ns is not None and ns in self.namespaces and root == Place(self.namespaces[ns].root, "/")


def _index(pairs: Iterable[tuple[int, MountState]]) -> dict[int, tuple[MountState, ...]]:
    found: dict[int, list[MountState]] = {}
    for key, mount in pairs:
        found.setdefault(key, []).append(mount)
    return {key: tuple(mounts) for key, mounts in found.items()}
