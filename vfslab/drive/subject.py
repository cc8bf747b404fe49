"""What a world is about: which rules hold in it, what a failed call must leave alone, how steps are kept.

The drivers ask a Subject and know nothing of mounts themselves; ``MOUNTS`` is the one of the kernel in
miniature.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..invariants import check, check_inside
from ..snapshot import MountState, NamespaceState, Snapshot, TaskState
from ..take import take
from .record import Recorder

if TYPE_CHECKING:
    from ..kernel.effects import Effect
    from .run import Result
    from .schedule import Schedule
    from .timeline import Place, Timeline


class Writer(Protocol):
    """Keeps what it is told of; ``pid`` says whose effect the next one is."""

    pid: int

    def at(self, place: Place | None) -> None: ...

    def write(self, effect: Effect | None) -> None: ...

    def timeline(self, title: str, result: Result | None) -> Timeline: ...


class Subject(Protocol):
    """``everywhere`` lets another go on, and rules be asked, even where a lock is held."""

    @property
    def everywhere(self) -> bool: ...

    def broken(self, schedule: Schedule) -> Iterable[str]:
        """What is wrong with the state as it stands, in a sentence each."""
        ...

    def halted(self, state: Any, comm: str) -> str | None:
        """Who has the CPU of the task with that name, so that it stands still; None where it may go on."""
        ...

    def kept(self, state: Any) -> object:
        """All that a call that fails must leave as it was; equal where it did."""
        ...

    def difference(self, before: Any, after: Any) -> str:
        """In words, what is not the same in two that were kept."""
        ...

    def writer(self, state: Any, pid: int) -> Writer: ...


class Kept(NamedTuple):
    """What a failed call must leave alone, as rows: of mounts, namespaces, tasks; and what the tasks hold."""

    mounts: tuple[MountState, ...]
    namespaces: tuple[NamespaceState, ...]
    tasks: tuple[TaskState, ...]
    files: tuple[object, ...]
    others: tuple[object, ...]

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(
            {mount.id: mount for mount in self.mounts},
            {ns.id: ns for ns in self.namespaces},
            {task.pid: task for task in self.tasks},
        )


class Mounts:
    """The kernel in miniature, judged by ``vfslab.invariants``."""

    everywhere = False

    def broken(self, schedule: Schedule) -> Iterable[str]:
        kernel = schedule.kernel
        return map(str, check_inside(kernel) if schedule.inside else check(kernel))

    def halted(self, state: Any, comm: str) -> str | None:
        """Every task has a CPU of its own."""
        return None

    def kept(self, state: Any) -> Kept:
        """Mounts, namespaces, tasks, open descriptors; ids and groups by first appearance."""
        normal = take(state).normalise()
        return Kept(
            tuple(normal.mounts.values()),
            tuple(normal.namespaces.values()),
            tuple(normal.tasks.values()),
            tuple((pid, tuple(task.files)) for pid, task in state.tasks.items()),
            tuple((task.user_ns.id, tuple(task.others.items())) for task in state.tasks.values()),
        )

    def difference(self, before: Kept, after: Kept) -> str:
        rows = str(before.snapshot.diff(after.snapshot)).splitlines()
        rows.sort(key=lambda row: not row.startswith("~"))
        if before.files != after.files:
            rows.append("open descriptors")
        if before.others != after.others:
            rows.append("the user namespace, or one of the other namespaces")
        return "; ".join(row.lstrip("~ ") if row.startswith("~") else row for row in rows)

    def writer(self, state: Any, pid: int) -> Writer:
        return Recorder(state, pid)


MOUNTS = Mounts()
