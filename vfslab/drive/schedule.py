"""schedule: tasks side by side, each in system calls of its own; one choice at a time says who goes on.

Locks block here. A task runs until it wants a lock or memory, has made a step without holding any
lock, or its call ends: those are the places where another may go on. Which choices are made is not
known here, nor where calls come from. What is wrong with the use of locks is told as lockdep tells it
(kernel/locking/lockdep.c).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from ..kernel.effects import Acquire, Alloc, Code, Effect, Oops, Refused, Release, Step, Wait
from .run import Result
from .subject import MOUNTS, Subject


class Task(Protocol):
    """Who makes calls: a name and a number."""

    @property
    def comm(self) -> str: ...

    @property
    def pid(self) -> int: ...


class Call(NamedTuple):
    """A system call that is about to begin: in words, and as kernel code; ``ended`` is told its result."""

    title: str
    code: Code
    ended: Callable[[Result], None]


class Job(NamedTuple):
    """A task and the calls that it makes one after the other, each made when it begins."""

    task: Task
    calls: Sequence[Callable[[], Call]]


class World(NamedTuple):
    """A kernel in some state, what its tasks are about to do, and what it is about.

    Where the subject is not mounts, ``kernel`` is whatever state that subject has.
    """

    kernel: Any
    jobs: Sequence[Job]
    subject: Subject = MOUNTS


class Choice(NamedTuple):
    """The task of job number ``job`` goes on; with ``fail`` without the memory that it wants."""

    job: int
    fail: bool = False


# The functions of the steps that a schedule adds, for where calls begin and end.
BETWEEN = frozenset({"call", "return"})

# Is told each effect, and the number of the job that yields it.
Watch: TypeAlias = Callable[[int, Effect], None]


class Edge(NamedTuple):
    """A lock taken while another is held: their classes, and who does it."""

    held: str
    taken: str
    function: str


class Deadlock(NamedTuple):
    """Tasks that wait for each other: for each its name, the lock it wants, and who holds that."""

    waits: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        return "deadlock: " + "; ".join(
            f"{task} waits for {lock}, which {holder} holds" for task, lock, holder in self.waits
        )


# They lock a directory to change a name in it (I_MUTEX_PARENT): a class of its own, for what is so named
# is locked after it.
PARENT_LOCKED_BY = frozenset({"do_mkdirat", "do_mknodat", "do_symlinkat", "do_rmdir", "do_unlinkat"})


def lock_class(wanted: Acquire) -> str:
    """The class of a lock, as lockdep sees it: its name without what tells it from others of its class."""
    name = wanted.lock.partition("(")[0]
    return f"{name} of the parent" if wanted.function in PARENT_LOCKED_BY else name


class Progress:
    """Where one job is: its call, the effect that it waits at, the locks that it holds, what came of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.number = 0
        self.call: Call | None = None
        self.pending: Acquire | Alloc | Wait | None = None
        self.held: list[Acquire] = []
        self.results: list[tuple[str, Result]] = []

    @property
    def finished(self) -> bool:
        return self.call is None and self.number == len(self.job.calls)


class Schedule:
    """A world under way. ``options`` are the choices there are; ``take`` makes one.

    ``watch`` is told every effect. ``edges`` are the lock orders seen so far, ``misused`` the locks that were
    not given back, or were not held, each in a sentence, ``oops`` what the kernel died of, if it did.
    """

    def __init__(self, world: World, watch: Watch | None = None) -> None:
        self.kernel = world.kernel
        self.subject = world.subject
        self.jobs = [Progress(job) for job in world.jobs]
        self.edges: dict[tuple[str, str], Edge] = {}
        self.misused: list[str] = []
        self.oops: Oops | None = None
        self._watch = watch

    def options(self, *, faults: bool = False) -> list[Choice]:
        """Who may go on; with ``faults`` who may find no memory, too. Empty when all is over or stuck."""
        if self.oops is not None:
            return []
        choices = []
        for number, progress in enumerate(self.jobs):
            if progress.finished or self._halted(progress):
                continue
            pending = progress.pending
            if isinstance(pending, Acquire) and self._holder(pending) is not None:
                continue
            if isinstance(pending, Wait) and not pending.ready():
                continue
            choices.append(Choice(number))
            if faults and isinstance(pending, Alloc):
                choices.append(Choice(number, fail=True))
        return choices

    @property
    def finished(self) -> bool:
        """Whether every task has made all its calls."""
        return all(progress.finished for progress in self.jobs)

    @property
    def inside(self) -> bool:
        """Whether some task is inside a system call."""
        return any(progress.call is not None for progress in self.jobs)

    @property
    def locked(self) -> bool:
        """Whether some task holds a lock."""
        return any(progress.held for progress in self.jobs)

    def deadlock(self) -> Deadlock | None:
        """What nothing moves for; None where something does, or all is over."""
        if self.finished or self.oops is not None or self.options():
            return None
        waits = []
        for progress in self.jobs:
            if not progress.finished and (other := self._halted(progress)):
                waits.append((progress.job.task.comm, "its CPU", other))
            elif isinstance(progress.pending, Acquire):
                holder = self._holder(progress.pending)
                waits.append((progress.job.task.comm, progress.pending.lock, holder or "nobody"))
            elif isinstance(progress.pending, Wait):
                waits.append((progress.job.task.comm, progress.pending.what, progress.pending.holder()))
        return Deadlock(tuple(waits))

    def disorder(self) -> str | None:
        """Classes of locks that are taken in a ring, which may deadlock, in words; None where there is none.

        Two locks of one class are a ring, too.
        """
        after: dict[str, list[Edge]] = {}
        for edge in self.edges.values():
            after.setdefault(edge.held, []).append(edge)
        for first in self.edges.values():
            todo: list[tuple[Edge, ...]] = [(first,)]
            seen = {first.taken}
            while todo:
                way = todo.pop(0)
                if way[-1].taken == first.held:
                    told = (f"{edge.function} takes {edge.taken} holding {edge.held}" for edge in way)
                    return f"lock order: {', '.join(told)}"
                for edge in after.get(way[-1].taken, []):
                    if edge.taken not in seen or edge.taken == first.held:
                        seen.add(edge.taken)
                        todo.append((*way, edge))
        return None

    def _halted(self, progress: Progress) -> str | None:
        return self.subject.halted(self.kernel, progress.job.task.comm)

    def take(self, choice: Choice) -> None:
        """Let the task go on to its next place of choice. Raises ValueError for what is no option."""
        if choice not in self.options(faults=True):
            raise ValueError(f"{choice} cannot be taken now")
        progress = self.jobs[choice.job]
        if progress.call is None:
            progress.call = progress.job.calls[progress.number]()
            progress.number += 1
            self._tell(choice.job, Step("call", f"begins: {_literal(progress.call.title)}"))
        elif isinstance(progress.pending, Acquire):
            progress.held.append(progress.pending)
        if progress.pending is not None:
            self._tell(choice.job, progress.pending)
        progress.pending = None
        self._go_on(choice.job, progress, answer=choice.fail or None)

    def _go_on(self, number: int, progress: Progress, answer: bool | None) -> None:
        call = progress.call
        assert call is not None, "who goes on is in a call"
        result = None
        try:
            while True:
                effect = call.code.send(answer)
                answer = None
                if isinstance(effect, (Acquire, Alloc, Wait)):
                    progress.pending = effect
                    if isinstance(effect, Acquire):
                        self._want(progress, effect)
                    return
                if isinstance(effect, Release):
                    self._give_back(progress, effect)
                self._tell(number, effect)
                if self.may_be_interrupted(progress):
                    return
        except StopIteration as stop:
            result = Result(stop.value)
        except Refused as refusal:
            result = Result(None, refusal)
        except Oops as oops:
            self.oops = oops
            result = Result(None, None, oops)
        if not result.oops:
            self.misused += [f"{call.title} returns holding {held.lock}" for held in progress.held]
        progress.results.append((call.title, result))
        progress.call = None
        call.ended(result)
        end = str(result.oops) if result.oops else result.errno or "success"
        self._tell(number, Step("return", f"ended with {_literal(end)}: {_literal(call.title)}"))

    def may_be_interrupted(self, progress: Progress) -> bool:
        """Whether another task may go on behind a step of this one; ``explore`` says why no oftener."""
        return self.subject.everywhere or not progress.held

    def _tell(self, number: int, effect: Effect) -> None:
        if self._watch is not None:
            self._watch(number, effect)

    def _want(self, progress: Progress, wanted: Acquire) -> None:
        """Note the order in which the task goes for the lock, whether or not it gets it."""
        for held in progress.held:
            classes = lock_class(held), lock_class(wanted)
            self.edges.setdefault(classes, Edge(*classes, wanted.function))

    def _give_back(self, progress: Progress, release: Release) -> None:
        left = [held for held in progress.held if held.lock != release.lock]
        if left == progress.held:
            self.misused.append(f"{release.function} gives {release.lock} back, which it does not hold")
        progress.held = left

    def _holder(self, wanted: Acquire) -> str | None:
        """Who holds the lock so that it cannot be had, by name; it may be the very task that wants it."""
        for progress in self.jobs:
            for held in progress.held:
                if held.lock == wanted.lock and not (held.shared and wanted.shared):
                    return progress.job.task.comm
        return None


def _literal(text: str) -> str:
    """Text for a sentence that is a format string."""
    return text.replace("{", "{{").replace("}", "}}")
