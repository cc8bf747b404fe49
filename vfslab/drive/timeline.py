"""Timeline: a recording to be gone through, forward, back and to any step.

It keeps what each step changed, not a picture of everything; snapshots are put
together when asked for. How a recording is made is ``record``'s business.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from types import CodeType
from typing import TypeAlias, overload

from ..kernel.effects import Acquire, Alloc, Effect, Release, Step, Wait
from ..patched import Patched
from ..snapshot import LockState, MountState, NamespaceState, Snapshot, TaskState
from ..take import Look, Note, row
from .run import Result

_NAMES_IN_A_SENTENCE = 4
_SNAPSHOTS_KEPT = 64


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
        self.then: dict[tuple[Acquire | Release, int], Tables] = {}

    def after(self, effect: Acquire | Release, pid: int) -> Tables:
        """The tables with a lock more or less."""
        tables = self.then.get((effect, pid))
        if tables is None:
            if isinstance(effect, Acquire):
                locks = (*self.locks, LockState(effect.lock, pid, effect.shared))
            else:
                locks = tuple(held for held in self.locks if (held.lock, held.pid) != (effect.lock, pid))
            tables = self.same.get(locks) or Tables(self.namespaces, self.tasks, locks, self.same)
            self.then[effect, pid] = tables
        return tables


# Where an effect was yielded: the code of the innermost function, and the line in its file.
Place: TypeAlias = tuple[CodeType, int]

# A mount's id, and what is noted of it before and after a step; None where it does not exist.
Change: TypeAlias = tuple[int, Note | None, Note | None]


class Recording:
    """What is kept of each effect while it is watched, and what follows from that.

    ``effects`` begins and ends with None, the state before and the return.
    ``start`` is what is noted of every mount before the first effect. ``noted`` is what is noted after
    each Step of each mount that it names, in their order, None of one that has been freed; ``looks`` are the
    namespaces and tasks after an effect, by its number, where they may be others than before.
    ``pids`` says whose an effect is, by its number, where it is not ``pid``'s; ``places`` are where
    effects were yielded, where that was asked.

    ``changes`` and ``tables`` are worked out when they are first asked for, so that watching costs
    little: both have one entry for each effect.
    """

    def __init__(self, start: dict[int, Note], pid: int) -> None:
        self.start = start
        self.pid = pid
        self.effects: list[Effect | None] = []
        self.noted: list[Note | None] = []
        self.looks: dict[int, Look] = {}
        self.pids: dict[int, int] = {}
        self.places: dict[int, Place] = {}
        self._changes: list[tuple[Change, ...]] = []
        self._tables: list[Tables] = []
        self._last: dict[int, Note | None] = {**start}
        self._used = 0

    def keep(self, effect: Effect | None) -> None:
        """Keep an effect of code behind which there are no mounts: what it names changes nothing."""
        self.effects.append(effect)
        if isinstance(effect, Step):
            self.noted += [None] * len(effect.mounts)

    @property
    def changes(self) -> list[tuple[Change, ...]]:
        """What each effect changed."""
        while len(self._changes) < len(self.effects):
            effect = self.effects[len(self._changes)]
            self._changes.append(self._changed(effect.mounts) if isinstance(effect, Step) else ())
        return self._changes

    @property
    def tables(self) -> list[Tables]:
        """The rest of the state after each effect."""
        tables = self._tables[-1] if self._tables else Tables({}, {}, ())
        for index in range(len(self._tables), len(self.effects)):
            effect = self.effects[index]
            if isinstance(effect, (Acquire, Release)):
                tables = tables.after(effect, self.pids.get(index, self.pid))
            elif index in self.looks:
                tables = Tables(*self.looks[index], tables.locks)
            self._tables.append(tables)
        return self._tables

    def _changed(self, ids: tuple[int, ...]) -> tuple[Change, ...]:
        changes: list[Change] = []
        first, self._used = self._used, self._used + len(ids)
        for id, after in zip(ids, self.noted[first : self._used], strict=True):
            before = self._last.get(id)
            if before != after:
                changes.append((id, before, after))
                self._last[id] = after
        return tuple(changes)


class Frame:
    """One step of a timeline: the effect, who yielded it, and the state after it."""

    def __init__(self, timeline: Timeline, index: int) -> None:
        self._timeline = timeline
        self.index = index
        self.effect = timeline.kept.effects[index]

    @property
    def pid(self) -> int:
        """Whose step it is."""
        return self._timeline.kept.pids.get(self.index, self._timeline.pid)

    @property
    def place(self) -> Place | None:
        """Where the effect was yielded: a function's code and a line; None where that was not kept."""
        return self._timeline.kept.places.get(self.index)

    @property
    def task(self) -> str | None:
        """The name of the task whose step it is, None where only one is at work, and before and after all."""
        return None if self.effect is None else self._timeline.comms.get(self.pid)

    @property
    def snapshot(self) -> Snapshot:
        return self._timeline.snapshot(self.index)

    @property
    def changed(self) -> tuple[int, ...]:
        """The ids of the mounts whose rows differ from the step before."""
        return tuple(id for id, _, _ in self._timeline.kept.changes[self.index])

    @property
    def broken(self) -> str:
        """The rule that is broken here, in a sentence, as far as rules have been asked; "" for none."""
        judged = self._timeline.judged
        behind = bisect_right(judged, self.index, key=itemgetter(0))
        return judged[behind - 1][1] if behind else ""

    @property
    def breaks(self) -> str:
        """The rule that is broken here and was not one step before, in a sentence; "" for none."""
        before = self._timeline[self.index - 1].broken if self.index else ""
        return self.broken if self.broken != before else ""

    @property
    def mounts(self) -> tuple[int, ...]:
        """The ids of the mounts that the effect names."""
        return self.effect.mounts if isinstance(self.effect, Step) else ()

    @property
    def locks(self) -> tuple[str, ...]:
        """The locks held after the effect, in the order in which they were taken."""
        return tuple(lock.lock for lock in self._timeline.kept.tables[self.index].locks)

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
            case Wait():
                return f"waits for {effect.what}"
        if self.index == 0:
            return f"before {self._timeline.title}"
        if self._timeline.result.oops:
            return f"{self._timeline.title} never returns: {self._timeline.result.oops}"
        return f"{self._timeline.title} returns {self._timeline.result.errno or 'success'}"

    def __repr__(self) -> str:
        return f"<frame {self.index}: {self.function}: {self.sentence}>"


class Timeline(Sequence[Frame]):
    """Every step of one piece of kernel code.

    Frame 0 is the state before, the last frame the return; those have no effect.
    ``title`` says what was called, ``pid`` which task called, ``result`` how it ended; ``comms`` are the
    names of the tasks by pid where several are at work. ``judged`` are the steps behind which rules were
    asked, in their order, each with what was broken there, "" for nothing.
    """

    def __init__(self, title: str, pid: int, kept: Recording, result: Result) -> None:
        self.title = title
        self.pid = pid
        self.kept = kept
        self.result = result
        self.comms: dict[int, str] = {}
        self.judged: list[tuple[int, str]] = []
        self.position = 0
        self._at = 0
        self._shown: Mapping[int, MountState] | None = None
        self._rows: dict[int, MountState] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self._names: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.kept.effects)

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
            rows = self._move_to(index)
            tables = self.kept.tables[index]
            self._snapshots[index] = Snapshot(rows, tables.namespaces, tables.tasks, tables.locks)
            if len(self._snapshots) > _SNAPSHOTS_KEPT:
                del self._snapshots[next(iter(self._snapshots))]
        return self._snapshots[index]

    def _move_to(self, index: int) -> Mapping[int, MountState]:
        """The rows after step ``index``, in the order of their ids: the last ones, brought up to it."""
        if self._shown is None:
            self._shown = {id: self._row(noted) for id, noted in sorted(self.kept.start.items())}
        changes = self.kept.changes
        put: dict[int, Note | None] = {}
        while self._at < index:
            self._at += 1
            put.update((id, after) for id, _, after in changes[self._at])
        while self._at > index:
            put.update((id, before) for id, before, _ in reversed(changes[self._at]))
            self._at -= 1
        if put:
            rows = {id: None if noted is None else self._row(noted) for id, noted in put.items()}
            self._shown = Patched(self._shown, rows)
        return self._shown

    def _row(self, noted: Note) -> MountState:
        """The row of a note, made once; ``kept`` holds the note, so that no other gets its address."""
        known = self._rows.get(id(noted))
        if known is None:
            known = self._rows[id(noted)] = row(noted)
        return known

    def name(self, id: int) -> str:
        """What sentences call the mount: its mount id and its source."""
        if not self._names:
            notes = [*self.kept.start.values()]
            notes += [after for step in self.kept.changes for _, _, after in step if after is not None]
            for mount, *_ in notes:
                self._names.setdefault(mount.id, mount.name)
        return self._names.get(id, f"mount #{id}")


def enumeration(names: list[str]) -> str:
    """The names in words, cut short where there are many."""
    if len(names) > _NAMES_IN_A_SENTENCE:
        left_out = len(names) - _NAMES_IN_A_SENTENCE + 1
        names = [*names[: _NAMES_IN_A_SENTENCE - 1], f"{left_out} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))
