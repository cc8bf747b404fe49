"""record: kernel code to its end, writing down every effect and what it changed.

What is written down is a ``Timeline``; what it is good for is not known here.
"""

from __future__ import annotations

import gc
from types import GeneratorType

from ..kernel import Kernel
from ..kernel.effects import Acquire, Alloc, Code, Effect, Oops, Refused, Release, Step
from ..kernel.objects import MntNamespace, Path
from ..kernel.tasks import FsStruct, Task
from ..take import namespace_state, note, task_state
from .run import Result
from .timeline import Change, Place, Recording, Tables, Timeline


class Recorder:
    """Watches a kernel while code runs in it, and writes down what changes.

    ``pid`` is whose code it is; it may be set to another's between two effects.

    A Step names the mounts that it touched, and those are looked at again; one
    that names none may have touched tasks and namespaces, which are looked at.
    """

    def __init__(self, kernel: Kernel, pid: int) -> None:
        self.kernel = kernel
        self.pid = self.first_pid = pid
        self.kept = Recording({id: note(mount) for id, mount in kernel.mounts.items()})
        self._notes = dict(self.kept.start)
        self._tables = Tables({}, {}, ())
        self._seen: list[tuple[Task, FsStruct, Path, Path, MntNamespace]] = []
        # Bound once: this is where a recording spends its time.
        self._keep_effect = self.kept.effects.append
        self._keep_changes = self.kept.changes.append
        self._keep_tables = self.kept.tables.append
        self._mounts = kernel.mounts
        self.write(None)

    def write(self, effect: Effect | None) -> None:
        """Keep one effect and what it changed; None is the return."""
        changes: tuple[Change, ...] = ()
        if isinstance(effect, Step) and effect.mounts:
            changes = self._look_at(effect.mounts)
        elif isinstance(effect, (Acquire, Release)):
            self._tables = self._tables.after(effect, self.pid)
        elif not isinstance(effect, Alloc):
            self._look_around()
        self._keep_effect(effect)
        self._keep_changes(changes)
        self._keep_tables(self._tables)
        if self.pid != self.first_pid or self.kept.pids:
            self.kept.pids[len(self.kept.effects) - 1] = self.pid

    def at(self, place: Place | None) -> None:
        """Keep where the next effect was yielded."""
        if place is not None:
            self.kept.places[len(self.kept.effects)] = place

    def timeline(self, title: str, result: Result | None) -> Timeline:
        """What has been written down so far."""
        return Timeline(title, self.first_pid, self.kept, Result() if result is None else result)

    def _look_at(self, ids: tuple[int, ...]) -> tuple[Change, ...]:
        changes: list[Change] = []
        mounts, notes = self._mounts, self._notes
        for id in ids:
            mount = mounts.get(id)
            before = notes.get(id)
            if mount is None:
                if before is not None:
                    del notes[id]
                    changes.append((id, before, None))
                continue
            after = note(mount)
            if before != after:
                notes[id] = after
                changes.append((id, before, after))
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


def innermost(code: Code) -> Place | None:
    """Where code under way stands: the function that yielded last, and the line. None where it is over."""
    inner: object = code
    while isinstance(inner, GeneratorType):
        frame, inner = inner.gi_frame, inner.gi_yieldfrom
    return None if frame is None else (frame.f_code, frame.f_lineno)


def record(kernel: Kernel, task: Task, code: Code, title: str = "", *, places: bool = False) -> Timeline:
    """Drive ``code``, which ``task`` runs in ``kernel``, to its end and keep every step.

    ``title`` says what it is, for instance "unshare(CLONE_NEWNS)". With ``places`` it is kept where in the
    source each step was made.
    """
    collecting = gc.isenabled()
    # Everything written down is kept: a collection in between finds nothing, and costs a third of the whole.
    gc.disable()
    try:
        recorder = Recorder(kernel, task.pid)
        write, step = recorder.write, code.__next__
        while places:
            effect = step()
            recorder.at(innermost(code))
            write(effect)
        while True:
            write(step())
    except StopIteration as stop:
        result = Result(stop.value)
    except Refused as refusal:
        result = Result(None, refusal)
    except Oops as oops:
        result = Result(None, None, oops)
    finally:
        if collecting:
            gc.enable()
    write(None)
    return recorder.timeline(title, result)
