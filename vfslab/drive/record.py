"""record: kernel code to its end, keeping every effect and the state behind it.

A ``Timeline`` goes forward, back and to any step. It keeps what each step
changed, not a picture of everything; snapshots are put together when asked for.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

from ..kernel import Kernel
from ..kernel.effects import Acquire, Alloc, Code, Effect, Refused, Release, Step
from ..kernel.objects import FsStruct, MntNamespace, Path, Task
from ..snapshot import LockState, MountState, NamespaceState, Snapshot, TaskState
from ..take import mount_state, namespace_state, take, task_state
from .run import Result

_NAMES_IN_A_SENTENCE = 4


class Tables:
    """What a moment has besides mounts: shared by all moments that did not change it.

    ``same`` are the tables that differ in nothing but locks, by their locks;
    ``then`` remembers which of them a lock taken or given back leads to.
    """

    __slots__ = ("locks", "namespaces", "same", "tasks", "then")

    def __init__(
        self,
        namespaces: dict[int, NamespaceState],
        tasks: dict[int, TaskState],
        locks: tuple[LockState, ...],
        same: dict[tuple[LockState, ...], Tables] | None = None,
    ) -> None:
        self.namespaces = namespaces
        self.tasks = tasks
        self.locks = locks
        self.same = {} if same is None else same
        self.same[locks] = self
        self.then: dict[Acquire | Release, Tables] = {}

    def after(self, effect: Acquire | Release, pid: int) -> Tables:
        """The tables with a lock more or less."""
        tables = self.then.get(effect)
        if tables is None:
            if isinstance(effect, Acquire):
                locks = (*self.locks, LockState(effect.lock, pid, effect.shared))
            else:
                locks = tuple(held for held in self.locks if held.lock != effect.lock)
            tables = self.same.get(locks) or Tables(self.namespaces, self.tasks, locks, self.same)
            self.then[effect] = tables
        return tables


# Plain tuples: a recording makes some for every effect, at a third of what a NamedTuple costs.
# A mount's id, and its row before and after a step; None where it does not exist.
Change: TypeAlias = tuple[int, MountState | None, MountState | None]
Moment: TypeAlias = tuple[Effect | None, tuple[Change, ...], Tables]


class Frame:
    """One step of a timeline: the effect, who yielded it, and the state after it."""

    def __init__(self, timeline: Timeline, index: int) -> None:
        self._timeline = timeline
        self.index = index
        self.effect, self.changes, self._tables = timeline.moments[index]

    @property
    def snapshot(self) -> Snapshot:
        return self._timeline.snapshot(self.index)

    @property
    def mounts(self) -> tuple[int, ...]:
        """The ids of the mounts that the effect names."""
        return self.effect.mounts if isinstance(self.effect, Step) else ()

    @property
    def locks(self) -> tuple[str, ...]:
        """The locks held after the effect, in the order in which they were taken."""
        return tuple(lock.lock for lock in self._tables.locks)

    @property
    def function(self) -> str:
        """The kernel function at work; the call itself for the first frame and the last."""
        return self._timeline.title if self.effect is None else self.effect.function

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        effect = self.effect
        match effect:
            case Step():
                names = [self._timeline.name(id) for id in effect.mounts]
                others = [self._timeline.name(id) for id in effect.others]
                return effect.what.format(*names, all=enumeration(names), others=others)
            case Acquire():
                return f"takes {effect.lock}{' for reading' if effect.shared else ''}"
            case Release():
                return f"gives {effect.lock} back"
            case Alloc():
                return f"allocates {effect.what}"
        if self.index == 0:
            return f"before {self._timeline.title}"
        return f"{self._timeline.title} returns {self._timeline.result.errno or 'success'}"

    def __repr__(self) -> str:
        return f"<frame {self.index}: {self.function}: {self.sentence}>"


class Timeline(Sequence[Frame]):
    """Every step of one piece of kernel code.

    Frame 0 is the state before, the last frame the return; those have no effect.
    ``title`` says what was called, ``pid`` which task called, ``result`` how it ended.
    """

    def __init__(self, title: str, pid: int, start: Snapshot, moments: list[Moment], result: Result) -> None:
        self.title = title
        self.pid = pid
        self.moments = moments
        self.result = result
        self.position = 0
        self._start = start
        self._at = 0
        self._rows = dict(start.mounts)
        self._snapshots = {0: start}
        self._names: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.moments)

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [Frame(self, i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of a timeline of {len(self)}")
        return Frame(self, index % len(self))

    def __iter__(self) -> Iterator[Frame]:
        return (Frame(self, index) for index in range(len(self)))

    def forward(self) -> Frame:
        """Go one step on; stays on the last."""
        return self.jump(min(self.position + 1, len(self) - 1))

    def back(self) -> Frame:
        """Go one step back; stays on the first."""
        return self.jump(max(self.position - 1, 0))

    def jump(self, index: int) -> Frame:
        """Go to step ``index``. Raises IndexError."""
        frame = self[index]
        self.position = frame.index
        return frame

    def snapshot(self, index: int) -> Snapshot:
        """The state after step ``index``; rows that did not change are the same objects."""
        if index not in self._snapshots:
            self._move_to(index)
            tables = self.moments[index][2]
            rows = dict(sorted(self._rows.items()))
            self._snapshots[index] = Snapshot(rows, tables.namespaces, tables.tasks, tables.locks)
            if len(self._snapshots) > 64:
                del self._snapshots[next(iter(self._snapshots))]
        return self._snapshots[index]

    def _move_to(self, index: int) -> None:
        while self._at < index:
            self._at += 1
            for id, _, after in self.moments[self._at][1]:
                self._put(id, after)
        while self._at > index:
            for id, before, _ in self.moments[self._at][1]:
                self._put(id, before)
            self._at -= 1

    def _put(self, id: int, row: MountState | None) -> None:
        if row is None:
            del self._rows[id]
        else:
            self._rows[id] = row

    def name(self, id: int) -> str:
        """What sentences call the mount: its mount id and its source."""
        if not self._names:
            rows = [*self._start.mounts.values()]
            rows += [after for moment in self.moments for _, _, after in moment[1] if after is not None]
            for row in rows:
                self._names.setdefault(row.id, f"mount {row.mount_id} ({row.source})")
        return self._names.get(id, f"mount #{id}")


def enumeration(names: list[str]) -> str:
    """The names in words, cut short where there are many."""
    if len(names) > _NAMES_IN_A_SENTENCE:
        left_out = len(names) - _NAMES_IN_A_SENTENCE + 1
        names = [*names[: _NAMES_IN_A_SENTENCE - 1], f"{left_out} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


class Recorder:
    """Watches a kernel while code runs in it, and writes down what changes.

    A Step names the mounts that it touched, and those rows are read again; one
    that names none may have touched tasks and namespaces, which are looked at.
    """

    def __init__(self, kernel: Kernel, pid: int) -> None:
        self.kernel = kernel
        self.pid = pid
        self.start = take(kernel)
        self.moments: list[Moment] = []
        self._rows = dict(self.start.mounts)
        self._tables = Tables(dict(self.start.namespaces), dict(self.start.tasks), ())
        self._seen: list[tuple[Task, FsStruct, Path, Path, MntNamespace]] = []
        self._look_around()
        self.moments.append((None, (), self._tables))

    def write(self, effect: Effect | None) -> None:
        """Keep one effect and what it changed; None is the return."""
        changes: tuple[Change, ...] = ()
        if isinstance(effect, Step):
            if effect.mounts:
                changes = self._read_rows(effect.mounts)
            else:
                self._look_around()
        elif effect is None:
            self._look_around()
        elif not isinstance(effect, Alloc):
            self._tables = self._tables.after(effect, self.pid)
        self.moments.append((effect, changes, self._tables))

    def _read_rows(self, ids: tuple[int, ...]) -> tuple[Change, ...]:
        changes: list[Change] = []
        mounts, rows = self.kernel.mounts, self._rows
        for id in ids:
            mount = mounts.get(id)
            before = rows.get(id)
            after = None if mount is None else mount_state(mount)
            if before != after:
                changes.append((id, before, after))
                if after is None:
                    del rows[id]
                else:
                    rows[id] = after
        return tuple(changes)

    def _look_around(self) -> None:
        """Read the tasks and namespaces again if any of them is another than at the last look."""
        tasks, namespaces = self.kernel.tasks, self.kernel.namespaces
        for task, fs, root, pwd, ns in self._seen:
            if task.fs is not fs or fs.root is not root or fs.pwd is not pwd or task.mnt_ns is not ns:
                break
        else:
            if len(tasks) == len(self._seen) and namespaces.keys() == self._tables.namespaces.keys():
                return
        self._seen = [(task, task.fs, task.fs.root, task.fs.pwd, task.mnt_ns) for task in tasks.values()]
        self._tables = Tables(
            {id: namespace_state(ns) for id, ns in namespaces.items()},
            {pid: task_state(task) for pid, task in tasks.items()},
            self._tables.locks,
        )


def record(kernel: Kernel, task: Task, code: Code, title: str = "") -> Timeline:
    """Drive ``code``, which ``task`` runs in ``kernel``, to its end and keep every step.

    ``title`` says what it is, for instance "unshare(CLONE_NEWNS)".
    """
    collecting = gc.isenabled()
    # Everything written down is kept: a collection in between finds nothing, and costs a third of the whole.
    gc.disable()
    try:
        recorder = Recorder(kernel, task.pid)
        write, step = recorder.write, code.__next__
        while True:
            write(step())
    except StopIteration as stop:
        result = Result(stop.value)
    except Refused as refusal:
        result = Result(None, refusal)
    finally:
        if collecting:
            gc.enable()
    write(None)
    return Timeline(title, task.pid, recorder.start, recorder.moments, result)
