"""What is different between two snapshots, as data and as lines for people.

Knows the rows of a snapshot and nothing of what made them change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from vfslab.mountinfo import printable
from vfslab.snapshot import LockState, MountState, NamespaceState, Place, Snapshot, TaskState

Changes: TypeAlias = dict[str, tuple[Any, Any]]
_Row = TypeVar("_Row", MountState, NamespaceState, TaskState)


@dataclass(frozen=True)
class Diff:
    """What changed from ``before`` to ``after``; false if nothing did. ``str`` gives a line a change."""

    before: Snapshot
    after: Snapshot

    @cached_property
    def added(self) -> tuple[MountState, ...]:
        """The mounts that only ``after`` has, in its order."""
        return tuple(mount for id, mount in self.after.mounts.items() if id not in self.before.mounts)

    @cached_property
    def removed(self) -> tuple[MountState, ...]:
        """The mounts that only ``before`` has, in its order."""
        return tuple(mount for id, mount in self.before.mounts.items() if id not in self.after.mounts)

    @cached_property
    def changed(self) -> dict[int, Changes]:
        """The fields that differ in mounts that both have: by id, for each field its old and new value."""
        return {
            id: _changes(self.before.mounts[id], mount)
            for id, mount in self.after.mounts.items()
            if id in self.before.mounts and mount != self.before.mounts[id]
        }

    @cached_property
    def reordered(self) -> bool:
        """Whether the mounts that both have stand in another order."""
        here, there = self.before.mounts, self.after.mounts
        return [id for id in here if id in there] != [id for id in there if id in here]

    @cached_property
    def namespaces(self) -> dict[int, tuple[NamespaceState | None, NamespaceState | None]]:
        """The namespaces that differ, by id: old and new row, None where there is none."""
        return _different(self.before.namespaces, self.after.namespaces)

    @cached_property
    def tasks(self) -> dict[int, tuple[TaskState | None, TaskState | None]]:
        """The tasks that differ, by pid: old and new row, None where there is none."""
        return _different(self.before.tasks, self.after.tasks)

    @cached_property
    def locks(self) -> tuple[tuple[LockState, ...], tuple[LockState, ...]]:
        """The locks given back and those taken; all old and all new ones where only their order differs."""
        old, new = self.before.locks, self.after.locks
        released = tuple(lock for lock in old if lock not in new)
        taken = tuple(lock for lock in new if lock not in old)
        return (released, taken) if released or taken or old == new else (old, new)

    def __bool__(self) -> bool:
        return bool(
            self.added
            or self.removed
            or self.changed
            or self.reordered
            or self.namespaces
            or self.tasks
            or any(self.locks)
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        before, after = self.before, self.after
        yield from (f"- {before.label(mount.id)}" for mount in self.removed)
        yield from (f"+ {after.label(mount.id)}: {mount.propagation}" for mount in self.added)
        for id, changes in self.changed.items():
            yield f"~ {after.label(id)}: {self._words(changes, before.mounts[id], after.mounts[id])}"
        if self.reordered:
            yield "~ the mounts stand in another order"
        for ns, (old_ns, new_ns) in self.namespaces.items():
            if new_ns is None:
                yield f"- namespace {ns}"
            elif old_ns is None:
                yield f"+ namespace {ns}: root {_number(after, new_ns.root)}"
            else:
                yield f"~ namespace {ns}: {self._words(_changes(old_ns, new_ns))}"
        for pid, (old, new) in self.tasks.items():
            if new is None:
                yield f"- {before.task_name(pid)}"
            elif old is None:
                places = f"root {_place(after, new.root)}, cwd {_place(after, new.cwd)}"
                yield f"+ {after.task_name(pid)}: namespace {new.ns}, {places}"
            else:
                yield f"~ {after.task_name(pid)}: {self._words(_changes(old, new))}"
        released, taken = self.locks
        yield from (f"- {lock.lock} held by {before.task_name(lock.pid)}{_how(lock)}" for lock in released)
        yield from (f"+ {lock.lock} held by {after.task_name(lock.pid)}{_how(lock)}" for lock in taken)

    def _words(self, changes: Changes, old: MountState | None = None, new: MountState | None = None) -> str:
        words = []
        if old is not None and new is not None and old.propagation != new.propagation:
            words.append(f"{old.propagation} -> {new.propagation}")
            changes = {field: pair for field, pair in changes.items() if field not in _PROPAGATION}
        for field, (was, now) in changes.items():
            shown = f"{_shown(self.before, field, was)} -> {_shown(self.after, field, now)}"
            words.append(f"{field.replace('_', ' ')} {shown}")
        return "; ".join(words)


_PROPAGATION = frozenset({"shared", "group", "master", "unbindable"})
_MOUNT_FIELDS = frozenset({"parent", "master_mount", "root"})


def _changes(old: _Row, new: _Row) -> Changes:
    fields = zip(new._fields, old, new, strict=True)
    return {field: (was, now) for field, was, now in fields if was != now}


def _different(
    old: Mapping[int, _Row], new: Mapping[int, _Row]
) -> dict[int, tuple[_Row | None, _Row | None]]:
    keys = sorted(old.keys() | new.keys())
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _shown(snapshot: Snapshot, field: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return _number(snapshot, value) if field in _MOUNT_FIELDS else str(value)
        case Place():
            return _place(snapshot, value)
        case tuple():
            return " ".join(map(printable, value)) or "none"
        case str():
            return printable(value) or "''"
        case _:
            return "none"


def _number(snapshot: Snapshot, id: int) -> str:
    """The number that people know mount ``id`` by, its mount id."""
    return str(snapshot.mounts[id].mount_id) if id in snapshot.mounts else str(id)


def _place(snapshot: Snapshot, place: Place) -> str:
    return f"{printable(place.path)} in {_number(snapshot, place.mount)}"


def _how(lock: LockState) -> str:
    return " for reading" if lock.shared else ""
