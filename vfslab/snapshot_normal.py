"""Snapshots with other numbers: all counted from 1, so that what is left is the topology; or mounts renamed.

Knows which fields of the rows are numbers that a kernel hands out, and nothing of
what they are compared for.
"""

from __future__ import annotations

from collections.abc import Mapping

from vfslab.snapshot import Place, Snapshot


class _Numbers(dict[int, int]):
    """Old number to new, given out from 1 by first appearance."""

    def __missing__(self, old: int) -> int:
        self[old] = new = len(self) + 1
        return new

    def of(self, old: int) -> int:
        """The new number where 0 stands for none."""
        return self[old] if old else 0


def normalised(snapshot: Snapshot) -> Snapshot:
    """See ``Snapshot.normalise``."""
    ids, groups, spaces, owners, pids = (_Numbers() for _ in range(5))
    devices: dict[str, str] = {}
    for position, id in enumerate(snapshot.mounts, 1):
        ids[id] = position
    mounts = [
        mount._replace(
            id=ids[mount.id],
            mount_id=ids[mount.id],
            parent=ids[mount.parent],
            ns=None if mount.ns is None else spaces[mount.ns],
            dev=devices.setdefault(mount.dev, f"0:{len(devices) + 1}"),
            group=groups.of(mount.group),
            master=groups.of(mount.master),
            master_mount=ids.of(mount.master_mount),
            propagate_from=groups.of(mount.propagate_from),
        )
        for mount in snapshot.mounts.values()
    ]

    def place(old: Place) -> Place:
        return Place(ids[old.mount], old.path)

    tasks = [
        task._replace(pid=pids[task.pid], ns=spaces[task.ns], root=place(task.root), cwd=place(task.cwd))
        for task in snapshot.tasks.values()
    ]
    namespaces = [
        row._replace(id=spaces[row.id], root=ids[row.root], owner=owners.of(row.owner))
        for row in sorted(snapshot.namespaces.values(), key=lambda row: spaces[row.id])
    ]
    return Snapshot(
        {mount.id: mount for mount in mounts},
        {row.id: row for row in namespaces},
        {task.pid: task for task in tasks},
        tuple(lock._replace(pid=pids[lock.pid]) for lock in snapshot.locks),
    )


def with_ids(snapshot: Snapshot, ids: Mapping[int, int]) -> Snapshot:
    """``snapshot`` with other ids for the mounts that ``ids`` names; all that is read of a mount stays."""
    if all(ids.get(id, id) == id for id in snapshot.mounts):
        return snapshot

    def new(old: int) -> int:
        return ids.get(old, old)

    def place(old: Place) -> Place:
        return Place(new(old.mount), old.path)

    mounts = [
        mount._replace(id=new(mount.id), parent=new(mount.parent), master_mount=new(mount.master_mount))
        for mount in snapshot.mounts.values()
    ]
    return Snapshot(
        {mount.id: mount for mount in sorted(mounts, key=lambda mount: mount.id)},
        {id: row._replace(root=new(row.root)) for id, row in snapshot.namespaces.items()},
        {
            pid: task._replace(root=place(task.root), cwd=place(task.cwd))
            for pid, task in snapshot.tasks.items()
        },
        snapshot.locks,
    )
